//! Runs loops compiled for the vector instructions that the processor has.

use pulp::{Arch, Simd, WithSimd};

/// Does the work once, compiled for the processor.
///
/// The work must be a closure marked `#[inline(always)]` that changes something that it
/// captures: it is called as `FnMut`. The compiler's way from `FnOnce` to such a closure is
/// a function of its own, which would be compiled for any processor.
pub(super) fn vectorized<R>(work: impl FnMut() -> R) -> R {
    Arch::new().dispatch(Work(work))
}

struct Work<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Work<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}
