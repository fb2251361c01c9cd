//! `/keys`

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use access::{Acl, Action, Caller, Scope, Verdict, may};
use api::ApiKeyInfo;
use domain::Owner;
use storage::KeyRecord;

/// A key as the wire contract describes it.
pub(crate) fn describe(key: &KeyRecord) -> ApiKeyInfo {
    let scopes = Scope::ALL.into_iter().filter(|scope| key.scopes.names(*scope));
    ApiKeyInfo {
        id: key.id.to_string(),
        owner: key.owner.clone(),
        scopes: scopes.map(|scope| scope.to_string()).collect(),
        album: key.album,
        created: key.created,
        expires: key.expires,
    }
}

/// Whose keys the caller may see and revoke; none for everyone's.
fn managed(caller: &Caller) -> Option<&Owner> {
    match may(caller, Action::Administer, &Acl::default()) {
        Verdict::Yes => None,
        Verdict::No | Verdict::Hidden => Some(caller.owner()),
    }
}
