//! Blobs that no image has: what a crash between publishing and committing, or between
//! deleting a row and its blob, has left.
//!
//! They are put aside and not removed at once. A catalogue that was restored from a
//! backup, or replaced by an empty one, names fewer blobs than it should.

use std::sync::Arc;
use std::time::Duration;

use turns::Turns;

use crate::StorageError;
use crate::blobs::Blobs;
use crate::catalogue::Catalogue;

/// How long an orphan is kept.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// What sweeping needs of a store.
pub(crate) struct Sweep {
    pub(crate) blobs: Blobs,
    pub(crate) catalogue: Catalogue,
    pub(crate) turns: Arc<Turns>,
}

impl Sweep {
    /// Looks at every blob once.
    pub(crate) async fn orphans(self) {
        match self.sweep().await {
            Ok(0) => {}
            Ok(count) => log::warn!(count; "put {count} blobs that no image names into the folder orphans"),
            Err(error) => log::warn!("sweep blobs: {error}; the next start tries again"),
        }
    }

    async fn sweep(&self) -> Result<u32, StorageError> {
        // A damaged catalogue may not tell of all images that there are.
        self.catalogue.examine().await?;
        // A row with an unreadable hash may be the one that names the blob.
        if !self.catalogue.hashes_are_sound().await? {
            log::error!("some rows of the catalogue are damaged; no blob is swept");
            return Ok(0);
        }
        let (mut count, mut named) = (0, 0);
        for first in 0..=255 {
            let Ok(hashes) = self.blobs.beginning_with(first).await else { continue };
            for hash in hashes {
                if self.catalogue.names(hash).await? {
                    named += 1;
                    continue;
                }
                // An upload of the same bytes may be between its blob and its row. Once it is
                // our turn it is either through or not begun, so the row is asked for again.
                let _turn = self.turns.take(&hash).await;
                if !self.catalogue.names(hash).await? {
                    self.blobs.put_aside(hash).await?;
                    count += 1;
                }
            }
        }
        let aside = self.blobs.set_aside().await?;
        if aside > named {
            // Then it is rather the catalogue that has lost them.
            log::error!(
                "{aside} blobs are set aside and only {named} belong to images; none is removed. Was \
                 catalogue.db replaced?"
            );
        } else {
            self.blobs.purge_aside(KEEP).await?;
        }
        Ok(count)
    }
}
