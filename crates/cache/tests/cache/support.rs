//! What the tests share: values, keys, folders, and waiting with a deadline.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cache::{Budget, Codec, Key, Settings, Tiered, Volume, Wanted};
use tokio::runtime::Handle;

/// As long as nothing is wrong, nothing takes this long.
const DEADLINE: Duration = Duration::from_secs(20);

/// A value as a service would have it: a label that decodes to a closed set, and bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) kind: char,
    pub(crate) bytes: Bytes,
}

pub(crate) type Pictures = Tiered<Picture, String>;

pub(crate) fn picture(text: impl Into<String>) -> Picture {
    Picture { kind: 'j', bytes: Bytes::from(text.into()) }
}

pub(crate) fn codec() -> Codec<Picture> {
    Codec {
        weigh: |picture| picture.bytes.len(),
        encode: |picture| (picture.kind.to_string().into_bytes(), picture.bytes.clone()),
        decode: |label, bytes| match label {
            b"j" => Some(Picture { kind: 'j', bytes }),
            b"p" => Some(Picture { kind: 'p', bytes }),
            _ => None,
        },
    }
}

/// Memory and volume of 64 MiB each.
pub(crate) fn pictures(dir: &Path) -> Pictures {
    let settings = Settings { memory_bytes: 64 << 20, max_pending_bytes: 1 << 20 };
    Tiered::new(settings, codec(), Some(volume(dir, 64 << 20).into()), Handle::current())
}

/// A volume that has been indexed.
pub(crate) fn volume(dir: &Path, capacity_bytes: u64) -> Volume {
    let volume = Volume::open(dir, capacity_bytes, Budget::new(64 << 20)).unwrap();
    wait_until(|| volume.stats().indexed);
    volume
}

/// Different groups for different numbers, with different first bytes.
pub(crate) fn key(number: u32) -> Key {
    variant(number, 0)
}

pub(crate) fn variant(number: u32, variant: u8) -> Key {
    let mut group = [0; 32];
    group[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_le_bytes());
    Key { group, variant: [variant; 16] }
}

/// Where the value of the key lies on the volume.
pub(crate) fn file_of(dir: &Path, key: &Key) -> PathBuf {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    dir.join(hex(&key.group[..1])).join(hex(&key.group)).join(hex(&key.variant))
}

/// Every file under the folder, which a volume may be taking files and folders out of.
pub(crate) fn files_under(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return files,
        Err(error) => panic!("{}: {error}", dir.display()),
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files
}

/// A closure's worth of making that counts how often it was done.
#[derive(Clone, Default)]
pub(crate) struct Maker {
    count: Arc<AtomicUsize>,
}

impl Maker {
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn make(
        &self,
        text: &str,
    ) -> impl FnOnce(Wanted) -> std::future::Ready<Result<Picture, String>> + use<> {
        let (count, value) = (Arc::clone(&self.count), picture(text));
        move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok(value))
        }
    }

    /// Makes only once the gate has a permit.
    pub(crate) fn make_behind(
        &self,
        gate: &Arc<tokio::sync::Semaphore>,
        text: &str,
    ) -> impl FnOnce(Wanted) -> std::pin::Pin<Box<dyn Future<Output = Result<Picture, String>> + Send>>
    + Send
    + use<> {
        let (count, value, gate) = (Arc::clone(&self.count), picture(text), Arc::clone(gate));
        move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                let _permit = gate.acquire().await.unwrap();
                Ok(value)
            })
        }
    }
}

/// Waits for the condition on a thread of its own.
pub(crate) fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "the condition did not come true");
        std::thread::yield_now();
    }
}

/// Waits for the condition and lets other tasks run meanwhile.
pub(crate) async fn eventually(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "the condition did not come true");
        tokio::task::yield_now().await;
    }
}

/// Fails the test instead of hanging it.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it hangs")
}
