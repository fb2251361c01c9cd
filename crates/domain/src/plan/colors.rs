//! The number of colors of a result with a palette, as a client writes it.

use super::numbers::whole_number;

/// One byte a pixel says no more.
pub(super) const MAX: u32 = 256;

/// What a client may write, in words.
pub(super) const ACCEPTS: &str = "a whole number from 2 to 256";

/// Reads a whole number.
pub(super) fn parse(text: &str) -> Option<u32> {
    whole_number(text, MAX).filter(|colors| *colors >= 2)
}
