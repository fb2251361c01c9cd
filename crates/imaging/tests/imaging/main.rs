//! The crate through its public face: probe, derive, and what they do with hostile bytes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that panics has failed, and its numbers are small"
)]

mod animation;
mod bitmaps;
mod color;
mod damage;
mod derive;
mod describe;
mod encoding;
mod focus;
mod heif;
mod hostile;
mod jxl;
mod padding;
mod probe;
mod reduction;
mod rotate;
mod samples;
mod texture;
mod tiff;
mod transforms;
mod trim;
