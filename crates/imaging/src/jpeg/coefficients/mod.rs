//! Reads a JPEG's coefficients: of each block the lowest ones, as many as are asked for, and
//! the energy of the others. Data are taken if they are whole, and none are trusted.

mod bits;
mod border;
mod look;
mod progressive;
mod row;
mod sequential;
mod window;

pub(super) use border::Border;
pub(super) use row::{ComponentRow, Kept, LANES, UnitRow, WholeBlock};

use super::frame::Frame;
use progressive::Progressive;
use sequential::Sequential;

/// The rows of units of a picture, from the top.
pub(super) struct UnitRows<'a>(Kind<'a>);

enum Kind<'a> {
    Sequential(Sequential<'a>),
    Progressive(Progressive),
}

/// What is to be read.
pub(super) struct Wanted<'a> {
    /// How many coefficients of each component are kept.
    pub(super) kept: &'a [Kept],
    /// Whether the energy of those that are not is summed up for the first component.
    pub(super) with_energy: bool,
    /// Whether a progressive picture is read to the last bit of what is kept. Otherwise what
    /// refines coefficients but the first is passed over.
    pub(super) refined: bool,
    /// Whether the blocks that an edge lies within are read whole even where nothing but
    /// means is kept of a component, so that a scan must be read for them alone.
    pub(super) exact_edges: bool,
}

impl<'a> UnitRows<'a> {
    /// Begins to read. None if the data are damaged, or `proceed` says no: it is asked while
    /// the scans of a progressive picture are read, which happens here.
    pub(super) fn new(frame: &Frame<'a>, wanted: &Wanted<'_>, proceed: &dyn Fn() -> bool) -> Option<Self> {
        Some(Self(if frame.is_progressive {
            Kind::Progressive(Progressive::read(frame, wanted, proceed)?)
        } else {
            Kind::Sequential(Sequential::new(frame, wanted)?)
        }))
    }

    /// The next row of units; none if the data are damaged. There are as many as the frame says.
    pub(super) fn next_row(&mut self) -> Option<&UnitRow> {
        match &mut self.0 {
            Kind::Sequential(sequential) => sequential.next_row(),
            Kind::Progressive(progressive) => progressive.next_row(),
        }
    }
}
