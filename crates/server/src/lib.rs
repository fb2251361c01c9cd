//! What both services share around actix: settings, logs, request ids, errors, health,
//! metrics, the HTTP semantics of images, and an orderly stop.

pub mod auth;
mod bodies;
pub mod caller;
pub mod conditional;
mod connections;
pub mod cors;
pub mod docs;
pub mod error;
pub mod frame;
pub mod health;
pub mod http;
pub mod image_response;
pub mod key_files;
pub mod logs;
pub mod memory;
pub mod metrics;
pub mod network;
pub mod observe;
mod pace;
pub mod path;
pub mod process;
pub mod query;
pub mod rates;
pub mod request_id;
pub mod route;
mod service_routes;
pub mod settings;
mod slash;
pub mod sliced_body;
pub mod stop;
pub mod tls;
pub mod trace;
mod transport;
mod watched;
