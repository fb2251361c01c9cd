//! Where a service is: a URL without a path.

use std::fmt;
use std::str::FromStr;

use actix_web::error::HttpError;
use actix_web::http::Uri;
use actix_web::http::uri::{Authority, PathAndQuery, Scheme};

const ACCEPTS: &str = "it takes an http URL without a path, such as http://127.0.0.1:3000";

/// The host and port of a service. Between the processes of Safelight there is only
/// HTTP/1.1 without TLS, in a network of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Authority);

impl Origin {
    /// The URI of a path and query there, byte for byte.
    pub(crate) fn uri(&self, path: PathAndQuery) -> Result<Uri, HttpError> {
        let builder = Uri::builder().scheme(Scheme::HTTP).authority(self.0.clone());
        builder.path_and_query(path).build()
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| ACCEPTS)?;
        let plain = uri.scheme() == Some(&Scheme::HTTP) && uri.path() == "/" && uri.query().is_none();
        match uri.authority() {
            Some(authority) if plain && !authority.as_str().contains('@') => Ok(Self(authority.clone())),
            Some(_) | None => Err(ACCEPTS),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

/// One image-processor of several: its name stays when its address changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What its share of the images is chosen by.
    pub name: String,
    /// Where it is.
    pub origin: Origin,
}

impl FromStr for Named {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let accepts = "it takes a name and a URL, such as first=http://10.0.0.1:3001";
        let (name, url) = text.split_once('=').ok_or(accepts)?;
        let harmless = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(harmless) {
            return Err(accepts);
        }
        Ok(Self { name: name.to_owned(), origin: url.parse().map_err(|_| accepts)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_host_and_nothing_after_it() {
        for text in ["http://127.0.0.1:3000", "http://image-cache:3000/", "http://[::1]:3000"] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
        for text in ["", "x", "https://a:1", "http://a:1/b", "http://a?b", "http://u:p@a:1", "ftp://a", "/a"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_replica_has_a_name_and_an_origin() {
        let named: Named = "first=http://10.0.0.1:3001".parse().unwrap();
        assert_eq!(
            (named.name.as_str(), named.origin.to_string()),
            ("first", "http://10.0.0.1:3001".to_owned())
        );
        for text in ["", "http://a:1", "=http://a:1", "a b=http://a:1", "a=b"] {
            assert!(text.parse::<Named>().is_err(), "{text}");
        }
    }
}
