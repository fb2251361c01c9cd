//! Blobs that no row names: what a crash between publishing and committing, or between
//! deleting a row and its blob, has left.
//!
//! They are put aside and not removed at once. A catalogue that was restored from a
//! backup, or replaced by an empty one, names fewer blobs than it should.

use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::ContentHash;
use tokio::task::spawn_blocking;

use crate::StorageError;
use crate::store::Inner;

/// How long an orphan is kept.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// Looks at every blob once. Ends early when the store is dropped.
pub(crate) async fn orphans(store: Weak<Inner>) {
    match sweep(&store).await {
        Ok(0) => {}
        Ok(count) => log::warn!(count; "put {count} blobs that no image names into the folder orphans"),
        Err(error) => log::warn!("sweep blobs: {error}; the next start tries again"),
    }
}

async fn sweep(store: &Weak<Inner>) -> Result<u32, StorageError> {
    if let Some(inner) = store.upgrade() {
        inner.purge_orphans(KEEP).await?;
    }
    let mut count = 0;
    for first in 0..=255 {
        let Some(inner) = store.upgrade() else { return Ok(count) };
        // A row with an unreadable hash may be the one that names the blob.
        if first == 0 && !inner.catalogue.hashes_are_sound().await? {
            log::error!("some rows of the catalogue are damaged; no blob is swept");
            return Ok(0);
        }
        let reader = Arc::clone(&inner);
        let names = spawn_blocking(move || reader.blobs.names_in_shard(first)).await;
        let Ok(Ok(names)) = names else { continue };
        for name in names {
            // A file that is no blob is not ours to remove.
            let Ok(hash) = name.parse::<ContentHash>() else { continue };
            if inner.catalogue.names(&name).await? {
                continue;
            }
            // An upload of the same bytes may be between its blob and its row. Once it is
            // our turn it is either through or not begun, so the row is asked for again.
            let _turn = inner.turns.take(&hash).await;
            if !inner.catalogue.names(&name).await? {
                inner.put_aside(hash).await?;
                count += 1;
            }
        }
    }
    Ok(count)
}
