//! A store on a real S3 server with an SQLite file.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::plan::Source;
use domain::{MediaType, Orientation, Owner, Size, Visibility};
use storage::{
    BlobReader, BlobsIn, BucketSettings, ImageRecord, ImageRef, NewImage, OpenError, Quota, Storage,
    StorageError, StorageSettings, verify,
};
use tempfile::{TempDir, tempdir};
use testkit::versitygw::{BUCKET, LOGIN, Versitygw};
use testkit::wait::until;

use crate::suite::{add, album, always, conformance, name, stored};

conformance!(crate::bucket_and_sqlite::fresh);

/// Two parts and a bit.
const LARGE: usize = 17 << 20;

async fn fresh() -> (Storage, (TempDir, Versitygw)) {
    let (folder, server) = (tempdir().unwrap(), Versitygw::start());
    (open(folder.path(), &server).await.unwrap(), (folder, server))
}

pub(crate) fn bucket(url: &str) -> BlobsIn {
    let settings = BucketSettings::parse(&format!("s3://{BUCKET}/some/prefix")).unwrap();
    let (key, secret) = LOGIN;
    BlobsIn::Bucket(BucketSettings {
        endpoint: Some(url.to_owned()),
        allow_http: true,
        login: Some((key.to_owned(), secret.to_owned())),
        ..settings
    })
}

pub(crate) async fn open_in(folder: &Path, blobs: BlobsIn) -> Result<Storage, OpenError> {
    let settings = StorageSettings {
        data_dir: folder.to_owned(),
        blobs,
        keep_events: Duration::from_secs(7 * 86_400),
        quota: Quota::default(),
    };
    Storage::open(settings).await
}

async fn open(folder: &Path, server: &Versitygw) -> Result<Storage, OpenError> {
    open_in(folder, bucket(&server.url())).await
}

fn key(image: &ImageRecord) -> String {
    let hash = image.hash.to_string();
    format!("some/prefix/blobs/{}/{hash}", &hash[..2])
}

async fn stored_bytes(storage: &Storage, bytes: Vec<u8>) -> Result<ImageRecord, StorageError> {
    let mut blob = storage.stage().await.unwrap();
    for chunk in bytes.chunks(1 << 20) {
        blob.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    let new = NewImage {
        owner: Owner::NOBODY,
        visibility: Visibility::default(),
        once: None,
        file_name: name("large.jpg"),
        album: None,
        source: Source {
            media_type: MediaType::Jpeg,
            size: Size::new(3, 2).unwrap(),
            orientation: Orientation::UPRIGHT,
            frames: 1,
        },
    };
    storage.commit(blob.complete().await.unwrap(), new).await.map(|added| added.value)
}

/// Bytes that differ everywhere.
fn large() -> Vec<u8> {
    (0..LARGE as u32 / 4).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

/// All that a reader gives, and how it ends.
async fn all(mut reader: BlobReader) -> (Vec<u8>, Option<StorageError>) {
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}

#[tokio::test]
async fn a_large_original_goes_in_parts_and_comes_back_whole_and_in_ranges() {
    let (storage, (_folder, server)) = fresh().await;
    let bytes = large();
    let image = stored_bytes(&storage, bytes.clone()).await.unwrap();
    assert_eq!(std::fs::metadata(server.object(&key(&image))).unwrap().len(), LARGE as u64);
    // Before it is known to be sound, and after.
    for _ in 0..2 {
        for range in [9_000_000..9_000_100, 0..LARGE as u64, LARGE as u64 - 1..LARGE as u64] {
            let (got, error) = all(storage.stream(&image, range.clone()).await.unwrap()).await;
            assert!(error.is_none(), "{range:?}: {error:?}");
            assert!(got == bytes[range.start as usize..range.end as usize], "{range:?}");
        }
    }
}

#[tokio::test]
async fn a_damaged_original_is_never_given_whole_and_healed_by_its_bytes() {
    let (storage, (folder, server)) = fresh().await;
    let image = stored_bytes(&storage, large()).await.unwrap();
    let mut damaged = large();
    damaged[5] ^= 1;
    std::fs::write(server.object(&key(&image)), &damaged).unwrap();

    let (got, error) = all(storage.stream(&image, 0..LARGE as u64).await.unwrap()).await;
    assert!(got.len() <= LARGE - 64 * 1024, "{} bytes were given", got.len());
    assert!(matches!(error, Some(StorageError::DamagedBlob { .. })), "{error:?}");
    let part = storage.stream(&image, 0..10).await.err();
    assert!(matches!(part, Some(StorageError::DamagedBlob { .. })), "{part:?}");
    let whole = storage.read(&image).await;
    assert!(matches!(whole, Err(StorageError::DamagedBlob { .. })));
    let found = verify(folder.path(), &bucket(&server.url())).await.unwrap();
    assert_eq!((found.images, found.damaged.len(), found.damaged[0].id), (1, 1, image.id));

    stored_bytes(&storage, large()).await.unwrap();
    assert!(storage.read(&image).await.unwrap() == large());
}

#[tokio::test]
async fn a_lost_original_is_told_and_healed_by_its_bytes() {
    let (storage, (_folder, server)) = fresh().await;
    let image = stored(&storage, b"some bytes").await;
    std::fs::remove_file(server.object(&key(&image))).unwrap();
    assert!(matches!(storage.read(&image).await, Err(StorageError::DamagedBlob { .. })));
    stored(&storage, b"some bytes").await;
    assert_eq!(storage.read(&image).await.unwrap(), Bytes::from_static(b"some bytes"));
}

#[tokio::test]
async fn without_the_server_nothing_is_stored_and_with_it_all_goes_on() {
    let (storage, (folder, mut server)) = fresh().await;
    let image = stored(&storage, b"some bytes").await;
    storage.check().await.unwrap();
    server.kill();
    assert!(matches!(storage.read(&image).await, Err(StorageError::Bucket { .. })));
    let refused = add(&storage, b"others", "b.jpg", None).await;
    assert!(matches!(refused, Err(StorageError::Bucket { .. })), "{refused:?}");
    let large = stored_bytes(&storage, large()).await;
    assert!(matches!(large, Err(StorageError::Bucket { .. })), "{large:?}");
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    until("the store says that it cannot store", async || storage.check().await.err()).await;

    server.restart();
    until("the store can store again", async || storage.check().await.ok()).await;
    assert_eq!(storage.read(&image).await.unwrap(), Bytes::from_static(b"some bytes"));
    add(&storage, b"others", "b.jpg", None).await.unwrap();
}

#[tokio::test]
async fn a_refused_upload_leaves_no_object() {
    let (storage, (_folder, server)) = fresh().await;
    storage.create_album(album("a"), Visibility::default()).await.unwrap();
    let image = add(&storage, b"one", "x", Some("a")).await.unwrap();
    add(&storage, b"two", "x", Some("a")).await.unwrap_err();
    let blobs = server.object("some/prefix/blobs");
    let shards = std::fs::read_dir(&blobs).unwrap();
    let objects: Vec<_> = shards
        .flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap())
        .map(|object| object.unwrap().file_name())
        .collect();
    assert_eq!(objects, [image.hash.to_string().as_str()]);
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart_and_what_nobody_has_is_put_aside() {
    let (storage, (folder, server)) = fresh().await;
    let (kept, orphan) = (stored(&storage, b"kept").await, stored(&storage, b"orphan").await);
    let bytes = std::fs::read(server.object(&key(&orphan))).unwrap();
    storage.delete(ImageRef::Id(orphan.id), always()).await.unwrap();
    storage.close().await;
    drop(storage);
    // As a crash between the bytes and the row leaves it.
    let shard = server.object(&key(&orphan));
    std::fs::create_dir_all(shard.parent().unwrap()).unwrap();
    std::fs::write(shard, bytes).unwrap();

    let storage = open(folder.path(), &server).await.unwrap();
    let aside = server.object(&format!("some/prefix/orphans/{}", orphan.hash));
    until("the orphan is put aside", async || aside.exists().then_some(())).await;
    assert_eq!(storage.read(&kept).await.unwrap(), Bytes::from_static(b"kept"));
}
