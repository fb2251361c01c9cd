//! Who asks, and who may do what.
//!
//! Pure: no HTTP, no file, and the clock is handed in. [`may`] is the only place that
//! decides; everything else here turns what a request shows into a [`Caller`], or a
//! right that somebody has into something that they can hand on.

mod acl;
mod action;
mod api_key;
mod base36;
mod caller;
pub mod jwt;
mod keyring;
pub mod link;
mod policy;
mod scopes;
mod secret;
mod shown;

pub use acl::{Acl, AlbumAcl, MAX_READERS};
pub use action::Action;
pub use api_key::{ApiKey, InvalidKey, KeyId};
pub use caller::{Caller, Holder};
pub use keyring::{InvalidKeyring, Keyring, ServiceKeys};
pub use policy::{Refusal, Verdict, may, permit, refuse_missing};
pub use scopes::{InvalidScopes, Scope, Scopes};
pub use secret::{Digest, Secret};
pub use shown::{MAX_TOKEN_BYTES, Shown, Unacceptable, shown};
