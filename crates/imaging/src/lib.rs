//! Pixels: probe, decode within limits, transform, encode.
//!
//! Everything here is a pure function of bytes: no clock, no randomness, no files. The entry
//! points are [`probe()`], which reads a header and never a pixel, [`derive()`], which makes
//! one derived image, and [`describe()`], which summarises what an image looks like. All of
//! them accept hostile bytes: time and memory are bounded by the caller's limits, never by
//! what a file claims about itself.

mod animate;
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
mod job;
mod jpeg;
mod light;
mod memory;
mod notes;
mod pipeline;
mod pixels;
mod probe;
mod quantize;
mod tone_map;
mod transform;

pub use derive::{can_process, derive};
pub use describe::{Description, describe, describing_memory_bytes};
pub use error::{Error, Limits, ProbeError};
pub use memory::working_memory_bytes;
pub use notes::{CameraNotes, Location};
pub use probe::probe;

/// The version of the results, part of every cache key. Raised whenever the same bytes and
/// plan produce a different result than before.
pub const VERSION: u32 = 5;
