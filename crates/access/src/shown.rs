//! What a request shows of who sends it.

/// What a request shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Nothing.
    Nothing,
    /// A bearer token: a JWT, an API key, the admin key or a service key.
    Bearer(&'a str),
    /// The signature of a link.
    Signature(&'a str),
}

/// Why what a request shows is not even looked at. None of them contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// It is not `Bearer` and a token.
    #[error("the Authorization header is not `Bearer` and a token")]
    Malformed,
    /// The token is longer than [`MAX_TOKEN_BYTES`].
    #[error("the token has more than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// There are two Authorization headers, two signatures, or one of each.
    #[error("the request shows two credentials; show one")]
    Two,
    /// There is a signature that is spelt otherwise than `sig=…`.
    #[error("the signature of the link is malformed")]
    Signature,
}

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Reads the `Authorization` headers and the query of a request.
pub fn shown<'a>(
    authorization: impl IntoIterator<Item = &'a [u8]>,
    query: &'a str,
) -> Result<Shown<'a>, Unacceptable> {
    let mut headers = authorization.into_iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Unacceptable::Two);
    }
    let signature = signature(query)?;
    match (header, signature) {
        (Some(_), Some(_)) => Err(Unacceptable::Two),
        (Some(header), None) => bearer(header).map(Shown::Bearer),
        (None, Some(signature)) => Ok(Shown::Signature(signature)),
        (None, None) => Ok(Shown::Nothing),
    }
}

/// RFC 6750, section 2.1, where the scheme is compared as RFC 9110, section 11.1 says.
fn bearer(header: &[u8]) -> Result<&str, Unacceptable> {
    const SCHEME: &str = "bearer";
    let text = str::from_utf8(header).map_err(|_| Unacceptable::Malformed)?;
    let (scheme, rest) = text.split_at_checked(SCHEME.len()).ok_or(Unacceptable::Malformed)?;
    let token = rest.trim_start_matches(' ');
    if !scheme.eq_ignore_ascii_case(SCHEME) || token.len() == rest.len() {
        return Err(Unacceptable::Malformed);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Unacceptable::TooLong);
    }
    let unpadded = token.trim_end_matches('=');
    let is_token68 =
        !unpadded.is_empty() && unpadded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
    if is_token68 { Ok(token) } else { Err(Unacceptable::Malformed) }
}

/// The value of the one `sig` of a query.
fn signature(query: &str) -> Result<Option<&str>, Unacceptable> {
    let mut found = None;
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !is_sig(name) {
            continue;
        }
        // Another spelling of the name would be read as an option by some and not by others.
        if name != "sig" {
            return Err(Unacceptable::Signature);
        }
        if found.replace(value).is_some() {
            return Err(Unacceptable::Two);
        }
    }
    Ok(found)
}

/// Whether a name is `sig` once it is percent-decoded.
fn is_sig(name: &str) -> bool {
    // Each character has two spellings, or three bytes.
    name.len() <= 9 && percent_encoding::percent_decode_str(name).eq(*b"sig")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str], query: &'static str) -> Result<Shown<'static>, Unacceptable> {
        shown(values.iter().map(|value| value.as_bytes()), query)
    }

    #[test]
    fn a_request_shows_nothing_a_token_or_a_signature() {
        assert_eq!(headers(&[], ""), Ok(Shown::Nothing));
        assert_eq!(headers(&[], "width=3&signature=a"), Ok(Shown::Nothing));
        for header in ["Bearer a.b-c_d==", "bearer a.b-c_d==", "BEARER   a.b-c_d=="] {
            assert_eq!(headers(&[header], "width=3"), Ok(Shown::Bearer("a.b-c_d==")), "{header}");
        }
        assert_eq!(headers(&[], "width=3&sig=uk.1.x"), Ok(Shown::Signature("uk.1.x")));
        assert_eq!(headers(&[], "sig="), Ok(Shown::Signature("")));
    }

    #[test]
    fn anything_else_is_refused() {
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearera",
            "Basic YTpi",
            "Bearer a b",
            "Bearer a,b",
            "Bearer =",
            "Bearer é",
        ] {
            assert_eq!(headers(&[header], ""), Err(Unacceptable::Malformed), "{header}");
        }
        assert_eq!(shown([&b"Bearer \xff"[..]], ""), Err(Unacceptable::Malformed));
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
        assert_eq!(shown([long.as_bytes()], ""), Err(Unacceptable::TooLong));
        assert!(shown([&long.as_bytes()[..long.len() - 1]], "").is_ok());
    }

    #[test]
    fn two_credentials_are_none() {
        assert_eq!(headers(&["Bearer a", "Bearer a"], ""), Err(Unacceptable::Two));
        assert_eq!(headers(&["Bearer a"], "sig=b"), Err(Unacceptable::Two));
        assert_eq!(headers(&["Basic a"], "sig=b"), Err(Unacceptable::Two));
        assert_eq!(headers(&[], "sig=b&width=3&sig=b"), Err(Unacceptable::Two));
        for query in ["%73ig=b", "sig=b&s%69g=c", "%73%69%67=b", "%73ig"] {
            assert_eq!(headers(&[], query), Err(Unacceptable::Signature), "{query}");
        }
    }
}
