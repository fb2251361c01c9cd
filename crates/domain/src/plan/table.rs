//! The one table that says what each option accepts.

use super::background::{Background, Color};
use super::block::Block;
use super::chroma::Chroma;
use super::crop::CropWish;
use super::degrees::Degrees;
use super::dpr::Dpr;
use super::extend::Extend;
use super::fit::Fit;
use super::focus::Placement;
use super::frames::{Frames, MAX_FRAMES};
use super::negotiation::FormatChoice;
use super::numbers::{flag, whole_number};
use super::options::Options;
use super::padding::Padding;
use super::position::Position;
use super::quality::Quality;
use super::radius::Radius;
use super::sigma::Sigma;
use super::tone::Factor;
use super::trim::Tolerance;
use super::turn::Flip;
use super::{colors, max_bytes, side};

/// One option: its names, its range in words, its meaning, and how it is read.
///
/// The first name is the one that is documented; the others are taken as well.
pub struct OptionSpec {
    /// All spellings of the option's name.
    pub names: &'static [&'static str],
    /// What the option accepts, in words.
    pub accepts: &'static str,
    /// The same for a program.
    pub values: Values,
    /// What the option does.
    pub does: &'static str,
    pub(super) set: fn(&mut Options, &str) -> Outcome,
}

/// What an option accepts, as a schema can say it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values {
    /// A whole number, from the first to the last.
    Whole(u32, u32),
    /// A decimal number, from the first to the last.
    Number(f64, f64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// What this regular expression, of the kind that JSON Schema takes, matches.
    Pattern(&'static str),
}

/// What became of an option that was read.
pub(super) enum Outcome {
    Set,
    Malformed,
    Repeated,
}

impl OptionSpec {
    /// The documented name.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

const FLAG: &str = "true or false";

/// Every option there is. Parsing, error messages and documentation come from here.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        names: &["rotate"],
        accepts: Degrees::ACCEPTS,
        values: Values::Number(Degrees::MIN, Degrees::MAX),
        does: "Rotates the picture clockwise by this many degrees, after its EXIF orientation has been \
            applied. Later options refer to the rotated picture. Quarter turns are lossless; at other \
            angles the canvas grows to hold the corners, and the background shows beside them.",
        set: |options, text| fill(&mut options.rotate, Degrees::parse(text)),
    },
    OptionSpec {
        names: &["flip"],
        accepts: Flip::ACCEPTS,
        values: Values::OneOf(Flip::WORDS),
        does: "Mirrors the picture, after the rotation.",
        set: |options, text| fill(&mut options.flip, Flip::parse(text)),
    },
    OptionSpec {
        names: &["trim"],
        accepts: Tolerance::ACCEPTS,
        values: Values::Whole(0, Tolerance::MAX),
        does: "Removes a border of uniform color: pixels at the edges whose samples differ from the top \
            left pixel by at most this much. A picture of a single color stays whole. Later options \
            refer to what remains.",
        set: |options, text| fill(&mut options.trim, Tolerance::parse(text)),
    },
    OptionSpec {
        names: &["crop"],
        accepts: CropWish::ACCEPTS,
        values: Values::Pattern(CropWish::PATTERN),
        does: "Cuts a rectangle out of the rotated and trimmed picture, before it is resized. What lies \
            outside the picture is left out.",
        set: |options, text| fill(&mut options.crop, CropWish::parse(text)),
    },
    OptionSpec {
        names: &["width", "w"],
        accepts: side::ACCEPTS,
        values: Values::Whole(1, side::MAX),
        does: "Width of the result in pixels; the height follows the aspect ratio if omitted.",
        set: |options, text| fill(&mut options.width, side::parse(text)),
    },
    OptionSpec {
        names: &["height", "h"],
        accepts: side::ACCEPTS,
        values: Values::Whole(1, side::MAX),
        does: "Height of the result in pixels; the width follows the aspect ratio if omitted.",
        set: |options, text| fill(&mut options.height, side::parse(text)),
    },
    OptionSpec {
        names: &["fit"],
        accepts: Fit::ACCEPTS,
        values: Values::OneOf(Fit::WORDS),
        does: "How the picture fits into `width` × `height`; default `cover`. Pictures are not enlarged \
            unless `enlarge` is true.",
        set: |options, text| fill(&mut options.fit, Fit::parse(text)),
    },
    OptionSpec {
        names: &["position"],
        accepts: Placement::ACCEPTS,
        values: Values::OneOf(Placement::WORDS),
        does: "Which part of the picture `cover` keeps, or where `contain` places the picture in its box; \
            default `center`. With `cover`, `entropy` keeps the part whose lightness carries the most \
            information, and `attention` the part most likely to draw the eye.",
        set: |options, text| fill(&mut options.position, Placement::parse(text)),
    },
    OptionSpec {
        names: &["focus"],
        accepts: Position::POINT_ACCEPTS,
        values: Values::Pattern(Position::POINT_PATTERN),
        does: "The point of the picture that `cover` keeps, as near to the middle of the box as can be, in \
            place of `position`.",
        set: |options, text| fill(&mut options.focus, Position::parse_point(text)),
    },
    OptionSpec {
        names: &["enlarge"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Whether resizing may make the picture larger than it is; default `false`.",
        set: |options, text| fill(&mut options.enlarge, flag(text)),
    },
    OptionSpec {
        names: &["dpr"],
        accepts: Dpr::ACCEPTS,
        values: Values::Number(Dpr::MIN, Dpr::MAX),
        does: "Device pixel ratio: multiplies `width`, `height`, `padding` and `radius`.",
        set: |options, text| fill(&mut options.dpr, Dpr::parse(text)),
    },
    OptionSpec {
        names: &["normalize", "normalise"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Stretches the luminance so that a hundredth of the picture is black and a hundredth white, \
            before the other color adjustments; default `false`.",
        set: |options, text| fill(&mut options.normalize, flag(text)),
    },
    OptionSpec {
        names: &["gamma"],
        accepts: Factor::GAMMA_ACCEPTS,
        values: Values::Number(Factor::GAMMA_MIN, Factor::MAX),
        does: "Raises every color component, from 0 to 1, to the power of 1 / gamma: above 1 the midtones \
            become lighter, below 1 darker.",
        set: |options, text| fill(&mut options.gamma, Factor::parse_gamma(text)),
    },
    OptionSpec {
        names: &["brightness"],
        accepts: Factor::ACCEPTS,
        values: Values::Number(Factor::MIN, Factor::MAX),
        does: "Multiplies every color component, like `brightness()` in CSS.",
        set: |options, text| fill(&mut options.brightness, Factor::parse(text)),
    },
    OptionSpec {
        names: &["contrast"],
        accepts: Factor::ACCEPTS,
        values: Values::Number(Factor::MIN, Factor::MAX),
        does: "Moves every color component away from middle gray, or towards it below 1, like `contrast()` \
            in CSS.",
        set: |options, text| fill(&mut options.contrast, Factor::parse(text)),
    },
    OptionSpec {
        names: &["saturation"],
        accepts: Factor::ACCEPTS,
        values: Values::Number(Factor::MIN, Factor::MAX),
        does: "Makes colors more vivid, or less below 1, like `saturate()` in CSS.",
        set: |options, text| fill(&mut options.saturation, Factor::parse(text)),
    },
    OptionSpec {
        names: &["hue"],
        accepts: Degrees::ACCEPTS,
        values: Values::Number(Degrees::MIN, Degrees::MAX),
        does: "Rotates the hue of every color by this many degrees, like `hue-rotate()` in CSS.",
        set: |options, text| fill(&mut options.hue, Degrees::parse(text)),
    },
    OptionSpec {
        names: &["sepia"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Makes the picture look like an old photograph, like `sepia(1)` in CSS; default `false`.",
        set: |options, text| fill(&mut options.sepia, flag(text)),
    },
    OptionSpec {
        names: &["negate", "invert"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Makes a negative, like `invert(1)` in CSS; transparency stays. Default `false`.",
        set: |options, text| fill(&mut options.negate, flag(text)),
    },
    OptionSpec {
        names: &["grayscale", "greyscale"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Converts to grayscale by luminance in linear light, after the other color adjustments; \
            default `false`.",
        set: |options, text| fill(&mut options.grayscale, flag(text)),
    },
    OptionSpec {
        names: &["tint"],
        accepts: Color::ACCEPTS,
        values: Values::Pattern(Color::PATTERN),
        does: "Gives everything the hue and chroma of this color and keeps how light it is.",
        set: |options, text| fill(&mut options.tint, Color::parse(text)),
    },
    OptionSpec {
        names: &["threshold"],
        accepts: "a whole number from 1 to 255, such as 128",
        values: Values::Whole(1, 255),
        does: "Makes everything white that is at least so light, and black what is darker; after the other \
            color adjustments.",
        set: |options, text| {
            let level = whole_number(text, 255).and_then(|level| u8::try_from(level).ok());
            fill(&mut options.threshold, level)
        },
    },
    OptionSpec {
        names: &["padding"],
        accepts: Padding::ACCEPTS,
        values: Values::Pattern(Padding::PATTERN),
        does: "Adds this many pixels around the resized picture, in the order of CSS; they are not counted \
            in `width` and `height`.",
        set: |options, text| fill(&mut options.padding, Padding::parse(text)),
    },
    OptionSpec {
        names: &["extend"],
        accepts: Extend::ACCEPTS,
        values: Values::OneOf(Extend::WORDS),
        does: "What `padding` shows: the background (the default), the pixels at the edge again and again, or \
            the picture mirrored at its edges.",
        set: |options, text| fill(&mut options.extend, Extend::parse(text)),
    },
    OptionSpec {
        names: &["background"],
        accepts: Background::ACCEPTS,
        values: Values::Pattern(Background::PATTERN),
        does: "Color of the padding, of the box of `contain`, of the corners beside a rotated picture, and \
            behind transparent pixels where the format has no alpha channel. Default `transparent`, \
            which is white in a JPEG.",
        set: |options, text| fill(&mut options.background, Background::parse(text)),
    },
    OptionSpec {
        names: &["flatten"],
        accepts: Color::ACCEPTS,
        values: Values::Pattern(Color::PATTERN),
        does: "Puts this color behind all that is transparent, also where the format has an alpha channel.",
        set: |options, text| fill(&mut options.flatten, Color::parse(text)),
    },
    OptionSpec {
        names: &["blur", "sigma"],
        accepts: Sigma::ACCEPTS,
        values: Values::Number(Sigma::MIN, Sigma::MAX),
        does: "Gaussian blur with this standard deviation, in pixels of the result.",
        set: |options, text| fill(&mut options.blur, Sigma::parse(text)),
    },
    OptionSpec {
        names: &["sharpen"],
        accepts: Sigma::SHARPEN_ACCEPTS,
        values: Values::Number(Sigma::MIN, Sigma::SHARPEN_MAX),
        does: "Unsharp mask of amount 1 with this standard deviation, in pixels of the result; applied \
            after the blur.",
        set: |options, text| fill(&mut options.sharpen, Sigma::parse_to_sharpen(text)),
    },
    OptionSpec {
        names: &["pixelate"],
        accepts: Block::ACCEPTS,
        values: Values::Whole(Block::MIN, Block::MAX),
        does: "Averages squares of this many pixels; applied after the blur.",
        set: |options, text| fill(&mut options.pixelate, Block::parse(text)),
    },
    OptionSpec {
        names: &["radius"],
        accepts: Radius::ACCEPTS,
        values: Values::Pattern(Radius::PATTERN),
        does: "Rounds the corners; `max` makes a circle of a square. Beside them the result is transparent, or \
            the `background` where the format has no alpha channel. Applied last.",
        set: |options, text| fill(&mut options.radius, Radius::parse(text)),
    },
    OptionSpec {
        names: &["format", "f"],
        accepts: FormatChoice::ACCEPTS,
        values: Values::OneOf(FormatChoice::WORDS),
        does: "Format of the result; default: that of the original, or PNG if it is not written (JPEG for \
            HEIC). `auto` picks AVIF (still images up to one megapixel) or WebP if the `Accept` header \
            names it, otherwise JPEG for JPEG and HEIC originals, GIF for GIF, and PNG for all others.",
        set: |options, text| fill(&mut options.format, FormatChoice::parse(text)),
    },
    OptionSpec {
        names: &["quality", "q"],
        accepts: Quality::ACCEPTS,
        values: Values::Whole(1, Quality::MAX),
        does: "Quality of a lossy result; default 80 for JPEG and WebP, 70 for AVIF. PNG, GIF and TIFF \
            ignore it.",
        set: |options, text| fill(&mut options.quality, Quality::parse(text)),
    },
    OptionSpec {
        names: &["progressive"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Writes a progressive JPEG, which is smaller and becomes sharper as it arrives; default \
            `false`. Other formats ignore it.",
        set: |options, text| fill(&mut options.progressive, flag(text)),
    },
    OptionSpec {
        names: &["chroma"],
        accepts: Chroma::ACCEPTS,
        values: Values::OneOf(Chroma::WORDS),
        does: "Samples of color of a JPEG; default 444 from quality 90 on, else 420. Other formats ignore it.",
        set: |options, text| fill(&mut options.chroma, Chroma::parse(text)),
    },
    OptionSpec {
        names: &["max_bytes"],
        accepts: max_bytes::ACCEPTS,
        values: Values::Whole(1, max_bytes::MAX),
        does: "Maximum size of the result in bytes. A lossy result gets the highest quality, from `quality` \
            down to 10, that fits. If nothing fits, or a PNG is larger, the request is refused.",
        set: |options, text| fill(&mut options.max_bytes, max_bytes::parse(text)),
    },
    OptionSpec {
        names: &["colors"],
        accepts: colors::ACCEPTS,
        values: Values::Whole(2, colors::MAX),
        does: "Writes a PNG with a palette of at most this many colors, which is much smaller, or limits the \
            palette of a GIF. Pixels are then opaque or clear. Other formats ignore it.",
        set: |options, text| fill(&mut options.colors, colors::parse(text)),
    },
    OptionSpec {
        names: &["lossless"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Writes a lossless WebP; default `false`. Other formats ignore it.",
        set: |options, text| fill(&mut options.lossless, flag(text)),
    },
    OptionSpec {
        names: &["animate"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Keeps an animation if the format of the result can be one (WebP, GIF, PNG); default `true`. \
            `false` takes the first frame. `true` refuses a format that cannot be an animation, which \
            otherwise gets the first frame.",
        set: |options, text| fill(&mut options.animate, flag(text)),
    },
    OptionSpec {
        names: &["frame"],
        accepts: Frames::ACCEPTS,
        values: Values::Whole(1, MAX_FRAMES),
        does: "Takes this frame of an animation, counted from 1, as a still image.",
        set: |options, text| fill(&mut options.frame, whole_number(text, MAX_FRAMES)),
    },
];

fn fill<T>(place: &mut Option<T>, value: Option<T>) -> Outcome {
    match (value, place.is_some()) {
        (None, _) => Outcome::Malformed,
        (Some(_), true) => Outcome::Repeated,
        (value, false) => {
            *place = value;
            Outcome::Set
        }
    }
}

/// All names, in words.
pub(super) fn option_names() -> String {
    OPTIONS.iter().map(|spec| spec.names.join("/")).collect::<Vec<_>>().join(", ")
}
