//! The decision.

use domain::Visibility;

use crate::link::LinkScope;
use crate::{Acl, Action, Caller, Holder, Scope};

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

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The caller must first say who it is.
    Unauthenticated,
    /// The caller may not do this, or its credential is not good for it.
    Forbidden,
    /// There is no such thing, as far as the caller may know.
    Missing,
}

/// Whether `caller` may do `action` to the thing that `acl` is of.
///
/// Ask before anything that depends on the thing is answered: before conditions, ranges,
/// plans and caches. Actions that are about no thing are asked of `Acl::default()`.
pub fn may(caller: &Caller, action: Action, acl: &Acl) -> Verdict {
    if is_allowed(caller, action, acl) {
        Verdict::Yes
    } else if !action.is_of_a_thing() || is_visible(caller, acl) {
        Verdict::No
    } else {
        Verdict::Hidden
    }
}

/// Whether `caller` may do `action` to the thing that `acl` is of; none if there is no such
/// thing. A thing that is hidden and one that is missing are refused alike.
pub fn permit(caller: &Caller, action: Action, acl: Option<&Acl>) -> Result<(), Refusal> {
    match acl.map_or(Verdict::Hidden, |acl| may(caller, action, acl)) {
        Verdict::Yes => Ok(()),
        Verdict::No if *caller != Caller::Anonymous => Err(Refusal::Forbidden),
        Verdict::No | Verdict::Hidden => Err(refuse_missing(caller, action)),
    }
}

/// How `action` is refused to `caller` if the thing is not there. It depends on nothing else,
/// so that it tells nothing of what is there.
pub fn refuse_missing(caller: &Caller, action: Action) -> Refusal {
    let could = match caller {
        Caller::Anonymous => return Refusal::Unauthenticated,
        Caller::Operator => true,
        Caller::Service => action.scope() == Scope::Read,
        Caller::User(holder) | Caller::Key { holder, .. } => holder.scopes.has(action.scope()),
        Caller::Link(link) => match link.scope {
            LinkScope::Url | LinkScope::Derived | LinkScope::Image | LinkScope::Album => {
                action.scope() == Scope::Read
            }
            LinkScope::Upload => action == Action::Add,
        },
    };
    if could { Refusal::Missing } else { Refusal::Forbidden }
}

fn is_allowed(caller: &Caller, action: Action, acl: &Acl) -> bool {
    let by_credential = match caller {
        Caller::Operator => true,
        Caller::Anonymous => false,
        Caller::Service => action.scope() == Scope::Read || action == Action::Introspect,
        Caller::User(holder) => holder_may(holder, action, acl, Reach::Everything),
        Caller::Key { holder, album: None, .. } => holder_may(holder, action, acl, Reach::NoKeys),
        Caller::Key { holder, album: Some(album), .. } => {
            let in_it = acl.album.as_ref().is_some_and(|of| of.id == *album);
            holder_may(holder, action, acl, if in_it { Reach::InAlbum } else { Reach::OutsideAlbum })
        }
        Caller::Link(link) => link.opens(action, acl),
    };
    by_credential || is_open_to_all(action, acl)
}

/// Of all that its owner may do, what a credential reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// A token: all of it.
    Everything,
    /// An API key: all but the making of further keys, which would outlive it.
    NoKeys,
    /// An API key for one album, asked of something in it.
    InAlbum,
    /// An API key for one album, asked of something else.
    OutsideAlbum,
}

fn holder_may(holder: &Holder, action: Action, acl: &Acl, reach: Reach) -> bool {
    let wide = matches!(reach, Reach::Everything | Reach::NoKeys);
    if holder.scopes.has(Scope::Admin) && wide {
        return true;
    }
    if !holder.scopes.has(action.scope()) {
        return false;
    }
    let is_own = !holder.owner.is_nobody() && holder.owner == acl.owner;
    let is_reader = acl.album.as_ref().is_some_and(|album| album.readers.contains(&holder.owner));
    match action {
        Action::ReadOriginal | Action::ReadDerived | Action::ReadInfo | Action::List => {
            reach != Reach::OutsideAlbum && (is_own || is_reader)
        }
        Action::Add | Action::Change | Action::Delete | Action::Share => {
            reach != Reach::OutsideAlbum && is_own
        }
        Action::Create => wide,
        Action::Browse | Action::Observe => true,
        Action::ManageKeys => reach == Reach::Everything,
        Action::Introspect | Action::Administer => false,
    }
}

/// What anyone may do, whatever they show.
fn is_open_to_all(action: Action, acl: &Acl) -> bool {
    let visibility = acl.effective_visibility();
    match action {
        Action::ReadOriginal | Action::ReadDerived | Action::ReadInfo => visibility >= Visibility::Unlisted,
        Action::List => visibility == Visibility::Public,
        Action::Add
        | Action::Change
        | Action::Delete
        | Action::Share
        | Action::Create
        | Action::Browse
        | Action::ManageKeys
        | Action::Observe
        | Action::Introspect
        | Action::Administer => false,
    }
}

/// Whether the caller may know that the thing is there.
fn is_visible(caller: &Caller, acl: &Acl) -> bool {
    [Action::ReadOriginal, Action::ReadDerived, Action::ReadInfo, Action::List]
        .into_iter()
        .any(|action| is_allowed(caller, action, acl))
}
