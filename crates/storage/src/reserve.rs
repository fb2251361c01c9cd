//! A little room that is kept back, so that deleting works on a full volume: the
//! transaction that deletes a row must itself be written. Every function here blocks.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Room for far more than the pages that one deletion writes to the database's log.
const BYTES: usize = 1 << 20;

/// The file that holds the room.
#[derive(Debug, Clone)]
pub(crate) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub(crate) fn in_folder(data: &Path) -> Self {
        Self { path: data.join("reserve") }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the room back, if the volume has it; else a later call may.
    pub(crate) fn fill(&self) {
        if fs::metadata(&self.path).is_ok_and(|meta| meta.len() == BYTES as u64) {
            return;
        }
        // Real bytes: a hole in a file holds nothing back.
        let filled = File::create(&self.path).and_then(|mut file| file.write_all(&vec![1; BYTES]));
        if let Err(error) = filled {
            log::warn!("hold room back for deleting: {error}");
            // A part of it helps nobody, and takes the last bytes from the catalogue.
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Gives the room away; another deletion may have done so before.
    pub(crate) fn release(&self) -> io::Result<()> {
        log::warn!("the volume is full; giving up the room that was held back for deleting");
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
