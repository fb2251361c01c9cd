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
}
