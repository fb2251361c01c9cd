//! Memory over a shelf, both bounded in bytes, each value made once.
//!
//! [`Memory`] stands alone for values that have a home elsewhere. [`Tiered`] puts it
//! over a [`Shelf`] for values that are dear to make: a value is looked for in
//! memory, then on the shelf, and then made by exactly one of its callers' closures,
//! in a task that no caller can cancel by going away.
//!
//! Everything kept here may be lost at any time and made again; nothing is fsynced.

mod budget;
mod grouped;
mod key;
mod made_once;
mod memory;
mod remote;
mod shelf;
mod tiered;
mod volume;

pub use budget::{Budget, Share};
pub use key::{Group, Key};
pub use made_once::{MakeError, Outcome, Wanted};
pub use memory::Memory;
pub use remote::{Remote, RemoteError};
pub use shelf::{Entry, Epoch, Shelf, ShelfError, Shelved};
pub use tiered::{Codec, Settings, Stats, Tiered};
pub use volume::{NoRoom, Volume, VolumeError, VolumeStats};
