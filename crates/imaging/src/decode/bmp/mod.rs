//! BMP, and the bitmaps in icons: every version of the header, palettes, masks and runs.
//!
//! Ours, since the usual decoder makes a canvas before it looks at the data, takes a mask
//! of alpha at its word where nothing was ever written to it, and knows neither RLE24 nor
//! masks that follow a short header.

mod header;
mod runs;

use domain::plan::Source;

use header::{Header, Storage};

use super::{Decoded, Needs, check_size, is_nearly_whole, pixels};
use crate::Error;
use crate::pixels::{Channels, Pixels, buffer_len};

/// The bytes before the header that says the size.
const FILE_HEADER: usize = 14;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let dib = original.get(FILE_HEADER..).ok_or_else(|| corrupt("the file ends inside its header"))?;
    let header = Header::read(dib, source.media_type, false)?;
    // Some writers leave the place of the pixels out, or count from elsewhere.
    let said = header::long(original, 10).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let start =
        if said >= FILE_HEADER + 12 && said < original.len() { said } else { FILE_HEADER + header.end };
    let data = original.get(start..).ok_or_else(|| corrupt("the file ends before its pixels"))?;
    Ok(Decoded { pixels: bitmap(&header, data, source)?, reduction: 1, profile: None })
}

/// The bitmap of an icon: a header, pixels, and a mask of one bit a pixel that says where
/// the icon is clear. The mask counts only where the pixels have no alpha of their own.
pub(super) fn decode_icon(dib: &[u8], source: &Source) -> Result<Decoded, Error> {
    let header = Header::read(dib, source.media_type, true)?;
    let data = dib.get(header.end..).unwrap_or_default();
    let pixels = bitmap(&header, data, source)?;
    let has_alpha = pixels.channels() == Channels::Rgba;
    let mut pixels = pixels.widened(Channels::Rgba);
    if !has_alpha && header.storage == Storage::Plain {
        let mask = data.get(row_bytes(&header).saturating_mul(pixels.height())..).unwrap_or_default();
        let stride = pixels.stride();
        let mask_stride = pixels.width().div_ceil(32) * 4;
        let height = pixels.height();
        for (index, row) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
            let stored = if header.from_top { index } else { height - 1 - index };
            let mask = mask.get(stored * mask_stride..).unwrap_or_default();
            for (index, [_, _, _, alpha]) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let byte = mask.get(index / 8).copied().unwrap_or(0);
                if byte >> (7 - index % 8) & 1 == 1 {
                    *alpha = 0;
                }
            }
        }
    }
    Ok(Decoded { pixels, reduction: 1, profile: None })
}

/// Bytes of a stored row, which are filled up to four.
fn row_bytes(header: &Header) -> usize {
    (header.size.width() as usize * usize::from(header.bits)).div_ceil(32) * 4
}

fn bitmap(header: &Header, data: &[u8], source: &Source) -> Result<Pixels, Error> {
    check_size(source, header.size.width().into(), header.size.height().into())?;
    match header.storage {
        Storage::Plain => plain(header, data, source),
        Storage::Runs => from_runs(header, data, source),
    }
}

/// Whether its pixels have a place for alpha.
fn has_alpha(header: &Header) -> bool {
    let [.., alpha] = header.masks;
    header.bits >= 16 && !alpha.is_empty()
}

fn plain(header: &Header, data: &[u8], source: &Source) -> Result<Pixels, Error> {
    let stored = row_bytes(header);
    let has_alpha = has_alpha(header);
    let channels = if has_alpha { Channels::Rgba } else { Channels::Rgb };
    let height = header.size.height() as usize;
    // The filling behind the last row is often left out.
    let used = (header.size.width() as usize * usize::from(header.bits)).div_ceil(8);
    let needed = stored as u64 * (height as u64 - 1) + used as u64;
    if !is_nearly_whole(data.len() as u64, needed) {
        return Err(Error::corrupt(source.media_type, "the file ends inside its pixels"));
    }
    let mut picture = vec![0; buffer_len(header.size, channels)];
    let stride = header.size.width() as usize * channels.count();
    let mut is_clear = has_alpha;
    for (index, row) in data.chunks(stored).take(height).enumerate() {
        let place = if header.from_top { index } else { height - 1 - index };
        if let Some(to) = picture.get_mut(place * stride..).and_then(|rest| rest.get_mut(..stride)) {
            row_of(header, row, to, has_alpha);
            is_clear = is_clear && to.as_chunks::<4>().0.iter().all(|[_, _, _, alpha]| *alpha == 0);
        }
    }
    let picture = pixels(source, channels, picture)?;
    // Who writes a mask of alpha and never an alpha means an opaque picture.
    Ok(if is_clear { picture.into_rgb(|[r, g, b, _]| [r, g, b]) } else { picture })
}

/// Converts one row.
fn row_of(header: &Header, row: &[u8], to: &mut [u8], has_alpha: bool) {
    let color = |index: u8| header.palette.get(usize::from(index)).copied().unwrap_or_default();
    let masked = |pixel: u32| header.masks.map(|mask| mask.of(pixel));
    match header.bits {
        24 => {
            for (to, from) in to.as_chunks_mut::<3>().0.iter_mut().zip(row.as_chunks::<3>().0) {
                let [blue, green, red] = *from;
                *to = [red, green, blue];
            }
        }
        16 | 32 => {
            let bytes = usize::from(header.bits / 8);
            let count = if has_alpha { 4 } else { 3 };
            for (to, from) in to.chunks_exact_mut(count).zip(row.chunks_exact(bytes)) {
                let pixel = from.iter().rev().fold(0, |pixel, byte| pixel << 8 | u32::from(*byte));
                to.iter_mut().zip(masked(pixel)).for_each(|(to, from)| *to = from);
            }
        }
        bits => {
            let per_byte = usize::from(8 / bits.clamp(1, 8));
            let mask = u8::MAX >> (8 - bits.clamp(1, 8));
            for (index, to) in to.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let Some(byte) = row.get(index / per_byte) else { return };
                let shift = (per_byte - 1 - index % per_byte) * usize::from(bits);
                *to = color((byte >> shift) & mask);
            }
        }
    }
}

/// Pixels that no run sets are clear, as browsers have it.
fn from_runs(header: &Header, data: &[u8], source: &Source) -> Result<Pixels, Error> {
    // Without a canvas first: a file of a few bytes must not cost one.
    let walked = runs::walk(data, header.size, header.bits, |_, _, _| {});
    let is_whole = walked.is_whole || is_nearly_whole(walked.pixels, header.size.pixels());
    if !is_whole || walked.pixels == 0 {
        return Err(Error::corrupt(source.media_type, "the file ends inside its runs"));
    }
    let mut picture = Pixels::zeroed(header.size, Channels::Rgba);
    let (stride, height) = (picture.stride(), picture.height());
    let data_mut = picture.data_mut();
    runs::walk(data, header.size, header.bits, |x, y, value| {
        let [red, green, blue] = if header.bits == 24 {
            let [blue, green, red] = value;
            [red, green, blue]
        } else {
            let [index, _, _] = value;
            header.palette.get(usize::from(index)).copied().unwrap_or_default()
        };
        let row = if header.from_top { y as usize } else { height - 1 - y as usize };
        let place = data_mut.get_mut(row * stride + x as usize * 4..);
        if let Some(place) = place.and_then(|rest| rest.first_chunk_mut::<4>()) {
            *place = [red, green, blue, u8::MAX];
        }
    });
    Ok(picture)
}

/// Pixels; what they are made of is in the file.
pub(super) fn needs(original: Option<&[u8]>, source: &Source) -> Needs {
    let dib = original.and_then(|original| original.get(FILE_HEADER..));
    let header = dib.and_then(|dib| Header::read(dib, source.media_type, false).ok());
    let is_opaque = header.is_some_and(|header| header.storage == Storage::Plain && !has_alpha(&header));
    Needs::of(source.size, if is_opaque { 3 } else { 4 }, u64::from(source.size.width()) * 4)
}
