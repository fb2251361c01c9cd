//! `/albums`

pub(crate) mod images;
