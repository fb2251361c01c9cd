//! One original, and the headers that it is served with.

use std::time::SystemTime;

use access::Acl;
use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use server::image_response::{ImageHeaders, LastModified, attachment, disposition, entity_tag};
use storage::{BlobReader, ImageRecord, ImageRef};

/// An image and the headers that it is served with, as it was asked for.
pub(crate) struct Original {
    pub(crate) record: ImageRecord,
    /// What the right to it depends on.
    pub(crate) acl: Acl,
    etag: HeaderValue,
    last_modified: LastModified,
    disposition: HeaderValue,
    cache_control: HeaderValue,
}

/// The bytes of an original, or of a part of it.
pub(crate) enum Content {
    Memory(Bytes),
    Volume(BlobReader),
}

impl Original {
    /// Under its id an image never changes; under a name there may be another one tomorrow.
    pub(crate) fn new(record: ImageRecord, asked: &ImageRef, for_ids: &HeaderValue) -> Self {
        let cache_control = match asked {
            ImageRef::Id(_) => for_ids.clone(),
            ImageRef::Named { .. } => HeaderValue::from_static("no-cache"),
        };
        Self {
            acl: Acl::of(record.owner.clone()),
            etag: entity_tag(record.hash),
            last_modified: LastModified::new(last_modified(&record, asked)),
            disposition: disposition(&record.name()),
            cache_control,
            record,
        }
    }

    /// The header that has it saved under its name.
    pub(crate) fn attachment(&self) -> HeaderValue {
        attachment(&self.disposition)
    }

    pub(crate) fn headers(&self) -> ImageHeaders<'_> {
        ImageHeaders {
            content_type: self.record.source.media_type.as_str(),
            etag: &self.etag,
            last_modified: &self.last_modified,
            disposition: Some(&self.disposition),
            cache_control: &self.cache_control,
        }
    }
}

/// Since when the image is what is found under what was asked for.
pub(crate) fn last_modified(image: &ImageRecord, asked: &ImageRef) -> SystemTime {
    match asked {
        ImageRef::Id(_) => image.created,
        ImageRef::Named { .. } => image.placed,
    }
}
