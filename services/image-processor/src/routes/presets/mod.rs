//! `/presets`

pub(crate) mod list;
