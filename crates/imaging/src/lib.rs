//! Pixels: probe, decode within limits, transform, encode.
//!
//! Everything here is a pure function of bytes: no clock, no randomness, no file. The
//! ways in are [`probe()`], which reads a header and never a pixel, [`derive()`], which
//! makes one derived image, and [`describe()`], which tells what an image looks like. All
//! take hostile bytes: work and memory are bounded by what the caller allows and never by
//! what a file says of itself.

mod code_points;
mod color;
mod container;
mod decode;
mod deep;
mod derive;
mod describe;
mod encode;
mod error;
mod exif;
mod header;
mod inks;
mod jpeg;
mod light;
mod memory;
mod notes;
mod pipeline;
mod pixels;
mod probe;
mod tone_map;
mod transform;

pub use derive::{can_process, derive};
pub use describe::{Description, describe, describing_memory_bytes};
pub use error::{Error, Limits, ProbeError};
pub use memory::working_memory_bytes;
pub use notes::{CameraNotes, Location};
pub use probe::probe;

/// The version of the results. Raised when the same bytes and plan give another result
/// than before; it is part of every cache key.
pub const VERSION: u32 = 4;
