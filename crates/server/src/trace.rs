//! Where a request stands among those that it belongs to: W3C Trace Context, level 1
//! (<https://www.w3.org/TR/trace-context/>).

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it from process to process.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LENGTH: usize = 55;

/// The trace of a request, and this process's span in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    span: u64,
    flags: u8,
}

impl Trace {
    /// A span of our own in the trace that the client says; in a new one if it says none, or
    /// not in the form of the standard.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(TRACEPARENT);
        let parent = given.next().and_then(|value| value.to_str().ok()).and_then(parse);
        match (parent, given.next()) {
            (Some((id, flags)), None) => Self { id, span: span(), flags },
            (None, _) | (Some(_), Some(_)) => Self::new(),
        }
    }

    /// A new trace.
    pub fn new() -> Self {
        // 62 bits are random; more than the standard asks for. Nobody asked to record it.
        Self { id: Uuid::now_v7().as_u128(), span: span(), flags: 0 }
    }

    /// The header for whoever is asked on behalf of the request.
    pub fn header(&self) -> HeaderValue {
        // Digits and hyphens are always a header value.
        HeaderValue::from_str(&self.text()).unwrap_or(HeaderValue::from_static("-"))
    }

    /// The value of that header.
    pub fn text(&self) -> String {
        let Self { id, span, flags } = self;
        format!("00-{id:032x}-{span:016x}-{flags:02x}")
    }

    /// The id of the trace, as 32 hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:032x}", self.id)
    }

    /// The id of the span, as 16 hexadecimal digits.
    pub fn span(&self) -> String {
        format!("{:016x}", self.span)
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

/// The lower half of a UUID: never zero, since its variant stands there.
fn span() -> u64 {
    Uuid::now_v7().as_u64_pair().1
}

/// The id of the trace and its flags, if the header has the form of the standard. A version
/// after ours begins in the same way.
fn parse(text: &str) -> Option<(u128, u8)> {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let (known, rest) = (text.get(..LENGTH)?, text.get(LENGTH..)?);
    let mut parts = known.split('-');
    let [version, id, parent, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let lengths = [version.len(), id.len(), parent.len(), flags.len()] == [2, 32, 16, 2];
    let ends = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    if !lengths || !ends || version == "ff" || ![version, id, parent, flags].into_iter().all(is_hex) {
        return None;
    }
    let id = u128::from_str_radix(id, 16).ok().filter(|id| *id != 0)?;
    u64::from_str_radix(parent, 16).ok().filter(|parent| *parent != 0)?;
    Some((id, u8::from_str_radix(flags, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0af7651916cd43dd8448eb211c80319c";

    fn of(values: &[&str]) -> Trace {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_str(value).unwrap());
        }
        Trace::of(&headers)
    }

    #[test]
    fn a_trace_goes_on_with_a_span_of_our_own() {
        let trace = of(&[&format!("00-{ID}-b7ad6b7169203331-01")]);
        assert_eq!(trace.id(), ID);
        assert_ne!(trace.span(), "b7ad6b7169203331");
        assert_eq!(trace.header().to_str().unwrap(), format!("00-{ID}-{}-01", trace.span()));
        assert_eq!(of(&[&format!("01-{ID}-b7ad6b7169203331-01-more")]).id(), ID, "of a later version");
    }

    #[test]
    fn what_is_no_traceparent_begins_a_new_trace() {
        let good = format!("00-{ID}-b7ad6b7169203331-01");
        let zero = "0".repeat(32);
        for bad in [
            String::new(),
            format!("{good}-more"),
            format!("ff{}", &good[2..]),
            good.to_uppercase(),
            good.replace(ID, &zero),
            good.replace("b7ad6b7169203331", "0000000000000000"),
            good.replace('-', "_"),
            good[..54].to_owned(),
        ] {
            let trace = of(&[&bad]);
            assert!(trace.id() != ID && trace.id() != zero, "{bad}");
        }
        assert_ne!(of(&[&good, &good]).id(), ID, "two of them");
    }
}
