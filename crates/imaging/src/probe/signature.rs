//! Recognises the formats that are taken by how their bytes begin.

use domain::MediaType;

/// The 8 bytes that every PNG begins with.
pub(super) const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The format that these first bytes of a file begin, if it is one that is taken.
pub(super) fn recognise(bytes: &[u8]) -> Option<MediaType> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(MediaType::Jpeg),
        _ if bytes.starts_with(&PNG) => Some(MediaType::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaType::Webp),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(MediaType::Tiff),
        [0, 0, 1, 0, count_low, count_high, ..] if (*count_low, *count_high) != (0, 0) => {
            Some(MediaType::Ico)
        }
        // Two letters are too little to go by, so the size of the second header must be
        // one that exists.
        [b'B', b'M', rest @ ..] => {
            let header_bytes = rest.get(12..).and_then(|rest| rest.first_chunk::<4>())?;
            matches!(u32::from_le_bytes(*header_bytes), 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)
                .then_some(MediaType::Bmp)
        }
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', b'\r', b'\n', 0x87, b'\n', ..] => {
            Some(MediaType::Jxl)
        }
        _ => by_brands(bytes),
    }
}

/// AVIF before HEIC: the brands that both have say only that it is a container of pictures.
fn by_brands(bytes: &[u8]) -> Option<MediaType> {
    let mut found = None;
    for brand in brands(bytes)? {
        match brand {
            b"avif" | b"avis" => return Some(MediaType::Avif),
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
                found = Some(MediaType::Heic);
            }
            _ => {}
        }
    }
    found
}

/// The brands in the `ftyp` box that ISO media files begin with: major, then compatible.
pub(super) fn brands(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8; 4]>> {
    let (box_bytes, rest) = bytes.split_first_chunk::<4>()?;
    let brands = rest.strip_prefix(b"ftyp")?;
    let box_bytes = usize::try_from(u32::from_be_bytes(*box_bytes)).ok()?;
    let brands = brands.get(..box_bytes.checked_sub(8)?).unwrap_or(brands);
    let (brands, _) = brands.as_chunks::<4>();
    // The second word is the version of the first brand.
    Some(brands.iter().enumerate().filter(|(index, _)| *index != 1).map(|(_, brand)| brand))
}
