//! The folder of uploads that are not complete. Every function here blocks.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder, on a disk of this machine also where blobs are kept elsewhere: a file is
/// looked into before it becomes an image.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Makes the folder, and removes what uploads left behind that never completed.
    pub(super) fn open(data: &Path) -> io::Result<Self> {
        let this = Self::existing(data);
        fs::create_dir_all(&this.path)?;
        for entry in fs::read_dir(&this.path)? {
            let path = entry?.path();
            log::info!("sweep the unfinished upload {}", path.display());
            if let Err(error) = fs::remove_file(&path) {
                log::warn!("sweep {}: {error}", path.display());
            }
        }
        Ok(this)
    }

    /// The folder as it is, for reading only.
    pub(super) fn existing(data: &Path) -> Self {
        Self { path: data.join("staging") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a few bytes and forces them to disk.
    pub(super) fn try_writing(&self) -> io::Result<()> {
        let path = self.path.join(format!("try-{}", Uuid::now_v7().as_simple()));
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(b"a try")?;
            file.sync_all()
        });
        let removed = fs::remove_file(&path);
        written.and(removed)
    }
}
