//! Runs probe and derive over a folder of odd and hostile images and tells what became of
//! each: `cargo run -p imaging --example corpus -- FOLDER`. The folder has a
//! `manifest.tsv` whose first columns are path, expectation, format, width and height.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for developers"
)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::plan::{Options, Plan, Source};
use imaging::{Error, Limits, can_process, derive, probe};

const MAX_PIXELS: u64 = 100_000_000;
const MAX_TIME: Duration = Duration::from_secs(2);

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the corpus");
    let folder = Path::new(&folder);
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv")).expect("manifest.tsv");
    let mut table: BTreeMap<String, BTreeMap<&'static str, u32>> = BTreeMap::new();
    let mut bad = 0;
    for line in manifest.lines().skip(1) {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (path, expected, format, width, height) = (column(), column(), column(), column(), column());
        let bytes = std::fs::read(folder.join(path)).expect("a file of the corpus");
        let started = Instant::now();
        let (outcome, detail) = outcome(&bytes, width, height);
        let took = started.elapsed();
        *table.entry(expected.to_owned()).or_default().entry(outcome).or_default() += 1;

        let is_avif = format == "AVIF";
        let fine = match expected {
            "accept" => outcome == "derived" || is_avif && outcome == "unsupported",
            "accept-or-415" => matches!(outcome, "derived" | "unsupported" | "not an image"),
            "either" => true,
            _ => outcome != "derived",
        };
        let broken = !fine || matches!(outcome, "panicked" | "wrong size") || took > MAX_TIME;
        if broken {
            bad += 1;
        }
        if broken || std::env::args().nth(2).is_some() {
            let mark = if broken { "BAD " } else { "" };
            println!("{mark}{path} ({expected}): {outcome} {detail} in {took:?}");
        }
    }
    for (expected, outcomes) in &table {
        println!("{expected:>15}: {outcomes:?}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{bad} bad; {}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

fn outcome(bytes: &[u8], width: &str, height: &str) -> (&'static str, String) {
    let source = match probe(Cursor::new(bytes)) {
        Ok(source) => source,
        Err(imaging::ProbeError::NotAnImage { looks_like }) => {
            return ("not an image", format!("{looks_like:?}"));
        }
        Err(error) => return ("corrupt at probe", error.to_string()),
    };
    let size = (source.size.width().to_string(), source.size.height().to_string());
    if (width, height) != ("0", "0") && size != (width.to_owned(), height.to_owned()) {
        let detail = format!("{}x{}, expected {width}x{height}", size.0, size.1);
        if can_process(source.media_type) && derived(bytes, source, &[("blur", "3")]).is_ok() {
            return ("wrong size", detail);
        }
    }
    for query in [[("blur", "3"), ("f", "png")], [("w", "64"), ("f", "png")]] {
        if let Err(error) = derived(bytes, source, &query) {
            let outcome = match &error {
                Error::Unsupported { .. } => "unsupported",
                Error::Corrupt { .. } => "corrupt",
                Error::TooManyPixels { .. } => "too many pixels",
                Error::Mismatch { .. } => "mismatch",
                Error::Panicked { .. } => "panicked",
                Error::TooManyFrames { .. } => "too many frames",
                Error::Stopped
                | Error::Encode { .. }
                | Error::Impossible(_)
                | Error::NotAnimated(_)
                | Error::NoSuchFrame { .. }
                | Error::TooManyBytes { .. }
                | Error::NeedsMemory { .. } => "failed",
            };
            return (outcome, error.to_string());
        }
    }
    ("derived", String::new())
}

fn derived(bytes: &[u8], source: Source, query: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
    let limits = Limits::of_pixels(MAX_PIXELS);
    let options = Options::parse(query.iter().copied()).expect("options");
    let Ok(plan) = Plan::resolve(&options, source, u64::MAX) else {
        return Err(Error::TooManyPixels { pixels: source.size.pixels(), max_pixels: 0 });
    };
    derive(bytes, &source, &plan, &limits, &|| true)
}
