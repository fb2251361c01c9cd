//! The one table that says what each option accepts.

use super::background::Background;
use super::block::Block;
use super::crop::Crop;
use super::degrees::Degrees;
use super::dpr::Dpr;
use super::fit::Fit;
use super::focus::Placement;
use super::negotiation::FormatChoice;
use super::numbers::flag;
use super::options::Options;
use super::padding::Padding;
use super::quality::Quality;
use super::sigma::Sigma;
use super::tone::Factor;
use super::trim::Tolerance;
use super::turn::Flip;
use super::{max_bytes, side};

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
        does: "Turns the picture clockwise by so many degrees, after its own orientation. All \
            that follows speaks of the turned picture. Quarter turns lose nothing; beside others the \
            picture grows to hold its corners, on the background.",
        set: |options, text| fill(&mut options.rotate, Degrees::parse(text)),
    },
    OptionSpec {
        names: &["flip"],
        accepts: Flip::ACCEPTS,
        values: Values::OneOf(Flip::WORDS),
        does: "Mirrors the picture, after the turn.",
        set: |options, text| fill(&mut options.flip, Flip::parse(text)),
    },
    OptionSpec {
        names: &["trim"],
        accepts: Tolerance::ACCEPTS,
        values: Values::Whole(0, Tolerance::MAX),
        does: "Takes off the border whose samples are at most this far from those of the top left pixel; \
            a picture of one color stays whole. All that follows speaks of the rest.",
        set: |options, text| fill(&mut options.trim, Tolerance::parse(text)),
    },
    OptionSpec {
        names: &["crop"],
        accepts: Crop::ACCEPTS,
        values: Values::Pattern(Crop::PATTERN),
        does: "Keeps a rectangle of the turned and trimmed picture, before the resize; what stands over is cut off.",
        set: |options, text| fill(&mut options.crop, Crop::parse(text)),
    },
    OptionSpec {
        names: &["width", "w"],
        accepts: side::ACCEPTS,
        values: Values::Whole(1, side::MAX),
        does: "Pixels in a row of the result; the height follows if it is not named.",
        set: |options, text| fill(&mut options.width, side::parse(text)),
    },
    OptionSpec {
        names: &["height", "h"],
        accepts: side::ACCEPTS,
        values: Values::Whole(1, side::MAX),
        does: "Rows of the result; the width follows if it is not named.",
        set: |options, text| fill(&mut options.height, side::parse(text)),
    },
    OptionSpec {
        names: &["fit"],
        accepts: Fit::ACCEPTS,
        values: Values::OneOf(Fit::WORDS),
        does: "How the picture fills width × height; cover unless named. Nothing is enlarged unless `enlarge` says so.",
        set: |options, text| fill(&mut options.fit, Fit::parse(text)),
    },
    OptionSpec {
        names: &["position"],
        accepts: Placement::ACCEPTS,
        values: Values::OneOf(Placement::WORDS),
        does: "Which part of the picture is kept by cover, and where it stands in the box of contain; \
            center unless named. Cover can also keep what the picture has most of: entropy of its \
            lightness, or what draws the eye.",
        set: |options, text| fill(&mut options.position, Placement::parse(text)),
    },
    OptionSpec {
        names: &["enlarge"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Whether the resize may make the picture larger than it is; false unless named.",
        set: |options, text| fill(&mut options.enlarge, flag(text)),
    },
    OptionSpec {
        names: &["dpr"],
        accepts: Dpr::ACCEPTS,
        values: Values::Number(Dpr::MIN, Dpr::MAX),
        does: "Multiplies `width`, `height` and `padding`: the pixels of a screen that one of them is.",
        set: |options, text| fill(&mut options.dpr, Dpr::parse(text)),
    },
    OptionSpec {
        names: &["gamma"],
        accepts: Factor::GAMMA_ACCEPTS,
        values: Values::Number(Factor::GAMMA_MIN, Factor::MAX),
        does: "Raises every color, 0 to 1, to the power of 1 / gamma: above 1 the middle becomes lighter, \
            below 1 darker.",
        set: |options, text| fill(&mut options.gamma, Factor::parse_gamma(text)),
    },
    OptionSpec {
        names: &["brightness"],
        accepts: Factor::ACCEPTS,
        values: Values::Number(Factor::MIN, Factor::MAX),
        does: "Multiplies every color, as the CSS filter does.",
        set: |options, text| fill(&mut options.brightness, Factor::parse(text)),
    },
    OptionSpec {
        names: &["contrast"],
        accepts: Factor::ACCEPTS,
        values: Values::Number(Factor::MIN, Factor::MAX),
        does: "Moves every color away from or towards the middle gray, as the CSS filter does.",
        set: |options, text| fill(&mut options.contrast, Factor::parse(text)),
    },
    OptionSpec {
        names: &["saturation"],
        accepts: Factor::ACCEPTS,
        values: Values::Number(Factor::MIN, Factor::MAX),
        does: "Moves every color away from or towards gray, as the CSS filter saturate does.",
        set: |options, text| fill(&mut options.saturation, Factor::parse(text)),
    },
    OptionSpec {
        names: &["hue"],
        accepts: Degrees::ACCEPTS,
        values: Values::Number(Degrees::MIN, Degrees::MAX),
        does: "Turns every color around the gray axis by so many degrees, as the CSS filter hue-rotate does.",
        set: |options, text| fill(&mut options.hue, Degrees::parse(text)),
    },
    OptionSpec {
        names: &["grayscale"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Leaves only the luminance, as it is in linear light; follows the other changes of color.",
        set: |options, text| fill(&mut options.grayscale, flag(text)),
    },
    OptionSpec {
        names: &["padding"],
        accepts: Padding::ACCEPTS,
        values: Values::Pattern(Padding::PATTERN),
        does: "Adds so many pixels around the result of the resize, in the order of CSS; `width` and `height` do \
            not count them.",
        set: |options, text| fill(&mut options.padding, Padding::parse(text)),
    },
    OptionSpec {
        names: &["background"],
        accepts: Background::ACCEPTS,
        values: Values::Pattern(Background::PATTERN),
        does: "What fills the box of contain and the padding, is behind a picture turned by no quarters, and shows through what is transparent where the format \
            cannot say it; transparent unless named, which is white in a JPEG.",
        set: |options, text| fill(&mut options.background, Background::parse(text)),
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
        does: "Unsharp mask of amount 1 with this standard deviation, in pixels of the result; after the blur.",
        set: |options, text| fill(&mut options.sharpen, Sigma::parse_to_sharpen(text)),
    },
    OptionSpec {
        names: &["pixelate"],
        accepts: Block::ACCEPTS,
        values: Values::Whole(Block::MIN, Block::MAX),
        does: "Makes each square of so many pixels of the result its mean; last of all.",
        set: |options, text| fill(&mut options.pixelate, Block::parse(text)),
    },
    OptionSpec {
        names: &["format", "f"],
        accepts: FormatChoice::ACCEPTS,
        values: Values::OneOf(FormatChoice::WORDS),
        does: "The format of the result; the original's unless named, PNG where that is not written. \
            `auto` is the first of AVIF (up to a megapixel) and WebP that the `Accept` header names, else JPEG \
            for a JPEG and PNG for all others.",
        set: |options, text| fill(&mut options.format, FormatChoice::parse(text)),
    },
    OptionSpec {
        names: &["quality", "q"],
        accepts: Quality::ACCEPTS,
        values: Values::Whole(1, Quality::MAX),
        does: "The quality of a JPEG or WebP, 80 unless named, or of an AVIF, 70 unless named; PNG is lossless \
            and stays the same.",
        set: |options, text| fill(&mut options.quality, Quality::parse(text)),
    },
    OptionSpec {
        names: &["progressive"],
        accepts: FLAG,
        values: Values::Flag,
        does: "Whether a JPEG comes in scans that grow sharper as they arrive, and smaller; false unless named. \
            Other formats stay the same.",
        set: |options, text| fill(&mut options.progressive, flag(text)),
    },
    OptionSpec {
        names: &["max_bytes"],
        accepts: max_bytes::ACCEPTS,
        values: Values::Whole(1, max_bytes::MAX),
        does: "The most bytes that the result may have: a lossy one gets the highest quality, from `quality` \
            down to 10, that fits; what does not fit even so, or is a PNG, which has only one size, is refused.",
        set: |options, text| fill(&mut options.max_bytes, max_bytes::parse(text)),
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
