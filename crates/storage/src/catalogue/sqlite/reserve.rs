//! A little room that is kept back, so that deleting works on a full volume: the
//! transaction that deletes a row must itself be written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

/// Room for far more than the pages that one deletion writes to the database's log.
const BYTES: usize = 1 << 20;

/// The file that holds the room.
#[derive(Debug, Clone)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub(super) fn in_folder(data: &Path) -> Self {
        Self { path: data.join("reserve") }
    }

    /// Takes the room back, if the volume has it; else a later call may. Blocks.
    pub(super) fn fill(&self) {
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

    /// Gives the room away. Whether there was any: another deletion may have done so before.
    pub(super) async fn given_up(self) -> bool {
        let removed = spawn_blocking(move || fs::remove_file(&self.path)).await;
        match removed {
            Ok(Ok(())) => {
                log::warn!("the volume is full; gave up the room that was held back for deleting");
                true
            }
            Ok(Err(error)) => {
                if error.kind() != io::ErrorKind::NotFound {
                    log::warn!("give up the room that is held back for deleting: {error}");
                }
                false
            }
            Err(_) => false,
        }
    }
}
