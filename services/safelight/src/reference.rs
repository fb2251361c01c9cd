//! `docs/settings.md`, made from the command lines themselves.

use clap::Command;
use server::settings::reference::table;

use crate::command::command;

const PAGE: &str = "\
<!-- Generated from the code by `make generate`; do not edit. -->

# Settings

Every setting is a command line flag and an environment variable; the flag wins. Sizes take
units such as `64MiB`, pixels `100MP`, times `30s`. A process reports all mistakes in its
settings at once and exits with code 78 before it starts anything. The subcommand `config`
prints the effective settings and where each comes from, with secrets masked.
";

/// The page: a section for each command that takes settings.
pub fn settings_page() -> String {
    let mut page = PAGE.to_owned();
    let binaries = [
        command(),
        image_cache::SERVICE.command(),
        image_processor::SERVICE.command(),
        gateway::SERVICE.command(),
    ];
    for binary in &binaries {
        for subcommand in binary.get_subcommands().filter(|subcommand| has_settings(subcommand)) {
            page.push_str(&section(binary, subcommand));
        }
    }
    page
}

fn section(binary: &Command, subcommand: &Command) -> String {
    let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
    let about = about.trim_end_matches('.');
    format!("\n## {} {}\n\n{about}.\n\n{}", binary.get_name(), subcommand.get_name(), table(subcommand))
}

/// Whether a subcommand takes settings of its own; some take those of `serve`.
fn has_settings(subcommand: &Command) -> bool {
    subcommand.get_arguments().any(|arg| arg.get_env().is_some() && !arg.is_hide_set())
}
