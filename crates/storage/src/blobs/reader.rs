//! Reading a blob that has been verified.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::mem;
use std::ops::Range;

use bytes::Bytes;
use domain::ContentHash;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{JoinHandle, spawn_blocking};

use super::bucket::ObjectReader;
use crate::StorageError;

/// How much is read at a time; at most two such chunks are in memory for each reader.
const CHUNK_BYTES: u64 = 256 * 1024;
/// As much while many clients read slowly, so that thousands of them take little.
const SMALL_CHUNK_BYTES: u64 = 16 * 1024;
/// Large chunks in memory, of all readers of the process together: 16 MiB.
static LARGE_CHUNKS: Semaphore = Semaphore::const_new(64);

/// Reads a range of a blob, chunk by chunk. Whatever is wrong with the blob is found before
/// the last chunk is given.
pub struct BlobReader(Kind);

enum Kind {
    File(FileReader),
    Object(ObjectReader),
}

impl BlobReader {
    pub(super) fn file(file: File, range: Range<u64>, hash: ContentHash) -> Self {
        Self(Kind::File(FileReader::start(file, range, hash)))
    }

    pub(super) fn object(reader: ObjectReader) -> Self {
        Self(Kind::Object(reader))
    }

    /// The next bytes; none at the end of the range.
    ///
    /// # Errors
    ///
    /// When the volume or the bucket fails, the blob has become shorter, or its bytes turn
    /// out not to match its hash.
    pub async fn next(&mut self) -> Option<Result<Bytes, StorageError>> {
        match &mut self.0 {
            Kind::File(reader) => reader.next().await,
            Kind::Object(reader) => reader.next().await,
        }
    }
}

/// Reads from the file of a verified blob, one chunk ahead.
struct FileReader {
    state: State,
    hash: ContentHash,
}

enum State {
    Reading(JoinHandle<io::Result<(Bytes, Rest)>>),
    Done,
}

struct Rest {
    file: File,
    left: u64,
}

impl FileReader {
    fn start(file: File, range: Range<u64>, hash: ContentHash) -> Self {
        let Range { start, end } = range;
        let left = end.saturating_sub(start);
        let state = if left == 0 {
            State::Done
        } else {
            State::Reading(spawn_blocking(move || {
                let mut file = file;
                if start > 0 {
                    file.seek(SeekFrom::Start(start))?;
                }
                read_chunk(Rest { file, left })
            }))
        };
        Self { state, hash }
    }

    async fn next(&mut self) -> Option<Result<Bytes, StorageError>> {
        let State::Reading(task) = mem::replace(&mut self.state, State::Done) else { return None };
        Some(match task.await {
            Ok(Ok((chunk, rest))) => {
                if rest.left > 0 {
                    self.state = State::Reading(spawn_blocking(move || read_chunk(rest)));
                }
                Ok(chunk)
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(StorageError::DamagedBlob {
                    hash: self.hash,
                    reason: "the file became shorter while it was read",
                })
            }
            Ok(Err(source)) => {
                Err(StorageError::Io { action: "read the blob", path: self.hash.to_string().into(), source })
            }
            Err(_) => Err(StorageError::CutShort { action: "read the blob" }),
        })
    }
}

fn read_chunk(mut rest: Rest) -> io::Result<(Bytes, Rest)> {
    let place = LARGE_CHUNKS.try_acquire().ok();
    let count = rest.left.min(if place.is_some() { CHUNK_BYTES } else { SMALL_CHUNK_BYTES });
    let bytes = read_exactly(&mut rest.file, count)?;
    rest.left -= count;
    let chunk = match place {
        Some(place) if count > SMALL_CHUNK_BYTES => Bytes::from_owner(LargeChunk { bytes, _place: place }),
        _ => bytes,
    };
    Ok((chunk, rest))
}

/// A chunk that has its place until it is sent.
struct LargeChunk {
    bytes: Bytes,
    _place: SemaphorePermit<'static>,
}

impl AsRef<[u8]> for LargeChunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads into memory that is not zeroed first.
pub(super) fn read_exactly(file: &mut File, count: u64) -> io::Result<Bytes> {
    let capacity = usize::try_from(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = Vec::with_capacity(capacity);
    file.take(count).read_to_end(&mut bytes)?;
    if bytes.len() < capacity {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Bytes::from(bytes))
}
