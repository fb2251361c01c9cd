//! `/images`

pub(crate) mod get;
pub(crate) mod info;
