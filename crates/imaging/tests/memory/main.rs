//! Compares what `derive` and `describe` take of memory with what is estimated for them.
//!
//! Each case runs in a process of its own, so that nothing of an earlier one is in the way.
//! Two meters tell what it took at its peak, and the larger one counts: a counting allocator,
//! which knows what was asked for but nothing of libraries in C, and the resident memory of
//! the process, which knows of everything but only once it is touched.
//!
//! `cargo test -p imaging --test memory` runs the sizes that take seconds. Arguments are
//! parts of names to run (`-- jpeg width=400`); `--all` runs the large sizes too, as
//! `make test-memory` does in release mode; `--table` prints every case.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that panics has failed; it reads files and prints"
)]

mod cases;
mod meter;
mod originals;

use std::num::NonZero;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::{Case, Work};

/// An estimate may be so many times the truth, of images of more than [`LARGE_PIXELS`].
const MOST_TIMES: f64 = 2.0;
/// The same where an encoder takes some times as much for noise as for a photo.
const MOST_TIMES_OF_CONTENT: f64 = 4.0;
const LARGE_PIXELS: u64 = 1_000_000;
/// What every estimate has for tables and windows, most of which a thumbnail does not need.
const FIXED_BYTES: f64 = 640.0 * 1024.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, file, small, work] = arguments.as_slice()
        && flag == "--case"
    {
        println!("{}", meter::peak_bytes(Path::new(file), Path::new(small), &Work::parse(work)));
        return ExitCode::SUCCESS;
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let parts: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let mut cases = cases::all(has("--all"));
    cases.retain(|case| parts.iter().all(|part| case.name().contains(part.as_str())));
    let folder = tempfile::tempdir().unwrap();
    let (next, faults) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let is_fault = try_case(case, folder.path(), has("--table"));
                    faults.fetch_add(usize::from(is_fault), Ordering::Relaxed);
                }
            });
        }
    });
    let faults = faults.into_inner();
    println!("{} cases, {faults} faults", cases.len());
    if faults == 0 && !cases.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether something is wrong with the estimate of a case. If so, or if it is asked for, it is
/// printed.
fn try_case(case: &Case, folder: &Path, is_printed: bool) -> bool {
    let (estimate, bound) = case.estimates(folder);
    let truth = measured(case, folder);
    let fault = fault(case, truth, estimate, bound);
    if is_printed || fault.is_some() {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let (truth, estimate, bound) = (mib(truth), mib(estimate), mib(bound));
        println!(
            "{:<60} takes {truth:>7.1} MiB, estimated {estimate:>7.1} ({:.2}), at most {bound:>7.1}{}",
            case.name(),
            estimate / truth,
            fault.map(|fault| format!("  ← {fault}")).unwrap_or_default()
        );
    }
    fault.is_some()
}

/// What is wrong with an estimate, if anything is.
fn fault(case: &Case, truth: u64, estimate: u64, bound: u64) -> Option<&'static str> {
    if estimate < truth {
        return Some("below the truth");
    }
    if bound < estimate {
        return Some("above what was said before the bytes were there");
    }
    let most_times = if case.depends_on_content() { MOST_TIMES_OF_CONTENT } else { MOST_TIMES };
    let is_far_above = estimate as f64 > truth as f64 * most_times + FIXED_BYTES;
    (is_far_above && case.pixels() > LARGE_PIXELS).then_some("far above the truth")
}

/// What a case takes at its peak, in bytes, in a process of its own.
fn measured(case: &Case, folder: &Path) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("--case")
        .args([case.file(folder), case.small_file(folder)])
        .arg(case.work.text())
        // What is freed goes back at once, so that the resident memory is what is held.
        .envs([("MALLOC_MMAP_THRESHOLD_", "65536"), ("MALLOC_TRIM_THRESHOLD_", "65536")])
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    printed
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("{}: {printed} {}", case.name(), String::from_utf8_lossy(&output.stderr)))
}
