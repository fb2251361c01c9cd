//! Reads, resizes, blurs and writes JPEGs in the frequencies that they are stored in.
//!
//! A JPEG holds the cosine transform of blocks of 8 × 8 samples, lowest frequencies first.
//! What a small or a blurred picture needs is in the lowest of them, so no pixel of the
//! original is ever made: [`resize`] makes rows of the result's light from them, and
//! [`mod@blur`] the result's own coefficients. [`coefficients`] reads, [`mod@write`] writes.
//!
//! What is not plain is left to the general way: see [`frame`].

mod blur;
mod cells;
mod coefficients;
mod cosine;
mod encode;
mod frame;
mod huffman;
mod resize;
mod shrink;
mod tone;
mod vector;
mod write;

pub(crate) use blur::{blur, needs as blur_needs};
pub(crate) use encode::{FULL_COLOR_QUALITY, encoded, encoding_bytes};
pub(crate) use resize::{Resized, needs as resize_needs, resized};
pub(crate) use write::Content;
