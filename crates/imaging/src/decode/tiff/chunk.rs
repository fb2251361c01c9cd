//! The bytes of one strip or tile, row by row.

use std::io::Read;

use flate2::read::ZlibDecoder;
use weezl::{BitOrder, LzwStatus, decode::Decoder as LzwDecoder};

use super::fax;
use super::layout::{Compression, Layout};

/// A strip or tile that is read.
pub(super) enum Chunk<'a> {
    Plain(&'a [u8]),
    PackBits {
        rest: &'a [u8],
        run: Run,
    },
    Lzw {
        decoder: Box<LzwDecoder>,
        rest: &'a [u8],
    },
    Deflate(Box<ZlibDecoder<&'a [u8]>>),
    Fax(Box<fax::Rows<'a>>),
    /// What had to be decoded as a whole.
    Whole(Vec<u8>, usize),
}

/// What is left of a run.
#[derive(Default)]
pub(super) struct Run {
    left: usize,
    /// The byte that is repeated; none where they stand as they are.
    repeated: Option<u8>,
}

impl<'a> Chunk<'a> {
    /// The reader of a strip or tile that is not a JPEG.
    pub(super) fn new(layout: &Layout<'_>, data: &'a [u8]) -> Self {
        let fax = |kind| {
            let width = u32::try_from(layout.chunk.0).unwrap_or(u32::MAX);
            Self::Fax(Box::new(fax::Rows::new(data, kind, width, layout.bits_reversed)))
        };
        match layout.compression {
            Compression::None | Compression::Jpeg => Self::Plain(data),
            Compression::PackBits => Self::PackBits { rest: data, run: Run::default() },
            Compression::Lzw => {
                // The oldest writers packed their codes from the other end, and grew them later.
                let is_old = matches!(data, [0, second, ..] if second & 1 == 1);
                let decoder = if is_old {
                    LzwDecoder::new(BitOrder::Lsb, 8)
                } else {
                    LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8)
                };
                Self::Lzw { decoder: Box::new(decoder), rest: data }
            }
            Compression::Deflate => Self::Deflate(Box::new(ZlibDecoder::new(data))),
            Compression::FaxRuns => fax(fax::Kind::Plain),
            Compression::FaxGroup3 { two_dimensional } => fax(fax::Kind::Group3 { two_dimensional }),
            Compression::FaxGroup4 => fax(fax::Kind::Group4),
        }
    }

    /// Fills a row; false where there is not enough left.
    pub(super) fn fill(&mut self, row: &mut [u8]) -> bool {
        match self {
            Self::Plain(rest) => {
                let Some((from, after)) = rest.split_at_checked(row.len()) else { return false };
                row.copy_from_slice(from);
                *rest = after;
                true
            }
            Self::PackBits { rest, run } => unpack(rest, run, row),
            Self::Lzw { decoder, rest } => {
                let mut filled = 0;
                while let Some(space @ [_, ..]) = row.get_mut(filled..) {
                    let result = decoder.decode_bytes(rest, space);
                    *rest = rest.get(result.consumed_in..).unwrap_or_default();
                    filled += result.consumed_out;
                    match result.status {
                        Ok(LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
                        _ => break,
                    }
                }
                filled == row.len()
            }
            Self::Deflate(decoder) => decoder.read_exact(row).is_ok(),
            Self::Fax(rows) => rows.fill(row),
            Self::Whole(data, at) => {
                let Some(from) = data.get(*at..*at + row.len()) else { return false };
                row.copy_from_slice(from);
                *at += row.len();
                true
            }
        }
    }
}

fn unpack(rest: &mut &[u8], run: &mut Run, row: &mut [u8]) -> bool {
    let mut filled = 0;
    while let Some(space @ [_, ..]) = row.get_mut(filled..) {
        if run.left == 0 {
            let Some((&count, after)) = rest.split_first() else { return false };
            *rest = after;
            let count = count.cast_signed();
            if count >= 0 {
                *run = Run { left: usize::from(count.unsigned_abs()) + 1, repeated: None };
            } else if count != i8::MIN {
                let Some((&byte, after)) = rest.split_first() else { return false };
                *rest = after;
                *run = Run { left: usize::from(count.unsigned_abs()) + 1, repeated: Some(byte) };
            }
            continue;
        }
        let take = run.left.min(space.len());
        let Some(space) = space.get_mut(..take) else { return false };
        if let Some(byte) = run.repeated {
            space.fill(byte);
        } else {
            let Some((from, after)) = rest.split_at_checked(take) else { return false };
            space.copy_from_slice(from);
            *rest = after;
        }
        run.left -= take;
        filled += take;
    }
    true
}

/// Undoes the prediction of a row, which is of so many samples a pixel.
pub(super) fn unpredict(row: &mut Vec<u8>, layout: &Layout<'_>) {
    let samples = if layout.is_planar { 1 } else { layout.samples };
    match (layout.predictor, layout.bits) {
        (2, 8) => {
            for at in samples..row.len() {
                let before = row.get(at - samples).copied().unwrap_or(0);
                if let Some(byte) = row.get_mut(at) {
                    *byte = byte.wrapping_add(before);
                }
            }
        }
        (2, 16 | 32 | 64) => {
            let bytes = layout.bits as usize / 8;
            let number = |bytes: &[u8]| {
                let put = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
                if layout.big_endian { bytes.iter().fold(0, put) } else { bytes.iter().rev().fold(0, put) }
            };
            for at in (samples * bytes..row.len()).step_by(bytes) {
                let Some((before, rest)) = row.split_at_mut_checked(at) else { return };
                let (Some(before), Some(now)) = (
                    before.get(at - samples * bytes..).and_then(|at| at.get(..bytes)),
                    rest.get_mut(..bytes),
                ) else {
                    return;
                };
                let sum = number(now).wrapping_add(number(before)).to_be_bytes();
                let sum = sum.get(8 - bytes..).unwrap_or_default();
                if layout.big_endian {
                    now.copy_from_slice(sum);
                } else {
                    now.iter_mut().zip(sum.iter().rev()).for_each(|(to, from)| *to = *from);
                }
            }
        }
        (3, bits) => unpredict_floats(row, samples, bits as usize / 8, layout.big_endian),
        _ => {}
    }
}

/// Numbers whose bytes stand apart, all first ones first, and are sums.
fn unpredict_floats(row: &mut Vec<u8>, samples: usize, bytes: usize, big_endian: bool) {
    for at in samples..row.len() {
        let before = row.get(at - samples).copied().unwrap_or(0);
        if let Some(byte) = row.get_mut(at) {
            *byte = byte.wrapping_add(before);
        }
    }
    let count = row.len() / bytes.max(1);
    let mut together = vec![0; row.len()];
    for (index, number) in together.chunks_exact_mut(bytes.max(1)).enumerate() {
        for (place, byte) in number.iter_mut().enumerate() {
            let place = if big_endian { place } else { bytes - 1 - place };
            *byte = row.get(place * count + index).copied().unwrap_or(0);
        }
    }
    *row = together;
}
