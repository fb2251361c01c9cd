//! A command line, read once: which subcommand it names, and every mistake in it.

use std::ffi::OsString;

use clap::{ArgMatches, Args, Command};

use super::{Refused, checked};

/// What is done when a command line names nothing else.
pub const DEFAULT_SUBCOMMAND: &str = "serve";

/// A command line as clap understood it, with the mistakes in its values.
#[derive(Debug)]
pub struct CommandLine {
    matches: ArgMatches,
    mistakes: Vec<String>,
}

impl CommandLine {
    /// Reads arguments, the first of which is the name of the binary.
    ///
    /// # Errors
    ///
    /// When help was asked for, or the arguments do not have the command's form.
    pub fn read(command: Command, arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Refused> {
        checked::begin();
        let matched = command.try_get_matches_from(arguments);
        let mut mistakes = checked::finish();
        match matched {
            Ok(matches) => Ok(Self { matches, mistakes }),
            Err(error) if mistakes.is_empty() || !error.use_stderr() => Err(Refused::Clap(error)),
            Err(error) => {
                // The first line of clap's text says what is wrong; usage follows.
                let text = error.to_string();
                let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                mistakes.push(first.to_owned());
                Err(Refused::Mistakes(mistakes))
            }
        }
    }

    /// Reads the arguments of this process for a command with subcommands, of which
    /// `serve` is the default.
    ///
    /// # Errors
    ///
    /// As [`CommandLine::read`].
    pub fn of_process(command: Command) -> Result<(String, Self), Refused> {
        let arguments = with_default_subcommand(std::env::args_os().collect());
        let Self { mut matches, mistakes } = Self::read(command, arguments)?;
        Ok(match matches.remove_subcommand() {
            Some((name, matches)) => (name, Self { matches, mistakes }),
            None => (DEFAULT_SUBCOMMAND.to_owned(), Self { matches, mistakes }),
        })
    }

    /// The values, by the names of their arguments.
    pub fn matches(&self) -> &ArgMatches {
        &self.matches
    }

    /// The values as settings. `check` says what is wrong with settings that only make
    /// sense together; its sentences come after the mistakes in single values.
    ///
    /// # Errors
    ///
    /// When there are mistakes; all of them.
    pub fn settings<A: Args>(
        self,
        check: impl FnOnce(&A) -> Vec<String>,
    ) -> Result<(A, ArgMatches), Refused> {
        let Self { matches, mut mistakes } = self;
        let settings = A::from_arg_matches(&matches).map_err(Refused::Clap)?;
        mistakes.extend(check(&settings));
        if mistakes.is_empty() { Ok((settings, matches)) } else { Err(Refused::Mistakes(mistakes)) }
    }

    /// The values, and the mistakes in them.
    pub fn into_parts(self) -> (ArgMatches, Vec<String>) {
        (self.matches, self.mistakes)
    }
}

/// Names `serve` where the arguments begin with a setting, or where there are none.
fn with_default_subcommand(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let first = arguments.get(1).map(|first| first.to_string_lossy());
    let serves = match first.as_deref() {
        None => true,
        Some("-h" | "--help" | "-V" | "--version") => false,
        Some(first) => first.starts_with('-'),
    };
    if serves {
        arguments.insert(arguments.len().min(1), DEFAULT_SUBCOMMAND.into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_serve_is_the_default_and_help_is_not_taken_for_it() {
        for (given, completed) in [
            (&["x"][..], &["x", "serve"][..]),
            (&["x", "--listen=1"], &["x", "serve", "--listen=1"]),
            (&["x", "health", "--listen=1"], &["x", "health", "--listen=1"]),
            (&["x", "--help"], &["x", "--help"]),
            (&["x", "-V"], &["x", "-V"]),
            (&["x", "sevre"], &["x", "sevre"]),
        ] {
            let given = given.iter().map(OsString::from).collect();
            assert_eq!(with_default_subcommand(given), completed);
        }
    }
}
