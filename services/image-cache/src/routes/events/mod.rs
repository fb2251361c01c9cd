//! `/events`

pub(crate) mod get;
