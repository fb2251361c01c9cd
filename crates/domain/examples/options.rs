//! Prints docs/options.md with its table renewed; `make generate` calls it.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::io::{Error, Read as _, stdin};

fn main() -> Result<(), Error> {
    let mut page = String::new();
    stdin().read_to_string(&mut page)?;
    let parts = page.split_once("<!-- options -->\n").and_then(|(before, rest)| {
        let (_, after) = rest.split_once("<!-- /options -->\n")?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| Error::other("there are no marks of the table of options"))?;
    print!("{before}<!-- options -->\n{}<!-- /options -->\n{after}", domain::plan::options_table());
    Ok(())
}
