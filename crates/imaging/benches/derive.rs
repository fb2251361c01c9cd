//! Prints what a derivation costs in CPU milliseconds:
//! `cargo bench -p imaging -- photo.jpg [runs]`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for developers"
)]

use std::io::Cursor;
use std::time::{Duration, Instant};

use domain::plan::{Options, Plan};
use imaging::{Limits, derive, probe};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a clock tick of /proc is on Linux.
const TICKS_PER_SECOND: u64 = 100;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(path) = arguments.next() else {
        println!("no photo given, nothing measured");
        return;
    };
    let runs: u32 = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(15);
    let Ok(original) = std::fs::read(&path) else {
        println!("{path} cannot be read, nothing measured");
        return;
    };
    let source = probe(Cursor::new(&original)).expect("a photo");
    println!("{path}: {} {}x{}", source.media_type, source.size.width(), source.size.height());
    let limits = Limits::of_pixels(100_000_000);
    let queries: [&[(&str, &str)]; 13] = [
        &[("f", "jpeg")],
        &[("f", "jpeg"), ("blur", "1")],
        &[("f", "jpeg"), ("blur", "2")],
        &[("f", "jpeg"), ("blur", "4.9")],
        &[("f", "jpeg"), ("blur", "5")],
        &[("f", "jpeg"), ("blur", "10")],
        &[("f", "jpeg"), ("blur", "50")],
        &[("f", "jpeg"), ("w", "1300")],
        &[("f", "jpeg"), ("w", "800")],
        &[("f", "jpeg"), ("w", "400")],
        &[("f", "jpeg"), ("w", "800"), ("blur", "10")],
        &[("f", "png"), ("blur", "10")],
        &[("f", "webp"), ("blur", "10")],
    ];
    for query in queries {
        let options = Options::parse(query.iter().copied()).expect("options");
        let plan = Plan::resolve(&options, source, limits.max_pixels).expect("a plan");
        let work = || derive(&original, &source, &plan, &limits, &|| true).expect("a result").len();
        let bytes = work();
        let (cpu, wall) = (cpu_time(), Instant::now());
        for _ in 0..runs {
            work();
        }
        let (cpu, wall) = ((cpu_time() - cpu) / runs, wall.elapsed() / runs);
        println!("{:>7.1} ms CPU {:>7.1} ms wall {bytes:>9} bytes  {plan}", ms(cpu), ms(wall));
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// User and system time of this process.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}
