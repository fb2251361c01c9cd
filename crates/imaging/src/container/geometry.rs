//! How large a picture is and how it is turned, by the properties of its item.

use domain::plan::Crop;
use domain::{Orientation, Size};

use super::{Container, Property};
use crate::header::Fault;

/// What of an item is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What the item decodes to.
    pub(crate) coded: Size,
    /// The part of it that is the picture.
    pub(crate) part: Crop,
    /// How that part is to be turned: a turn, and then a mirror, whatever the order in the
    /// file. Notes of a camera count for nothing here.
    pub(crate) orientation: Orientation,
}

impl Container {
    /// What of an item is shown.
    pub(crate) fn shown(&self, id: u32) -> Result<Shown, Fault> {
        let extent = self.properties(id).find_map(|property| {
            if let Property::Extent(width, height) = property { Some((*width, *height)) } else { None }
        });
        let (width, height) = extent.ok_or_else(|| Fault::corrupt("it says no size"))?;
        let coded = Size::new(width, height)
            .ok_or_else(|| Fault::corrupt(format!("a size of {width}×{height} pixels")))?;
        let mut shown =
            Shown { coded, part: Crop { left: 0, top: 0, size: coded }, orientation: Orientation::UPRIGHT };
        let (mut turn, mut mirror) = (Orientation::UPRIGHT, Orientation::UPRIGHT);
        for property in self.properties(id) {
            if let Property::Aperture(parts) = property {
                // An aperture that reaches out of the picture shows all of it.
                shown.part = aperture(coded, *parts).unwrap_or(shown.part);
            } else if let Property::Turn(quarters) = property {
                turn = [
                    Orientation::UPRIGHT,
                    Orientation::QUARTER_TURN.inverse(),
                    Orientation::HALF_TURN,
                    Orientation::QUARTER_TURN,
                ]
                .into_iter()
                .cycle()
                .nth(usize::from(*quarters))
                .unwrap_or(turn);
            } else if let Property::Mirror { across } = property {
                let upside_down = Orientation::MIRRORED.then(Orientation::HALF_TURN);
                mirror = if *across { Orientation::MIRRORED } else { upside_down };
            }
        }
        shown.orientation = turn.then(mirror);
        Ok(shown)
    }
}

/// The rectangle of a clean aperture, ISO/IEC 14496-12, 12.1.4, if it is one of whole pixels
/// within the picture.
fn aperture(coded: Size, [width, height, across, down]: [(i64, i64); 4]) -> Option<Crop> {
    let (width, left) = span(coded.width(), width, across)?;
    let (height, top) = span(coded.height(), height, down)?;
    Some(Crop { left, top, size: Size::new(width, height)? })
}

/// The length of a side and where it begins.
fn span(
    coded: u32,
    (length, length_parts): (i64, i64),
    (offset, offset_parts): (i64, i64),
) -> Option<(u32, u32)> {
    if length_parts <= 0 || offset_parts <= 0 || length % length_parts != 0 {
        return None;
    }
    let length = length / length_parts;
    // The middle of the picture, moved, less half of what is shown.
    let doubled =
        (i64::from(coded) - length).checked_mul(offset_parts)?.checked_add(offset.checked_mul(2)?)?;
    let start = doubled.checked_div(offset_parts.checked_mul(2)?)?;
    if doubled % (offset_parts * 2) != 0 || start < 0 || start + length > i64::from(coded) {
        return None;
    }
    Some((u32::try_from(length).ok()?, u32::try_from(start).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aperture_stands_around_the_middle() {
        let coded = Size::new(100, 60).unwrap();
        let part = |parts| aperture(coded, parts);
        let expected = Crop { left: 10, top: 5, size: Size::new(80, 50).unwrap() };
        assert_eq!(part([(80, 1), (50, 1), (0, 1), (0, 1)]), Some(expected));
        assert_eq!(part([(160, 2), (50, 1), (0, 7), (0, 1)]), Some(expected));
        let moved = Crop { left: 0, top: 10, size: Size::new(80, 50).unwrap() };
        assert_eq!(part([(80, 1), (50, 1), (-10, 1), (5, 1)]), Some(moved));
        for wrong in [
            [(101, 1), (50, 1), (0, 1), (0, 1)],
            [(80, 1), (50, 1), (11, 1), (0, 1)],
            [(80, 0), (50, 1), (0, 1), (0, 1)],
            [(81, 2), (50, 1), (0, 1), (0, 1)],
            [(80, 1), (50, 1), (0, -1), (0, 1)],
            [(0, 1), (50, 1), (0, 1), (0, 1)],
        ] {
            assert_eq!(part(wrong), None, "{wrong:?}");
        }
    }
}
