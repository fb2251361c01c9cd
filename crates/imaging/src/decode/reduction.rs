//! Which fraction of its size a JPEG is decoded at.
//!
//! The decoder can leave out the finer part of each block of 8 × 8 pixels and give the
//! means of 2 × 2, 4 × 4 or 8 × 8 of them, for a part of the time and memory. They are
//! means of gamma-encoded samples and not of light, so a resize has room for them only
//! where it makes far fewer pixels itself.

use domain::plan::{Plan, Source, Tone};
use domain::{MediaType, Size};

use crate::transform::blur;

/// What a decoder can do, the most first, and how many times as long as the result's the
/// sides of the original must at least be. Measured as SSIMULACRA2 of a resized photo
/// before encoding, against exact Lanczos3 on all pixels in linear light; JPEG of quality
/// 80 scores 72 to 78, a visible difference begins below 90, and sharp has 60 to 76:
/// 93 to 95 at all pixels, 87 at a half and 3.1 times (89 at 4, 91 at 10), 84 to 91 at a
/// quarter and 16 times (80 at 10), 89 at an eighth and 64 times (72 at 16).
const STEPS: [(u32, f64); 3] = [(8, 64.0), (4, 16.0), (2, 3.0)];

/// How many pixels of a row, and rows, the decoder makes one: 1, 2, 4 or 8.
///
/// 1 where a step needs all pixels: whatever is done to them before a resize, or before a
/// blur of the whole picture, has its place here.
pub(crate) fn of(plan: &Plan, source: &Source) -> u32 {
    if source.media_type != MediaType::Jpeg || plan.angle.is_some() || plan.trim.is_some() {
        return 1;
    }
    let orientation = plan.orientation(source);
    let picture = plan.crop.map_or(orientation.apply_to(source.size), |crop| crop.size);
    if let Some(resize) = plan.resize {
        // The part that is looked for becomes a crop, and there is one already.
        if resize.focus.is_some() && plan.crop.is_some() {
            return 1;
        }
        let ratio = ratio(picture, resize.content);
        return STEPS.iter().find(|(_, least)| ratio >= *least).map_or(1, |(reduction, _)| *reduction);
    }
    // Colors are not changed pixel by pixel as they are in the mean.
    match plan.blur {
        Some(sigma) if plan.crop.is_none() && plan.tone == Tone::default() && plan.padding.is_none() => {
            blur::decoder_reduction(sigma.pixels(), source.size)
        }
        _ => 1,
    }
}

/// How many times as long the sides are, of the two the one that changes less.
fn ratio(picture: Size, content: Size) -> f64 {
    let across = f64::from(picture.width()) / f64::from(content.width());
    let down = f64::from(picture.height()) / f64::from(content.height());
    across.min(down)
}

#[cfg(test)]
mod tests {
    use domain::Orientation;
    use domain::plan::Options;

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
    fn a_resize_leaves_to_the_decoder_what_does_not_show() {
        for (width, expected) in
            [("4000", 1), ("1345", 1), ("1344", 2), ("800", 2), ("253", 2), ("252", 4), ("63", 8), ("1", 8)]
        {
            assert_eq!(of_jpeg(&[("w", width)]), expected, "{width}");
        }
        assert_eq!(of_jpeg(&[("w", "8000"), ("enlarge", "true")]), 1);
        assert_eq!(of_jpeg(&[("w", "4032"), ("h", "10"), ("fit", "fill")]), 1, "the wide side is kept");
        assert_eq!(reduction(MediaType::Png, 1, &[("w", "800")]), 1);
    }

    #[test]
    fn only_what_is_left_of_the_picture_counts() {
        assert_eq!(of_jpeg(&[("w", "800"), ("crop", "0,0,2400,2400")]), 2);
        assert_eq!(of_jpeg(&[("w", "800"), ("crop", "0,0,2399,2400")]), 1);
        assert_eq!(of_jpeg(&[("crop", "0,0,800,800")]), 1);
        assert_eq!(reduction(MediaType::Jpeg, 6, &[("h", "1344"), ("crop", "0,0,9,9999")]), 2);
        let cover = [("w", "1000"), ("h", "1000"), ("position", "entropy")];
        assert_eq!(of_jpeg(&cover), 2);
        let twice = [cover.as_slice(), &[("crop", "0,0,4000,3024")]].concat();
        assert_eq!(of_jpeg(&twice), 1, "a part of a part");
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
        assert_eq!(of_jpeg(&[("w", "2000"), ("blur", "20")]), 1, "the resize decides");
    }
}
