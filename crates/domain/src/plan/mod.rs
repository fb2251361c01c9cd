//! What to do to an image.
//!
//! A client's [`Options`] know nothing of the image. Resolved against a [`Source`] they become
//! a [`Plan`], which says in numbers what comes out. Every spelling of the same request
//! resolves to the same plan, whose text is the cache key.
//!
//! The order is fixed: orientation, rotate, flip, trim, crop, resize, normalize, gamma, brightness,
//! contrast, saturation, hue, sepia, negate, grayscale, tint, threshold, padding, background,
//! flatten, blur, sharpen, pixelate, radius, format.

mod angle;
mod background;
mod block;
mod chroma;
mod colors;
mod crop;
mod degrees;
mod dpr;
mod extend;
mod fit;
mod focus;
mod format;
mod frames;
mod framing;
mod markdown;
mod max_bytes;
mod negotiation;
mod numbers;
mod options;
mod padding;
mod parse;
mod position;
mod quality;
mod radius;
mod resize;
mod side;
mod sigma;
mod table;
mod tone;
mod trim;
mod turn;
mod unplannable;
mod wish;

use std::fmt;

pub use angle::Angle;
pub use background::{Background, Color};
pub use block::Block;
pub use chroma::Chroma;
pub use crop::{Crop, CropWish};
pub use degrees::Degrees;
pub use dpr::Dpr;
pub use extend::Extend;
pub use fit::Fit;
pub use focus::{Focus, Placement};
pub use format::Format;
pub use frames::{Frames, MAX_FRAME_PIXELS, MAX_FRAMES, MAX_MADE_PIXELS};
pub use markdown::options_table;
pub use negotiation::{Accept, FormatChoice};
pub use options::Options;
pub use padding::Padding;
pub use parse::InvalidOption;
pub use position::{Anchor, Position};
pub use quality::Quality;
pub use radius::Radius;
pub use resize::Resize;
pub use sigma::Sigma;
pub use table::{OPTIONS, OptionSpec, Values};
pub use tone::{Factor, Tone};
pub use trim::{Tolerance, Trim};
pub use turn::Flip;
pub use unplannable::Unplannable;

use framing::Framed;

use crate::{MediaType, Orientation, Size};

/// What a plan must know about its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The media type of the original.
    pub media_type: MediaType,
    /// The size as stored, before the orientation is applied.
    pub size: Size,
    /// How to turn the stored pixels upright.
    pub orientation: Orientation,
    /// How many frames it has, at least 1: 1 for a still image.
    ///
    /// It is counted where the header says it: for PNG, and for WebP up to some five hundred.
    /// The frames of a GIF are not counted yet, nor are images that were stored before there
    /// was a count; those have 1.
    pub frames: u32,
}

/// What to do to one image, in numbers, ready to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How the upright image is turned and mirrored.
    pub turn: Orientation,
    /// What it is turned by after that. The numbers of all other steps speak of what comes
    /// out of it.
    pub angle: Option<Angle>,
    /// The border to take off, and what is wanted of the rest, in place of the crop and the
    /// resize: [`trimmed`](Self::trimmed) says those once the rest is known.
    pub trim: Option<Trim>,
    /// What is cut out of the turned picture, unless it is all of it.
    pub crop: Option<Crop>,
    /// The change of size, unless the image stays as large as it is.
    pub resize: Option<Resize>,
    /// The changes of color.
    pub tone: Tone,
    /// The room around it.
    pub padding: Option<Padding>,
    /// What that shows.
    pub extend: Extend,
    /// What is behind the picture where that shows; otherwise white where the format has
    /// no alpha, and nothing where it has.
    pub background: Option<Color>,
    /// The color that is put behind all that is transparent, also where the format has alpha.
    pub flatten: Option<Color>,
    /// The Gaussian blur, after the resize.
    pub blur: Option<Sigma>,
    /// The standard deviation of the unsharp mask, after the blur.
    pub sharpen: Option<Sigma>,
    /// The squares of one color.
    pub pixelate: Option<Block>,
    /// How round the corners are, last of all.
    pub radius: Option<Radius>,
    /// The format of the result.
    pub format: Format,
    /// The quality of the result; none for a lossless format.
    pub quality: Option<Quality>,
    /// Whether a JPEG comes in several scans.
    pub progressive: bool,
    /// The samples of color of a JPEG; none for those that its quality asks for.
    pub chroma: Option<Chroma>,
    /// The most bytes that the result may have.
    pub max_bytes: Option<u32>,
    /// The most colors of a PNG or GIF; none for a PNG without a palette.
    pub colors: Option<u32>,
    /// Whether a WebP loses nothing.
    pub lossless: bool,
    /// Which frames become the result.
    pub frames: Frames,
    /// The size of the result; before a border is off, sides that it never exceeds.
    pub output: Size,
}

impl Plan {
    /// Resolves a client's options against an image, for a result of at most `max_pixels`.
    pub fn resolve(options: &Options, source: Source, max_pixels: u64) -> Result<Self, Unplannable> {
        let (turn, angle) = turn::turn(options.rotate, options.flip);
        let picture = source.orientation.then(turn).apply_to(source.size);
        let picture = angle.map_or(picture, |angle| angle.canvas(picture));
        if angle.is_some() && picture.pixels() > max_pixels {
            return Err(Unplannable::TurnTooLarge { size: picture, max_pixels });
        }
        let framing = options.framing();
        let padding = options.padding();
        let padded = |picture: Size| padding.map_or(picture, |padding| padding.around(picture));
        let trim = match options.trim {
            Some(tolerance) => Some(Trim::of(tolerance, framing, picture, max_pixels)?),
            None => None,
        };
        let Framed { crop, resize, picture } = match trim {
            Some(trim) => Framed { crop: None, resize: None, picture: trim.most() },
            None => framing.resolve(picture)?,
        };
        let output = padded(picture);
        let format = match options.format {
            None => Format::natural_for(source.media_type),
            Some(FormatChoice::Named(format)) => format,
            Some(FormatChoice::Auto) => options.accept.choose(&source, output),
        };
        let lossless = format == Format::Webp && options.lossless == Some(true);
        let plan = Self {
            turn,
            angle,
            trim,
            crop,
            resize,
            tone: options.tone(),
            padding,
            extend: options.extend.filter(|_| padding.is_some()).unwrap_or_default(),
            background: None,
            flatten: options.flatten,
            blur: options.blur,
            sharpen: options.sharpen,
            pixelate: options.pixelate,
            radius: options.radius.map(|radius| radius.times(options.dpr.unwrap_or_default())),
            format,
            quality: format
                .default_quality()
                .filter(|_| !lossless)
                .map(|default| options.quality.unwrap_or(default)),
            progressive: format == Format::Jpeg && options.progressive == Some(true),
            chroma: options.chroma.filter(|_| format == Format::Jpeg),
            max_bytes: options.max_bytes,
            colors: options.colors.filter(|_| matches!(format, Format::Png | Format::Gif)),
            lossless,
            frames: Frames::resolve((options.animate, options.frame), source, (format, output), max_pixels)?,
            output,
        };
        if plan.frames == Frames::All && plan.max_bytes.is_some() && source.frames > 1 {
            return Err(Unplannable::BytesOfAnimation);
        }
        let in_box = match trim {
            // What a border leaves may be as small as it likes, unless the size is named.
            Some(trim) => {
                if let Some(exactly) = trim.exactly() {
                    Self { output: padded(exactly), ..plan }.within(max_pixels)?;
                }
                trim.may_be_in_box()
            }
            None => {
                plan.within(max_pixels)?;
                resize.is_some_and(|resize| resize.canvas != resize.content)
            }
        };
        let background = options.background.unwrap_or_default();
        let in_box = in_box || angle.is_some() || padding.is_some() || plan.radius.is_some();
        Ok(Self { background: background.visible(format, source.media_type, in_box), ..plan })
    }

    /// The plan for what remains of a picture once its border is trimmed; the same plan if it
    /// trims none. Fails if the crop lies outside what remains, or the result would be too large.
    pub fn trimmed(&self, rest: Size) -> Result<Self, Unplannable> {
        let Some(trim) = self.trim else {
            return Ok(*self);
        };
        let framed = trim.framing().resolve(rest)?;
        let output = self.padding.map_or(framed.picture, |padding| padding.around(framed.picture));
        let plan = Self { trim: None, crop: framed.crop, resize: framed.resize, output, ..*self };
        plan.within(trim.max_pixels())
    }

    /// The plan, unless its result is too large for the setting or for the format.
    fn within(self, max_pixels: u64) -> Result<Self, Unplannable> {
        let (size, format) = (self.output, self.format);
        if size.pixels() > max_pixels {
            return Err(Unplannable::OutputTooLarge { size, max_pixels });
        }
        let max_side = format.max_side();
        if size.width() > max_side || size.height() > max_side {
            return Err(Unplannable::SideTooLong { size, format, max_side });
        }
        Ok(self)
    }

    /// What is left to be done once the crop, and of the resize the cut to another ratio, are.
    #[must_use]
    pub fn framed(&self) -> Self {
        let resize = self.resize.map(|resize| Resize { crop_to_ratio: false, focus: None, ..resize });
        Self { crop: None, resize, ..*self }
    }

    /// How whole pixels of this image, as it is stored, are moved: by its own orientation,
    /// and then as the plan says.
    pub fn orientation(&self, source: &Source) -> Orientation {
        source.orientation.then(self.turn)
    }
}

/// The canonical text of the plan: equal plans, and only those, have equal texts.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.turn != Orientation::UPRIGHT {
            write!(f, "turn={};", self.turn.exif())?;
        }
        if let Some(angle) = self.angle {
            write!(f, "rotate={angle};")?;
        }
        if let Some(trim) = self.trim {
            write!(f, "{trim}")?;
        }
        if let Some(crop) = self.crop {
            write!(f, "crop={crop};")?;
        }
        if let Some(resize) = self.resize {
            write!(f, "resize={resize};")?;
        }
        write!(f, "{}", self.tone)?;
        if let Some(padding) = self.padding {
            write!(f, "padding={padding};")?;
        }
        if self.extend != Extend::default() {
            write!(f, "extend={};", self.extend)?;
        }
        if let Some(background) = self.background {
            write!(f, "background={background};")?;
        }
        if let Some(color) = self.flatten {
            write!(f, "flatten={color};")?;
        }
        if let Some(sigma) = self.blur {
            write!(f, "blur={sigma};")?;
        }
        if let Some(sigma) = self.sharpen {
            write!(f, "sharpen={sigma};")?;
        }
        if let Some(block) = self.pixelate {
            write!(f, "pixelate={block};")?;
        }
        if let Some(radius) = self.radius {
            write!(f, "radius={radius};")?;
        }
        write!(f, "format={}", self.format)?;
        if let Some(quality) = self.quality {
            write!(f, ";quality={quality}")?;
        }
        if self.progressive {
            f.write_str(";progressive")?;
        }
        if let Some(chroma) = self.chroma {
            write!(f, ";chroma={chroma}")?;
        }
        if let Some(bytes) = self.max_bytes {
            write!(f, ";max_bytes={bytes}")?;
        }
        if let Some(colors) = self.colors {
            write!(f, ";colors={colors}")?;
        }
        if self.lossless {
            f.write_str(";lossless")?;
        }
        match self.frames {
            Frames::First => Ok(()),
            Frames::Nth(frame) => write!(f, ";frame={frame}"),
            Frames::All => f.write_str(";frames"),
        }
    }
}

#[cfg(test)]
mod frame_tests;

#[cfg(test)]
mod tests;
