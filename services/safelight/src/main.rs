//! Safelight: both services in one process, and the command line tool.

mod import;
mod serve;
mod settings;
mod verify;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use server::process::{exit, print};

/// Keeps memory from fragmenting under many large, short-lived buffers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
Safelight stores, caches and processes images.

Usage: safelight [SUBCOMMAND] [SETTINGS]

Subcommands:
  serve   Runs image-cache and image-processor in one process; this is the default
  import  Uploads all images of a folder, into an album or into none
  watch   Prints each change as it happens, from image-cache or from an MQTT broker
  verify  Re-hashes every original in a data folder, also beside a running service
  health  Asks the running services whether they are healthy; exit code 0 if so
  config  Prints the effective settings and where each is from

`safelight serve --help` lists all settings; the other subcommands take --help too.
";

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let first = arguments.get(1).and_then(|argument| argument.to_str()).unwrap_or("serve").to_owned();
    if !first.starts_with('-') && arguments.len() > 1 {
        arguments.remove(1);
    }
    match first.as_str() {
        "-h" | "--help" | "help" => print(HELP),
        "import" => import::main(arguments),
        "watch" => watch::main(arguments),
        "verify" => verify::main(arguments),
        "serve" | "health" | "config" => serve::main(&first, arguments),
        flag if flag.starts_with('-') => serve::main("serve", arguments),
        unknown => {
            exit(Err(anyhow::anyhow!(
                "there is no subcommand `{unknown}`; `safelight --help` lists those there are"
            )));
            ExitCode::from(server::settings::EXIT_CONFIG)
        }
    }
}
