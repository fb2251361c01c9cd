//! The settings of a command as a table in Markdown, made from the command itself.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

/// One row for each setting that is not hidden: flag, environment variable, default, and
/// what it is for. Arguments without a flag come first.
pub fn table(command: &Command) -> String {
    let mut table =
        "| Flag | Environment variable | Default | Meaning |\n| --- | --- | --- | --- |\n".to_owned();
    let (positional, flags): (Vec<_>, Vec<_>) =
        command.get_arguments().filter(|arg| !arg.is_hide_set()).partition(|arg| arg.is_positional());
    for arg in positional.into_iter().chain(flags) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} |",
            code(&flag(arg)),
            arg.get_env().map(|name| code(&name.to_string_lossy())).unwrap_or_default(),
            default(arg),
            arg.get_help().map(|help| escaped(&help.to_string())).unwrap_or_default(),
        );
    }
    table
}

fn flag(arg: &Arg) -> String {
    match arg.get_long() {
        Some(long) => format!("--{long}"),
        None => arg.get_id().as_str().to_uppercase(),
    }
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

fn default(arg: &Arg) -> String {
    let values = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    match values.collect::<Vec<_>>().join(",") {
        // A switch is off unless it is there, which needs no words.
        _ if !takes_value(arg) => String::new(),
        empty if empty.is_empty() => String::new(),
        value => code(&value),
    }
}

fn code(text: &str) -> String {
    format!("`{}`", escaped(text))
}

/// A pipe would end the cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_row_and_a_pipe_does_not_end_it() {
        let command = Command::new("x")
            .arg(Arg::new("color").long("color").env("X_COLOR").default_value("a|b").help("Which | color"))
            .arg(Arg::new("secret").long("secret").hide(true))
            .arg(Arg::new("folder").required(true).help("Where"));
        let table = table(&command);
        let rows: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            ["| `FOLDER` |  |  | Where |", "| `--color` | `X_COLOR` | `a\\|b` | Which \\| color |"]
        );
    }
}
