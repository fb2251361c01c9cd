//! `/blurred-images`

pub(crate) mod get;
