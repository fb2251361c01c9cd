//! The decision.

use crate::{Acl, Action, Caller};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The caller may.
    Yes,
    /// The caller may know of the thing, but may not do this to it.
    No,
    /// The caller may not even know that the thing exists: what follows must be
    /// indistinguishable from what follows if it is missing.
    Hidden,
}

/// Whether `caller` may do `action` to the thing that `acl` is of.
///
/// Ask before anything that depends on the thing is answered: before conditions, ranges,
/// plans and caches.
pub fn may(caller: &Caller, _action: Action, _acl: &Acl) -> Verdict {
    match caller {
        Caller::Operator => Verdict::Yes,
    }
}

#[cfg(test)]
mod tests {
    use domain::Owner;

    use super::*;

    #[test]
    fn the_operator_may_do_everything() {
        for acl in [Acl::default(), Acl::of(Owner::parse("somebody").unwrap())] {
            for action in [Action::ReadOriginal, Action::List, Action::Add, Action::Delete] {
                assert_eq!(may(&Caller::Operator, action, &acl), Verdict::Yes);
            }
        }
    }
}
