//! The gateway process.

use std::process::ExitCode;

/// Keeps memory from fragmenting under many large, short-lived buffers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateway::SERVICE.main()
}
