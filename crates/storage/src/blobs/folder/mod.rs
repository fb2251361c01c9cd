//! Blobs as files of a folder.

mod layout;

use std::fs::File;
use std::io::{self, Seek as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::ContentHash;
use moka::sync::Cache;
use tokio::task::spawn_blocking;

use super::reader::{BlobReader, read_exactly};
use super::staged::{CompleteBlob, StagedBlob, run};
use crate::{OpenError, StorageError};
use layout::{Layout, Stamp, hash_all};

/// How many blobs are remembered as verified, at about 150 bytes each.
const REMEMBERED_VERDICTS: u64 = 200_000;

/// The blobs of one folder, and what verifying them has shown.
#[derive(Clone)]
pub(crate) struct Folder {
    layout: Arc<Layout>,
    /// Counts as long as the file is the same.
    verdicts: Cache<ContentHash, (Stamp, Verdict)>,
}

/// What hashing a blob has shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Sound,
    Damaged,
}

impl Folder {
    pub(super) async fn open(data: &Path) -> Result<Self, OpenError> {
        let folder = data.to_owned();
        let opened = spawn_blocking(move || Layout::open(&folder)).await;
        let opened = opened.unwrap_or_else(|_| Err(io::Error::other("the task was cut short")));
        opened.map(Self::over).map_err(OpenError::io("prepare the folders in", data))
    }

    pub(super) fn existing(data: &Path) -> Self {
        Self::over(Layout::existing(data))
    }

    fn over(layout: Layout) -> Self {
        Self { layout: Arc::new(layout), verdicts: Cache::new(REMEMBERED_VERDICTS) }
    }

    pub(super) async fn any(&self) -> Result<bool, StorageError> {
        let layout = Arc::clone(&self.layout);
        run("look for blobs in", self.layout.blobs(), move || layout.any()).await
    }

    pub(super) async fn stage(&self) -> Result<StagedBlob, StorageError> {
        StagedBlob::create(self.layout.staging().path()).await
    }

    pub(super) async fn publish(&self, blob: CompleteBlob) -> Result<(), StorageError> {
        let layout = Arc::clone(&self.layout);
        let path = layout.path_of(&blob.hash());
        run("publish the blob", &path, move || layout.publish(blob.path(), &blob.hash())).await
    }

    pub(super) async fn read(&self, hash: ContentHash, bytes: u64) -> Result<Bytes, StorageError> {
        self.on_blob(move |this| {
            let (mut file, stamp) = this.open_blob(hash, bytes)?;
            this.refuse_known_damage(hash, stamp)?;
            let content = read_exactly(&mut file, stamp.bytes).map_err(this.failed(hash))?;
            if !this.is_known_sound(hash, stamp) {
                let actual = hash_all(content.as_ref()).map_err(this.failed(hash))?;
                this.judge(hash, stamp, actual)?;
            }
            Ok(content)
        })
        .await
    }

    pub(super) async fn stream(
        &self,
        hash: ContentHash,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<BlobReader, StorageError> {
        let file = self
            .on_blob(move |this| {
                let (mut file, stamp) = this.open_blob(hash, bytes)?;
                this.refuse_known_damage(hash, stamp)?;
                if !this.is_known_sound(hash, stamp) {
                    let actual = hash_all(&file).map_err(this.failed(hash))?;
                    this.judge(hash, stamp, actual)?;
                    file.rewind().map_err(this.failed(hash))?;
                }
                Ok(file)
            })
            .await?;
        Ok(BlobReader::file(file, range, hash))
    }

    pub(super) async fn examine(&self, hash: ContentHash, bytes: u64) -> Option<String> {
        let layout = Arc::clone(&self.layout);
        let examined = spawn_blocking(move || {
            let (file, stamp) = layout.open_blob(&hash)?;
            if stamp.bytes != bytes {
                return Ok(Some(format!("it has {} bytes instead of {bytes}", stamp.bytes)));
            }
            let sound = hash_all(file)? == hash;
            Ok((!sound).then(|| "its bytes do not match its hash".to_owned()))
        });
        match examined.await {
            Ok(Ok(wrong)) => wrong,
            Ok(Err::<_, io::Error>(error)) => Some(error.to_string()),
            Err(_) => Some("hashing it was cut short".to_owned()),
        }
    }

    pub(super) async fn remove(&self, hash: ContentHash) -> Result<(), StorageError> {
        let layout = Arc::clone(&self.layout);
        let path = layout.path_of(&hash);
        let removed = run("remove the blob", &path, move || layout.remove(&hash)).await;
        self.verdicts.invalidate(&hash);
        removed
    }

    pub(super) async fn beginning_with(&self, first: u8) -> Result<Vec<ContentHash>, StorageError> {
        let layout = Arc::clone(&self.layout);
        run("list blobs in", self.layout.blobs(), move || layout.beginning_with(first)).await
    }

    pub(super) async fn put_aside(&self, hash: ContentHash) -> Result<(), StorageError> {
        let layout = Arc::clone(&self.layout);
        let path = layout.path_of(&hash);
        run("put the blob aside", &path, move || layout.put_aside(&hash)).await
    }

    pub(super) async fn set_aside(&self) -> Result<u64, StorageError> {
        let layout = Arc::clone(&self.layout);
        run("count what is in", self.layout.orphans(), move || layout.orphaned()).await
    }

    pub(super) async fn check(&self) -> Result<(), StorageError> {
        let layout = Arc::clone(&self.layout);
        run("try writing in", self.layout.staging().path(), move || layout.staging().try_writing()).await
    }

    pub(super) async fn purge_aside(&self, keep: Duration) -> Result<u32, StorageError> {
        let layout = Arc::clone(&self.layout);
        run("purge", self.layout.orphans(), move || layout.purge_orphans(keep)).await
    }

    /// Runs one reading operation on a thread that may block.
    async fn on_blob<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let this = self.clone();
        let work = spawn_blocking(move || work(&this));
        work.await.unwrap_or(Err(StorageError::CutShort { action: "read the blob" }))
    }

    fn open_blob(&self, hash: ContentHash, bytes: u64) -> Result<(File, Stamp), StorageError> {
        let (file, stamp) = match self.layout.open_blob(&hash) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StorageError::DamagedBlob { hash, reason: "the file is missing" });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StorageError::DamagedBlob { hash, reason: "it is not a regular file" });
            }
            opened => opened.map_err(self.failed(hash))?,
        };
        if stamp.bytes != bytes {
            return Err(StorageError::DamagedBlob { hash, reason: "the file has the wrong length" });
        }
        Ok((file, stamp))
    }

    fn is_known_sound(&self, hash: ContentHash, stamp: Stamp) -> bool {
        self.verdicts.get(&hash) == Some((stamp, Verdict::Sound))
    }

    /// A file that was found damaged is not hashed again for every request.
    fn refuse_known_damage(&self, hash: ContentHash, stamp: Stamp) -> Result<(), StorageError> {
        if self.verdicts.get(&hash) == Some((stamp, Verdict::Damaged)) {
            return Err(wrong_hash(hash));
        }
        Ok(())
    }

    fn judge(&self, hash: ContentHash, stamp: Stamp, actual: ContentHash) -> Result<(), StorageError> {
        let verdict = if actual == hash { Verdict::Sound } else { Verdict::Damaged };
        self.verdicts.insert(hash, (stamp, verdict));
        if verdict == Verdict::Sound { Ok(()) } else { Err(wrong_hash(hash)) }
    }

    fn failed(&self, hash: ContentHash) -> impl FnOnce(io::Error) -> StorageError + use<> {
        let path = self.layout.path_of(&hash);
        move |error| StorageError::io("read the blob", &path)(error)
    }
}

fn wrong_hash(hash: ContentHash) -> StorageError {
    StorageError::DamagedBlob { hash, reason: "its bytes do not match its hash" }
}
