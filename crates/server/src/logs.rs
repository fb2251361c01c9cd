//! Log lines: text for people, JSON for machines, each with the id of its request and of its
//! trace.

use std::io::{self, IsTerminal, Write};
use std::str::FromStr;

use clap::Args;
use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{self, Key, Value, VisitSource};
use serde_json::{Map, json};

use crate::request_id;
use crate::settings::checked;

/// Logging.
#[derive(Args, Debug, Clone)]
pub struct LogSettings {
    /// Log level (error, warn, info, debug or trace), or levels by module in the syntax of
    /// env_logger
    #[arg(
        long = "log",
        default_value = "info,actix_server=warn,actix_http=off,sqlx=warn,rumqttc=off",
        value_name = "FILTER"
    )]
    pub filter: String,
    /// Log format: text, json, or auto (text on a terminal, otherwise json)
    #[arg(long = "log-format", default_value = "auto", value_parser = checked::<LogFormat>())]
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("it takes auto, text or json"),
        }
    }
}

/// Starts logging to standard error, for the whole process, once.
pub fn start(settings: &LogSettings) {
    let json = match settings.format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(&settings.filter);
    if json {
        builder.format(write_json);
    } else {
        builder.format(write_text);
    }
    // A second start, in a test or an embedding program, keeps the first logger.
    let _ = builder.try_init();
}

fn write_text(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let time = out.timestamp_millis();
    let level = out.default_level_style(record.level());
    write!(
        out,
        "{time} {level}{:<5}{level:#} {}: {}",
        record.level(),
        record.target(),
        Printable(record.args())
    )?;
    if let Some(id) = request_id::current() {
        write!(out, " request.id={} trace.id={}", id.as_str(), id.trace().id())?;
    }
    writeln!(out)
}

fn write_json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut line = Map::new();
    line.insert("time".into(), json!(out.timestamp_millis().to_string()));
    line.insert("level".into(), json!(record.level().as_str().to_lowercase()));
    line.insert("target".into(), json!(record.target()));
    line.insert("message".into(), json!(record.args().to_string()));
    if let Some(id) = request_id::current() {
        line.insert("request.id".into(), json!(id.as_str()));
        line.insert("trace.id".into(), json!(id.trace().id()));
        line.insert("span.id".into(), json!(id.trace().span()));
    }
    // A value that cannot be written costs its field, not the line.
    let _ = record.key_values().visit(&mut Fields(&mut line));
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

struct Fields<'a>(&'a mut Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let value = serde_json::to_value(&value).unwrap_or_else(|_| json!(value.to_string()));
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}

/// Text in which no control character survives, so that no client can forge a log line
/// or move a reader's cursor.
struct Printable<T>(T);

impl<T: std::fmt::Display> std::fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.to_string().chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_a_message_does_not_break_the_line() {
        assert_eq!(Printable("a\r\nb\u{1b}[2J").to_string(), "a\\r\\nb\\u{1b}[2J");
    }
}
