//! Lightness and colors as red, green and blue: every matrix and range of ITU-R H.273 that
//! pictures come in.

use super::frame::{Frame, Plane};

/// How planes become colors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Matrix {
    /// The planes are green, blue and red.
    Identity,
    /// Differences from green and from orange.
    YCgCo,
    /// The weights of red and blue in the lightness.
    Weights { red: f32, blue: f32 },
}

impl Matrix {
    /// The matrix with this code point, where that is known; of primaries where those say it.
    pub(super) fn of(matrix: u16, primaries: u16) -> Option<Self> {
        let weights = |red, blue| Some(Self::Weights { red, blue });
        match matrix {
            0 => Some(Self::Identity),
            8 => Some(Self::YCgCo),
            1 => weights(0.2126, 0.0722),
            // Where nothing is said, as in a JPEG.
            2 | 5 | 6 => weights(0.299, 0.114),
            4 => weights(0.30, 0.11),
            7 => weights(0.212, 0.087),
            9 => weights(0.2627, 0.0593),
            12 => match primaries {
                1 | 2 => weights(0.2126, 0.0722),
                4 => weights(0.2990, 0.1146),
                5 => weights(0.2220, 0.0713),
                6 | 7 => weights(0.2124, 0.0866),
                8 => weights(0.2536, 0.0684),
                9 => weights(0.2627, 0.0593),
                11 => weights(0.2095, 0.0689),
                12 => weights(0.2290, 0.0793),
                22 => weights(0.2318, 0.0960),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Samples as parts of 1: lightness from 0 to 1, colors around 0.
struct Range {
    offset: f32,
    scale: f32,
    color_scale: f32,
    middle: f32,
}

impl Range {
    fn of(depth: u32, full: bool) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "at most 12 bits")]
        let (step, most) = ((1_u32 << (depth - 8)) as f32, ((1_u32 << depth) - 1) as f32);
        if full {
            Self { offset: 0.0, scale: most.recip(), color_scale: most.recip(), middle: 128.0 * step }
        } else {
            let (scale, color_scale) = ((219.0 * step).recip(), (224.0 * step).recip());
            Self { offset: 16.0 * step, scale, color_scale, middle: 128.0 * step }
        }
    }
}

/// Turns rows of planes into rows of colors, 16 bits a sample.
pub(super) struct Converter {
    matrix: Matrix,
    range: Range,
    /// Both colors of the row, one for each pixel.
    color: [Vec<f32>; 2],
}

impl Converter {
    pub(super) fn new(frame: &Frame, matrix: Matrix, full_range: bool) -> Self {
        Self { matrix, range: Range::of(frame.depth, full_range), color: [Vec::new(), Vec::new()] }
    }

    /// The colors of a row, three samples a pixel.
    pub(super) fn row(&mut self, frame: &Frame, row: usize, to: &mut Vec<u16>) {
        to.clear();
        let Some(chroma) = &frame.chroma else { return };
        for (color, plane) in self.color.iter_mut().zip(chroma) {
            upsampled(plane, row, frame.subsampling, frame.luma.width, color);
        }
        let Range { offset, scale, color_scale, middle } = self.range;
        let light = |sample: f32| (sample - offset) * scale;
        let color = |sample: f32| (sample - middle) * color_scale;
        let [first, second] = &self.color;
        let pixels = frame.luma.row(row).iter().zip(first).zip(second);
        match self.matrix {
            Matrix::Identity => {
                to.extend(pixels.flat_map(|((green, blue), red)| {
                    [light(*red), light(f32::from(*green)), light(*blue)].map(whole)
                }));
            }
            Matrix::YCgCo => {
                to.extend(pixels.flat_map(|((y, cg), co)| {
                    let (y, cg, co) = (light(f32::from(*y)), color(*cg), color(*co));
                    [y - cg + co, y + cg, y - cg - co].map(whole)
                }));
            }
            Matrix::Weights { red, blue } => {
                let (of_red, of_blue) = (2.0 - 2.0 * red, 2.0 - 2.0 * blue);
                let green = 1.0 - red - blue;
                let (red_in_green, blue_in_green) = (of_red * red / green, of_blue * blue / green);
                to.extend(pixels.flat_map(|((y, cb), cr)| {
                    let (y, cb, cr) = (light(f32::from(*y)), color(*cb), color(*cr));
                    [y + of_red * cr, y - red_in_green * cr - blue_in_green * cb, y + of_blue * cb].map(whole)
                }));
            }
        }
    }

    /// The lightness of a row.
    pub(super) fn gray_row(&self, frame: &Frame, row: usize, to: &mut Vec<u16>) {
        to.clear();
        let Range { offset, scale, .. } = self.range;
        to.extend(frame.luma.row(row).iter().map(|sample| whole((f32::from(*sample) - offset) * scale)));
    }
}

/// A part of 1 as 16 bits.
fn whole(value: f32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let sample = (value * 65_535.0 + 0.5) as u16;
    sample
}

/// One color for each pixel of a row: where pixels share one it stands in their middle, and
/// each takes three quarters of the near one and a quarter of the next, both ways.
fn upsampled(plane: &Plane, row: usize, (across, down): (usize, usize), width: usize, to: &mut Vec<f32>) {
    to.clear();
    let near = row / down;
    let next = match (down, row % 2) {
        (2, 0) => near.saturating_sub(1),
        (2, _) => (near + 1).min(plane.height.saturating_sub(1)),
        _ => near,
    };
    let (near, next) = (plane.row(near), plane.row(next));
    let column = |index: usize| {
        let (near, next) = (near.get(index).copied().unwrap_or(0), next.get(index).copied().unwrap_or(0));
        f32::from(near) * 0.75 + f32::from(next) * 0.25
    };
    if across == 1 {
        to.extend((0..width).map(column));
        return;
    }
    let last = plane.width.saturating_sub(1);
    let mut before = column(0);
    let mut here = before;
    for index in 0..plane.width {
        let after = column((index + 1).min(last));
        to.push(here * 0.75 + before * 0.25);
        to.push(here * 0.75 + after * 0.25);
        (before, here) = (here, after);
    }
    to.truncate(width);
}

#[cfg(test)]
mod tests {
    use domain::Size;

    use super::*;
    use crate::container::Color;

    fn color_of(planes: [u16; 3], depth: u32, matrix: Matrix, full_range: bool) -> [u8; 3] {
        let plane = |sample| Plane { width: 1, height: 1, samples: vec![sample] };
        let [y, u, v] = planes;
        let frame = Frame {
            size: Size::new(1, 1).unwrap(),
            depth,
            subsampling: (1, 1),
            luma: plane(y),
            chroma: Some([plane(u), plane(v)]),
            color: Color { primaries: 2, transfer: 2, matrix: 2, full_range },
        };
        let mut row = Vec::new();
        Converter::new(&frame, matrix, full_range).row(&frame, 0, &mut row);
        [row[0], row[1], row[2]].map(crate::deep::rounded)
    }

    #[test]
    fn black_white_and_red_come_out_in_every_range_and_depth() {
        let matrix = Matrix::of(1, 1).unwrap();
        for depth in [8, 10, 12] {
            let sample = |level: u16| level << (depth - 8);
            let most = (1 << depth) - 1;
            let middle = sample(128);
            assert_eq!(color_of([0, middle, middle], depth, matrix, true), [0; 3]);
            assert_eq!(color_of([most, middle, middle], depth, matrix, true), [255; 3]);
            assert_eq!(color_of([sample(16), middle, middle], depth, matrix, false), [0; 3]);
            assert_eq!(color_of([sample(235), middle, middle], depth, matrix, false), [255; 3]);
            // Red of BT.709, in the narrow range: 63, 102, 240.
            let [r, g, b] = color_of([63, 102, 240].map(sample), depth, matrix, false);
            assert!(r >= 253 && g <= 2 && b <= 2, "{depth}: {r},{g},{b}");
        }
    }

    #[test]
    fn planes_may_be_the_colors_themselves() {
        assert_eq!(color_of([10, 20, 30], 8, Matrix::Identity, true), [30, 10, 20]);
        // Green is lighter than gray by the first difference, orange by the second.
        assert_eq!(color_of([100, 138, 128], 8, Matrix::YCgCo, true), [90, 110, 90]);
        assert_eq!(color_of([100, 128, 138], 8, Matrix::YCgCo, true), [110, 100, 90]);
    }

    #[test]
    fn a_shared_color_stands_in_the_middle_of_its_pixels() {
        let plane = Plane { width: 2, height: 1, samples: vec![0, 80] };
        let mut row = Vec::new();
        upsampled(&plane, 0, (2, 2), 4, &mut row);
        assert_eq!(row, [0.0, 20.0, 60.0, 80.0]);
        upsampled(&plane, 0, (2, 1), 3, &mut row);
        assert_eq!(row, [0.0, 20.0, 60.0]);
    }
}
