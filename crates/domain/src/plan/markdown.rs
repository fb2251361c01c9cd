//! The options as a table for people, for docs/options.md.

use std::fmt::Write as _;

use super::table::OPTIONS;

/// Every option in a row of a Markdown table, made from the table that also reads them.
pub fn options_table() -> String {
    let mut table = "| option | takes | does |\n|---|---|---|\n".to_owned();
    for spec in OPTIONS {
        let names = spec.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        // Writing into a string does not fail.
        let _ = writeln!(table, "| {names} | {} | {} |", spec.accepts, spec.does);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_this_one() {
        let page = include_str!("../../../../docs/options.md");
        let (_, rest) = page.split_once("<!-- options -->\n").unwrap();
        let (kept, _) = rest.split_once("<!-- /options -->\n").unwrap();
        assert!(
            kept == options_table(),
            "docs/options.md is out of date; `make generate` renews it:\n{}",
            options_table()
        );
    }

    #[test]
    fn no_text_breaks_out_of_its_cell() {
        for spec in OPTIONS {
            assert!(
                !spec.accepts.contains(['|', '\n']) && !spec.does.contains(['|', '\n']),
                "{}",
                spec.name()
            );
        }
    }
}
