//! Makes a small picture of a JPEG without ever making its pixels.
//!
//! Of each block only the lowest coefficients are kept, as many as the result needs, and
//! the energy of the others ([`super::coefficients`]). They give cells ([`super::cells`]), with the
//! energy the light of each cell ([`light`]), and rows of light are summed up to rows of the
//! result as they come ([`resample`]). What is held at any time is a row of blocks and a few
//! rows of the result.

mod light;
mod resample;

use std::ops::Range;

use super::cells::{CellRow, Cells};
use super::coefficients::{Border, Kept, LANES, UnitRow, UnitRows, Wanted};
use super::frame::{Component, Frame};
use super::vector::vectorized;
use crate::transform::resize::lanczos::{Axis, Taps};
use domain::Size;
use light::Texture;
use resample::{LightRow, Resample};

pub(super) use resample::{BATCH, Strip};

/// Samples of a side of a block, and the most cells that are made of them.
pub(super) const MAX_CELLS: usize = 8;
/// Of so many blocks, one of two levels is one too many: text, halftone and the like need
/// more cells than photos, of which at most one in 80 is.
const BLOCKS_OF_TWO_LEVELS: usize = 20;

/// So many pixels of a byte or more, and a progressive picture is read to its last bit: its
/// steps are coarse, and faint texture has nothing but last bits.
const REFINED_PIXELS: u64 = 2;

/// What is to be made.
pub(super) struct Request {
    /// Cells of a side of a block, 1 to 8.
    pub(super) cells: usize,
    /// The part of the picture, in cells.
    pub(super) across: Axis,
    pub(super) down: Axis,
    /// The size of the result.
    pub(super) size: Size,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of the result was handed out.
    Made,
    /// The picture has too much of two levels for so few cells.
    NeedsMoreCells,
    /// The data are damaged, or the work was stopped.
    Unreadable,
}

/// How many coefficients to keep of each component, for so many cells of a side of a block.
fn kept(frame: &Frame<'_>, cells: usize) -> Vec<Kept> {
    // More than twice the cells of luminance show nowhere; less do.
    let of_colors = match cells {
        1 => 2,
        2..=4 => 4,
        _ => cells,
    };
    let finest = frame.blocks_of_unit();
    let components = frame.components.iter().enumerate();
    components
        .map(|(index, component)| {
            let most = if index == 0 { MAX_CELLS } else { of_colors };
            let side = |finest: usize, own: usize| (cells * finest / own.max(1)).min(MAX_CELLS).min(most);
            (side(finest.0, component.blocks.0), side(finest.1, component.blocks.1))
        })
        .collect()
}

/// The bytes that are held at most of a progressive picture, of a file whose components have
/// these sizes in all: its coefficients and the energy of the finest.
pub(super) fn progressive_bytes(frame: &Frame<'_>, cells: usize) -> usize {
    let units = frame.units();
    let of_component = |(component, kept): (&Component, Kept)| {
        component.blocks.0 * component.blocks.1 * (kept.0 * kept.1 + 1) * size_of::<i16>()
    };
    let of_unit: usize = frame.components.iter().zip(kept(frame, cells)).map(of_component).sum();
    let (across, down) = frame.blocks_of_unit();
    units.0.next_multiple_of(LANES) * units.1 * (of_unit + across * down * size_of::<f32>())
}

/// The bytes that [`shrink`] takes beside the result.
pub(super) fn needs(frame: &Frame<'_>, request: &Request) -> u64 {
    /// Rows of the result whose sums are begun, complete or spare, at most.
    const ROWS: usize = 3 * BATCH;
    /// Where the cells of a pixel begin, and their weights, which are a buffer.
    const TAPS_BYTES: f64 = 64.0;

    let finest = frame.blocks_of_unit();
    let (across, rows) = (request.cells * finest.0, request.cells * finest.1);
    let units = frame.units().0.next_multiple_of(LANES);
    let coefficients = if frame.is_progressive {
        let held = progressive_bytes(frame, request.cells);
        let blocks: usize =
            frame.components.iter().map(|component| component.blocks.0 * component.blocks.1).sum();
        // A row besides, and of each block which coefficients are not zero.
        held + held / frame.units().1.max(1) + units * frame.units().1 * blocks * size_of::<u64>()
    } else {
        let of_component = |(component, kept): (&Component, Kept)| {
            component.blocks.0 * component.blocks.1 * (kept.0 * kept.1 + 1) * size_of::<i16>()
        };
        let of_unit: usize = frame.components.iter().zip(kept(frame, request.cells)).map(of_component).sum();
        units * (of_unit + finest.0 * finest.1 * size_of::<f32>())
    };
    // A row of units as cells and as light, sums of rows, and rows beside each other.
    let channels = frame.components.len();
    let cells = units * across * channels * size_of::<f32>();
    let columns = request.size.width() as usize * channels * BATCH * size_of::<f32>();
    let taps = [(request.across, request.size.width()), (request.down, request.size.height())];
    let taps: f64 = taps
        .into_iter()
        .map(|(axis, side)| f64::from(side) * TAPS_BYTES + 6.0 * axis.len.max(f64::from(side)) * 8.0)
        .sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within memory")]
    let taps = taps as usize;
    (coefficients + cells * (2 * rows + ROWS + BATCH) + columns + taps) as u64
}

/// Makes the result, and hands it out in strips from the top.
pub(super) fn shrink(
    frame: &Frame<'_>,
    request: &Request,
    proceed: &dyn Fn() -> bool,
    each: &mut dyn FnMut(&Strip<'_>),
) -> Outcome {
    made(frame, request, proceed, each).unwrap_or(Outcome::Unreadable)
}

fn made(
    frame: &Frame<'_>,
    request: &Request,
    proceed: &dyn Fn() -> bool,
    each: &mut dyn FnMut(&Strip<'_>),
) -> Option<Outcome> {
    let cells = request.cells;
    let with_energy = cells < MAX_CELLS;
    let kept = kept(frame, cells);
    let across = Taps::along(request.across, request.size.width());
    let down = Taps::along(request.down, request.size.height());
    let mut grid = Grid::new(frame, cells, &kept, &across)?;
    let rows = needed(&down, grid.light.rows);
    let most_of_two_levels = rows.len() * grid.blocks_of_row() / BLOCKS_OF_TWO_LEVELS;
    let first_cell = grid.units.start * grid.light.phases;
    let mut resample = Resample::new(across, down, first_cell, &grid.light);
    // A small file has little to say in its last bits, but of coarse steps.
    let refined = (frame.scans.len() as u64) < frame.size.pixels() / REFINED_PIXELS;
    let wanted = Wanted { kept: &kept, with_energy, refined, exact_edges: false };
    let mut units = UnitRows::new(frame, &wanted, proceed)?;
    for index in 0..rows.end {
        if !proceed() {
            return None;
        }
        let row = units.next_row()?;
        if index < rows.start {
            continue;
        }
        grid.read(row, index, with_energy)?;
        if grid.two_levels > most_of_two_levels {
            return Some(Outcome::NeedsMoreCells);
        }
        resample.take(&grid.light, index * grid.light.rows, each);
    }
    resample.is_complete().then_some(Outcome::Made)
}

/// The rows of units that the result needs, of so many rows of cells each.
fn needed(down: &[Taps], rows: usize) -> Range<usize> {
    let first = down.first().map_or(0, |taps| taps.first);
    let end = down.last().map_or(0, Taps::end);
    first / rows..end.div_ceil(rows)
}

/// The cells of a row of units, and their light.
struct Grid {
    /// The units that are needed, filled up to whole lanes.
    units: Range<usize>,
    /// Units that there are.
    units_of_frame: usize,
    of_components: Vec<(Cells, CellRow)>,
    /// Cells of a block of luminance, across and down, and blocks of a unit.
    of_block: (usize, usize),
    blocks: (usize, usize),
    light: LightRow,
    /// Blocks of luminance, of those so far, that have two levels more than tones.
    two_levels: usize,
}

impl Grid {
    fn new(frame: &Frame<'_>, cells: usize, kept: &[Kept], across: &[Taps]) -> Option<Self> {
        let finest = frame.blocks_of_unit();
        let (phases, rows) = (cells * finest.0, cells * finest.1);
        let first = across.iter().map(|taps| taps.first).min()?;
        let end = across.iter().map(Taps::end).max()?;
        let units_of_frame = frame.units().0;
        let units =
            first / phases / LANES * LANES..end.div_ceil(phases).min(units_of_frame).next_multiple_of(LANES);
        let components = frame.components.iter().zip(kept).enumerate();
        let of_components = components.map(|(index, (component, kept))| {
            let of_block = (phases / component.blocks.0, rows / component.blocks.1);
            let border = Border::new(frame, index)?;
            let cells = Cells::samples(component, border, *kept, of_block);
            Some((cells, CellRow::new(rows, phases, units.len())))
        });
        let of_components: Vec<_> = of_components.collect::<Option<_>>()?;
        let blocks = frame.components.first()?.blocks;
        Some(Self {
            of_block: (phases / blocks.0, rows / blocks.1),
            blocks,
            light: LightRow::new(of_components.len(), rows, phases, units.len()),
            of_components,
            units,
            units_of_frame,
            two_levels: 0,
        })
    }

    /// Blocks of luminance of a row of units.
    fn blocks_of_row(&self) -> usize {
        self.units.end.min(self.units_of_frame).saturating_sub(self.units.start)
            * self.blocks.0
            * self.blocks.1
    }

    /// Makes the light of a row of units, of which this is the index.
    fn read(&mut self, row: &UnitRow, index: usize, with_energy: bool) -> Option<()> {
        let units = self.units.clone();
        // The energy of blocks that the picture's edge lies within.
        let mut at_edge = Vec::new();
        for (component, ((cells, to), row)) in self.of_components.iter_mut().zip(&row.components).enumerate()
        {
            vectorized(
                #[inline(always)]
                || cells.transform(row, units.clone(), to),
            );
            for block in &row.at_edge {
                if let Some(place) = block.unit.checked_sub(units.start).filter(|_| block.unit < units.end) {
                    let (x, y) = block.block;
                    let at = (block.unit * row.blocks.0 + x, index * row.blocks.1 + y);
                    let energy = cells.transform_whole(block, at, place, to);
                    if component == 0 {
                        at_edge.push((y * row.blocks.0 + x, block.unit, energy));
                    }
                }
            }
        }
        vectorized(
            #[inline(always)]
            || self.light_up(row, &at_edge, with_energy),
        )
    }

    #[inline(always)]
    fn light_up(&mut self, row: &UnitRow, at_edge: &[(usize, usize, f32)], with_energy: bool) -> Option<()> {
        let luma_row = row.components.first()?;
        let (luma, blue, red) = match self.of_components.as_slice() {
            [(_, luma), (_, blue), (_, red)] => (luma, blue, red),
            [(_, luma), ..] => (luma, luma, luma),
            [] => return None,
        };
        let is_gray = self.of_components.len() == 1;
        for first in self.units.clone().step_by(LANES) {
            let place = first - self.units.start;
            let seen = self.units_of_frame.saturating_sub(first).min(LANES);
            for y in 0..self.blocks.1 {
                for x in 0..self.blocks.0 {
                    let block = y * self.blocks.0 + x;
                    let begin = (x * self.of_block.0, y * self.of_block.1);
                    let texture = if with_energy {
                        let mut energy = luma_row.energy_lanes(block, first);
                        for (_, unit, edge) in at_edge.iter().filter(|edge| edge.0 == block) {
                            if let Some(lane) = unit.checked_sub(first).and_then(|lane| energy.get_mut(lane))
                            {
                                *lane = *edge;
                            }
                        }
                        Texture::of(luma, begin, self.of_block, place, &energy)
                    } else {
                        Texture::NONE
                    };
                    self.two_levels += texture.two_levels(seen);
                    for row in begin.1..begin.1 + self.of_block.1 {
                        for phase in begin.0..begin.0 + self.of_block.0 {
                            let cells = luma.lanes(row, phase, place);
                            if is_gray {
                                let light = light::of_gray(&cells, &texture);
                                self.light.set_lanes(0, (phase, row), place, light);
                                continue;
                            }
                            let (blue, red) = (blue.lanes(row, phase, place), red.lanes(row, phase, place));
                            let colors = light::of_colors(&cells, &blue, &red, &texture);
                            for (channel, light) in colors.into_iter().enumerate() {
                                self.light.set_lanes(channel, (phase, row), place, light);
                            }
                        }
                    }
                }
            }
        }
        Some(())
    }
}
