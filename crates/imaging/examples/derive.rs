//! Makes derived images from the command line: `derive QUERY FOLDER FILE…`.
//!
//! For comparisons with other decoders. Prints a line for each file: its name, and its
//! size or what is wrong with it.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool: it reads files and prints")]

use std::error::Error;
use std::io::Cursor;
use std::path::Path;
use std::{env, fs};

use domain::plan::{Options, Plan};
use imaging::{Limits, derive, probe};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let query = arguments.next().ok_or("derive QUERY FOLDER FILE…")?;
    let folder = arguments.next().ok_or("derive QUERY FOLDER FILE…")?;
    for path in arguments {
        match made(&path, &query) {
            Ok((result, line)) => {
                let name = Path::new(&path).file_name().unwrap_or_default();
                fs::write(Path::new(&folder).join(name), result)?;
                println!("{path}\t{line}");
            }
            Err(error) => println!("{path}\terror: {error}"),
        }
    }
    Ok(())
}

fn made(path: &str, query: &str) -> Result<(Vec<u8>, String), Box<dyn Error>> {
    let original = fs::read(path)?;
    let source = probe(Cursor::new(&original))?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let plan = Plan::resolve(&Options::parse(pairs)?, source, 100_000_000)?;
    let result = derive(&original, &source, &plan, &Limits::of_pixels(100_000_000), &|| true)?;
    let (width, height) = (source.size.width(), source.size.height());
    Ok((result, format!("{} {width}×{height} turned {}", source.media_type, source.orientation.exif())))
}
