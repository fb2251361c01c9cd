//! What a caller may want to do.

/// What a caller wants to do to an image or an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read the bytes of an original.
    ReadOriginal,
    /// Read an image that is derived from an original.
    ReadDerived,
    /// Read what is known of an image: its info or its description.
    ReadInfo,
    /// See it in a list or hear of it in an event.
    List,
    /// Upload an image or create an album; into an album if the thing is one.
    Add,
    /// Give it another name, album or visibility.
    Change,
    /// Delete it.
    Delete,
    /// Make a signed link to it.
    Share,
}
