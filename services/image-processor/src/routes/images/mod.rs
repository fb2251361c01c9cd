//! `/images`

pub(crate) mod description;
pub(crate) mod get;
