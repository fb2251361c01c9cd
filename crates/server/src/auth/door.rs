//! The middleware through which every request comes: who sends it, and whether it may come
//! in at all.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::link::{Grant, Lifetime};
use access::{Caller, KeyId, Keyring};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, REFERRER_POLICY, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use api::{ErrorCode, paths};
use serde_json::Map;
use tokio_util::sync::CancellationToken;

use super::api_keys::ApiKeys;
use super::audit;
use super::guard::{Denied, Guard};
use super::settings::AuthSettings;
use super::web_pages::WebPages;
use crate::cors::CorsOrigins;
use crate::error::respond;

/// What a request with a wrong credential is told (RFC 6750, section 3).
const INVALID: &str = r#"Bearer realm="safelight", error="invalid_token""#;
/// Of a page that was opened by a link, no other page learns the link.
const NO_REFERRER: &str = "no-referrer";

/// Who may come in. Clones share what is inside.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

enum Inner {
    /// Whoever reaches the listener, which is the operator's own.
    Operator,
    /// Whoever reaches the service, but not the pages of others.
    Open(WebPages),
    /// Those who show a credential, and others for what is public.
    Guarded { guard: Box<Guard>, api_keys: Option<ApiKeys> },
}

/// What signs links, in a service that has keys for it.
#[derive(Debug)]
pub struct LinkSigner {
    keys: Arc<Keyring>,
    max_age: Duration,
}

impl Door {
    /// The door that the settings describe. API keys are found by `api_keys`, where there are
    /// any. `stop` ends what looks after files and key sets.
    ///
    /// # Errors
    ///
    /// When a file of keys cannot be read.
    pub(crate) fn new(
        settings: &AuthSettings,
        cors: &CorsOrigins,
        api_keys: Option<ApiKeys>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let inner = match settings.web_pages(cors) {
            Some(pages) => Inner::Open(pages),
            None => {
                let guard = settings.read_keys().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?;
                guard.watch(stop);
                Inner::Guarded { guard: Box::new(guard), api_keys }
            }
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The door of a listener that only the operator reaches.
    pub(crate) fn of_operator() -> Self {
        Self(Arc::new(Inner::Operator))
    }

    /// Whether everyone who reaches the service may do everything.
    pub fn is_open(&self) -> bool {
        matches!(*self.0, Inner::Open(_) | Inner::Operator)
    }

    /// Forgets an API key that was revoked.
    pub fn forget_key(&self, id: &KeyId) {
        if let Inner::Guarded { api_keys: Some(api_keys), .. } = &*self.0 {
            api_keys.forget(id);
        }
    }

    /// What signs links now; none without keys for it.
    pub fn link_signer(&self) -> Option<LinkSigner> {
        match &*self.0 {
            Inner::Open(_) | Inner::Operator => None,
            Inner::Guarded { guard, .. } => {
                Some(LinkSigner { keys: guard.link_keys()?, max_age: guard.max_link_age() })
            }
        }
    }
}

impl LinkSigner {
    /// The longest that a link may be good for.
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// When a link that is made now and is good for at least `lifetime` ends, in seconds
    /// since 1970.
    pub fn expires(&self, lifetime: Duration) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Lifetime { now, seconds: lifetime.as_secs() }.expires()
    }

    /// The value of `sig`.
    pub fn sign(&self, grant: &Grant<'_>, epoch: u32, expires: u64) -> String {
        self.keys.sign(grant, epoch, expires)
    }
}

/// The middleware. Every request leaves it with a [`Caller`], or not at all.
pub(crate) async fn enter<B: MessageBody + 'static>(
    door: web::Data<Door>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match &*door.0 {
        Inner::Operator => {
            request.extensions_mut().insert(Caller::Operator);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Inner::Open(pages) => match pages.check(request.method(), request.uri(), request.headers()) {
            Ok(()) => {
                request.extensions_mut().insert(Caller::Operator);
                Ok(next.call(request).await?.map_into_left_body())
            }
            Err(refused) => {
                let response = respond(refused.code(), &refused, Map::new());
                Ok(request.into_response(response).map_into_right_body())
            }
        },
        Inner::Guarded { guard, api_keys } => {
            let everyone = is_for_everyone(request.path());
            let identified = if everyone {
                Ok(Caller::Anonymous)
            } else {
                guard.identify(request.headers(), request.uri(), api_keys.as_ref()).await
            };
            match identified {
                Ok(caller) => {
                    let is_link = matches!(caller, Caller::Link(_));
                    request.extensions_mut().insert(caller);
                    let mut response = next.call(request).await?;
                    if is_link {
                        response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static(NO_REFERRER));
                    }
                    audit::answered(&response);
                    Ok(response.map_into_left_body())
                }
                Err(denied) => {
                    audit::denied(&request, &denied);
                    Ok(request.into_response(refuse(&denied)).map_into_right_body())
                }
            }
        }
    }
}

fn refuse(denied: &Denied) -> actix_web::HttpResponse {
    match denied {
        Denied::Unavailable(_) => respond(ErrorCode::Unavailable, denied, Map::new()),
        Denied::Unacceptable(_)
        | Denied::Token(_)
        | Denied::NoTokens
        | Denied::Key(_)
        | Denied::UnknownKey
        | Denied::Link(_) => {
            let mut response = respond(ErrorCode::Unauthenticated, denied, Map::new());
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(INVALID));
            response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static(NO_REFERRER));
            response
        }
    }
}

/// What answers everyone the same, so that nobody is asked who they are.
fn is_for_everyone(path: &str) -> bool {
    matches!(path, paths::ROOT | paths::HEALTH | paths::READY | paths::OPENAPI)
        || path.starts_with(paths::CONSOLE)
        || path.starts_with(paths::SWAGGER)
}

/// Whether a method could change something.
pub(super) fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
