//! Settings: each is a flag and an environment variable, and all mistakes are reported
//! at once, before anything starts.
//!
//! A service describes its settings as one `clap::Args` struct. The variable of
//! `--max-upload` in a process with the prefix `IMAGE_CACHE` is `IMAGE_CACHE_MAX_UPLOAD`,
//! by rule and not by repetition.

mod checked;
mod command_line;
pub mod reference;
mod units;

use std::ffi::OsString;

use clap::{ArgMatches, Args, Command};

pub use checked::checked;
pub use command_line::{CommandLine, DEFAULT_SUBCOMMAND};
pub use units::{ByteSize, PixelCount, Wait};

/// The exit code for wrong settings, `EX_CONFIG` of sysexits.h.
pub const EXIT_CONFIG: u8 = 78;

/// A process as its settings see it.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// The name of the binary.
    pub name: &'static str,
    /// What stands before every environment variable.
    pub env_prefix: &'static str,
    /// What the process does, for `--help`.
    pub about: &'static str,
}

/// Why no settings came out of the command line and the environment.
#[derive(Debug)]
pub enum Refused {
    /// `--help` or `--version` was asked for, or the command line is malformed.
    Clap(clap::Error),
    /// Values that are out of range or malformed, all of them.
    Mistakes(Vec<String>),
}

/// The command that describes all settings in `A`, each with its environment variable.
pub fn command<A: Args>(process: &Process) -> Command {
    let prefix = process.env_prefix;
    bare_command::<A>(process).mut_args(|arg| match arg.get_long().map(|long| variable(prefix, long)) {
        // Help shows the names; what stands in them may be a password.
        Some(name) => arg.env(name).hide_env_values(true),
        None => arg,
    })
}

/// The same without environment variables.
pub fn bare_command<A: Args>(process: &Process) -> Command {
    // Said last: clap takes the comment on a group of settings for what the command is about.
    A::augment_args(Command::new(process.name))
        .about(process.about)
        .long_about(None)
        .version(env!("CARGO_PKG_VERSION"))
}

/// The environment variable of a flag.
pub fn variable(prefix: &str, long: &str) -> String {
    format!("{prefix}_{}", long.replace('-', "_").to_uppercase())
}

/// Reads the settings, or says everything that is wrong with them.
///
/// # Errors
///
/// See [`Refused`].
pub fn parse<A: Args>(
    command: Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<(A, ArgMatches), Refused> {
    CommandLine::read(command, arguments)?.settings(|_| Vec::new())
}

/// The effective settings, one a line: flag, value, and where the value is from.
pub fn describe(command: &Command, matches: &ArgMatches) -> String {
    let mut lines = String::new();
    for arg in command.get_arguments() {
        let (Some(long), id) = (arg.get_long(), arg.get_id().as_str()) else { continue };
        let Ok(Some(values)) = matches.try_get_raw(id) else { continue };
        let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
        let shown = if is_secret(long) { "***".to_owned() } else { without_password(&values.join(",")) };
        let source = match matches.value_source(id) {
            Some(clap::parser::ValueSource::CommandLine) => "flag",
            Some(clap::parser::ValueSource::EnvVariable) => "environment",
            _ => "default",
        };
        lines.push_str(&format!("--{long} {shown}  # {source}\n"));
    }
    lines
}

/// A URL without the user and password in it.
fn without_password(value: &str) -> String {
    match value.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, host)) => format!("{scheme}://***@{host}"),
        None => value.to_owned(),
    }
}

/// Whether a setting's value must not be printed; where a secret is kept may be.
fn is_secret(long: &str) -> bool {
    !long.ends_with("-file") && ["password", "secret", "token", "key"].iter().any(|word| long.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Args, Debug)]
    struct Sample {
        /// How much.
        #[arg(long, default_value = "64MiB", value_parser = checked::<ByteSize>())]
        max_upload: ByteSize,
        /// How long.
        #[arg(long, default_value = "30s", value_parser = checked::<Wait>())]
        request_timeout: Wait,
    }

    const SAMPLE: Process =
        Process { name: "sample", env_prefix: "SAFELIGHT_TEST_SAMPLE", about: "A sample." };

    fn read(arguments: &[&str]) -> Result<(Sample, ArgMatches), Refused> {
        parse(
            command::<Sample>(&SAMPLE),
            std::iter::once("sample").chain(arguments.iter().copied()).map(OsString::from),
        )
    }

    #[test]
    fn all_mistakes_are_reported_at_once_with_flag_variable_and_value() {
        let Err(Refused::Mistakes(mistakes)) = read(&["--max-upload", "lots", "--request-timeout", "-"])
        else {
            panic!("wrong settings were taken");
        };
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        let first = mistakes.iter().find(|mistake| mistake.contains("--max-upload")).unwrap();
        assert!(first.contains("SAFELIGHT_TEST_SAMPLE_MAX_UPLOAD") && first.contains("`lots`"), "{first}");
    }

    #[test]
    fn defaults_hold_where_nothing_is_said_and_the_source_is_shown() {
        let (sample, matches) = read(&["--max-upload", "1MiB"]).unwrap();
        assert_eq!(sample.max_upload.bytes(), 1 << 20);
        assert_eq!(sample.request_timeout.duration().as_secs(), 30);
        let text = describe(&command::<Sample>(&SAMPLE), &matches);
        assert_eq!(text, "--max-upload 1MiB  # flag\n--request-timeout 30s  # default\n");
    }

    #[test]
    fn an_unknown_flag_is_refused() {
        assert!(matches!(read(&["--max-uplaod", "1MiB"]), Err(Refused::Clap(_))));
    }
}
