//! The coefficients of a row of units, kept so that whatever is done to them is done to
//! many units at once.

use super::super::cosine::ZIGZAG;
use super::super::frame::Frame;
use super::Wanted;

/// Units that are worked on at once; rows are filled up to a multiple of it.
pub(in crate::jpeg) const LANES: usize = 16;

/// How many of the lowest coefficients of each block are kept, across and down.
pub(in crate::jpeg) type Kept = (usize, usize);

/// The kept coefficients of a row of units, component by component.
pub(in crate::jpeg) struct UnitRow {
    pub(in crate::jpeg) components: Vec<ComponentRow>,
}

/// Those of one component, as they are stored: not yet multiplied by the quantisation steps.
pub(in crate::jpeg) struct ComponentRow {
    /// Blocks of a unit, across and down.
    pub(in crate::jpeg) blocks: (usize, usize),
    pub(in crate::jpeg) kept: Kept,
    /// Units of the row, filled up.
    pub(in crate::jpeg) stride: usize,
    /// For each block of a unit, row by row, for each kept coefficient, row by row, and then
    /// for one that takes in what is not kept: the value in each unit.
    values: Vec<i16>,
    /// For each block of a unit: the energy of what is not kept, in each unit. Empty if
    /// nobody asks for it.
    energies: Vec<f32>,
    /// The blocks that the edge of the picture lies within.
    pub(in crate::jpeg) at_edge: Vec<WholeBlock>,
}

/// All coefficients of a block.
pub(in crate::jpeg) struct WholeBlock {
    /// Which block of its unit.
    pub(in crate::jpeg) block: (usize, usize),
    pub(in crate::jpeg) unit: usize,
    /// In the order of the zigzag.
    pub(in crate::jpeg) coefficients: [i16; 64],
}

impl UnitRow {
    /// For what is wanted of a frame.
    pub(super) fn new(frame: &Frame<'_>, wanted: &Wanted<'_>) -> Self {
        let stride = frame.units().0.next_multiple_of(LANES);
        let components = frame.components.iter().zip(wanted.kept).enumerate();
        let components = components.map(|(index, (component, kept))| {
            let blocks = component.blocks.0 * component.blocks.1;
            let of_energies = if wanted.with_energy && index == 0 { blocks * stride } else { 0 };
            ComponentRow {
                blocks: component.blocks,
                kept: *kept,
                stride,
                values: vec![0; blocks * (kept.0 * kept.1 + 1) * stride],
                energies: vec![0.0; of_energies],
                at_edge: Vec::new(),
            }
        });
        Self { components: components.collect() }
    }

    /// Begins another row.
    pub(super) fn clear(&mut self) {
        for component in &mut self.components {
            component.values.fill(0);
            component.at_edge.clear();
        }
    }
}

impl ComponentRow {
    /// Coefficients of a block that have a place, the one for those not kept included.
    fn places(&self) -> usize {
        self.kept.0 * self.kept.1 + 1
    }

    /// The places of a block of a unit.
    #[inline(always)]
    pub(super) fn block_mut(&mut self, block: usize) -> &mut [i16] {
        let length = self.places() * self.stride;
        self.values.get_mut(block * length..(block + 1) * length).unwrap_or_default()
    }

    /// A kept coefficient of some units: by its column and row, from unit `first` on.
    #[inline(always)]
    pub(in crate::jpeg) fn lanes(
        &self,
        block: usize,
        (column, row): (usize, usize),
        first: usize,
    ) -> [i16; LANES] {
        let start = (block * self.places() + row * self.kept.0 + column) * self.stride + first;
        let lanes = self.values.get(start..).and_then(|rest| rest.first_chunk::<LANES>());
        lanes.copied().unwrap_or([0; LANES])
    }

    /// The energy of a block in some units.
    #[inline(always)]
    pub(in crate::jpeg) fn energy_lanes(&self, block: usize, first: usize) -> [f32; LANES] {
        let lanes = self.energies.get(block * self.stride + first..);
        lanes.and_then(|rest| rest.first_chunk::<LANES>()).copied().unwrap_or([0.0; LANES])
    }

    /// Keeps the energy of a block, in squares of samples, if it is asked for.
    #[inline(always)]
    pub(super) fn set_energy(&mut self, block: usize, unit: usize, energy: u64) {
        if let Some(place) = self.energies.get_mut(block * self.stride + unit) {
            *place = energy.cast_signed() as f32;
        }
    }

    /// Adds to the energy of a block.
    pub(super) fn add_energy(&mut self, block: usize, unit: usize, energy: u64) {
        if let Some(place) = self.energies.get_mut(block * self.stride + unit) {
            *place += energy.cast_signed() as f32;
        }
    }
}

/// Where coefficients go in a block's places.
pub(super) struct Slots {
    /// By the place in the zigzag; beyond 63 that of what is not kept.
    slots: [u32; 256],
    /// In the order of the zigzag, the last coefficient that is kept.
    pub(super) last: u32,
}

impl Slots {
    pub(super) fn new(kept: Kept, stride: usize) -> Self {
        let spare = u32::try_from(kept.0 * kept.1 * stride).unwrap_or(u32::MAX);
        let mut slots = [spare; 256];
        let mut last = 0;
        for ((place, natural), slot) in (0u32..).zip(ZIGZAG).zip(&mut slots) {
            let (column, row) = (usize::from(natural % 8), usize::from(natural / 8));
            if column < kept.0 && row < kept.1 {
                *slot = u32::try_from((row * kept.0 + column) * stride).unwrap_or(u32::MAX);
                last = place;
            }
        }
        Self { slots, last }
    }

    /// Where the coefficient of this place goes, in the first unit.
    #[inline(always)]
    pub(super) fn of(&self, place: u32) -> usize {
        self.slots.get((place & 255) as usize).copied().unwrap_or(u32::MAX) as usize
    }

    /// By place, the squares of the quantisation steps of what is not kept, for its energy.
    pub(super) fn squares(kept: Kept, quantisation: &[u16; 64]) -> [u64; 64] {
        let mut squares = [0; 64];
        for ((square, step), natural) in squares.iter_mut().zip(quantisation).zip(ZIGZAG) {
            let (column, row) = (usize::from(natural % 8), usize::from(natural / 8));
            if column >= kept.0 || row >= kept.1 {
                *square = u64::from(*step) * u64::from(*step);
            }
        }
        squares
    }
}
