//! Averages over squares of pixels, with a margin of mirrored ones all around.

use domain::Size;

use crate::pixels::{Channels, Pixels};

/// How one axis is reduced.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Where the picture begins, in pixels of an image that may have begun to be reduced
    /// by its decoder, so that its first and its last pixel are in the picture in part.
    pub(super) start: f64,
    /// How long the picture is.
    pub(super) len: f64,
    /// Pixels that become one; a power of two, at most 64.
    pub(super) reduction: usize,
    /// Reduced pixels that are added on either side.
    pub(super) margin: usize,
}

impl Axis {
    /// The reduced length of a side, with both margins.
    fn reduced_len(self, len: usize) -> usize {
        len.div_ceil(self.reduction) + 2 * self.margin
    }

    /// Where a pixel of the picture with its mirrored margins comes from, in an image of so
    /// many pixels.
    fn source(self, index: usize, pixels: usize) -> Place {
        let before = self.margin * self.reduction;
        if let Some(index) = index.checked_sub(before).filter(|index| *index < pixels) {
            return Place { index, share: 0 };
        }
        let from_start = index as f64 - before as f64 + 0.5 - self.start;
        let within = from_start.rem_euclid(2.0 * self.len);
        let mirrored = self.start + within.min(2.0 * self.len - within) - 0.5;
        let mirrored = mirrored.clamp(0.0, pixels as f64 - 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "was clamped to the pixels"
        )]
        let place = Place { index: mirrored as usize, share: (mirrored.fract() * 256.0) as u32 };
        place
    }
}

/// A place between two pixels.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    /// Of the pixel behind, in 1/256.
    share: u32,
}

impl Place {
    /// The value at this place, of sums of up to 64 samples.
    fn between(self, before: u16, behind: u16) -> u16 {
        #[expect(clippy::cast_possible_truncation, reason = "a mean of two numbers of 16 bits")]
        let mean =
            ((u32::from(before) * (256 - self.share) + u32::from(behind) * self.share + 128) >> 8) as u16;
        mean
    }
}

/// The reduced image. A last square that the picture does not fill is filled by its
/// mirror image, so that nothing is stretched.
pub(super) fn averaged(pixels: &Pixels, across: Axis, down: Axis) -> Pixels {
    match pixels.channels() {
        Channels::Gray => averaged_channels::<1>(pixels, across, down),
        Channels::Rgb => averaged_channels::<3>(pixels, across, down),
        Channels::Rgba => averaged_channels::<4>(pixels, across, down),
    }
}

fn averaged_channels<const N: usize>(pixels: &Pixels, across: Axis, down: Axis) -> Pixels {
    let (width, height) = (across.reduced_len(pixels.width()), down.reduced_len(pixels.height()));
    #[expect(clippy::cast_possible_truncation, reason = "shorter than the picture plus two margins")]
    let side = |len: usize| len as u32;
    let size = Size::new(side(width), side(height)).unwrap_or(pixels.size());
    let mut small = Pixels::zeroed(size, pixels.channels());
    let small_stride = small.stride();

    let stride = pixels.stride();
    // Sums of up to 64 rows fit 16 bits.
    let mut sums = vec![0u16; stride];
    let mut mirrored_sums = vec![[0u16; N]; width * across.reduction];
    let sources: Vec<Place> = (0..mirrored_sums.len()).map(|x| across.source(x, pixels.width())).collect();
    // What lies within the picture is copied at once.
    let inside_from = (across.margin * across.reduction).min(mirrored_sums.len());
    let inside_to = (inside_from + pixels.width()).min(mirrored_sums.len());
    let shift = (across.reduction * down.reduction).ilog2();
    let half = (1u32 << shift) >> 1;

    for (y, small_row) in small.data_mut().chunks_exact_mut(small_stride).enumerate() {
        sums.fill(0);
        for index in 0..down.reduction {
            let place = down.source(y * down.reduction + index, pixels.height());
            let row = pixels.data().get(place.index * stride..).unwrap_or_default();
            if place.share == 0 {
                for (sum, sample) in sums.iter_mut().zip(row) {
                    *sum += u16::from(*sample);
                }
            } else {
                let behind = row.get(stride..).unwrap_or_default();
                for ((sum, before), behind) in sums.iter_mut().zip(row).zip(behind) {
                    *sum += place.between(u16::from(*before), u16::from(*behind));
                }
            }
        }
        let (sums, _) = sums.as_chunks::<N>();
        let mut fill = |from: usize, to: usize| {
            let places = mirrored_sums.get_mut(from..to).unwrap_or_default();
            for (place, source) in places.iter_mut().zip(sources.get(from..).unwrap_or_default()) {
                if let [before, rest @ ..] = sums.get(source.index..).unwrap_or_default() {
                    let behind = rest.first().unwrap_or(before);
                    for ((place, before), behind) in place.iter_mut().zip(before).zip(behind) {
                        *place = source.between(*before, *behind);
                    }
                }
            }
        };
        fill(0, inside_from);
        fill(inside_to, width * across.reduction);
        if let Some(inside) = mirrored_sums.get_mut(inside_from..inside_to) {
            inside.copy_from_slice(sums.get(..inside.len()).unwrap_or_default());
        }
        let (small_row, _) = small_row.as_chunks_mut::<N>();
        for (small, square) in small_row.iter_mut().zip(mirrored_sums.chunks_exact(across.reduction)) {
            let mut totals = [half; N];
            for sums in square {
                for (total, sum) in totals.iter_mut().zip(sums) {
                    *total += u32::from(*sum);
                }
            }
            #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
            let means = totals.map(|total| (total >> shift) as u8);
            *small = means;
        }
    }
    small
}
