//! A clap value parser that collects mistakes instead of stopping at the first.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};

thread_local! {
    // clap calls a value parser with no place to put a second mistake, so they are put
    // aside here; a parse runs on one thread from begin to finish.
    static MISTAKES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Forgets the mistakes of an earlier parse.
pub(super) fn begin() {
    MISTAKES.take();
}

/// The mistakes since `begin`.
pub(super) fn finish() -> Vec<String> {
    MISTAKES.take()
}

/// A value parser for `T` by its `FromStr`. A setting with a default reports a mistake
/// together with all others; one without stops the parse.
pub fn checked<T>() -> Checked<T> {
    Checked(PhantomData)
}

/// See [`checked`].
pub struct Checked<T>(PhantomData<fn() -> T>);

impl<T> Clone for Checked<T> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<T> TypedValueParser for Checked<T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Display,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let text = value.to_string_lossy();
        let mistake = match text.parse() {
            Ok(value) => return Ok(value),
            Err(reason) => describe(arg, &text, &reason),
        };
        let default = arg.and_then(|arg| arg.get_default_values().first()?.to_str()?.parse().ok());
        match default {
            Some(default) => {
                MISTAKES.with_borrow_mut(|mistakes| mistakes.push(mistake));
                Ok(default)
            }
            None => {
                Err(clap::Error::raw(ErrorKind::ValueValidation, format!("{mistake}\n")).with_cmd(command))
            }
        }
    }
}

fn describe(arg: Option<&Arg>, text: &str, reason: &dyn Display) -> String {
    let flag = arg.and_then(Arg::get_long).unwrap_or_default();
    match arg.and_then(Arg::get_env).and_then(OsStr::to_str) {
        Some(variable) => format!("--{flag} (or {variable}) is `{text}`: {reason}"),
        None => format!("--{flag} is `{text}`: {reason}"),
    }
}
