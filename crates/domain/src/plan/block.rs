//! The squares that a picture is pixelated to.

use std::fmt;

use super::numbers::whole_number;

/// The side of the squares that a picture is coarsened to, 2 to 1000 pixels of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block(u16);

impl Block {
    /// The smallest.
    pub const MIN: u32 = 2;
    /// The largest.
    pub const MAX: u32 = 1000;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a whole number from 2 to 1000";

    /// Reads a whole number.
    pub fn parse(text: &str) -> Option<Self> {
        let side = whole_number(text, Self::MAX).filter(|side| *side >= Self::MIN)?;
        u16::try_from(side).ok().map(Self)
    }

    /// The side in pixels.
    pub fn pixels(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_its_range_and_nothing_else() {
        assert_eq!(Block::parse("2").unwrap().pixels(), 2);
        assert_eq!(Block::parse("1000").unwrap().pixels(), 1000);
        for text in ["", "0", "1", "1001", "8.0", "-8", "66000"] {
            assert_eq!(Block::parse(text), None, "{text:?}");
        }
    }
}
