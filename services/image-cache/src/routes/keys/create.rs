//! `POST /keys`: makes an API key.

use std::time::{Duration, SystemTime};

use access::{Acl, Action, ApiKey, Caller, Scope, Scopes, Verdict, may};
use actix_web::{HttpResponse, web};
use api::{CreatedApiKey, ErrorBody, NewApiKey};
use domain::{Name, Owner};
use server::auth::Door;
use server::caller::AskedBy;
use server::query::NoQuery;
use storage::{AlbumRef, KeyRecord};

use super::describe;
use crate::body;
use crate::error::{BodyError, Error, KeyError};
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// The longest lifetime that a key can have; without one it has none.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Makes an API key, which is shown this once. It is good for no more than the credential
/// that makes it.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = NewApiKey,
    responses(
        (status = 201, body = CreatedApiKey),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or the server is open to everyone"),
        (status = 403, body = ErrorBody, description = "The key would be good for more than the credential"),
        (status = 404, body = ErrorBody, description = "No such album"),
        BodyRefused,
        ChangeRefused,
    ))]
pub(crate) async fn create_key(
    state: web::Data<AppState>,
    door: web::Data<Door>,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    if door.is_open() {
        return Err(KeyError::Open.into());
    }
    let wanted: NewApiKey = body::json(payload, &state.limits).await?;
    let scopes: Scopes = wanted
        .scopes
        .join(" ")
        .parse()
        .map_err(|error: access::InvalidScopes| KeyError::Scopes(error.to_string()))?;
    if scopes.is_empty() {
        return Err(KeyError::Scopes("there is none".to_owned()).into());
    }
    let owner = owner(&caller, wanted.owner.as_deref())?;
    if !scopes.within(most(&caller)) {
        return Err(KeyError::TooMuch.into());
    }
    let album = match wanted.album_name {
        None => None,
        Some(name) => {
            let name = Name::parse(&name).map_err(BodyError::Name)?;
            let album = AlbumRef { owner: owner.clone(), name };
            state.library.expect_album(&caller, Action::Share, &album).await?.album
        }
    };
    let created = SystemTime::now();
    let expires = wanted.expires_in.as_deref().map(|given| lifetime(given).map(|wait| created + wait));

    let key = ApiKey::from_random(&random()?);
    let record = KeyRecord {
        id: key.id.clone(),
        digest: key.digest(),
        owner,
        scopes,
        album: album.map(|album| album.id),
        created,
        expires: expires.transpose()?,
    };
    let info = describe(&record);
    state.library.storage.add_key(record).await?;
    Ok(HttpResponse::Created().json(CreatedApiKey { key: key.text().reveal().to_owned(), info }))
}

/// Whose the key is to be.
fn owner(caller: &Caller, named: Option<&str>) -> Result<Owner, Error> {
    let Some(named) = named else { return Ok(caller.owner().clone()) };
    let owner = Owner::parse_stored(named).map_err(|error| BodyError::Readers(error.to_string()))?;
    let is_own = owner == *caller.owner();
    if is_own || may(caller, Action::Administer, &Acl::default()) == Verdict::Yes {
        Ok(owner)
    } else {
        Err(KeyError::TooMuch.into())
    }
}

/// What a key of this caller's making may be good for.
fn most(caller: &Caller) -> Scopes {
    match caller {
        Caller::Operator => Scopes::NONE.with(Scope::Admin),
        Caller::User(holder) | Caller::Key { holder, .. } => holder.scopes,
        Caller::Anonymous | Caller::Link(_) | Caller::Service => Scopes::NONE,
    }
}

fn lifetime(given: &str) -> Result<Duration, KeyError> {
    let wait = humantime::parse_duration(given).ok();
    let wait = wait.filter(|wait| (Duration::from_secs(1)..=LONGEST).contains(wait));
    wait.ok_or_else(|| KeyError::Lifetime { given: given.chars().take(64).collect() })
}

/// What a key is made of, from the operating system's generator.
fn random() -> Result<[u8; 37], KeyError> {
    let mut random = [0; 37];
    getrandom::fill(&mut random).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(random)
}
