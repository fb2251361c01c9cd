//! What is signed, and how it is written.
//!
//! ```text
//! sig     = scope kid "." expires *("." field) ["." epoch] "." mac
//! scope   = "u" / "i" / "o" / "a" / "w"
//! field   = for a: album; for w: album "." max-bytes "." nonce; else none
//! mac     = BASE64URL(HMAC-SHA-256(key, message)), 43 characters without padding
//! message = "safelight-link-1" LF scope LF subject LF epoch LF query LF expires
//! ```
//!
//! `expires` (seconds since 1970), `max-bytes`, `nonce` and `epoch` are in base 36 with
//! lower case digits in the signature. In the message `expires` and `epoch` are decimal.
//! `epoch` is how often the links to the subject were revoked; it is left out where it is 0.
//!
//! | scope | subject | query |
//! |---|---|---|
//! | `u` | the path without the first slash and without `api/v1/`, as it stands in the URL | the query as it stands in the URL, without `sig`, which is the last parameter |
//! | `i`, `o` | `images/` and the id in lower case | nothing |
//! | `a` | `albums/` and the album's id | nothing |
//! | `w` | `albums/` and the album's id | `maxBytes=` decimal `&nonce=` decimal |

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{AlbumId, ImageId};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::{Link, LinkScope, Subject};
use crate::keyring::is_kid;
use crate::{Keyring, base36};

const VERSION: &str = "safelight-link-1";
/// The longest signature that is read.
const MAX_LENGTH: usize = 256;
/// A MAC in base64.
const MAC_LENGTH: usize = 43;

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The path of the URL, as it was sent.
    pub path: &'a str,
    /// The query of the URL, as it was sent.
    pub query: &'a str,
}

/// What a link is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant<'a> {
    /// Exactly one URL, which is of an image.
    Url {
        /// Its path, percent-encoded.
        path: &'a str,
        /// Its query, percent-encoded; empty if it has none.
        query: &'a str,
    },
    /// Whatever is derived from the image.
    Derived(ImageId),
    /// The image and whatever is derived from it.
    Image(ImageId),
    /// Everything in the album.
    Album(AlbumId),
    /// Uploading one image into the album.
    Upload {
        /// The album.
        album: AlbumId,
        /// The most bytes that the image may have.
        max_bytes: u64,
        /// A random number.
        nonce: u64,
    },
}

/// How long a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Now, in seconds since 1970.
    pub now: u64,
    /// For how many seconds, at least.
    pub seconds: u64,
}

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// It is not a signature, or not one of this URL. Which of the two is not told.
    #[error("the signature of the link is not valid for this URL")]
    Signature,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
    /// It would be good for longer than any link may be.
    #[error("the link is good for longer than links may be")]
    TooLong,
}

impl Lifetime {
    /// When the time of a link is over. Rounded up to an eighth of the lifetime, so that
    /// links that are made soon after each other are the same and are cached as one.
    pub fn expires(self) -> u64 {
        let step = (self.seconds / 8).max(1);
        self.now.saturating_add(self.seconds).div_ceil(step).saturating_mul(step)
    }

    /// The furthest end that a link of at most these seconds can have.
    fn latest(self) -> u64 {
        self.now.saturating_add(self.seconds).saturating_add((self.seconds / 8).max(1))
    }
}

impl Keyring {
    /// Makes the value of `sig`, by the first key. `epoch` is the present one of what the
    /// link is to, and `expires` is in seconds since 1970.
    pub fn sign(&self, grant: &Grant<'_>, epoch: u32, expires: u64) -> String {
        // A keyring has a key.
        let Some((kid, key)) = self.first() else { return String::new() };
        let scope = grant.scope();
        let mut text = format!("{scope}{kid}.{}", base36::encode(expires));
        match grant {
            Grant::Url { .. } | Grant::Derived(_) | Grant::Image(_) => {}
            Grant::Album(album) => text.push_str(&format!(".{album}")),
            Grant::Upload { album, max_bytes, nonce } => {
                text.push_str(&format!(".{album}.{}.{}", base36::encode(*max_bytes), base36::encode(*nonce)));
            }
        }
        if epoch > 0 {
            text.push_str(&format!(".{}", base36::encode(epoch.into())));
        }
        let mac = mac(key, scope, &grant.subject(), epoch, &grant.query(), expires);
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        text
    }

    /// Reads the signature of a request, which [`shown`](crate::shown()) found in its query.
    /// No link may be good for more than `longest`.
    pub fn verify(&self, asked: Asked<'_>, signature: &str, longest: Lifetime) -> Result<Link, InvalidLink> {
        let written = Written::read(signature).ok_or(InvalidLink::Signature)?;
        let key = self.get(written.kid).ok_or(InvalidLink::Signature)?;
        let path = stored_path(asked.path);
        let (grant, subject) = match written.subject {
            Some(Subject::Album(album)) => (Grant::Album(album), Subject::Album(album)),
            Some(Subject::Upload { album, max_bytes, nonce }) => {
                (Grant::Upload { album, max_bytes, nonce }, Subject::Upload { album, max_bytes, nonce })
            }
            Some(Subject::Image(_)) | None => {
                let image = image_of(path).ok_or(InvalidLink::Signature)?;
                let grant = match written.scope {
                    LinkScope::Url => {
                        let query =
                            without_signature(asked.query, signature).ok_or(InvalidLink::Signature)?;
                        Grant::Url { path, query }
                    }
                    LinkScope::Derived => Grant::Derived(image),
                    LinkScope::Image => Grant::Image(image),
                    LinkScope::Album | LinkScope::Upload => return Err(InvalidLink::Signature),
                };
                (grant, Subject::Image(image))
            }
        };
        let expected =
            mac(key, written.scope, &grant.subject(), written.epoch, &grant.query(), written.expires);
        // Compared in constant time.
        expected.verify_slice(&written.mac).map_err(|_| InvalidLink::Signature)?;
        if written.expires <= longest.now {
            return Err(InvalidLink::Expired);
        }
        if written.expires > longest.latest() {
            return Err(InvalidLink::TooLong);
        }
        Ok(Link {
            scope: written.scope,
            subject,
            kid: written.kid.to_owned(),
            epoch: written.epoch,
            expires: written.expires,
        })
    }
}

impl Grant<'_> {
    fn scope(&self) -> LinkScope {
        match self {
            Self::Url { .. } => LinkScope::Url,
            Self::Derived(_) => LinkScope::Derived,
            Self::Image(_) => LinkScope::Image,
            Self::Album(_) => LinkScope::Album,
            Self::Upload { .. } => LinkScope::Upload,
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Url { path, .. } => stored_path(path).to_owned(),
            Self::Derived(image) | Self::Image(image) => format!("images/{image}"),
            Self::Album(album) | Self::Upload { album, .. } => format!("albums/{album}"),
        }
    }

    fn query(&self) -> String {
        match self {
            Self::Url { query, .. } => (*query).to_owned(),
            Self::Derived(_) | Self::Image(_) | Self::Album(_) => String::new(),
            Self::Upload { max_bytes, nonce, .. } => format!("maxBytes={max_bytes}&nonce={nonce}"),
        }
    }
}

fn mac(
    key: &Hmac<Sha256>,
    scope: LinkScope,
    subject: &str,
    epoch: u32,
    query: &str,
    expires: u64,
) -> Hmac<Sha256> {
    // The key's own part of the work is done once, when it is read.
    let mut mac = key.clone();
    mac.update(format!("{VERSION}\n{scope}\n{subject}\n{epoch}\n{query}\n{expires}").as_bytes());
    mac
}

/// The path without its first slash and the prefix that every route has a second time.
fn stored_path(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_prefix("api/v1/").unwrap_or(path)
}

/// The image that a path is of.
fn image_of(path: &str) -> Option<ImageId> {
    let rest = path.strip_prefix("images/").or_else(|| path.strip_prefix("blurred-images/"))?;
    rest.split('/').next()?.parse().ok()
}

/// The query without the signature, which must be its last parameter.
fn without_signature<'a>(query: &'a str, signature: &str) -> Option<&'a str> {
    let rest = query.strip_suffix(signature)?.strip_suffix("sig=")?;
    if rest.is_empty() { Some(rest) } else { rest.strip_suffix('&') }
}

/// A signature, taken apart.
struct Written<'a> {
    scope: LinkScope,
    kid: &'a str,
    expires: u64,
    /// None if it is the image of the URL.
    subject: Option<Subject>,
    epoch: u32,
    mac: Vec<u8>,
}

impl<'a> Written<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let (rest, mac) = text.rsplit_once('.')?;
        if mac.len() != MAC_LENGTH {
            return None;
        }
        // One spelling: the bits that are left over must be 0.
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let mut fields = rest.split('.');
        let first = fields.next()?;
        let scope = LinkScope::of(first.chars().next()?)?;
        let kid = first.get(1..).filter(|kid| is_kid(kid))?;
        let expires = base36::decode(fields.next()?)?;
        let subject = match scope {
            LinkScope::Url | LinkScope::Derived | LinkScope::Image => None,
            LinkScope::Album => Some(Subject::Album(fields.next()?.parse().ok()?)),
            LinkScope::Upload => Some(Subject::Upload {
                album: fields.next()?.parse().ok()?,
                max_bytes: base36::decode(fields.next()?)?,
                nonce: base36::decode(fields.next()?)?,
            }),
        };
        let epoch = match fields.next() {
            // It is left out where it is 0.
            Some(field) => base36::decode(field)?.try_into().ok().filter(|epoch| *epoch > 0)?,
            None => 0,
        };
        if fields.next().is_some() {
            return None;
        }
        Some(Self { scope, kid, expires, subject, epoch, mac })
    }
}
