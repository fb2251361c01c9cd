//! Conditional and range requests, in the order of RFC 9110, section 13.2.2.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::Method;
use actix_web::http::header::{
    self, HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
};

/// What is known of a stored representation before its bytes are touched.
#[derive(Debug, Clone, Copy)]
pub struct Representation<'a> {
    /// The strong entity tag, quotes included.
    pub etag: &'a str,
    /// When the representation was made.
    pub last_modified: SystemTime,
    /// Its length in bytes.
    pub length: u64,
}

/// What is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// All of it: 200.
    Full,
    /// This range of bytes: 206.
    Part(Range<u64>),
    /// The client has it: 304.
    NotModified,
    /// The client's condition does not hold: 412.
    PreconditionFailed,
    /// The range is outside the representation: 416.
    RangeNotSatisfiable,
}

/// Decides on a GET or HEAD.
pub fn decide(method: &Method, headers: &HeaderMap, is: Representation<'_>) -> Decision {
    // The common request has no condition at all.
    if ![IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, header::RANGE]
        .iter()
        .any(|name| headers.contains_key(name))
    {
        return Decision::Full;
    }
    if !precondition_holds(headers, is.etag, is.last_modified) {
        return Decision::PreconditionFailed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        let same = |tag: Tag<'_>| match tag {
            Tag::Any => true,
            Tag::Strong(tag) | Tag::Weak(tag) => tag == is.etag,
        };
        if any_tag(headers, IF_NONE_MATCH, same) {
            return Decision::NotModified;
        }
    } else if date(headers, IF_MODIFIED_SINCE).is_some_and(|date| seconds(is.last_modified) <= seconds(date))
    {
        return Decision::NotModified;
    }
    if method == Method::GET && if_range_holds(headers, is) {
        return range(headers, is.length);
    }
    Decision::Full
}

/// What a change asks of the thing that it is to change: `If-Match`, else
/// `If-Unmodified-Since`.
#[derive(Debug, Clone)]
pub struct Precondition {
    /// These three headers only.
    headers: HeaderMap,
}

impl Precondition {
    /// What a request asks.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut asked = HeaderMap::new();
        for name in [IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE] {
            for value in headers.get_all(&name) {
                asked.append(name.clone(), value.clone());
            }
        }
        Self { headers: asked }
    }

    /// Whether it holds of a thing with this strong entity tag, quotes included.
    pub fn holds(&self, etag: &str, last_modified: SystemTime) -> bool {
        precondition_holds(&self.headers, etag, last_modified)
    }

    /// Whether what is not there may be made: not if something was to be there.
    pub fn holds_of_nothing(&self) -> bool {
        !self.headers.contains_key(IF_MATCH)
    }

    /// Whether a thing that is there stands in the way of making it: `If-None-Match: *`.
    pub fn asks_for_nothing(&self) -> bool {
        any_tag(&self.headers, IF_NONE_MATCH, |tag| tag == Tag::Any)
    }

    /// Whether it holds of a thing that is there and has neither tag nor date.
    pub fn holds_without_tag(&self) -> bool {
        !self.headers.contains_key(IF_MATCH) || any_tag(&self.headers, IF_MATCH, |tag| tag == Tag::Any)
    }
}

/// `If-Match`, else `If-Unmodified-Since`; true where neither is asked.
fn precondition_holds(headers: &HeaderMap, etag: &str, last_modified: SystemTime) -> bool {
    if headers.contains_key(IF_MATCH) {
        return any_tag(headers, IF_MATCH, |tag| tag == Tag::Any || tag == Tag::Strong(etag));
    }
    date(headers, IF_UNMODIFIED_SINCE).is_none_or(|date| seconds(last_modified) <= seconds(date))
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Tag<'a> {
    Any,
    /// With its quotes.
    Strong(&'a str),
    /// With its quotes, without `W/`.
    Weak(&'a str),
}

/// Whether some entity tag of the header's list passes the test.
fn any_tag(headers: &HeaderMap, name: HeaderName, test: impl Fn(Tag<'_>) -> bool) -> bool {
    headers.get_all(name).filter_map(|value| value.to_str().ok()).any(|list| {
        if list.trim() == "*" {
            return test(Tag::Any);
        }
        // A list may have empty elements, at its beginning too (RFC 9110, 5.6.1).
        let mut rest = list.trim_start_matches([' ', '\t', ',']);
        // An entity tag may contain commas, so the list is read tag by tag.
        while let Some((tag, after)) = next_tag(rest) {
            if test(tag) {
                return true;
            }
            rest = after.trim_start_matches([' ', '\t', ',']);
        }
        false
    })
}

fn next_tag(list: &str) -> Option<(Tag<'_>, &str)> {
    let (weak, quoted) = match list.strip_prefix("W/") {
        Some(quoted) => (true, quoted),
        None => (false, list),
    };
    let inner = quoted.strip_prefix('"')?;
    let (tag, after) = quoted.split_at_checked(inner.find('"')? + 2)?;
    Some((if weak { Tag::Weak(tag) } else { Tag::Strong(tag) }, after))
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// HTTP dates have whole seconds, so comparisons do too.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// `If-Range` wants the very same representation: a strong tag, or its exact date.
fn if_range_holds(headers: &HeaderMap, is: Representation<'_>) -> bool {
    let Some(value) = headers.get(IF_RANGE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    match next_tag(value.trim()) {
        Some((tag, _)) => tag == Tag::Strong(is.etag),
        None => date(headers, IF_RANGE).is_some_and(|date| seconds(date) == seconds(is.last_modified)),
    }
}

/// One range of bytes. A malformed header, another unit or several ranges are answered
/// in full, as RFC 9110, section 14.2 allows.
fn range(headers: &HeaderMap, length: u64) -> Decision {
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).and_then(parse_range);
    match wanted {
        None => Decision::Full,
        Some(Wanted::FromTo(first, last)) if first < length => {
            Decision::Part(first..last.map_or(length, |last| length.min(last.saturating_add(1))))
        }
        Some(Wanted::Last(count)) if count > 0 && length > 0 => {
            Decision::Part(length.saturating_sub(count)..length)
        }
        Some(Wanted::FromTo(..) | Wanted::Last(_)) => Decision::RangeNotSatisfiable,
    }
}

enum Wanted {
    FromTo(u64, Option<u64>),
    Last(u64),
}

fn parse_range(value: &str) -> Option<Wanted> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    // More digits than a u64 holds are past the end of every image.
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", last) => number(last).map(Wanted::Last),
        (first, "") => number(first).map(|first| Wanted::FromTo(first, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Wanted::FromTo(first, Some(last)))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const ETAG: &str = "\"abc,d\"";

    fn on(method: Method, headers: &[(&'static str, &'static str)]) -> Decision {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        // Sunday, 06 Nov 1994 08:49:37 GMT, and a bit.
        let last_modified = UNIX_EPOCH + Duration::from_millis(784_111_777_400);
        decide(&method, &map, Representation { etag: ETAG, last_modified, length: 1000 })
    }

    fn get(headers: &[(&'static str, &'static str)]) -> Decision {
        on(Method::GET, headers)
    }

    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    #[test]
    fn if_none_match_compares_weakly_and_knows_lists() {
        for value in ["*", "\"abc,d\"", "W/\"abc,d\"", "\"x\", \"abc,d\"", "\"x\",W/\"abc,d\"", " * "] {
            assert_eq!(get(&[("if-none-match", value)]), Decision::NotModified, "{value}");
        }
        for value in ["\"x\"", "abc,d", "\"abc", "", "\"abc\",\"d\""] {
            assert_eq!(get(&[("if-none-match", value)]), Decision::Full, "{value}");
        }
        assert_eq!(get(&[("if-none-match", "\"x\""), ("if-none-match", "\"abc,d\"")]), Decision::NotModified);
    }

    #[test]
    fn if_match_compares_strongly() {
        assert_eq!(get(&[("if-match", "\"x\", \"abc,d\"")]), Decision::Full);
        assert_eq!(get(&[("if-match", "*")]), Decision::Full);
        assert_eq!(get(&[("if-match", "W/\"abc,d\"")]), Decision::PreconditionFailed);
        assert_eq!(get(&[("if-match", "\"x\"")]), Decision::PreconditionFailed);
    }

    #[test]
    fn dates_count_only_where_no_tag_is_given() {
        assert_eq!(get(&[("if-modified-since", SAME)]), Decision::NotModified);
        assert_eq!(get(&[("if-modified-since", BEFORE)]), Decision::Full);
        assert_eq!(get(&[("if-modified-since", "yesterday")]), Decision::Full);
        assert_eq!(get(&[("if-modified-since", SAME), ("if-none-match", "\"x\"")]), Decision::Full);
        assert_eq!(get(&[("if-unmodified-since", BEFORE)]), Decision::PreconditionFailed);
        assert_eq!(get(&[("if-unmodified-since", SAME)]), Decision::Full);
        assert_eq!(get(&[("if-unmodified-since", BEFORE), ("if-match", "*")]), Decision::Full);
    }

    #[test]
    fn one_range_is_served() {
        for (value, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..1000),
            ("bytes=990-2000", 990..1000),
            ("bytes=-5", 995..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=999-999", 999..1000),
            ("bytes=0-99999999999999999999999", 0..1000),
        ] {
            assert_eq!(get(&[("range", value)]), Decision::Part(range), "{value}");
        }
        for value in ["bytes=1000-", "bytes=-0", "bytes=99999999999999999999-"] {
            assert_eq!(get(&[("range", value)]), Decision::RangeNotSatisfiable, "{value}");
        }
        for value in
            ["", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=+1-2"]
        {
            assert_eq!(get(&[("range", value)]), Decision::Full, "{value}");
        }
        assert_eq!(on(Method::HEAD, &[("range", "bytes=0-0")]), Decision::Full, "ranges are for GET");
    }

    #[test]
    fn if_range_wants_the_very_same_representation() {
        let part = Decision::Part(0..1);
        assert_eq!(get(&[("range", "bytes=0-0"), ("if-range", "\"abc,d\"")]), part);
        assert_eq!(get(&[("range", "bytes=0-0"), ("if-range", SAME)]), part);
        for value in ["W/\"abc,d\"", "\"x\"", BEFORE, "nonsense"] {
            assert_eq!(get(&[("range", "bytes=0-0"), ("if-range", value)]), Decision::Full, "{value}");
        }
    }

    #[test]
    fn a_change_asks_for_the_very_thing_that_was_seen() {
        let is = UNIX_EPOCH + Duration::from_millis(784_111_777_400);
        let asked = |name: &'static str, value| {
            let mut map = HeaderMap::new();
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            Precondition::of(&map)
        };
        assert!(Precondition::of(&HeaderMap::new()).holds(ETAG, is));
        assert!(asked("if-match", "*").holds(ETAG, is) && asked("if-match", "*").holds_without_tag());
        assert!(asked("if-match", "\"x\", \"abc,d\"").holds(ETAG, is));
        assert!(!asked("if-match", "W/\"abc,d\"").holds(ETAG, is));
        assert!(!asked("if-match", "\"x\"").holds_without_tag());
        assert!(!asked("if-match", "*").holds_of_nothing() && asked("if-none-match", "*").holds_of_nothing());
        assert!(asked("if-none-match", "*").asks_for_nothing() && !asked("if-match", "*").asks_for_nothing());
        assert!(asked("if-unmodified-since", SAME).holds(ETAG, is));
        assert!(!asked("if-unmodified-since", BEFORE).holds(ETAG, is));
    }

    #[test]
    fn a_condition_is_checked_before_the_range() {
        assert_eq!(get(&[("range", "bytes=0-0"), ("if-none-match", "*")]), Decision::NotModified);
        assert_eq!(get(&[("range", "bytes=5000-"), ("if-match", "\"x\"")]), Decision::PreconditionFailed);
    }
}
