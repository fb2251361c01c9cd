//! The lock of a data folder: one process may write there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use tokio::task::spawn_blocking;

use crate::OpenError;

/// A data folder that is ours until this is released or dropped.
pub(crate) struct FolderLock {
    file: Option<File>,
}

impl FolderLock {
    /// Makes the folder if need be, and takes it.
    pub(crate) async fn take(data: &Path) -> Result<Self, OpenError> {
        let folder = data.to_owned();
        let taken = spawn_blocking(move || take(&folder)).await;
        taken.unwrap_or_else(|_| Err(OpenError::io("lock", data)(io::Error::other("the task was cut short"))))
    }

    /// Takes nothing: on a volume where nothing can be written there is nothing to keep apart.
    pub(crate) fn none() -> Self {
        Self { file: None }
    }

    /// Lets go of the folder.
    pub(crate) fn release(&self) {
        if let Some(file) = &self.file
            && let Err(error) = file.unlock()
        {
            log::warn!("unlock the data folder: {error}");
        }
    }
}

fn take(data: &Path) -> Result<FolderLock, OpenError> {
    fs::create_dir_all(data).map_err(OpenError::io("make the data folder", data))?;
    let path = data.join("lock");
    let file =
        OpenOptions::new().create(true).append(true).open(&path).map_err(OpenError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { file: Some(file) }),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: data.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io("lock", &path)(error)),
    }
}
