//! What can be done to decoded pixels, one file per transform.

pub(crate) mod blur;
pub(crate) mod canvas;
mod gaussian;
pub(crate) mod orient;
mod reduce;
pub(crate) mod resize;
mod scaler;
mod short_side;
