//! The command line of `safelight`: its subcommands and what runs for each.

use std::process::ExitCode;

use clap::Command;
use server::process::{
    completions_command, config_command, health_command, print_completions, report, serve_command,
};
use server::settings::CommandLine;

use crate::settings::All;
use crate::{adopt, check_bucket, import, key, serve, sign, verify, watch};

/// Runs the subcommand that the command line of this process names.
pub fn main() -> ExitCode {
    let (subcommand, line) = match CommandLine::of_process(command()) {
        Ok(read) => read,
        Err(refused) => return report("safelight", &refused),
    };
    match subcommand.as_str() {
        "import" => import::main(line),
        "watch" => watch::main(line),
        "verify" => verify::main(line),
        "check-bucket" => check_bucket::main(line),
        "adopt" => adopt::main(line),
        "key" => key::main(line),
        "sign" => sign::main(line),
        "health" => serve::health(line),
        "config" => serve::config(line),
        "completions" => print_completions(command(), line.matches()),
        _ => serve::main(line),
    }
}

/// The whole command line.
pub(crate) fn command() -> Command {
    let all = All::command();
    Command::new("safelight")
        .about("Stores, caches and processes images.")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help("`safelight serve --help` lists all settings; every subcommand takes --help.")
        .subcommand(
            serve_command(all.clone())
                .about("Run image-cache, image-processor and the gateway in one process (the default)"),
        )
        .subcommand(import::command())
        .subcommand(watch::command())
        .subcommand(verify::command())
        .subcommand(check_bucket::command())
        .subcommand(adopt::command())
        .subcommand(key::command())
        .subcommand(sign::command())
        .subcommand(
            health_command(all.clone())
                .about("Check that the running services are healthy; exit code 0 if so"),
        )
        .subcommand(config_command(all))
        .subcommand(completions_command())
}
