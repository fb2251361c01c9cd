//! The headers that stand on every answer with image bytes, or with what is told of them.

use std::fmt::{Display, Write as _};
use std::ops::Range;
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderName, HeaderValue, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use crate::conditional::Representation;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What the headers of an image say. The values are made once and kept beside the image,
/// since the same image is served many times.
#[derive(Debug, Clone, Copy)]
pub struct ImageHeaders<'a> {
    /// The type of the bytes.
    pub content_type: &'static str,
    /// The strong entity tag; see [`entity_tag`].
    pub etag: &'a HeaderValue,
    /// When the image came to be.
    pub last_modified: &'a LastModified,
    /// The name to save under, of an image; see [`disposition`].
    pub disposition: Option<&'a HeaderValue>,
    /// How long a cache need not ask again; see [`cache_control`].
    pub cache_control: &'a HeaderValue,
}

/// A time, and the header that says it.
#[derive(Debug, Clone)]
pub struct LastModified {
    time: SystemTime,
    header: HeaderValue,
}

impl LastModified {
    /// The time of a last change.
    pub fn new(time: SystemTime) -> Self {
        Self { time, header: value(httpdate::fmt_http_date(time)) }
    }
}

/// A strong entity tag of plain ASCII without quotes.
pub fn entity_tag(tag: impl Display) -> HeaderValue {
    value(format!("\"{tag}\""))
}

/// Which caches may keep an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy {
    /// All of them, shared ones such as a CDN's too.
    AnyCache,
    /// Only the cache of the client that asked, since others may not see the image.
    Client,
}

/// How long caches may use an image without asking again.
pub fn cache_control(kept_by: KeptBy, max_age: Duration) -> HeaderValue {
    let scope = match kept_by {
        KeptBy::AnyCache => "public",
        KeptBy::Client => "private",
    };
    value(format!("{scope}, max-age={}", max_age.as_secs()))
}

/// All texts that come here are plain ASCII.
fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

impl<'a> ImageHeaders<'a> {
    /// What conditional requests are decided on.
    pub fn representation(&self, length: u64) -> Representation<'a> {
        Representation {
            etag: self.etag.to_str().unwrap_or_default(),
            last_modified: self.last_modified.time,
            length,
        }
    }

    /// An answer with the bytes, or with a part of them.
    pub fn start(&self, part: Option<&Range<u64>>, length: u64) -> HttpResponseBuilder {
        let mut response = match part {
            None => HttpResponse::Ok(),
            Some(part) => {
                let mut response = HttpResponseBuilder::new(StatusCode::PARTIAL_CONTENT);
                let last = part.end.saturating_sub(1);
                response.insert_header((CONTENT_RANGE, format!("bytes {}-{last}/{length}", part.start)));
                response
            }
        };
        response
            .insert_header((CONTENT_TYPE, HeaderValue::from_static(self.content_type)))
            .insert_header((ACCEPT_RANGES, HeaderValue::from_static("bytes")));
        if let Some(disposition) = self.disposition {
            response.insert_header((CONTENT_DISPOSITION, disposition.clone()));
        }
        self.add_validators(&mut response);
        add_protection(&mut response);
        response
    }

    /// 304, with the headers that a 200 would have had and a cache needs.
    pub fn not_modified(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::NotModified();
        self.add_validators(&mut response);
        add_protection(&mut response);
        response
    }

    fn add_validators(&self, response: &mut HttpResponseBuilder) {
        response
            .insert_header((ETAG, self.etag.clone()))
            .insert_header((LAST_MODIFIED, self.last_modified.header.clone()))
            .insert_header((CACHE_CONTROL, self.cache_control.clone()));
    }
}

/// Bytes from strangers never run as anything but the image they are, and may be shown
/// on any site.
fn add_protection(response: &mut HttpResponseBuilder) {
    response
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")))
        .insert_header((CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin")));
}

/// Tells in a 416 how long the image is.
pub fn add_length(response: &mut HttpResponse, length: u64) {
    response.headers_mut().insert(CONTENT_RANGE, value(format!("bytes */{length}")));
}

/// A range of bytes in memory; nothing is copied.
pub fn part_of(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(bytes.len());
    let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
    bytes.slice(start..end)
}

/// The same header, for a client that wants to save the file and not to show it.
pub fn attachment(inline: &HeaderValue) -> HeaderValue {
    let name = inline.to_str().unwrap_or_default().trim_start_matches("inline");
    value(format!("attachment{name}"))
}

/// `inline` with the file name: exactly by RFC 8187, and in ASCII for old clients.
pub fn disposition(name: &str) -> HeaderValue {
    let mut exact = String::with_capacity(name.len());
    let mut ascii = String::with_capacity(name.len());
    for c in name.chars() {
        // RFC 8187 `attr-char`, short of the marks that no file name needs.
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') {
            exact.push(c);
            ascii.push(c);
        } else {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                let _ = write!(exact, "%{byte:02X}");
            }
            ascii.push('_');
        }
    }
    value(format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{exact}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_its_client_may_see_is_private() {
        let hour = Duration::from_secs(3600);
        assert_eq!(cache_control(KeptBy::AnyCache, hour), "public, max-age=3600");
        assert_eq!(cache_control(KeptBy::Client, hour), "private, max-age=3600");
    }

    #[test]
    fn no_name_breaks_out_of_the_disposition() {
        assert_eq!(disposition("a.jpg"), "inline; filename=\"a.jpg\"; filename*=UTF-8''a.jpg");
        assert_eq!(
            disposition("é\"; x=\r\nSet-Cookie: a"),
            "inline; filename=\"____x___Set-Cookie__a\"; \
             filename*=UTF-8''%C3%A9%22%3B%20x%3D%0D%0ASet-Cookie%3A%20a"
        );
    }
}
