//! Runs of equal pixels: RLE4, RLE8, and RLE24 of OS/2.

use domain::Size;

/// What a walk over the runs came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walked {
    /// Whether the end was said, or the last row reached.
    pub(super) is_whole: bool,
    /// Pixels that were set, or passed over.
    pub(super) pixels: u64,
}

/// Walks over the runs and tells of every pixel: its column, its row as stored, and its
/// bytes, of which an index has one. Pixels outside of the picture are not told of.
pub(super) fn walk(data: &[u8], size: Size, bits: u16, mut set: impl FnMut(u32, u32, [u8; 3])) -> Walked {
    let (mut x, mut y) = (0_u32, 0_u32);
    let mut rest = data;
    let mut pixels = 0;
    let walked = |is_whole, pixels| Walked { is_whole, pixels };
    let mut put = |x: &mut u32, y: u32, value: [u8; 3]| {
        if *x < size.width() && y < size.height() {
            set(*x, y, value);
        }
        *x = x.saturating_add(1);
    };
    while y < size.height() {
        let Some((&[count, code], after)) = rest.split_first_chunk::<2>() else {
            return walked(false, pixels);
        };
        rest = after;
        match (count, code) {
            (0, 0) => {
                pixels += u64::from(size.width().saturating_sub(x));
                (x, y) = (0, y + 1);
            }
            (0, 1) => return walked(true, pixels),
            (0, 2) => {
                let Some((&[right, down], after)) = rest.split_first_chunk::<2>() else {
                    return walked(false, pixels);
                };
                rest = after;
                pixels += u64::from(right) + u64::from(down) * u64::from(size.width());
                (x, y) = (x.saturating_add(right.into()), y.saturating_add(down.into()));
            }
            (0, count) => {
                let bytes = usize::from(count) * usize::from(bits);
                let bytes = bytes.div_ceil(8);
                let literals = rest.get(..bytes).unwrap_or(rest);
                for index in 0..count {
                    if let Some(value) = literal(literals, index, bits) {
                        put(&mut x, y, value);
                        pixels += 1;
                    }
                }
                // Literals are filled up to whole words.
                rest = rest.get(bytes + bytes % 2..).unwrap_or_default();
            }
            (count, first) => {
                let value = if bits == 24 {
                    let Some((&[green, red], after)) = rest.split_first_chunk::<2>() else {
                        return walked(false, pixels);
                    };
                    rest = after;
                    [first, green, red]
                } else {
                    [first, 0, 0]
                };
                // What stands over the edge of the picture costs no time.
                let seen = u32::from(count).min(size.width().saturating_sub(x));
                for index in 0..u8::try_from(seen).unwrap_or(count) {
                    let value = if bits == 4 { [half(first, index), 0, 0] } else { value };
                    put(&mut x, y, value);
                }
                pixels += u64::from(count);
            }
        }
    }
    walked(true, pixels)
}

/// One of the pixels that stand as they are.
fn literal(bytes: &[u8], index: u8, bits: u16) -> Option<[u8; 3]> {
    let index = usize::from(index);
    match bits {
        4 => Some([half(*bytes.get(index / 2)?, u8::from(index % 2 == 1)), 0, 0]),
        8 => Some([*bytes.get(index)?, 0, 0]),
        _ => bytes.get(index * 3..)?.first_chunk().copied(),
    }
}

/// Of a byte the upper half for even places, the lower one for odd ones.
fn half(byte: u8, index: u8) -> u8 {
    if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 }
}
