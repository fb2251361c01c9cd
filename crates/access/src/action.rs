//! What a caller may want to do.

use crate::Scope;

/// What a caller wants to do. The first eight are done to an image or an album, the others
/// to no thing in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read the bytes of an original.
    ReadOriginal,
    /// Read an image that is derived from an original.
    ReadDerived,
    /// Read what is known of an image: its info or its description.
    ReadInfo,
    /// See it in a list, hear of it in an event, or find it by its name.
    List,
    /// Upload an image into this album, or move one into it.
    Add,
    /// Give it another name, album or visibility, or share the album with others.
    Change,
    /// Delete it.
    Delete,
    /// Make signed links to it, and revoke them.
    Share,
    /// Upload an image into no album, or create an album.
    Create,
    /// Ask for a list or for events; what is in them is asked with [`List`](Self::List).
    Browse,
    /// Make, list and revoke API keys of one's own.
    ManageKeys,
    /// Read metrics, readiness and the like.
    Observe,
    /// Ask who somebody is by their API key, and for the ACLs of images.
    Introspect,
    /// What only who runs the store may do: act for any owner.
    Administer,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ReadOriginal,
        Self::ReadDerived,
        Self::ReadInfo,
        Self::List,
        Self::Add,
        Self::Change,
        Self::Delete,
        Self::Share,
        Self::Create,
        Self::Browse,
        Self::ManageKeys,
        Self::Observe,
        Self::Introspect,
        Self::Administer,
    ];

    /// The scope that a credential must have for it.
    pub fn scope(self) -> Scope {
        match self {
            Self::ReadOriginal | Self::ReadDerived | Self::ReadInfo | Self::List | Self::Browse => {
                Scope::Read
            }
            Self::Add | Self::Change | Self::Create => Scope::Write,
            Self::Delete => Scope::Delete,
            Self::Share | Self::ManageKeys => Scope::Share,
            Self::Observe => Scope::Metrics,
            Self::Introspect | Self::Administer => Scope::Admin,
        }
    }

    /// Whether it is done to one image or album.
    pub fn is_of_a_thing(self) -> bool {
        match self {
            Self::ReadOriginal
            | Self::ReadDerived
            | Self::ReadInfo
            | Self::List
            | Self::Add
            | Self::Change
            | Self::Delete
            | Self::Share => true,
            Self::Create
            | Self::Browse
            | Self::ManageKeys
            | Self::Observe
            | Self::Introspect
            | Self::Administer => false,
        }
    }
}
