//! Writes a picture from strips of its rows.

use super::super::vector::vectorized;
use super::head::{Head, Sampling};
use super::quantisation::{Content, steps};
use super::scan::{Component, Scan};
use super::transform::{Block, Quantised, Quantiser};
use domain::Size;

/// Samples of a side of a block, and rows of a strip.
const SIDE: usize = 8;

/// A plane of a strip: for each column, its rows.
type Columns = Vec<[f32; SIDE]>;

/// Writes a picture strip by strip.
pub(in crate::jpeg) struct PictureWriter {
    scan: Scan,
    sampling: Sampling,
    /// Luminance: a plane for each strip of a row of units.
    luma: Vec<Columns>,
    /// Blue and red less luminance.
    colors: [Columns; 2],
    /// Strips of the row of units that there are.
    strips: usize,
    components: [Component; 3],
    quantisers: [Quantiser; 2],
}

impl PictureWriter {
    /// For a picture of this size at a quality of 1 to 100.
    pub(in crate::jpeg) fn new(size: Size, sampling: Sampling, quality: u8, content: Content) -> Self {
        let steps = [steps(quality, content, true), steps(quality, content, false)];
        let [of_luma, of_colors] = &steps;
        // The eye forgives it in luminance only.
        let has_dead_zone = content == Content::Detailed;
        let quantisers = [Quantiser::new(of_luma, has_dead_zone), Quantiser::new(of_colors, false)];
        let unit = sampling.unit();
        let width = (size.width() as usize).next_multiple_of(SIDE * unit);
        let of_colors = if sampling == Sampling::Gray { 0 } else { width / unit };
        Self {
            scan: Scan::new(Head { size, sampling, steps }),
            sampling,
            luma: vec![vec![[0.0; SIDE]; width]; unit],
            colors: [vec![[0.0; SIDE]; of_colors], vec![[0.0; SIDE]; of_colors]],
            strips: 0,
            components: [Component::new(true), Component::new(false), Component::new(false)],
            quantisers,
        }
    }

    /// Takes the next strip: samples of 0 to 255, of gray or of red, green and blue. Of the
    /// last one only the first `rows` rows count.
    pub(in crate::jpeg) fn strip(&mut self, channels: &[Columns], rows: usize) {
        vectorized(
            #[inline(always)]
            || {
                match channels {
                    [gray] => self.take_gray(gray, rows),
                    [red, green, blue] => self.take_colors(red, green, blue, rows),
                    _ => {}
                }
                self.strips += 1;
                if self.strips == self.sampling.unit() {
                    self.write_units();
                }
            },
        );
    }

    /// The file.
    pub(in crate::jpeg) fn finish(mut self) -> Vec<u8> {
        if self.strips > 0 {
            self.repeat_last_row();
            self.write_units();
        }
        self.scan.finish()
    }

    /// Fills the strip that is missing in the last row of units.
    fn repeat_last_row(&mut self) {
        if let [first, second] = self.luma.as_mut_slice() {
            for (to, from) in second.iter_mut().zip(first) {
                let [.., last] = from;
                *to = [*last; SIDE];
            }
        }
        for column in self.colors.iter_mut().flatten() {
            let [_, _, _, last, below @ ..] = column;
            below.fill(*last);
        }
    }

    #[inline(always)]
    fn take_gray(&mut self, gray: &Columns, rows: usize) {
        let Some(luma) = self.luma.get_mut(self.strips) else { return };
        for (to, from) in luma.iter_mut().zip(gray) {
            *to = with_rows(from, rows).map(|sample| sample - 128.0);
        }
        repeat_last_column(luma, gray.len());
    }

    #[inline(always)]
    fn take_colors(&mut self, red: &Columns, green: &Columns, blue: &Columns, rows: usize) {
        let Some(luma) = self.luma.get_mut(self.strips) else { return };
        let is_half = self.sampling == Sampling::Half;
        let [to_blue, to_red] = &mut self.colors;
        let mut before = ([0.0; SIDE], [0.0; SIDE]);
        let columns = red.iter().zip(green).zip(blue).zip(luma.iter_mut()).enumerate();
        for (x, (((red, green), blue), luma)) in columns {
            let (y, cb, cr) = ycc(&with_rows(red, rows), &with_rows(green, rows), &with_rows(blue, rows));
            *luma = y;
            if !is_half {
                if let (Some(to_blue), Some(to_red)) = (to_blue.get_mut(x), to_red.get_mut(x)) {
                    (*to_blue, *to_red) = (cb, cr);
                }
            } else if x % 2 == 0 {
                before = (cb, cr);
            } else {
                put_half(to_blue, x / 2, self.strips, &before.0, &cb);
                put_half(to_red, x / 2, self.strips, &before.1, &cr);
            }
        }
        let width = red.len();
        if is_half && width % 2 == 1 {
            put_half(to_blue, width / 2, self.strips, &before.0, &before.0);
            put_half(to_red, width / 2, self.strips, &before.1, &before.1);
        }
        repeat_last_column(luma, width);
        let width = if is_half { width.div_ceil(2) } else { width };
        repeat_last_column(to_blue, width);
        repeat_last_column(to_red, width);
    }

    /// Writes a row of units.
    #[inline(always)]
    fn write_units(&mut self) {
        self.strips = 0;
        let Self { scan, sampling, luma, colors, components, quantisers, .. } = self;
        let unit = sampling.unit();
        let [of_luma, of_colors] = quantisers;
        let [luma_component, color_components @ ..] = components;
        let units = luma.first().map_or(0, |columns| columns.len() / (SIDE * unit));
        for index in 0..units {
            for columns in &*luma {
                for block in index * unit..(index + 1) * unit {
                    write(scan, luma_component, of_luma, columns, block);
                }
            }
            for (columns, component) in colors.iter().zip(color_components.iter_mut()) {
                if !columns.is_empty() {
                    write(scan, component, of_colors, columns, index);
                }
            }
        }
    }
}

/// Writes a block of a plane.
#[inline(always)]
fn write(scan: &mut Scan, component: &mut Component, quantiser: &Quantiser, columns: &Columns, block: usize) {
    let found = columns.get(block * SIDE..).and_then(|rest| rest.first_chunk::<SIDE>());
    let Some(block): Option<&Block> = found else { return };
    let Quantised { values, mask } = quantiser.quantised(block);
    let [level, ..] = values;
    scan.level(component, i32::from(level));
    let (mut last, mut rest) = (0u8, mask & !1);
    while rest != 0 {
        #[expect(clippy::cast_possible_truncation, reason = "at most 63")]
        let place = rest.trailing_zeros() as u8;
        rest &= rest - 1;
        let value = values.get(usize::from(place)).copied().unwrap_or(0);
        scan.other(component, place - last - 1, i32::from(value));
        last = place;
    }
    if last < 63 {
        scan.end(component);
    }
}

/// A column of which only the first rows count: the last of them goes on.
#[inline(always)]
fn with_rows(column: &[f32; SIDE], rows: usize) -> [f32; SIDE] {
    if rows >= SIDE {
        return *column;
    }
    let last = column.get(rows.saturating_sub(1)).copied().unwrap_or(0.0);
    let mut column = *column;
    column.iter_mut().skip(rows).for_each(|sample| *sample = last);
    column
}

fn repeat_last_column(columns: &mut Columns, width: usize) {
    if let Some(last) = columns.get(width.saturating_sub(1)).copied() {
        columns.iter_mut().skip(width).for_each(|column| *column = last);
    }
}

/// Puts the means of squares of four in the rows of a strip, which is the first or the second.
#[inline(always)]
fn put_half(to: &mut Columns, x: usize, strip: usize, left: &[f32; SIDE], right: &[f32; SIDE]) {
    let Some(column) = to.get_mut(x) else { return };
    let (upper, lower) = column.split_at_mut(SIDE / 2);
    let half = if strip == 0 { upper } else { lower };
    let (left, right) = (left.as_chunks::<2>().0, right.as_chunks::<2>().0);
    for ((to, [a, b]), [c, d]) in half.iter_mut().zip(left).zip(right) {
        *to = (a + b + c + d) * 0.25;
    }
}

/// Y less 128, Cb and Cr less 128, by the matrix of JFIF (ITU-T T.871).
#[inline(always)]
fn ycc(
    red: &[f32; SIDE],
    green: &[f32; SIDE],
    blue: &[f32; SIDE],
) -> ([f32; SIDE], [f32; SIDE], [f32; SIDE]) {
    let (mut y, mut cb, mut cr) = ([0.0; SIDE], [0.0; SIDE], [0.0; SIDE]);
    let colors = red.iter().zip(green).zip(blue);
    for ((((r, g), b), y), (cb, cr)) in colors.zip(&mut y).zip(cb.iter_mut().zip(&mut cr)) {
        *y = 0.299 * r + 0.587 * g + 0.114 * b - 128.0;
        *cb = -0.168_736 * r - 0.331_264 * g + 0.5 * b;
        *cr = 0.5 * r - 0.418_688 * g - 0.081_312 * b;
    }
    (y, cb, cr)
}
