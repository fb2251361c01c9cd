//! Following image-cache's events: what was made of a deleted original goes at once, also
//! where nobody asks for it again.
//!
//! Nothing depends on it. When events cannot come, the re-check of each original still
//! finds within a second of being asked that it is gone.

use std::time::Duration;

use actix_web::web;
use client::{ClientError, Listener, Notice};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::changes::note;
use crate::state::AppState;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// A connection that lived so long was one that worked, also if it was silent.
const LASTS: Duration = Duration::from_secs(30);

/// Follows until the token is cancelled.
pub(crate) async fn follow(mut listener: Listener, state: web::Data<AppState>, stop: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    let mut since = Instant::now();
    loop {
        let notice = tokio::select! {
            notice = listener.next() => notice,
            () = stop.cancelled() => return,
        };
        match notice {
            Ok(Notice::Event(event)) => {
                pause = FIRST_PAUSE;
                // Kinds that are not known here are of a later version.
                if let (Some(change), Some(owner)) = (event.change(), event.owner()) {
                    note(&state, &owner, &change).await;
                }
            }
            Ok(Notice::Gap) => log::info!("some events of image-cache were missed; re-checks make up for it"),
            Err(error) => {
                if since.elapsed() >= LASTS {
                    pause = FIRST_PAUSE;
                }
                // Said once; readiness tells while it lasts.
                if pause == FIRST_PAUSE {
                    log::warn!("listen to image-cache: {}; trying again", chain(&error));
                }
                tokio::select! {
                    () = sleep(pause) => {}
                    () = stop.cancelled() => return,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
                since = Instant::now();
            }
        }
    }
}

fn chain(error: &ClientError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
