//! Why a derived image or a description was not made.

use domain::ImageId;
use domain::plan::Unplannable;
use server::rates::{Payer, TooFast};

use crate::breaker::CallError;
use crate::gate::GateError;

/// Why an image was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Gate(#[from] GateError),
    /// image-cache does not have the original any more.
    #[error("no image has the id {0}")]
    Missing(ImageId),
    #[error("the original has {bytes} bytes; at most {max_bytes} are processed")]
    TooLarge { bytes: u64, max_bytes: u64 },
    #[error(transparent)]
    Call(CallError),
    #[error(transparent)]
    Imaging(#[from] imaging::Error),
    /// It was begun for a caller that had as many pixels made as it may.
    #[error("{too_fast}")]
    TooFast { payer: Payer, too_fast: TooFast },
    #[error("making the image took too long")]
    TimedOut,
    #[error("making the image was cut short")]
    Lost,
}

impl Failure {
    /// What made the plan impossible once the pixels were seen, if that is why.
    pub(crate) fn is_impossible(&self) -> Option<&Unplannable> {
        match self {
            Self::Imaging(imaging::Error::Impossible(error)) => Some(error),
            Self::Imaging(_)
            | Self::Missing(_)
            | Self::TooLarge { .. }
            | Self::Call(_)
            | Self::Gate(_)
            | Self::TooFast { .. }
            | Self::TimedOut
            | Self::Lost => None,
        }
    }

    /// The original that image-cache does not have any more, if that is why.
    pub(crate) fn is_missing(&self) -> Option<ImageId> {
        match self {
            Self::Missing(id) => Some(*id),
            Self::TooLarge { .. }
            | Self::Call(_)
            | Self::Gate(_)
            | Self::TooFast { .. }
            | Self::Imaging(_)
            | Self::TimedOut
            | Self::Lost => None,
        }
    }

    /// Whether it says nothing of this payer, since it was another that had to wait.
    pub(crate) fn is_of_another(&self, payer: Option<&Payer>) -> bool {
        matches!(self, Self::TooFast { payer: other, .. } if Some(other) != payer)
    }

    /// Whether the same request would fail again, whatever the load.
    pub(crate) fn is_lasting(&self) -> bool {
        match self {
            Self::Imaging(error) => match error {
                imaging::Error::Unsupported { .. }
                | imaging::Error::Corrupt { .. }
                | imaging::Error::TooManyPixels { .. }
                | imaging::Error::Mismatch { .. }
                | imaging::Error::Impossible(_)
                | imaging::Error::NotAnimated(_)
                | imaging::Error::NoSuchFrame { .. }
                | imaging::Error::TooManyFrames { .. }
                | imaging::Error::Encode { .. }
                | imaging::Error::TooManyBytes { .. }
                | imaging::Error::Panicked { .. } => true,
                imaging::Error::Stopped | imaging::Error::NeedsMemory { .. } => false,
            },
            Self::Gate(_)
            | Self::Missing(_)
            | Self::TooLarge { .. }
            | Self::Call(_)
            | Self::TooFast { .. }
            | Self::TimedOut
            | Self::Lost => false,
        }
    }
}
