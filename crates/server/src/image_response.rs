//! The headers that stand on every answer with image bytes, or with what is told of them.

use std::fmt::{Display, Write as _};
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::{Acl, Caller};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderName, HeaderValue, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use domain::Visibility;

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
    /// How long a cache need not ask again; see [`Keeping`].
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

/// Whether the image under a URL can become another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// Under its id an image never changes.
    Id,
    /// Under a name there may be another one tomorrow.
    Name,
}

/// Which caches may keep images, and for how long without asking again. The headers are made
/// once.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// Everyone who reaches the service may see everything.
    is_open: bool,
    max_age: Duration,
    by_all: HeaderValue,
    by_client: HeaderValue,
}

impl Keeping {
    /// Of images that may be kept for `max_age`, in a service that everyone may use if it
    /// `is_open`.
    pub fn new(max_age: Duration, is_open: bool) -> Self {
        let seconds = max_age.as_secs();
        Self {
            is_open,
            max_age,
            by_all: value(format!("public, max-age={seconds}")),
            by_client: value(format!("private, max-age={seconds}")),
        }
    }

    /// The header `Cache-Control` of an image that this caller was given.
    pub fn of(&self, caller: &Caller, acl: &Acl, under: Under) -> HeaderValue {
        let ask = HeaderValue::from_static("private, no-cache");
        if let Caller::Link(link) = caller {
            let rest = Duration::from_secs(link.expires.saturating_sub(seconds_now())).min(self.max_age);
            return match under {
                Under::Id => value(format!("private, max-age={}", rest.as_secs())),
                Under::Name => ask,
            };
        }
        let visibility = if self.is_open { Visibility::Public } else { acl.effective_visibility() };
        match (visibility, under) {
            (Visibility::Public, Under::Id) => self.by_all.clone(),
            (Visibility::Public, Under::Name) => HeaderValue::from_static("no-cache"),
            (Visibility::Unlisted, Under::Id) => self.by_client.clone(),
            (Visibility::Unlisted, Under::Name) | (Visibility::Private, _) => ask,
        }
    }
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
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
    fn what_not_everyone_may_see_is_kept_by_nobody_but_its_client() {
        let of = |is_open, visibility, under| {
            let keeping = Keeping::new(Duration::from_secs(3600), is_open);
            let acl = Acl { visibility, ..Acl::default() };
            keeping.of(&Caller::Operator, &acl, under)
        };
        for (is_open, visibility, for_ids, for_names) in [
            (true, Visibility::Private, "public, max-age=3600", "no-cache"),
            (false, Visibility::Public, "public, max-age=3600", "no-cache"),
            (false, Visibility::Unlisted, "private, max-age=3600", "private, no-cache"),
            (false, Visibility::Private, "private, no-cache", "private, no-cache"),
        ] {
            assert_eq!(of(is_open, visibility, Under::Id), for_ids);
            assert_eq!(of(is_open, visibility, Under::Name), for_names);
        }
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
