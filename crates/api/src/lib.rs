//! The wire contract: paths, JSON bodies, error codes and events, shared by the services,
//! their clients and their documents.
//!
//! The services share only this and what is under it; between processes there is
//! only HTTP and MQTT.

mod albums;
mod description;
pub mod documents;
mod errors;
pub mod events;
mod health;
mod images;
mod keys;
mod links;
pub mod paths;
mod presets;
mod text;

pub use albums::{
    AlbumList, AlbumUpdate, CreatedAlbum, ImageList, ImageUpdate, NameText, NewAlbum, VisibilityText,
};
pub use description::{CameraNotes, ImageDescription, Location};
pub use errors::{ErrorBody, ErrorCode};
pub use events::{CloudEvent, EventData};
pub use health::{CheckResult, Health, Readiness};
pub use images::{AlbumAccess, ImageAccess, ImageInfo, ImagePage, Message, UploadedImage};
pub use keys::{ApiKeyInfo, ApiKeyPage, CreatedApiKey, KeyPrincipal, NewApiKey};
pub use links::{NewAlbumLink, NewImageLink, SignedLink};
pub use presets::PresetList;
