//! HEVC by heic-decoder, on the thread that asks for it.
//!
//! The decoder reads whole files, with a container of its own, and decodes all tiles of a
//! grid at once on threads of its own. So each coded item gets a small file around it: the
//! decoder never sees a container that we did not write, and never more than one tile.

use domain::{MediaType, Size};
use heic_decoder::{DecodedImage, HeifError};

use super::frame::{Frame, Plane};
use crate::Error;
use crate::container::Color;

/// Decodes an item with this configuration that is to have this size.
pub(super) fn decode(configuration: &[u8], data: &[u8], size: Size) -> Result<Frame, Error> {
    let file = around(configuration, data, size)
        .ok_or_else(|| Error::unsupported(MediaType::Heic, "a tile of more than four gigabytes"))?;
    let found = heic_decoder::probe(&file).map_err(|error| fault(&error))?;
    // What the data say is looked at before there is memory for it.
    if (found.coded_width, found.coded_height) != (size.width() as usize, size.height() as usize) {
        let reason =
            format!("a picture of {}×{} pixels where another is said", found.coded_width, found.coded_height);
        return Err(Error::corrupt(MediaType::Heic, reason));
    }
    let image = heic_decoder::decode(&file).map_err(|error| fault(&error))?;
    frame(image, size).ok_or_else(|| Error::unsupported(MediaType::Heic, "planes of several depths"))
}

fn fault(error: &HeifError) -> Error {
    if matches!(error, HeifError::Unsupported(_)) {
        Error::unsupported(MediaType::Heic, error.to_string())
    } else {
        Error::corrupt(MediaType::Heic, error.to_string())
    }
}

fn frame(image: DecodedImage, size: Size) -> Option<Frame> {
    let is_gray = image.chroma_format_idc == 0;
    if !is_gray && image.bit_depth_luma != image.bit_depth_chroma || !matches!(image.bit_depth_luma, 8..=12) {
        return None;
    }
    let subsampling = match image.chroma_format_idc {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let color = Color { primaries: 2, transfer: 2, matrix: 2, full_range: false };
    let color = image.color_info.map_or(color, |info| Color {
        primaries: info.color_primaries,
        transfer: info.transfer_characteristics,
        matrix: info.matrix_coefficients,
        full_range: info.full_range,
    });
    let (width, height) = (image.cb_width, image.cb_height);
    Some(Frame {
        size,
        depth: image.bit_depth_luma,
        subsampling,
        luma: plane(&image.y, size.width() as usize, size.height() as usize)?,
        chroma: if is_gray {
            None
        } else {
            Some([plane(&image.cb, width, height)?, plane(&image.cr, width, height)?])
        },
        color,
    })
}

fn plane(samples: &[i32], width: usize, height: usize) -> Option<Plane> {
    let samples: Vec<u16> = samples.iter().map(|sample| u16::try_from(*sample).unwrap_or(0)).collect();
    (samples.len() == width.checked_mul(height)?).then_some(Plane { width, height, samples })
}

/// A box.
fn named(name: &[u8; 4], parts: &[&[u8]]) -> Option<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(length.checked_add(8)?).ok()?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(name);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    Some(bytes)
}

/// A file of this one item.
fn around(configuration: &[u8], data: &[u8], size: Size) -> Option<Vec<u8>> {
    let kind = named(b"ftyp", &[b"heic\0\0\0\0mif1heic"])?;
    let handler = named(b"hdlr", &[&[0; 8], b"pict", &[0; 13]])?;
    let primary = named(b"pitm", &[&[0, 0, 0, 0, 0, 1]])?;
    let info = named(b"infe", &[&[2, 0, 0, 0, 0, 1, 0, 0], b"hvc1", &[0]])?;
    let infos = named(b"iinf", &[&[0, 0, 0, 0, 0, 1], &info])?;
    let extent = named(b"ispe", &[&[0; 4], &size.width().to_be_bytes(), &size.height().to_be_bytes()])?;
    let known = named(b"ipco", &[&named(b"hvcC", &[configuration])?, &extent])?;
    let associations = named(b"ipma", &[&[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0x81, 2]])?;
    let properties = named(b"iprp", &[&known, &associations])?;
    let length = u32::try_from(data.len()).ok()?;
    let header = |start: u32| {
        let place =
            [&[0, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1][..], &start.to_be_bytes(), &length.to_be_bytes()];
        named(b"meta", &[&[0; 4], &handler, &primary, &named(b"iloc", &place)?, &infos, &properties])
    };
    let start = u32::try_from(kind.len() + header(0)?.len() + 8).ok()?;
    Some([kind, header(start)?, named(b"mdat", &[data])?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_around_an_item_is_one_that_we_can_read() {
        use std::io::Cursor;

        use crate::container::Container;
        use crate::header::Header;

        let size = Size::new(640, 480).unwrap();
        let file = around(b"configuration", b"the data", size).unwrap();
        let mut header = Header::new(Cursor::new(file.as_slice())).unwrap();
        let container = Container::read(&mut header).unwrap();
        assert_eq!(container.shown(container.picture()).unwrap().coded, size);
        assert_eq!(container.data(container.picture(), &file).unwrap(), b"the data");
    }

    #[test]
    fn what_is_no_hevc_is_an_error() {
        let size = Size::new(64, 64).unwrap();
        for configuration in [&b""[..], &[1; 23], &[0; 60]] {
            assert!(decode(configuration, b"nothing", size).is_err());
        }
    }
}
