//! From what a request shows to who sends it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::jwt::InvalidToken;
use access::link::{Asked, InvalidLink, Lifetime};
use access::{ApiKey, Caller, Digest, InvalidKey, Keyring, ServiceKeys, Shown, Unacceptable, shown};
use actix_web::http::Uri;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use tokio_util::sync::CancellationToken;

use super::api_keys::{ApiKeys, KeysUnavailable};
use super::files::Watched;
use super::tokens::{TokenKeys, Tokens};

/// Says who sends a request. One for each service.
#[derive(Debug)]
pub(super) struct Guard {
    tokens: Option<Tokens>,
    service: Option<ServiceKeys>,
    admin: Vec<Digest>,
    links: Option<Arc<Watched<Keyring>>>,
    max_link_age: Duration,
}

/// Why a request is nobody's. What it shows is never told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Denied {
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    #[error(transparent)]
    Token(#[from] InvalidToken),
    #[error("tokens are not taken here, since no key for them is set")]
    NoTokens,
    #[error(transparent)]
    Key(#[from] InvalidKey),
    #[error("the API key is not known, has expired or was revoked")]
    UnknownKey,
    #[error(transparent)]
    Link(#[from] InvalidLink),
    #[error(transparent)]
    Unavailable(#[from] KeysUnavailable),
}

impl Guard {
    pub(super) fn new(
        tokens: Option<Tokens>,
        service: Option<ServiceKeys>,
        admin: Vec<Digest>,
        links: Option<Arc<Watched<Keyring>>>,
        max_link_age: Duration,
    ) -> Self {
        Self { tokens, service, admin, links, max_link_age }
    }

    /// Looks after files and key sets that change, until the service stops.
    pub(super) fn watch(&self, stop: &CancellationToken) {
        if let Some(links) = &self.links {
            tokio::spawn(links.clone().watch(stop.clone()));
        }
        match self.tokens.as_ref().map(|tokens| &tokens.keys) {
            Some(TokenKeys::Fetched(jwks)) => {
                tokio::spawn(jwks.clone().keep_fresh(stop.clone()));
            }
            Some(TokenKeys::File(file)) => {
                tokio::spawn(file.clone().watch(stop.clone()));
            }
            Some(TokenKeys::Fixed(_)) | None => {}
        }
    }

    /// The keys that sign links now.
    pub(super) fn link_keys(&self) -> Option<Arc<Keyring>> {
        self.links.as_ref().map(|links| links.get())
    }

    /// The longest that a link may be good for.
    pub(super) fn max_link_age(&self) -> Duration {
        self.max_link_age
    }

    /// Who sends a request.
    pub(super) async fn identify(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        api_keys: Option<&ApiKeys>,
    ) -> Result<Caller, Denied> {
        let query = uri.query().unwrap_or_default();
        match shown(headers.get_all(AUTHORIZATION).map(|value| value.as_bytes()), query)? {
            Shown::Nothing => Ok(Caller::Anonymous),
            Shown::Signature(signature) => {
                let keys = self.link_keys().ok_or(InvalidLink::Signature)?;
                let longest = Lifetime { now: now(), seconds: self.max_link_age.as_secs() };
                Ok(Caller::Link(keys.verify(Asked { path: uri.path(), query }, signature, longest)?))
            }
            Shown::Bearer(token) => self.bearer(token, api_keys).await,
        }
    }

    async fn bearer(&self, token: &str, api_keys: Option<&ApiKeys>) -> Result<Caller, Denied> {
        let digest = Digest::of(token);
        // Every key is compared, so that the time tells nothing of which one it was.
        if self.admin.iter().fold(false, |taken, key| taken | (*key == digest)) {
            return Ok(Caller::Operator);
        }
        if self.service.as_ref().is_some_and(|keys| keys.take(&digest)) {
            return Ok(Caller::Service);
        }
        if ApiKey::is_meant_by(token) {
            let key: ApiKey = token.parse()?;
            let stored = match api_keys {
                Some(api_keys) => api_keys.get(&key.id).await?,
                None => None,
            };
            let stored = stored.filter(|stored| {
                stored.digest == digest && stored.expires.is_none_or(|expires| now() < expires)
            });
            let stored = stored.ok_or(Denied::UnknownKey)?;
            return Ok(Caller::Key { id: key.id, holder: stored.holder, album: stored.album });
        }
        let tokens = self.tokens.as_ref().ok_or(Denied::NoTokens)?;
        let claims = tokens.verify(token, digest.as_bytes(), now()).await?;
        Ok(Caller::User(claims.holder.clone()))
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
