//! `/images`

pub(crate) mod get;
