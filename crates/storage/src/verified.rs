//! Reading blobs: no byte of one is given before all of it matched its hash.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use domain::ContentHash;
use tokio::task::spawn_blocking;

use crate::blobs::{Stamp, hash_all};
use crate::reader::{BlobReader, read_exactly};
use crate::store::{Inner, Storage};
use crate::{ImageRecord, StorageError};

/// What hashing a blob has shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Sound,
    Damaged,
}

impl Storage {
    /// All bytes of an image, verified.
    ///
    /// # Errors
    ///
    /// When the blob is damaged or missing, or the volume fails.
    pub async fn read(&self, image: &ImageRecord) -> Result<Bytes, StorageError> {
        let (inner, hash, bytes) = (Arc::clone(&self.inner), image.hash, image.bytes);
        on_blob(move || {
            let (mut file, stamp) = inner.open_blob(hash, bytes)?;
            inner.refuse_known_damage(hash, stamp)?;
            let content = read_exactly(&mut file, stamp.bytes).map_err(inner.failed(hash))?;
            if !inner.is_known_sound(hash, stamp) {
                let actual = hash_all(content.as_ref()).map_err(inner.failed(hash))?;
                inner.judge(hash, stamp, actual)?;
            }
            Ok(content)
        })
        .await
    }

    /// A range of an image's bytes, verified as a whole before the first is given.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    pub async fn stream(&self, image: &ImageRecord, range: Range<u64>) -> Result<BlobReader, StorageError> {
        let (inner, hash, bytes) = (Arc::clone(&self.inner), image.hash, image.bytes);
        let file = on_blob(move || {
            let (file, stamp) = inner.open_blob(hash, bytes)?;
            inner.refuse_known_damage(hash, stamp)?;
            if !inner.is_known_sound(hash, stamp) {
                let actual = hash_all(&file).map_err(inner.failed(hash))?;
                inner.judge(hash, stamp, actual)?;
                io::Seek::rewind(&mut &file).map_err(inner.failed(hash))?;
            }
            Ok(file)
        })
        .await?;
        Ok(BlobReader::start(file, range, hash))
    }
}

impl Inner {
    fn open_blob(&self, hash: ContentHash, bytes: u64) -> Result<(File, Stamp), StorageError> {
        let (file, stamp) = match self.blobs.open_blob(&hash) {
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
        let path = self.blobs.path_of(&hash);
        move |error| StorageError::io("read the blob", &path)(error)
    }
}

/// Runs one reading operation on a thread that may block.
async fn on_blob<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    spawn_blocking(work).await.unwrap_or(Err(StorageError::CutShort { action: "read the blob" }))
}

fn wrong_hash(hash: ContentHash) -> StorageError {
    StorageError::DamagedBlob { hash, reason: "its bytes do not match its hash" }
}
