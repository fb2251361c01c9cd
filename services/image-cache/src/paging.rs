//! Pages of lists: `limit` and `cursor`.

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Name;
use storage::NamePage;

use crate::error::Error;

const CURSOR_ACCEPTS: &str = "the nextCursor of the page before";

/// How long a page may be.
pub(crate) struct Limits {
    pub(crate) default: u32,
    pub(crate) max: u32,
    /// What `limit` accepts, for the error.
    pub(crate) accepts: &'static str,
}

/// Pages of images, which are long.
pub(crate) const IMAGES: Limits =
    Limits { default: 100, max: 1000, accepts: "a whole number from 1 to 1000" };
/// Pages of names, which are short.
pub(crate) const NAMES: Limits =
    Limits { default: 1000, max: 10_000, accepts: "a whole number from 1 to 10000" };

/// Reads how many are wanted, and behind which.
pub(crate) fn parse<C>(
    request: &HttpRequest,
    limits: &Limits,
    read_cursor: impl Fn(&str) -> Option<C>,
) -> Result<(u32, Option<C>), Error> {
    let (mut limit, mut cursor) = (None, None);
    for (name, value) in server::query::pairs_but_owner(request) {
        let malformed = |accepts| Error::Parameter { name: name.to_string(), accepts };
        match &*name {
            "limit" if limit.is_none() => {
                let number: Option<u32> = value.parse().ok();
                let number = number.filter(|number| (1..=limits.max).contains(number));
                limit = Some(number.ok_or_else(|| malformed(limits.accepts))?);
            }
            "cursor" if cursor.is_none() => {
                cursor = Some(read_cursor(&value).ok_or_else(|| malformed(CURSOR_ACCEPTS))?);
            }
            _ => return Err(malformed("limit, cursor and owner, each once")),
        }
    }
    Ok((limit.unwrap_or(limits.default), cursor))
}

/// The same for names.
pub(crate) fn parse_names(request: &HttpRequest) -> Result<(u32, Option<Name>), Error> {
    parse(request, &NAMES, |cursor| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        Name::parse(std::str::from_utf8(&bytes).ok()?).ok()
    })
}

/// The names of a page, and the cursor of the next one. A cursor can stand in a URL as it is.
pub(crate) fn names(page: NamePage) -> (Vec<String>, Option<String>) {
    let last = page.names.last().filter(|_| page.more);
    let cursor = last.map(|name| URL_SAFE_NO_PAD.encode(name.as_str()));
    (page.names.iter().map(|name| name.as_str().to_owned()).collect(), cursor)
}
