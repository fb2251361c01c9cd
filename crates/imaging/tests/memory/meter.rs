//! What one piece of work takes, in this process.

use std::fs;
use std::path::Path;

use imaging::Limits;
use peak_alloc::PeakAlloc;

use crate::cases::Work;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Carries out the work on a file, and returns the bytes it took at its peak beside the file.
/// A small file of the same kind goes first, for what any image needs once: code, tables.
pub(crate) fn peak_bytes(file: &Path, small: &Path, work: &Work) -> u64 {
    carry_out(&fs::read(small).unwrap(), work);
    let original = fs::read(file).unwrap();
    let allocated = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    // Sets the high-water mark back to what is resident now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let resident = status_bytes("VmRSS:");
    carry_out(&original, work);
    let allocated = ALLOCATOR.peak_usage() - allocated;
    let resident = status_bytes("VmHWM:").saturating_sub(resident);
    resident.max(allocated as u64)
}

fn carry_out(original: &[u8], work: &Work) {
    let limits = Limits::of_pixels(u64::MAX);
    let (source, plan) = work.resolve(original);
    match plan {
        Some(plan) => drop(imaging::derive(original, &source, &plan, &limits, &|| true).unwrap()),
        None => drop(imaging::describe(original, &source, &limits, &|| true).unwrap()),
    }
}

/// One of the sizes in `/proc/self/status`, in bytes.
fn status_bytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
