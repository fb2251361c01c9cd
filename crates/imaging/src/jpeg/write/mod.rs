//! Writes a baseline JPEG, in one scan, with Huffman codes made for it.

mod bits;
mod codes;
mod head;
mod picture;
mod quantisation;
mod scan;
mod transform;

pub(super) use head::{Head, Sampling};
pub(super) use picture::PictureWriter;
pub(crate) use quantisation::Content;
pub(super) use quantisation::steps;
pub(super) use scan::{Component, Scan};
