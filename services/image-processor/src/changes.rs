//! What a change at image-cache makes stale here.

use actix_web::web;
use domain::{Change, ImageId, Name, Owner, Place};

use crate::known::FullName;
use crate::state::AppState;

/// Forgets what a change makes stale, and drops what was made of a deleted original.
pub(crate) async fn note(state: &AppState, owner: &Owner, change: &Change) {
    let sources = &state.sources;
    match change {
        // An album is only asked for by the names in it, which are changes of their own.
        Change::AlbumCreated { .. } => {}
        Change::AlbumRenamed { from, to } => {
            sources.forget_album(from);
            sources.forget_album(to);
        }
        Change::AlbumDeleted { album } => sources.forget_album(album),
        Change::ImageAdded { at, .. } => {
            if let Some(name) = full_name(owner, at) {
                sources.note_added(name);
            }
        }
        Change::ImageMoved { image, from, to } => {
            sources.ask_again(*image);
            forget_name(state, owner, from);
            forget_name(state, owner, to);
        }
        Change::ImageDeleted { image, at, .. } => {
            forget_name(state, owner, at);
            drop_original(state, *image).await;
        }
        Change::ImageShared { image, .. } => sources.unlearn(*image),
        Change::AlbumShared { .. } => sources.unlearn_albums_of(owner),
        Change::KeyRevoked { key } => {
            if let Ok(key) = key.parse() {
                state.api_keys.forget(&key);
            }
        }
    }
}

/// Does the same in the background once image-cache says that an original is gone; the
/// client that asked for it need not wait.
pub(crate) fn note_gone(state: &web::Data<AppState>, id: ImageId) {
    let state = state.clone();
    tokio::spawn(async move { drop_original(&state, id).await });
}

/// Forgets a deleted original and drops all that was made of it.
async fn drop_original(state: &AppState, id: ImageId) {
    if let Some(group) = state.sources.forget(id).await {
        state.derivations.drop_group(group).await;
    }
}

fn forget_name(state: &AppState, owner: &Owner, at: &Place) {
    if let Some(name) = full_name(owner, at) {
        state.sources.forget_name(name);
    }
}

/// None outside of albums, where names are for saving and nothing is found by them.
fn full_name(owner: &Owner, at: &Place) -> Option<FullName> {
    let name = Name::parse(&at.name).ok()?;
    Some(FullName { owner: owner.clone(), album: at.album.clone()?, name })
}
