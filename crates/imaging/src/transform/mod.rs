//! What can be done to decoded pixels, one file per transform.

mod alpha;
pub(crate) mod blur;
pub(crate) mod canvas;
pub(crate) mod crop;
pub(crate) mod flatten;
pub(crate) mod focus;
pub(crate) mod orient;
pub(crate) mod padding;
pub(crate) mod pixelate;
pub(crate) mod radius;
pub(crate) mod resize;
pub(crate) mod rotate;
pub(crate) mod sharpen;
pub(crate) mod tone;
pub(crate) mod trim;
