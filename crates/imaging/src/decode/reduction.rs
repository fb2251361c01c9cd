//! Which fraction of its size a JPEG is decoded at for a blur.
//!
//! The decoder can leave out the finer part of each block of 8 × 8 pixels and give the
//! means of 2 × 2, 4 × 4 or 8 × 8 of them, for a part of the time and memory. A resize
//! takes all pixels, since the mean of samples is darker than that of their light.

use domain::MediaType;
use domain::plan::{Plan, Source, Tone};

use crate::transform::blur;

/// How many pixels of a row, and rows, the decoder makes one: 1, 2, 4 or 8.
///
/// 1 where a step needs all pixels: whatever is done to them before a blur of the whole
/// picture has its place here.
pub(crate) fn of(plan: &Plan, source: &Source) -> u32 {
    if source.media_type != MediaType::Jpeg
        || plan.angle.is_some()
        || plan.trim.is_some()
        || plan.resize.is_some()
    {
        return 1;
    }
    // Colors are not changed pixel by pixel as they are in the mean.
    match plan.blur {
        Some(sigma) if plan.crop.is_none() && plan.tone == Tone::default() && plan.padding.is_none() => {
            blur::decoder_reduction(sigma.pixels(), source.size)
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use domain::plan::Options;
    use domain::{Orientation, Size};

    use super::*;

    fn reduction(media_type: MediaType, exif: u16, query: &[(&str, &str)]) -> u32 {
        let size = Size::new(4032, 3024).unwrap();
        let source =
            Source { media_type, size, orientation: Orientation::from_exif(exif).unwrap(), frames: 1 };
        let options = Options::parse(query.iter().copied()).unwrap();
        of(&Plan::resolve(&options, source, 100_000_000).unwrap(), &source)
    }

    fn of_jpeg(query: &[(&str, &str)]) -> u32 {
        reduction(MediaType::Jpeg, 1, query)
    }

    #[test]
    fn a_blur_leaves_to_the_decoder_what_it_would_remove() {
        for (sigma, expected) in [("3.4", 1), ("3.5", 2), ("10", 4), ("20", 8), ("250", 8)] {
            assert_eq!(of_jpeg(&[("blur", sigma)]), expected, "{sigma}");
        }
        assert_eq!(of_jpeg(&[("blur", "10"), ("rotate", "90"), ("sharpen", "2"), ("pixelate", "9")]), 4);
        for before in [("brightness", "1.2"), ("grayscale", "true"), ("crop", "1,1,3000,3000")] {
            assert_eq!(of_jpeg(&[("blur", "10"), before]), 1, "{before:?} needs every pixel");
        }
        assert_eq!(of_jpeg(&[("w", "2000"), ("blur", "20")]), 1, "a resize needs every pixel");
    }
}
