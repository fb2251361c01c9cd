//! An upload on its way to the volume: written and hashed as it arrives, in constant memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::mem;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::ContentHash;
use sha2::{Digest, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};
use uuid::Uuid;

use crate::StorageError;

/// How many bytes are gathered before they are handed to a thread that may block. At
/// most two such batches are in memory for each upload: one being filled, one being written.
const BATCH_BYTES: usize = 64 * 1024;
/// The same in chunks.
const BATCH_CHUNKS: usize = 128;

/// An upload that is not complete. Dropped, it leaves nothing behind.
pub struct StagedBlob {
    state: State,
    batch: Vec<Bytes>,
    batch_bytes: usize,
    bytes: u64,
    path: PathBuf,
}

enum State {
    Idle(Writer),
    Writing(JoinHandle<io::Result<Writer>>),
    /// A write has failed, or the last one was never waited for.
    Lost,
}

struct Writer {
    file: File,
    hasher: Sha256,
    place: Place,
}

/// A file in the staging folder that is removed when nobody needs it any more.
struct Place {
    path: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        match fs::remove_file(&self.path) {
            // Published, that is renamed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => log::warn!("remove the staged file {}: {error}", self.path.display()),
            Ok(()) => {}
        }
    }
}

impl StagedBlob {
    pub(super) async fn create(staging: &Path) -> Result<Self, StorageError> {
        let path = staging.join(Uuid::now_v7().as_simple().to_string());
        let place = path.clone();
        let writer = run("create the staged file", &path, move || {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&place)?;
            Ok(Writer { file, hasher: Sha256::new(), place: Place { path: place } })
        })
        .await?;
        Ok(Self { state: State::Idle(writer), batch: Vec::new(), batch_bytes: 0, bytes: 0, path })
    }

    /// How many bytes have been taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next bytes. Waits only when the volume is slower than the client.
    ///
    /// # Errors
    ///
    /// Those of writing; after one the upload cannot go on.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), StorageError> {
        self.bytes += chunk.len() as u64;
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        // Many tiny chunks cost more than their bytes.
        let full = self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_CHUNKS;
        if full { self.start_batch().await } else { Ok(()) }
    }

    async fn start_batch(&mut self) -> Result<(), StorageError> {
        let mut writer = self.writer().await?;
        let batch = mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.state = State::Writing(spawn_blocking(move || {
            for chunk in batch {
                writer.hasher.update(&chunk);
                writer.file.write_all(&chunk)?;
            }
            Ok(writer)
        }));
        Ok(())
    }

    /// Waits for the batch that is being written, if any.
    async fn writer(&mut self) -> Result<Writer, StorageError> {
        let action = "write the staged file";
        match mem::replace(&mut self.state, State::Lost) {
            State::Idle(writer) => Ok(writer),
            State::Writing(task) => match task.await {
                Ok(written) => written.map_err(StorageError::io(action, &self.path)),
                Err(_) => Err(StorageError::CutShort { action }),
            },
            State::Lost => Err(StorageError::CutShort { action }),
        }
    }

    /// Ends the upload. The bytes are in the file but not yet forced to disk.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub async fn complete(mut self) -> Result<CompleteBlob, StorageError> {
        self.start_batch().await?;
        let Writer { file, hasher, place } = self.writer().await?;
        let hash = ContentHash::from_bytes(hasher.finalize().into());
        Ok(CompleteBlob { file, place, hash, bytes: self.bytes })
    }
}

/// An upload whose bytes are all there, not yet committed. Dropped, it leaves nothing behind.
pub struct CompleteBlob {
    file: File,
    place: Place,
    hash: ContentHash,
    bytes: u64,
}

impl CompleteBlob {
    /// The SHA-256 of the bytes.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// The length in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lets a function read the bytes from their beginning, on a thread that may block.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be read, or the function panics.
    pub async fn inspect<T: Send + 'static>(
        &self,
        look: impl FnOnce(BufReader<Content>) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StorageError> {
        let path = self.place.path.clone();
        let mut file = self.file.try_clone().map_err(StorageError::io("share the staged file", &path))?;
        run("read the staged file", &path, move || {
            file.rewind()?;
            look(BufReader::new(Content(file)))
        })
        .await
    }

    /// Forces the bytes to disk.
    pub(crate) async fn sync(self) -> Result<Self, StorageError> {
        let path = self.place.path.clone();
        run("sync the staged file", &path, move || {
            self.file.sync_all()?;
            Ok(self)
        })
        .await
    }

    pub(super) fn path(&self) -> &Path {
        &self.place.path
    }

    /// So many bytes from this offset on.
    pub(super) async fn part(&self, offset: u64, count: usize) -> Result<Bytes, StorageError> {
        let path = &self.place.path;
        let file = self.file.try_clone().map_err(StorageError::io("share the staged file", path))?;
        run("read the staged file", path, move || {
            let mut bytes = vec![0; count];
            file.read_exact_at(&mut bytes, offset)?;
            Ok(Bytes::from(bytes))
        })
        .await
    }
}

/// The bytes of a complete upload, to be read and not to be changed.
pub struct Content(File);

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Runs one blocking operation on one path.
pub(super) async fn run<T: Send + 'static>(
    action: &'static str,
    path: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    match spawn_blocking(work).await {
        Ok(result) => result.map_err(StorageError::io(action, path)),
        Err(_) => Err(StorageError::CutShort { action }),
    }
}
