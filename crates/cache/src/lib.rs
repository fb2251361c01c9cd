//! Memory over a volume, both bounded in bytes, each value made once.
//!
//! [`Memory`] stands alone for values that have a home elsewhere. [`Tiered`] puts it
//! over a [`Volume`] for values that are dear to make: a value is looked for in
//! memory, then on the volume, and then made by exactly one of its callers' closures,
//! in a task that no caller can cancel by going away.
//!
//! Everything kept here may be lost at any time and made again; nothing is fsynced.

mod grouped;
mod key;
mod made_once;
mod memory;
mod tiered;
mod volume;

pub use key::{Group, Key};
pub use made_once::{MakeError, Outcome};
pub use memory::Memory;
pub use tiered::{Codec, Settings, Stats, Tiered};
pub use volume::{Entry, Volume, VolumeError, VolumeStats};
