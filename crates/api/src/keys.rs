//! Bodies about API keys.

use std::time::SystemTime;

use domain::{AlbumId, ContentHash, Owner};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewApiKey {
    /// What it is to be good for: read, write, delete, share, metrics, admin; no more than the
    /// credential of the request is.
    #[schema(example = json!(["read", "write"]))]
    pub scopes: Vec<String>,
    /// The only album that it is to be good for; of all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub album_name: Option<String>,
    /// How long it is to be good for, such as `30days`; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_in: Option<String>,
    /// Whose it is to be; only who runs the store may name somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<String>,
}

/// An API key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyInfo {
    /// Its id, which is no secret.
    #[schema(example = "abcdefgh")]
    pub id: String,
    /// Whose it is; empty for nobody.
    #[serde(with = "crate::text::stored_owner")]
    #[schema(value_type = String)]
    pub owner: Owner,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// The id of the only album that it is good for; absent if it is for all.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::text::option")]
    #[schema(value_type = String, required = false)]
    pub album: Option<AlbumId>,
    /// When it was made, RFC 3339.
    #[serde(with = "crate::text::time")]
    #[schema(value_type = String, format = DateTime)]
    pub created: SystemTime,
    /// When it opens nothing any more, RFC 3339; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::text::time_option")]
    #[schema(value_type = String, format = DateTime, required = false)]
    pub expires: Option<SystemTime>,
}

/// An API key that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key. It is shown this once and stored nowhere.
    #[schema(example = "sl_abcdefgh_…")]
    pub key: String,
    /// What is known of it from now on.
    #[serde(flatten)]
    pub info: ApiKeyInfo,
}

/// A page of API keys, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyPage {
    /// The keys of this page.
    pub keys: Vec<ApiKeyInfo>,
    /// What to give as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// What image-cache tells the other services of a key, so that they can check it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyPrincipal {
    /// The SHA-256 of the key, in hexadecimal.
    #[serde(with = "crate::text")]
    pub sha256: ContentHash,
    /// The rest.
    #[serde(flatten)]
    pub info: ApiKeyInfo,
}
