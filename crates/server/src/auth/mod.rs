//! Who may reach a service, and who it is that does.
//!
//! Without keys a service is open: whoever reaches it may do everything, so it must only be
//! reached from its own machine, and by no web page of another origin.

mod api_keys;
mod audit;
mod door;
mod exposure;
mod files;
mod guard;
mod jwks;
mod settings;
mod tokens;
mod web_pages;

pub use api_keys::{ApiKeys, FindKey, Found, KeysUnavailable, StoredKey};
pub(crate) use door::enter;
pub use door::{Door, LinkSigner};
pub use jwks::JwksUrl;
pub use settings::AuthSettings;
