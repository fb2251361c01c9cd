//! Blobs as objects of a bucket of S3, or of a server that speaks like it.
//!
//! ```text
//! PREFIX/safelight-store.json  the id of the store whose bucket this is
//! PREFIX/blobs/ab/abcd…        originals by their SHA-256
//! PREFIX/orphans/abcd…         blobs that no image has, kept for a week
//! ```
//!
//! An upload is staged on a local disk, where it is hashed and looked into, and then put
//! under its final name: S3 knows no rename. Equal names have equal bytes, so putting one
//! again is harmless, and heals an object that was damaged or lost.

mod reader;
mod settings;
mod upload;

use std::collections::HashSet;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use domain::ContentHash;
use futures_util::TryStreamExt as _;
use moka::sync::Cache;
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{
    Error, GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload,
};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::reader::BlobReader;
use super::staged::{CompleteBlob, StagedBlob, run};
use super::staging::Staging;
use crate::{OpenError, StorageError};

pub(in crate::blobs) use reader::ObjectReader;
pub use settings::BucketSettings;

/// How many blobs are remembered as verified, at about 200 bytes each.
const REMEMBERED_VERDICTS: u64 = 200_000;
/// What says whose bucket it is.
const STORE: &str = "safelight-store.json";
/// What the file of the store's id may have at most.
const STORE_BYTES: u64 = 4096;

/// The blobs of one bucket.
#[derive(Clone)]
pub(crate) struct Bucket {
    client: Arc<AmazonS3>,
    settings: Arc<BucketSettings>,
    staging: Arc<Staging>,
    /// Memory for what is on its way to the bucket, in KiB.
    room: Arc<Semaphore>,
    /// The entity tags of objects whose bytes have matched their hash.
    sound: Cache<ContentHash, String>,
}

impl Bucket {
    /// Opens a bucket, and sees that the server keeps what is promised of S3.
    pub(super) async fn open(data: &Path, settings: &BucketSettings) -> Result<Self, OpenError> {
        let folder = data.to_owned();
        let staging = spawn_blocking(move || Staging::open(&folder)).await;
        let staging = staging.unwrap_or_else(|_| Err(io::Error::other("the task was cut short")));
        let staging = staging.map_err(OpenError::io("prepare the staging folder in", data))?;
        let bucket = Self::over(staging, settings)?;
        bucket.expect_conditional_put().await?;
        Ok(bucket)
    }

    /// The bucket as it is, for reading only.
    pub(super) fn existing(data: &Path, settings: &BucketSettings) -> Result<Self, OpenError> {
        Self::over(Staging::existing(data), settings)
    }

    /// Sees that the server keeps what is promised of S3, and says whose bucket it is.
    pub(super) async fn probe(settings: &BucketSettings) -> Result<Option<String>, OpenError> {
        let bucket = Self::over(Staging::existing(Path::new("")), settings)?;
        bucket.expect_conditional_put().await?;
        Ok(bucket.store_id().await?)
    }

    fn over(staging: Staging, settings: &BucketSettings) -> Result<Self, OpenError> {
        let client = settings.client().map_err(failed("read the settings of"))?;
        Ok(Self {
            client: Arc::new(client),
            settings: Arc::new(settings.clone()),
            staging: Arc::new(staging),
            room: Arc::new(Semaphore::new(upload::ROOM_KIB)),
            sound: Cache::new(REMEMBERED_VERDICTS),
        })
    }

    /// Fails with a server that takes `If-None-Match` and overwrites nevertheless: two
    /// stores could then both believe that the bucket is theirs.
    async fn expect_conditional_put(&self) -> Result<(), OpenError> {
        let key = self.key(&format!("probe-{}", Uuid::now_v7().as_simple()));
        let first = self.create(&key, "a probe").await;
        let second = match first {
            Ok(true) => self.create(&key, "a probe").await,
            Ok(false) | Err(_) => first,
        };
        // It is the server's answers that matter.
        if let Err(error) = self.client.delete(&key).await {
            log::warn!("remove the probe {key} from {}: {error}", self.settings);
        }
        if second? {
            return Err(OpenError::Bucket {
                bucket: self.settings.to_string(),
                reason: "the server overwrites objects although it is told not to (If-None-Match: *)"
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Puts a small object if there is none. False if there is one.
    async fn create(&self, key: &Key, content: impl Into<PutPayload>) -> Result<bool, StorageError> {
        let options = PutOptions::from(PutMode::Create);
        match self.client.put_opts(key, content.into(), options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(failed("write to")(error)),
        }
    }

    pub(super) fn place(&self) -> String {
        self.settings.to_string()
    }

    /// The id of the store whose bucket this is; none for a bucket of nobody.
    pub(super) async fn store_id(&self) -> Result<Option<String>, StorageError> {
        let options = GetOptions::new().with_range(Some(GetRange::Bounded(0..STORE_BYTES)));
        let content = match self.client.get_opts(&self.key(STORE), options).await {
            Ok(found) => found.bytes().await.map_err(failed("read the store's id from"))?,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed("read the store's id from")(error)),
        };
        let content: serde_json::Value = serde_json::from_slice(&content).unwrap_or_default();
        Ok(Some(content.get("store").and_then(|id| id.as_str()).unwrap_or_default().to_owned()))
    }

    /// Makes the bucket that of a store. False if it is another's by now.
    pub(super) async fn claim(&self, store: &str) -> Result<bool, StorageError> {
        let content = serde_json::json!({ "store": store }).to_string();
        self.create(&self.key(STORE), content).await
    }

    pub(super) async fn stage(&self) -> Result<StagedBlob, StorageError> {
        StagedBlob::create(self.staging.path()).await
    }

    pub(super) async fn publish(&self, blob: CompleteBlob) -> Result<(), StorageError> {
        let hash = blob.hash();
        upload::put(&self.client, &self.blob(hash), &blob, &self.room).await?;
        // It may have healed a damaged one, under another tag.
        self.sound.invalidate(&hash);
        Ok(())
    }

    pub(super) async fn read(&self, hash: ContentHash, bytes: u64) -> Result<Bytes, StorageError> {
        let mut reader = self.hashing(hash, bytes).await?.0;
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        while let Some(chunk) = reader.next().await {
            content.extend_from_slice(&chunk?);
        }
        Ok(content.into())
    }

    /// What was hashed once is not hashed again while the bucket says that it is the same
    /// object. A part of what was not is given once all of it was read.
    pub(super) async fn stream(
        &self,
        hash: ContentHash,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<BlobReader, StorageError> {
        if let Some(tag) = self.sound.get(&hash)
            && let Some(reader) = self.part(hash, range.clone(), tag).await?
        {
            return Ok(BlobReader::object(reader));
        }
        let (reader, tag) = self.hashing(hash, bytes).await?;
        if range == (0..bytes) {
            return Ok(BlobReader::object(reader));
        }
        drain(reader).await?;
        let tag = tag.unwrap_or_default();
        self.sound.insert(hash, tag.clone());
        let part = self.part(hash, range, tag).await?;
        part.map(BlobReader::object)
            .ok_or(StorageError::DamagedBlob { hash, reason: "the object was replaced while it was read" })
    }

    /// All of an object, hashed while it is read, and its tag.
    async fn hashing(
        &self,
        hash: ContentHash,
        bytes: u64,
    ) -> Result<(ObjectReader, Option<String>), StorageError> {
        let found = self.client.get_opts(&self.blob(hash), GetOptions::new()).await;
        let found = found.map_err(|error| missing(hash, error))?;
        if found.meta.size != bytes {
            return Err(StorageError::DamagedBlob { hash, reason: "the object has the wrong length" });
        }
        let tag = found.meta.e_tag.clone();
        Ok((ObjectReader::hashing(found.into_stream(), hash, bytes), tag))
    }

    /// A part of an object that has this tag still; none if it has another.
    async fn part(
        &self,
        hash: ContentHash,
        range: Range<u64>,
        tag: String,
    ) -> Result<Option<ObjectReader>, StorageError> {
        let bytes = range.end.saturating_sub(range.start);
        if bytes == 0 {
            return Ok(Some(ObjectReader::sound(Box::pin(futures_util::stream::empty()), hash, 0)));
        }
        let options = GetOptions::new()
            .with_range(Some(GetRange::Bounded(range)))
            .with_if_match((!tag.is_empty()).then_some(tag));
        match self.client.get_opts(&self.blob(hash), options).await {
            Ok(found) => Ok(Some(ObjectReader::sound(found.into_stream(), hash, bytes))),
            Err(Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(missing(hash, error)),
        }
    }

    pub(super) async fn examine(&self, hash: ContentHash, bytes: u64) -> Option<String> {
        let examined = match self.hashing(hash, bytes).await {
            Ok((reader, _)) => drain(reader).await,
            Err(error) => Err(error),
        };
        match examined {
            Ok(()) => None,
            Err(StorageError::DamagedBlob { reason, .. }) => Some(reason.to_owned()),
            Err(error) => Some(error.to_string()),
        }
    }

    pub(super) async fn remove(&self, hash: ContentHash) -> Result<(), StorageError> {
        self.sound.invalidate(&hash);
        self.delete(&self.blob(hash)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StorageError> {
        match self.client.delete(key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("delete an object of")(error)),
        }
    }

    pub(super) async fn beginning_with(&self, first: u8) -> Result<Vec<ContentHash>, StorageError> {
        let hashes = self.names(&format!("blobs/{first:02x}")).await?;
        Ok(hashes.into_iter().collect())
    }

    /// The blobs below a prefix. An object that is no blob is not ours, and left out.
    async fn names(&self, below: &str) -> Result<HashSet<ContentHash>, StorageError> {
        let prefix = self.key(below);
        let hash = |key: &Key| key.filename().and_then(|name| name.parse::<ContentHash>().ok());
        let listed = self.client.list(Some(&prefix));
        listed
            .try_filter_map(|meta| async move { Ok(hash(&meta.location)) })
            .try_collect()
            .await
            .map_err(failed("list the blobs of"))
    }

    pub(super) async fn put_aside(&self, hash: ContentHash) -> Result<(), StorageError> {
        let (from, to) = (self.blob(hash), self.aside(hash));
        // Its copy is of now, so that from now on its age counts.
        self.client.copy(&from, &to).await.map_err(failed("put a blob aside in"))?;
        self.sound.invalidate(&hash);
        self.delete(&from).await
    }

    pub(super) async fn set_aside(&self) -> Result<u64, StorageError> {
        Ok(self.names("orphans").await?.len() as u64)
    }

    pub(super) async fn purge_aside(&self, keep: Duration) -> Result<u32, StorageError> {
        let prefix = self.key("orphans");
        let mut listed = self.client.list(Some(&prefix));
        let mut count = 0;
        while let Some(meta) = listed.try_next().await.map_err(failed("list the blobs of"))? {
            if SystemTime::from(meta.last_modified).elapsed().unwrap_or_default() > keep {
                self.delete(&meta.location).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// An upload needs the disk here, and the bucket.
    pub(super) async fn check(&self) -> Result<(), StorageError> {
        let staging = Arc::clone(&self.staging);
        run("try writing in", self.staging.path(), move || staging.try_writing()).await?;
        self.client.head(&self.key(STORE)).await.map(drop).map_err(failed("look for the store's id in"))
    }

    fn blob(&self, hash: ContentHash) -> Key {
        let name = hash.to_string();
        let shard = name.get(..2).unwrap_or_default();
        self.key(&format!("blobs/{shard}/{name}"))
    }

    fn aside(&self, hash: ContentHash) -> Key {
        self.key(&format!("orphans/{hash}"))
    }

    fn key(&self, rest: &str) -> Key {
        let prefix = &self.settings.prefix;
        if prefix.is_empty() { Key::from(rest) } else { Key::from(format!("{prefix}/{rest}")) }
    }
}

/// Reads all, for its hash.
async fn drain(mut reader: ObjectReader) -> Result<(), StorageError> {
    while let Some(chunk) = reader.next().await {
        chunk?;
    }
    Ok(())
}

fn missing(hash: ContentHash, error: Error) -> StorageError {
    if matches!(error, Error::NotFound { .. }) {
        return StorageError::DamagedBlob { hash, reason: "the object is missing" };
    }
    failed("read a blob from")(error)
}

fn failed(action: &'static str) -> impl FnOnce(Error) -> StorageError {
    move |source| StorageError::Bucket { action, source }
}
