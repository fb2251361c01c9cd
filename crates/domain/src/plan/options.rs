//! The options of a request, before it is known of what image.

use super::background::{Background, Color};
use super::block::Block;
use super::chroma::Chroma;
use super::crop::CropWish;
use super::degrees::Degrees;
use super::dpr::Dpr;
use super::extend::Extend;
use super::fit::Fit;
use super::focus::Placement;
use super::framing::Framing;
use super::negotiation::{Accept, FormatChoice};
use super::padding::Padding;
use super::position::Position;
use super::quality::Quality;
use super::radius::Radius;
use super::sigma::Sigma;
use super::tone::{Factor, Tone};
use super::trim::Tolerance;
use super::turn::Flip;
use super::wish::Wish;

/// What a client asked for, each option at most once and within its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// The turn, after the image's own orientation.
    pub rotate: Option<Degrees>,
    /// The mirror image, after the turn.
    pub flip: Option<Flip>,
    /// What counts as a border to take off.
    pub trim: Option<Tolerance>,
    /// The rectangle of the turned and trimmed picture that is kept.
    pub crop: Option<CropWish>,
    /// Pixels in a row of the result.
    pub width: Option<u32>,
    /// Rows of the result.
    pub height: Option<u32>,
    /// How the picture fills the box.
    pub fit: Option<Fit>,
    /// Where the picture stands in the box.
    pub position: Option<Placement>,
    /// The point of the picture that stays in the box, as near to its middle as can be.
    pub focus: Option<Position>,
    /// Whether the picture may become larger than it is.
    pub enlarge: Option<bool>,
    /// What the sizes and the padding are multiplied with.
    pub dpr: Option<Dpr>,
    /// Whether the darkest and the lightest become black and white.
    pub normalize: Option<bool>,
    /// The exponent of the samples.
    pub gamma: Option<Factor>,
    /// How much lighter.
    pub brightness: Option<Factor>,
    /// How much farther from the middle gray.
    pub contrast: Option<Factor>,
    /// How much farther from gray.
    pub saturation: Option<Factor>,
    /// How far the colors are turned around the gray axis.
    pub hue: Option<Degrees>,
    /// Whether it looks like an old photograph.
    pub sepia: Option<bool>,
    /// Whether light and dark change places.
    pub negate: Option<bool>,
    /// Whether only the luminance is left.
    pub grayscale: Option<bool>,
    /// The color that everything has.
    pub tint: Option<Color>,
    /// From which luminance on everything is white.
    pub threshold: Option<u8>,
    /// The room around the picture.
    pub padding: Option<Padding>,
    /// What the room shows.
    pub extend: Option<Extend>,
    /// What is behind the picture.
    pub background: Option<Background>,
    /// The color behind all that is transparent.
    pub flatten: Option<Color>,
    /// The standard deviation of the blur.
    pub blur: Option<Sigma>,
    /// The standard deviation of the unsharp mask.
    pub sharpen: Option<Sigma>,
    /// The side of the squares of one color.
    pub pixelate: Option<Block>,
    /// The format of the result.
    pub format: Option<FormatChoice>,
    /// The quality of a lossy result.
    pub quality: Option<Quality>,
    /// How round the corners are.
    pub radius: Option<Radius>,
    /// Whether a JPEG comes in scans that grow sharper.
    pub progressive: Option<bool>,
    /// The samples of color of a JPEG.
    pub chroma: Option<Chroma>,
    /// The most bytes that the result may have.
    pub max_bytes: Option<u32>,
    /// The most colors of a result that has a palette.
    pub colors: Option<u32>,
    /// Whether a WebP loses nothing.
    pub lossless: Option<bool>,
    /// Whether an animation stays one.
    pub animate: Option<bool>,
    /// The frame of an animation that becomes a still image, counted from 1.
    pub frame: Option<u32>,
    /// What the client takes, for a format that is chosen here. Not among [`OPTIONS`](super::OPTIONS), since
    /// it stands in a header.
    pub accept: Accept,
}

impl Options {
    /// The rectangle that is kept, and its size.
    pub(super) fn framing(&self) -> Framing {
        Framing { crop: self.crop, wish: self.wish() }
    }

    /// The size, in device pixels.
    fn wish(&self) -> Wish {
        let dpr = self.dpr.unwrap_or_default();
        Wish {
            width: self.width.map(|width| dpr.times(width)),
            height: self.height.map(|height| dpr.times(height)),
            fit: self.fit.unwrap_or_default(),
            position: self.focus.map(Placement::At).or(self.position).unwrap_or_default(),
            enlarge: self.enlarge.unwrap_or_default(),
        }
    }

    /// The changes of color.
    pub(super) fn tone(&self) -> Tone {
        Tone {
            normalize: self.normalize.unwrap_or_default(),
            gamma: self.gamma.unwrap_or_default(),
            brightness: self.brightness.unwrap_or_default(),
            contrast: self.contrast.unwrap_or_default(),
            saturation: self.saturation.unwrap_or_default(),
            hue: self.hue.unwrap_or_default(),
            sepia: self.sepia.unwrap_or_default(),
            negate: self.negate.unwrap_or_default(),
            grayscale: self.grayscale.unwrap_or_default(),
            tint: self.tint,
            threshold: self.threshold,
        }
    }

    /// The padding in device pixels; none if it adds nothing.
    pub(super) fn padding(&self) -> Option<Padding> {
        let padding = self.padding?.times(self.dpr.unwrap_or_default());
        (padding.longest() > 0).then_some(padding)
    }
}
