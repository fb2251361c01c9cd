//! Width, height and orientation.

/// The size of an image in pixels. Both sides are at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// A size, unless a side is zero.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        (width > 0 && height > 0).then_some(Self { width, height })
    }

    /// Pixels in a row.
    pub fn width(self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(self) -> u32 {
        self.height
    }

    /// Width × height; cannot overflow.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The size after a quarter turn.
    pub fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

/// The orientation of an image as TIFF 6.0 and Exif number it, 1 to 8.
///
/// 1 is upright. 5 to 8 swap width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Orientation(u8);

impl Orientation {
    /// Nothing to turn or mirror.
    pub const UPRIGHT: Self = Self(1);
    /// Mirrored: left becomes right.
    pub const MIRRORED: Self = Self(2);
    /// Turned by 180 degrees.
    pub const HALF_TURN: Self = Self(3);
    /// Turned by 90 degrees clockwise.
    pub const QUARTER_TURN: Self = Self(6);

    /// The orientation with this Exif number, if it is one of 1 to 8.
    pub fn from_exif(value: u16) -> Option<Self> {
        match u8::try_from(value) {
            Ok(value @ 1..=8) => Some(Self(value)),
            Ok(_) | Err(_) => None,
        }
    }

    /// The Exif number, 1 to 8.
    pub fn exif(self) -> u8 {
        self.0
    }

    /// Whether applying the orientation swaps width and height.
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    /// The size as displayed, once the orientation has been applied.
    pub fn apply_to(self, size: Size) -> Size {
        if self.swaps_sides() { size.transposed() } else { size }
    }

    /// This orientation and then another, as one. The eight form a group, so any number
    /// of turns and flips is one of them.
    pub fn then(self, next: Self) -> Self {
        let (first, second) = (self.parts(), next.parts());
        // Swapping the sides after a mirror is the other mirror after swapping them.
        let (across, down) =
            if second.swapped { (first.down, first.across) } else { (first.across, first.down) };
        Self::from_parts(Parts {
            swapped: first.swapped != second.swapped,
            across: across != second.across,
            down: down != second.down,
        })
    }

    /// The orientation that undoes this one.
    pub fn inverse(self) -> Self {
        // Of all eight only the quarter turns do not undo themselves.
        match self.0 {
            6 => Self(8),
            8 => Self(6),
            other => Self(other),
        }
    }

    fn parts(self) -> Parts {
        let (swapped, across, down) = match self.0 {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Parts { swapped, across, down }
    }

    fn from_parts(parts: Parts) -> Self {
        Self(match (parts.swapped, parts.across, parts.down) {
            (false, false, false) => 1,
            (false, true, false) => 2,
            (false, true, true) => 3,
            (false, false, true) => 4,
            (true, false, false) => 5,
            (true, true, false) => 6,
            (true, true, true) => 7,
            (true, false, true) => 8,
        })
    }
}

/// An orientation as what it does: swaps rows with columns, then mirrors.
#[derive(Clone, Copy)]
struct Parts {
    swapped: bool,
    /// Left becomes right.
    across: bool,
    /// Top becomes bottom.
    down: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a pixel of a width × height image goes, by the words of Exif.
    fn place(exif: u8, (x, y): (u32, u32), size: Size) -> (u32, u32) {
        let (right, bottom) = (size.width() - 1 - x, size.height() - 1 - y);
        match exif {
            1 => (x, y),
            2 => (right, y),
            3 => (right, bottom),
            4 => (x, bottom),
            5 => (y, x),
            6 => (bottom, x),
            7 => (bottom, right),
            _ => (y, right),
        }
    }

    #[test]
    fn two_orientations_do_as_one_what_they_do_one_after_the_other() {
        let size = Size::new(3, 2).unwrap();
        for first in 1..=8 {
            for second in 1..=8 {
                let (first, second) = (Orientation(first), Orientation(second));
                let both = first.then(second);
                for at in (0..3).flat_map(|x| (0..2).map(move |y| (x, y))) {
                    let between = place(first.exif(), at, size);
                    let expected = place(second.exif(), between, first.apply_to(size));
                    assert_eq!(place(both.exif(), at, size), expected, "{first:?} {second:?} {at:?}");
                }
            }
        }
    }

    #[test]
    fn an_orientation_and_its_inverse_do_nothing() {
        for exif in 1..=8 {
            let orientation = Orientation(exif);
            assert_eq!(orientation.then(orientation.inverse()), Orientation::UPRIGHT);
            assert_eq!(orientation.inverse().then(orientation), Orientation::UPRIGHT);
        }
    }
}
