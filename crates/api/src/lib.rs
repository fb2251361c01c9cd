//! The wire contract: paths, JSON bodies and error codes, shared by the services,
//! their clients and their documents.
//!
//! The services share only this and what is under it; between processes there is
//! only HTTP and MQTT.

mod errors;
mod health;
mod images;
pub mod paths;
mod text;

pub use errors::{ErrorBody, ErrorCode};
pub use health::{CheckResult, Health, Readiness};
pub use images::{ImageInfo, ImagePage, Message};
