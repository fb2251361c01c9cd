//! A few colors that stand for all of a picture: by cutting the space of its colors where
//! they differ most.
//!
//! Variance cut (Wan, Wong and Prusinkiewicz, 1988): the box whose colors are farthest from
//! their mean, added up, is cut across its longest spread at the mean, until there are
//! boxes enough. Colors are gathered in cells of five bits a channel first, and looked up
//! by six. Nothing is dithered: that costs bytes, and flickers in animations.

/// Cells of five bits a channel.
const CELLS: usize = 1 << 15;
/// Entries of the table by which colors are looked up, six bits a channel.
const ENTRIES: usize = 1 << 18;
/// Of an entry that was not looked for yet.
const UNKNOWN: u16 = u16::MAX;

/// The colors of one cell, added up.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: f32,
    mean: [f32; 3],
}

/// Cells that one color stands for.
struct Box {
    start: usize,
    end: usize,
    count: f32,
    mean: [f32; 3],
    /// How far its colors are from their mean, squared and added up, by channel.
    spread: [f32; 3],
}

impl Box {
    fn of(cells: &[Cell], start: usize, end: usize) -> Self {
        let (mut count, mut sum, mut squares) = (0.0, [0.0; 3], [0.0; 3]);
        for cell in cells.get(start..end).unwrap_or_default() {
            count += cell.count;
            for ((sum, square), mean) in sum.iter_mut().zip(&mut squares).zip(cell.mean) {
                *sum += mean * cell.count;
                *square += mean * mean * cell.count;
            }
        }
        let mean = sum.map(|sum| sum / count.max(1.0));
        let mut spread = [0.0; 3];
        for ((spread, square), mean) in spread.iter_mut().zip(squares).zip(mean) {
            *spread = (square - mean * mean * count).max(0.0);
        }
        Self { start, end, count, mean, spread }
    }

    fn weight(&self) -> f32 {
        self.spread.iter().sum()
    }

    /// The channel in which its colors differ most.
    fn longest(&self) -> usize {
        let [red, green, blue] = self.spread;
        if green >= red && green >= blue {
            1
        } else if red >= blue {
            0
        } else {
            2
        }
    }
}

/// Colors, and which of them is nearest to any other.
pub(crate) struct Palette {
    colors: Vec<[u8; 3]>,
    nearest: Vec<u16>,
}

impl Palette {
    /// At most so many colors, up to 256, for these pixels.
    pub(crate) fn of(pixels: impl Iterator<Item = [u8; 3]>, most: usize) -> Self {
        let mut cells = gathered(pixels);
        let mut boxes = vec![Box::of(&cells, 0, cells.len())];
        while boxes.len() < most.clamp(1, 256) {
            let widest = boxes.iter().enumerate().max_by(|(_, a), (_, b)| a.weight().total_cmp(&b.weight()));
            let Some((index, widest)) = widest.filter(|(_, widest)| widest.weight() > 0.5) else { break };
            let (start, end, channel) = (widest.start, widest.end, widest.longest());
            let mean = widest.mean.get(channel).copied().unwrap_or(0.0);
            let is_below = |cell: &Cell| cell.mean.get(channel).is_some_and(|value| *value <= mean);
            let middle = start + partition(cells.get_mut(start..end).unwrap_or_default(), is_below);
            if middle == start || middle == end {
                // All in one cell, whose spread is the rounding of sums.
                if let Some(stuck) = boxes.get_mut(index) {
                    stuck.spread = [0.0; 3];
                }
                continue;
            }
            let (below, above) = (Box::of(&cells, start, middle), Box::of(&cells, middle, end));
            if let Some(place) = boxes.get_mut(index) {
                *place = below;
            }
            boxes.push(above);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "means of bytes")]
        let byte = |mean: f32| (mean + 0.5) as u8;
        let colors =
            boxes.iter().filter(|found| found.count > 0.0).map(|found| found.mean.map(byte)).collect();
        Self { colors, nearest: vec![UNKNOWN; ENTRIES] }
    }

    pub(crate) fn colors(&self) -> &[[u8; 3]] {
        &self.colors
    }

    /// The number of the color that is nearest, and how far it is, squared.
    pub(crate) fn nearest(&mut self, color: [u8; 3]) -> (u8, u32) {
        let [red, green, blue] = color.map(usize::from);
        let place = (red >> 2) << 12 | (green >> 2) << 6 | blue >> 2;
        let mut index = self.nearest.get(place).copied().unwrap_or(UNKNOWN);
        if index == UNKNOWN {
            let all = self.colors.iter().zip(0_u16..);
            let found = all.min_by_key(|(other, _)| distance(**other, color));
            index = found.map_or(0, |(_, index)| index);
            if let Some(entry) = self.nearest.get_mut(place) {
                *entry = index;
            }
        }
        let far = self.colors.get(usize::from(index)).map_or(0, |other| distance(*other, color));
        (u8::try_from(index).unwrap_or(0), far)
    }
}

/// Colors gathered in cells; only cells that have any.
fn gathered(pixels: impl Iterator<Item = [u8; 3]>) -> Vec<Cell> {
    let mut sums = vec![[0_u32; 4]; CELLS];
    for color in pixels {
        let [red, green, blue] = color.map(usize::from);
        if let Some(sum) = sums.get_mut((red >> 3) << 10 | (green >> 3) << 5 | blue >> 3) {
            let [count, of_red, of_green, of_blue] = sum;
            *count += 1;
            let [red, green, blue] = color.map(u32::from);
            *of_red += red;
            *of_green += green;
            *of_blue += blue;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "means of bytes")]
    let cell = |[count, sums @ ..]: [u32; 4]| Cell {
        count: count as f32,
        mean: sums.map(|sum| sum as f32 / count as f32),
    };
    sums.into_iter().filter(|[count, ..]| *count > 0).map(cell).collect()
}

/// Moves the cells for which something holds to the front; how many there are.
fn partition(cells: &mut [Cell], holds: impl Fn(&Cell) -> bool) -> usize {
    let mut front = 0;
    for index in 0..cells.len() {
        if cells.get(index).is_some_and(&holds) {
            cells.swap(front, index);
            front += 1;
        }
    }
    front
}

/// How far two colors are from each other, squared.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colors_are_kept_as_they_are() {
        let colors = [[0, 0, 0], [255, 255, 255], [200, 10, 10], [10, 10, 200], [10, 200, 10]];
        let pixels = colors.iter().copied().cycle().take(1000);
        let mut palette = Palette::of(pixels, 16);
        assert_eq!(palette.colors().len(), 5);
        for color in colors {
            let (index, far) = palette.nearest(color);
            assert_eq!((palette.colors()[usize::from(index)], far), (color, 0));
        }
    }

    #[test]
    fn a_gradient_is_cut_in_even_steps() {
        let gradient = || (0..=255_u8).map(|level| [level, level, level]);
        let mut palette = Palette::of(gradient(), 16);
        assert_eq!(palette.colors().len(), 16);
        let worst = gradient().map(|color| palette.nearest(color).1).max().unwrap();
        assert!(worst <= 3 * 14 * 14, "{worst}");
    }

    #[test]
    fn nothing_has_no_colors_and_one_pixel_has_one() {
        assert!(Palette::of(std::iter::empty(), 256).colors().is_empty());
        assert_eq!(Palette::of(std::iter::once([1, 2, 3]), 256).colors(), [[1, 2, 3]]);
    }
}
