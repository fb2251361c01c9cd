//! Putting a staged file into the bucket.

use std::sync::Arc;

use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutMultipartOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::failed;
use crate::StorageError;
use crate::blobs::staged::CompleteBlob;

/// What is sent as one object, and how long the parts of a longer one are. S3 wants at least
/// 5 MiB a part, and takes 10,000 of them.
const PART_BYTES: u64 = 8 << 20;
/// Parts of one upload on their way at a time.
const PARTS_AT_ONCE: usize = 2;
/// Bytes of all uploads on their way at a time: 64 MiB.
pub(super) const ROOM_KIB: usize = 64 << 10;

const SEND: &str = "write a blob to";

/// Puts a blob, in parts if it is long. Whatever fails, there is no object, or the one that
/// was there before.
pub(super) async fn put(
    client: &AmazonS3,
    key: &Key,
    blob: &CompleteBlob,
    room: &Arc<Semaphore>,
) -> Result<(), StorageError> {
    if blob.bytes() <= PART_BYTES {
        let (content, _room) = part(blob, 0, room).await?;
        return client.put(key, content.into()).await.map(drop).map_err(failed(SEND));
    }
    let options = PutMultipartOptions::default();
    let mut upload = client.put_multipart_opts(key, options).await.map_err(failed(SEND))?;
    let sent = match send_parts(upload.as_mut(), blob, room).await {
        Ok(()) => upload.complete().await.map(drop).map_err(failed(SEND)),
        Err(error) => Err(error),
    };
    if sent.is_err()
        && let Err(error) = upload.abort().await
    {
        log::warn!("abort the upload of {key}: {error}; its parts stay until a lifecycle rule removes them");
    }
    sent
}

async fn send_parts(
    upload: &mut dyn MultipartUpload,
    blob: &CompleteBlob,
    room: &Arc<Semaphore>,
) -> Result<(), StorageError> {
    // Tasks of their own: a part that has room goes on while the next one waits for some.
    let mut under_way = JoinSet::new();
    let mut offset = 0;
    while offset < blob.bytes() {
        if under_way.len() >= PARTS_AT_ONCE {
            finished(&mut under_way).await?;
        }
        let (content, taken) = part(blob, offset, room).await?;
        offset += content.len() as u64;
        let sending = upload.put_part(content.into());
        under_way.spawn(async move {
            let sent = sending.await;
            drop(taken);
            sent
        });
    }
    while !under_way.is_empty() {
        finished(&mut under_way).await?;
    }
    Ok(())
}

async fn finished(under_way: &mut JoinSet<object_store::Result<()>>) -> Result<(), StorageError> {
    match under_way.join_next().await {
        Some(Ok(sent)) => sent.map_err(failed(SEND)),
        Some(Err(_)) => Err(StorageError::CutShort { action: SEND }),
        None => Ok(()),
    }
}

/// A part of a blob in memory, once there is room for it.
async fn part(
    blob: &CompleteBlob,
    offset: u64,
    room: &Arc<Semaphore>,
) -> Result<(bytes::Bytes, OwnedSemaphorePermit), StorageError> {
    let count = PART_BYTES.min(blob.bytes() - offset);
    let kib = u32::try_from(count.div_ceil(1024)).unwrap_or(u32::MAX);
    let taken = Arc::clone(room).acquire_many_owned(kib).await;
    let taken = taken.map_err(|_| StorageError::CutShort { action: SEND })?;
    let content = blob.part(offset, usize::try_from(count).unwrap_or_default()).await?;
    Ok((content, taken))
}
