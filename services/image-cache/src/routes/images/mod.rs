//! `/images`

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod upload;

use std::sync::Arc;

use access::{Action, Caller, Verdict, may};
use actix_web::HttpRequest;
use api::{AlbumAccess, ImageAccess, ImageInfo, UploadedImage};
use server::conditional::Precondition;
use server::image_response::entity_tag;
use storage::{Changed, Condition, ImageRecord, ImageRef, StorageError};

use crate::original::last_modified;
use crate::routes::message;
use crate::state::AppState;

/// An image as the wire contract describes it.
pub(crate) fn describe(state: &AppState, caller: &Caller, record: &ImageRecord) -> ImageInfo {
    ImageInfo {
        id: record.id,
        name: record.name(),
        album: record.album.as_ref().map(|album| album.as_str().to_owned()),
        media_type: record.source.media_type,
        width: record.source.size.width(),
        height: record.source.size.height(),
        orientation: record.source.orientation.exif(),
        frames: record.source.frames,
        bytes: record.bytes,
        sha256: record.hash,
        created: record.created,
        access: (!state.library.is_open).then(|| access_to(caller, record)),
    }
}

/// What a caller may know of who may see the image: of the links, and of those it is shared
/// with, whoever may change that, and the other services.
fn access_to(caller: &Caller, record: &ImageRecord) -> ImageAccess {
    let acl = record.acl();
    let knows = *caller == Caller::Service || may(caller, Action::Share, &acl) == Verdict::Yes;
    let album = acl.album.filter(|_| knows).map(|album| AlbumAccess {
        id: album.id,
        visibility: album.visibility,
        readers: album.readers.iter().map(|reader| reader.as_str().to_owned()).collect(),
        link_epoch: album.link_epoch,
    });
    ImageAccess {
        owner: acl.owner,
        visibility: acl.visibility,
        link_epoch: knows.then_some(acl.link_epoch),
        album,
    }
}

/// What a request asks of the image that it is to change.
pub(crate) fn condition(request: &HttpRequest, which: &ImageRef) -> Condition {
    let (precondition, which) = (Precondition::of(request.headers()), which.clone());
    Arc::new(move |image| {
        let etag = entity_tag(image.hash);
        let holds = precondition.holds(etag.to_str().unwrap_or_default(), last_modified(image, &which));
        if holds { Ok(()) } else { Err(StorageError::NotAsExpected) }
    })
}

/// The answer to an upload.
pub(crate) fn uploaded(state: &AppState, caller: &Caller, added: &Changed<ImageRecord>) -> UploadedImage {
    UploadedImage { message: message(&added.changes), image: describe(state, caller, &added.value) }
}
