//! By what a value is known.

use std::ops::RangeInclusive;

/// What the variants of one thing have in common, such as the hash of their original.
pub type Group = [u8; 32];

/// The key of a value: a group, and which variant of it.
///
/// Both are digests, so that no text of a client's becomes part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// All keys of one group can be removed together.
    pub group: Group,
    /// Tells the values of one group apart.
    pub variant: [u8; 16],
}

impl Key {
    /// The range in which every key of the group lies, for sorted collections.
    pub(crate) fn all_of(group: &Group) -> RangeInclusive<Self> {
        let bound = |byte| Self { group: *group, variant: [byte; 16] };
        bound(u8::MIN)..=bound(u8::MAX)
    }
}
