//! What can be done to decoded pixels, one file per transform.

pub(crate) mod blur;
pub(crate) mod canvas;
pub(crate) mod crop;
pub(crate) mod focus;
pub(crate) mod gaussian;
mod lanczos;
pub(crate) mod orient;
pub(crate) mod padding;
pub(crate) mod pixelate;
mod reduce;
pub(crate) mod resize;
pub(crate) mod rotate;
mod scaler;
pub(crate) mod sharpen;
mod short_side;
pub(crate) mod tone;
pub(crate) mod trim;
