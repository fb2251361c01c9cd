//! Who asks, and who may do what.
//!
//! Pure: no HTTP, no clock, no file. [`may`] is the only place that decides.

mod acl;
mod action;
mod caller;
mod policy;

pub use acl::Acl;
pub use action::Action;
pub use caller::Caller;
pub use policy::{Verdict, may};
