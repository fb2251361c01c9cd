//! What the right to an image or an album depends on.

use domain::Owner;

/// What the right to an image or an album depends on. It is known wherever the thing is,
/// so that the right can be asked before anything else is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl {
    /// Whose it is.
    pub owner: Owner,
}

impl Acl {
    /// Of a thing that is `owner`'s and that nobody else was given.
    pub fn of(owner: Owner) -> Self {
        Self { owner }
    }
}
