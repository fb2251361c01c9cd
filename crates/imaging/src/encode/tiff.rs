//! TIFF of 8 bits a channel: strips of some rows, each the difference from the pixel
//! before, compressed by deflate.

use std::io::Write as _;

use domain::plan::Format;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::failed;
use crate::Error;
use crate::pixels::{Channels, Pixels};

/// Bytes of a strip before it is compressed, about.
const STRIP_BYTES: usize = 256 << 10;

/// A field of the directory: its tag, the kind of its values, and those.
struct Field {
    tag: u16,
    /// Of 2 bytes each, else of 4.
    is_short: bool,
    values: Vec<u32>,
}

pub(super) fn encode(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let too_large = || failed(Format::Tiff, "more than 4 GiB");
    let samples = pixels.channels().count();
    let stride = pixels.stride();
    let rows = (STRIP_BYTES / stride).clamp(1, pixels.height());
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let mut row = vec![0; stride];
    for strip in pixels.data().chunks(stride * rows) {
        let start = file.len();
        // An eighth more: what is held twice while it is moved is less than if it doubled.
        if file.capacity() - start < 2 * STRIP_BYTES {
            file.reserve_exact((start / 8).max(2 * STRIP_BYTES));
        }
        let mut compressor = ZlibEncoder::new(file, Compression::fast());
        for from in strip.chunks_exact(stride) {
            predicted(from, samples, &mut row);
            compressor.write_all(&row).map_err(|error| failed(Format::Tiff, error))?;
        }
        file = compressor.finish().map_err(|error| failed(Format::Tiff, error))?;
        // Offsets are even by the letter of the format.
        if file.len() % 2 == 1 {
            file.push(0);
        }
        offsets.push(u32::try_from(start).map_err(|_| too_large())?);
        lengths.push(u32::try_from(file.len() - start).map_err(|_| too_large())?);
    }
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let short = |tag, values| Field { tag, is_short: true, values };
    let long = |tag, values| Field { tag, is_short: false, values };
    let photometric = if pixels.channels() == Channels::Gray { 1 } else { 2 };
    let mut fields = vec![
        long(256, vec![pixels.size().width()]),
        long(257, vec![pixels.size().height()]),
        short(258, vec![8; samples]),
        short(259, vec![8]),
        short(262, vec![photometric]),
        long(273, offsets),
        short(277, vec![number(samples)]),
        long(278, vec![number(rows)]),
        long(279, lengths),
        short(284, vec![1]),
        short(317, vec![2]),
    ];
    if pixels.channels() == Channels::Rgba {
        // Alpha that the colors are not multiplied with.
        fields.push(short(338, vec![2]));
    }
    directory(&mut file, &fields).ok_or_else(too_large)?;
    Ok(file)
}

/// The result, which of noise has as many bytes as the samples, and is there twice while it
/// grows; and what the compressor looks for matches in.
pub(super) fn peak_bytes(samples: u64) -> u64 {
    samples * 9 / 4 + (1 << 20)
}

/// Each sample less the one of the pixel before.
fn predicted(from: &[u8], samples: usize, to: &mut [u8]) {
    let before = std::iter::repeat_n(&0, samples).chain(from);
    for ((to, sample), before) in to.iter_mut().zip(from).zip(before) {
        *to = sample.wrapping_sub(*before);
    }
}

/// Writes the directory, and in front of it the values that have no room in it.
fn directory(file: &mut Vec<u8>, fields: &[Field]) -> Option<()> {
    let mut entries = Vec::new();
    for field in fields {
        let bytes: Vec<u8> = field
            .values
            .iter()
            .flat_map(|value| value.to_le_bytes().into_iter().take(if field.is_short { 2 } else { 4 }))
            .collect();
        entries.extend(field.tag.to_le_bytes());
        entries.extend(if field.is_short { 3_u16 } else { 4 }.to_le_bytes());
        entries.extend(u32::try_from(field.values.len()).ok()?.to_le_bytes());
        let mut place = [0; 4];
        if let Some(room) = place.get_mut(..bytes.len()) {
            room.copy_from_slice(&bytes);
        } else {
            place = u32::try_from(file.len()).ok()?.to_le_bytes();
            file.extend(&bytes);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        entries.extend(place);
    }
    let start = u32::try_from(file.len()).ok()?.to_le_bytes();
    file.get_mut(4..8)?.copy_from_slice(&start);
    file.extend(u16::try_from(fields.len()).ok()?.to_le_bytes());
    file.extend(entries);
    file.extend([0; 4]);
    Some(())
}
