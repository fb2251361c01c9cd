//! Safelight: both services in one process, and the command line tool.

mod command;
mod import;
mod reference;
mod serve;
mod settings;
mod verify;
mod watch;

pub use command::main;
pub use reference::settings_page;
