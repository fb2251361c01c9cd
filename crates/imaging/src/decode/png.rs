//! PNG by the `png` crate: 8 bits a channel, palettes and color keys expanded, of an
//! animation the default picture.

use std::io::Cursor;

use domain::plan::Source;
use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::{Decoded, check_size, pixels};
use crate::Error;
use crate::pixels::{Channels, buffer_len};

/// For chunks that are kept. A compressed profile that inflates beyond it is dropped by
/// the decoder, so that a profile of a gigabyte costs no more than this.
const MAX_CHUNK_BYTES: usize = 16 << 20;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let fault = |error: DecodingError| Error::corrupt(source.media_type, reason(&error));
    let mut decoder = Decoder::new_with_limits(Cursor::new(original), Limits { bytes: MAX_CHUNK_BYTES });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(fault)?;
    let info = reader.info();
    check_size(source, info.width.into(), info.height.into())?;
    let profile = info.icc_profile.as_ref().map(|profile| profile.to_vec());

    let (color, _) = reader.output_color_type();
    let bytes = reader.output_buffer_size();
    let bytes = bytes.ok_or_else(|| Error::corrupt(source.media_type, "its rows overflow the memory"))?;
    let mut data = vec![0; bytes];
    reader.next_frame(&mut data).map_err(fault)?;
    let channels = match color {
        ColorType::Grayscale => Channels::Gray,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::GrayscaleAlpha => {
            let (samples, _) = data.as_chunks::<2>();
            let mut wide = Vec::with_capacity(buffer_len(source.size, Channels::Rgba));
            wide.extend(samples.iter().flat_map(|&[gray, alpha]| [gray, gray, gray, alpha]));
            data = wide;
            Channels::Rgba
        }
        ColorType::Indexed => {
            return Err(Error::corrupt(source.media_type, "its palette was not expanded"));
        }
    };
    Ok(Decoded { pixels: pixels(source, channels, data)?, reduction: 1, profile })
}

fn reason(error: &DecodingError) -> String {
    if let DecodingError::IoError(error) = error
        && error.kind() == std::io::ErrorKind::UnexpectedEof
    {
        return "the file ends too early".to_owned();
    }
    error.to_string()
}
