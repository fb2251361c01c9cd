//! The vocabulary of the product as types that are valid by construction.
//!
//! Nothing here reads a clock, a random number, a file or a socket. A value that exists has
//! passed its checks, so no other code has to check it again.

mod album_id;
mod change;
mod geometry;
mod hash;
mod id;
mod media;
mod name;
mod owner;
pub mod plan;
mod visibility;

pub use album_id::{AlbumId, InvalidAlbumId};
pub use change::{Change, Event, EventId, InvalidEventId, Place};
pub use geometry::{Orientation, Size};
pub use hash::{ContentHash, InvalidHash};
pub use id::{ImageId, InvalidId};
pub use media::MediaType;
pub use name::{InvalidName, MAX_NAME_BYTES, Name};
pub use owner::{InvalidOwner, MAX_OWNER_BYTES, Owner};
pub use visibility::{InvalidVisibility, Visibility};
