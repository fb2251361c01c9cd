//! The header of a device-independent bitmap, in all its versions.

use domain::{MediaType, Size};

use crate::Error;

/// How the pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    /// Rows of pixels with so many bits each.
    Plain,
    /// Runs of indices of four or eight bits, or of colors.
    Runs,
}

/// Where a channel stands in a pixel of 16 or 32 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mask {
    shift: u32,
    bits: u32,
}

impl Mask {
    /// The mask with these bits; none where they are not next to each other.
    fn new(mask: u32) -> Option<Self> {
        if mask == 0 {
            return Some(Self::default());
        }
        let shift = mask.trailing_zeros();
        let bits = (mask >> shift).trailing_ones();
        (mask.count_ones() == bits).then_some(Self { shift, bits })
    }

    pub(super) fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// The channel of a pixel, scaled to 8 bits and rounded; 0 where the mask is empty.
    pub(super) fn of(self, pixel: u32) -> u8 {
        if self.bits == 0 {
            return 0;
        }
        let most = u32::MAX >> (32 - self.bits);
        let value = u64::from((pixel >> self.shift) & most);
        u8::try_from((value * 255 + u64::from(most) / 2) / u64::from(most)).unwrap_or(u8::MAX)
    }
}

/// What the headers say.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) size: Size,
    /// Whether the first row that is stored is the top one.
    pub(super) from_top: bool,
    pub(super) bits: u16,
    pub(super) storage: Storage,
    /// Red, green, blue and alpha, of pixels of 16 and 32 bits.
    pub(super) masks: [Mask; 4],
    pub(super) palette: Vec<[u8; 3]>,
    /// Where the headers and the palette end, from the start of the bitmap's own header.
    pub(super) end: usize,
}

/// The header of OS/2 1.x.
const CORE: u32 = 12;
/// The short and the long header of OS/2 2.x.
const OS2: [u32; 2] = [16, 64];

impl Header {
    /// Reads the header at the start of these bytes. `in_icon` halves the height, which
    /// counts a mask behind the pixels, and gives 32 bits their alpha.
    pub(super) fn read(dib: &[u8], media_type: MediaType, in_icon: bool) -> Result<Self, Error> {
        let corrupt = |reason: &str| Error::corrupt(media_type, reason);
        let ends = || corrupt("the file ends inside its header");
        let version = long(dib, 0).ok_or_else(ends)?;
        let (width, height, bits) = if version == CORE {
            let side = |at| short(dib, at).map(i64::from);
            (side(4), side(6), short(dib, 10))
        } else {
            let side = |at| long(dib, at).map(|side| i64::from(side.cast_signed()));
            (side(4), side(8), short(dib, 14))
        };
        let (width, height) = (width.ok_or_else(ends)?, height.ok_or_else(ends)?);
        let bits = bits.ok_or_else(ends)?;
        let sides = |height: i64| {
            let height = if in_icon { height.abs() / 2 } else { height.abs() };
            Size::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)
        };
        let size = sides(height).ok_or_else(|| corrupt("it has no pixels"))?;
        let is_short = version == CORE || version == 16;
        let compression = if is_short { 0 } else { long(dib, 16).ok_or_else(ends)? };
        let storage = storage(compression, bits, OS2.contains(&version))
            .map_err(|reason| Error::unsupported(media_type, reason))?;
        let header_bytes = usize::try_from(version).map_err(|_| ends())?;
        let has_masks = matches!(compression, 3 | 6) && storage == Storage::Plain;
        let (masks, mask_bytes) = if has_masks {
            masks(dib, header_bytes, compression == 6)
                .ok_or_else(|| Error::unsupported(media_type, "color masks that are not each in one piece"))?
        } else {
            (usual_masks(bits, in_icon), 0)
        };
        let colors = if is_short { 0 } else { long(dib, 32).ok_or_else(ends)? };
        let start = header_bytes + mask_bytes;
        let (palette, end) = palette(dib, start, bits, colors, if version == CORE { 3 } else { 4 });
        Ok(Self { size, from_top: height < 0, bits, storage, masks, palette, end })
    }
}

/// How pixels of so many bits are stored, or why they cannot be read.
fn storage(compression: u32, bits: u16, is_os2: bool) -> Result<Storage, String> {
    match (compression, bits) {
        (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Ok(Storage::Plain),
        (1, 8) | (2, 4) => Ok(Storage::Runs),
        (4, 24) if is_os2 => Ok(Storage::Runs),
        (3, 16 | 32) | (6, 16 | 32) if !is_os2 => Ok(Storage::Plain),
        (3, _) if is_os2 => Err("Huffman compression".to_owned()),
        (4, _) => Err("a JPEG inside".to_owned()),
        (5, _) => Err("a PNG inside".to_owned()),
        (11..=13, _) => Err("CMYK".to_owned()),
        _ => Err(format!("compression {compression} with {bits} bits a pixel")),
    }
}

/// The masks and how many bytes they take behind a header that has no room for them.
fn masks(dib: &[u8], header_bytes: usize, with_alpha: bool) -> Option<([Mask; 4], usize)> {
    // From version 2 on the header has the colors, from version 3 on alpha as well.
    let has_alpha = with_alpha || header_bytes >= 56;
    let mask = |index: usize| Mask::new(long(dib, 40 + index * 4)?);
    let alpha = if has_alpha { mask(3)? } else { Mask::default() };
    let masks = [mask(0)?, mask(1)?, mask(2)?, alpha];
    let bytes = if has_alpha { 16 } else { 12 };
    // A mask that is not there at all would make a picture without a color.
    if masks.iter().take(3).all(|mask| mask.is_empty()) {
        return None;
    }
    Some((masks, (40_usize + bytes).saturating_sub(header_bytes)))
}

/// Five bits a channel, or eight.
fn usual_masks(bits: u16, in_icon: bool) -> [Mask; 4] {
    let alpha = if in_icon && bits == 32 { 0xff00_0000 } else { 0 };
    let masks = if bits == 16 { [0x7c00, 0x03e0, 0x001f, 0] } else { [0xff_0000, 0xff00, 0xff, alpha] };
    masks.map(|mask| Mask::new(mask).unwrap_or_default())
}

/// The palette, as long as it says and as there are bytes, and where it ends.
fn palette(dib: &[u8], start: usize, bits: u16, colors: u32, entry_bytes: usize) -> (Vec<[u8; 3]>, usize) {
    // Deeper pixels may have a palette too, which only says what a poor screen should show.
    let most = if bits <= 8 { 1_usize << bits } else { 0 };
    let said = usize::try_from(colors).unwrap_or(usize::MAX);
    let count = if colors == 0 { most } else { said };
    let entries = dib.get(start..).unwrap_or_default().chunks_exact(entry_bytes).take(count.min(256));
    let mut palette = Vec::with_capacity(most);
    for entry in entries {
        if let [blue, green, red, ..] = entry {
            palette.push([*red, *green, *blue]);
        }
    }
    let end = count.saturating_mul(entry_bytes).saturating_add(start);
    if bits > 8 {
        palette.clear();
    }
    (palette, end)
}

/// The little-endian number of two bytes.
fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The little-endian number of four bytes.
pub(super) fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
