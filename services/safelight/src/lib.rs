//! Safelight: both services in one process, and the command line tool.

mod adopt;
mod check_bucket;
mod command;
mod credential;
mod import;
mod key;
mod reference;
mod serve;
mod settings;
mod sign;
mod verify;
mod watch;

pub use command::main;
pub use reference::settings_page;
