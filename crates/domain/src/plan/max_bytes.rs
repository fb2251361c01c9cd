//! The most bytes that a result may have, as a client writes them.

use super::numbers::whole_number;

/// More than any result has.
pub(super) const MAX: u32 = 1_000_000_000;

/// What a client may write, in words.
pub(super) const ACCEPTS: &str = "a whole number from 1 to 1000000000";

/// Reads a whole number.
pub(super) fn parse(text: &str) -> Option<u32> {
    whole_number(text, MAX)
}
