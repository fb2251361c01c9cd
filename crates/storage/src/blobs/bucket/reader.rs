//! Reading an object, hashed on its way.

use std::collections::VecDeque;
use std::mem;

use bytes::Bytes;
use domain::ContentHash;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use sha2::{Digest, Sha256};

use super::failed;
use crate::StorageError;

/// How much of the end is held back until all of it has matched its hash: whoever reads a
/// damaged blob never has it whole, and is told by a connection that is cut.
const HELD_BYTES: usize = 64 * 1024;

/// The chunks of an object, or of a part of it.
pub(in crate::blobs) struct ObjectReader {
    chunks: BoxStream<'static, object_store::Result<Bytes>>,
    hash: ContentHash,
    /// What must still come.
    left: u64,
    check: Check,
    /// What has come and is not given yet.
    held: VecDeque<Bytes>,
    held_bytes: usize,
}

enum Check {
    /// All of the blob is read, and hashed.
    Hashing(Sha256),
    /// It matched, or had matched before.
    Sound,
    Failed,
}

impl ObjectReader {
    /// Reads all bytes of a blob, and hashes them.
    pub(super) fn hashing(
        chunks: BoxStream<'static, object_store::Result<Bytes>>,
        hash: ContentHash,
        bytes: u64,
    ) -> Self {
        Self::over(chunks, hash, bytes, Check::Hashing(Sha256::new()))
    }

    /// Reads a part of a blob that was hashed before.
    pub(super) fn sound(
        chunks: BoxStream<'static, object_store::Result<Bytes>>,
        hash: ContentHash,
        bytes: u64,
    ) -> Self {
        Self::over(chunks, hash, bytes, Check::Sound)
    }

    fn over(
        chunks: BoxStream<'static, object_store::Result<Bytes>>,
        hash: ContentHash,
        left: u64,
        check: Check,
    ) -> Self {
        Self { chunks, hash, left, check, held: VecDeque::new(), held_bytes: 0 }
    }

    /// The next bytes; none at the end.
    pub(in crate::blobs) async fn next(&mut self) -> Option<Result<Bytes, StorageError>> {
        loop {
            let held = match self.check {
                Check::Sound => 0,
                Check::Hashing(_) => HELD_BYTES,
                Check::Failed => return None,
            };
            if let Some(first) = self.held.front()
                && self.held_bytes - first.len() >= held
            {
                self.held_bytes -= first.len();
                return self.held.pop_front().map(Ok);
            }
            if self.left == 0 && matches!(self.check, Check::Sound) {
                return None;
            }
            if let Err(error) = self.read().await {
                self.check = Check::Failed;
                return Some(Err(error));
            }
        }
    }

    /// Takes one chunk from the bucket, or judges what came once all has.
    async fn read(&mut self) -> Result<(), StorageError> {
        let chunk = self.chunks.next().await.transpose().map_err(failed("read the blob"))?;
        let damaged = |reason| StorageError::DamagedBlob { hash: self.hash, reason };
        let Some(chunk) = chunk else {
            if self.left > 0 {
                return Err(damaged("the object has the wrong length"));
            }
            if let Check::Hashing(hasher) = mem::replace(&mut self.check, Check::Sound)
                && ContentHash::from_bytes(hasher.finalize().into()) != self.hash
            {
                return Err(damaged("its bytes do not match its hash"));
            }
            return Ok(());
        };
        self.left = self
            .left
            .checked_sub(chunk.len() as u64)
            .ok_or_else(|| damaged("the object has the wrong length"))?;
        if let Check::Hashing(hasher) = &mut self.check {
            hasher.update(&chunk);
        }
        self.held_bytes += chunk.len();
        self.held.push_back(chunk);
        Ok(())
    }
}
