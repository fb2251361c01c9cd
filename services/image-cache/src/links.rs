//! Signing links: what a request asks for, and the URL that comes of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::link::Grant;
use api::SignedLink;
use server::auth::{Door, LinkSigner};
use server::settings::Wait;

use crate::error::{Error, LinkError};

/// How long a link is good for that does not say.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What signs links, and until when the link is to be good for at least this long.
pub(crate) fn signer(door: &Door, expires_in: Option<&str>) -> Result<(LinkSigner, u64), Error> {
    let signer = door.link_signer().ok_or(LinkError::NoKeys)?;
    let most = signer.max_age();
    let lifetime = match expires_in {
        None => LIFETIME.min(most),
        Some(given) => {
            let wait = given.parse::<Wait>().ok().map(Wait::duration);
            let wait = wait.filter(|wait| *wait >= Duration::from_secs(1) && *wait <= most);
            wait.ok_or_else(|| LinkError::Lifetime {
                given: given.chars().take(64).collect(),
                most: humantime::format_duration(most),
            })?
        }
    };
    let expires = signer.expires(lifetime);
    Ok((signer, expires))
}

/// The link to a path with a query, which may be empty.
pub(crate) fn link(
    signer: &LinkSigner,
    grant: &Grant<'_>,
    epoch: u32,
    expires: u64,
    path: &str,
    query: &str,
) -> SignedLink {
    let signature = signer.sign(grant, epoch, expires);
    let and = if query.is_empty() { "" } else { "&" };
    SignedLink { url: format!("{path}?{query}{and}sig={signature}"), expires: time(expires) }
}

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
