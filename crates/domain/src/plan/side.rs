//! The length of a side of the result, as a client writes it.

use super::numbers::whole_number;

/// The largest width, height or padding that can be asked for.
pub(super) const MAX: u32 = 30_000;

/// What a client may write, in words.
pub(super) const ACCEPTS: &str = "a whole number from 1 to 30000";

/// Reads a whole number.
pub(super) fn parse(text: &str) -> Option<u32> {
    whole_number(text, MAX)
}
