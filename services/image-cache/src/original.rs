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
}

/// The bytes of an original, or of a part of it.
pub(crate) enum Content {
    Memory(Bytes),
    Volume(BlobReader),
}

impl Original {
    pub(crate) fn new(record: ImageRecord, asked: &ImageRef) -> Self {
        Self {
            acl: record.acl(),
            etag: entity_tag(record.hash),
            last_modified: LastModified::new(last_modified(&record, asked)),
            disposition: disposition(&record.name()),
            record,
        }
    }

    /// The header that has it saved under its name.
    pub(crate) fn attachment(&self) -> HeaderValue {
        attachment(&self.disposition)
    }

    pub(crate) fn headers<'a>(&'a self, cache_control: &'a HeaderValue) -> ImageHeaders<'a> {
        ImageHeaders {
            content_type: self.record.source.media_type.as_str(),
            etag: &self.etag,
            last_modified: &self.last_modified,
            disposition: Some(&self.disposition),
            cache_control,
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
