//! The tier below memory: values that outlive the process, or are shared by several.
//!
//! Every backend keeps the promises that `tests/cache/shelf.rs` holds it to:
//!
//! - What is got is what was put under this key, byte for byte, or nothing.
//! - A removed group is gone at once. A value that was begun before the removal and is put
//!   after it is refused, whichever replica began it: it carries the [`Epoch`] that its
//!   group had when it was begun, and the removal has moved that on.
//! - Anything may be lost at any time. A shelf that fails costs time, never an answer.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::remote::{Remote, RemoteError};
use crate::volume::{NoRoom, Volume, VolumeError, VolumeStats};
use crate::{Group, Key};

/// Which life of its group a value belongs to; each removal of the group begins another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Epoch {
    /// On the volume of this process.
    near: u64,
    /// On the server that is shared.
    far: u64,
}

impl Epoch {
    /// The epoch with this number on a volume. Of two epochs of a group, the later has the
    /// larger one.
    pub(crate) const fn new(number: u64) -> Self {
        Self { near: number, far: 0 }
    }

    pub(crate) const fn number(self) -> u64 {
        self.near
    }

    /// The same on a server.
    pub(crate) const fn far(number: u64) -> Self {
        Self { near: 0, far: number }
    }

    pub(crate) const fn far_number(self) -> u64 {
        self.far
    }
}

/// A value as it lies on a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was given as label.
    pub label: Bytes,
    /// What was given as body.
    pub body: Bytes,
}

/// The result of looking for a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelved {
    /// The epoch of the group, with which a value that is made because of this look is put.
    pub epoch: Epoch,
    /// The value, if there is one of this epoch.
    pub entry: Option<Entry>,
}

/// Why a shelf could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The volume's own reason.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// The server's own reason.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The runtime stopped before the work was done.
    #[error("the runtime stopped before the cache was changed")]
    Stopped,
}

/// The tier below memory. Cloning it gives another handle.
#[derive(Clone)]
pub enum Shelf {
    /// Files in a folder of this process.
    Volume(Arc<Volume>),
    /// A server that other processes share.
    Remote(Arc<Remote>),
    /// Files of this process, and behind them a server that other processes share.
    Both(Arc<Volume>, Arc<Remote>),
}

impl From<Volume> for Shelf {
    fn from(volume: Volume) -> Self {
        Self::Volume(Arc::new(volume))
    }
}

impl From<Remote> for Shelf {
    fn from(remote: Remote) -> Self {
        Self::Remote(Arc::new(remote))
    }
}

impl Shelf {
    /// This shelf with a shared one behind it.
    #[must_use]
    pub fn over(self, remote: Remote) -> Self {
        match self {
            Self::Volume(volume) | Self::Both(volume, _) => Self::Both(volume, Arc::new(remote)),
            Self::Remote(_) => remote.into(),
        }
    }

    /// Looks for the value, which is read once there is room for it in the budget of reads.
    /// An error of the backend is logged and is a miss.
    pub async fn get(&self, key: Key) -> Shelved {
        match self {
            Self::Volume(volume) => get_near(volume, key).await,
            Self::Remote(remote) => remote.get(&key).await,
            Self::Both(volume, remote) => {
                let near = get_near(volume, key).await;
                if near.entry.is_some() {
                    return near;
                }
                let far = remote.get(&key).await;
                if let Some(entry) = far.entry.clone() {
                    // The next look is nearer. Nobody waits for it.
                    let volume = Arc::clone(volume);
                    spawn_blocking(move || volume.put(&key, near.epoch, &entry.label, &entry.body));
                }
                Shelved { epoch: Epoch { far: far.epoch.far, ..near.epoch }, entry: far.entry }
            }
        }
    }

    /// Puts a value that was begun in this epoch, in place of an older one whole or not at
    /// all. The label may have 65,535 bytes.
    ///
    /// Says whether it did: not if the group has been removed since, and not if label or
    /// value are too large.
    ///
    /// # Errors
    /// [`ShelfError`]; nothing is left behind.
    pub async fn put(&self, key: Key, epoch: Epoch, label: Vec<u8>, body: Bytes) -> Result<bool, ShelfError> {
        match self {
            Self::Volume(volume) => put_near(volume, key, epoch, label, body).await,
            Self::Remote(remote) => Ok(remote.put(&key, epoch, &label, &body).await?),
            Self::Both(volume, remote) => {
                let put = put_near(volume, key, epoch, label.clone(), body.clone()).await?;
                if put && let Err(error) = remote.put(&key, epoch, &label, &body).await {
                    // It is there for this process.
                    log::warn!("a value was not shared: {error}");
                }
                Ok(put)
            }
        }
    }

    /// Removes every value of the group, and refuses those that were begun before.
    ///
    /// # Errors
    /// [`ShelfError`]; what is left is not served, but takes room. Try again.
    pub async fn remove_group(&self, group: Group) -> Result<(), ShelfError> {
        match self {
            Self::Volume(volume) => remove_near(volume, group).await,
            Self::Remote(remote) => Ok(remote.remove_group(&group).await?),
            Self::Both(volume, remote) => {
                // The other way round a look could bring back near what is still far.
                let far = remote.remove_group(&group).await;
                remove_near(volume, group).await?;
                Ok(far?)
            }
        }
    }

    /// Numbers for metrics.
    pub fn stats(&self) -> VolumeStats {
        match self {
            Self::Volume(volume) => volume.stats(),
            Self::Remote(remote) => {
                let (hits, misses) = remote.looks();
                VolumeStats { hits, misses, indexed: true, ..VolumeStats::default() }
            }
            Self::Both(volume, remote) => {
                let near = volume.stats();
                let (hits, misses) = remote.looks();
                // What was not near and not far is missed.
                VolumeStats { hits: near.hits + hits, misses, ..near }
            }
        }
    }

    /// Lets go of what the shelf holds for this process alone. Nothing may be asked for
    /// afterwards.
    pub fn release(&self) {
        match self {
            Self::Volume(volume) | Self::Both(volume, _) => volume.release(),
            Self::Remote(_) => {}
        }
    }
}

async fn get_near(volume: &Arc<Volume>, key: Key) -> Shelved {
    let get = |share| {
        let volume = Arc::clone(volume);
        spawn_blocking(move || volume.get(&key, share))
    };
    let mut looked = get(None).await;
    if let Ok(Err(NoRoom { bytes })) = looked {
        looked = get(Some(volume.budget().take(bytes).await)).await;
    }
    // A runtime that stops has no use for the value.
    looked.ok().and_then(Result::ok).unwrap_or_default()
}

async fn put_near(
    volume: &Arc<Volume>,
    key: Key,
    epoch: Epoch,
    label: Vec<u8>,
    body: Bytes,
) -> Result<bool, ShelfError> {
    let volume = Arc::clone(volume);
    blocking(move || volume.put(&key, epoch, &label, &body)).await
}

async fn remove_near(volume: &Arc<Volume>, group: Group) -> Result<(), ShelfError> {
    let volume = Arc::clone(volume);
    blocking(move || volume.remove_group(&group)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VolumeError> + Send + 'static,
) -> Result<T, ShelfError> {
    Ok(spawn_blocking(work).await.map_err(|_| ShelfError::Stopped)??)
}
