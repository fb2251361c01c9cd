//! What is to be done to an image.
//!
//! A client's [`Options`] are a wish that does not know the image. Resolved against a
//! [`Source`] they become a [`Plan`], which says in numbers what comes out. Every
//! spelling of one request resolves to one plan, and the plan's text is its cache key.
//!
//! The order is fixed: orientation, rotate, flip, trim, crop, resize, gamma, brightness,
//! contrast, saturation, hue, grayscale, padding, background, blur, sharpen, pixelate, format.

mod angle;
mod background;
mod crop;
mod degrees;
mod dpr;
mod focus;
mod framing;
mod markdown;
mod negotiation;
mod options;
mod padding;
mod position;
mod resize;
mod table;
mod tone;
mod trim;
mod turn;
mod unplannable;
mod values;
mod wish;

use std::fmt;

pub use angle::Angle;
pub use background::{Background, Color};
pub use crop::Crop;
pub use degrees::Degrees;
pub use dpr::Dpr;
pub use focus::{Focus, Placement};
pub use markdown::options_table;
pub use negotiation::{Accept, FormatChoice};
pub use options::{InvalidOption, Options};
pub use padding::Padding;
pub use position::{Anchor, Position};
pub use resize::{Fit, Resize};
pub use table::{OPTIONS, OptionSpec, Values};
pub use tone::{Factor, Tone};
pub use trim::{Tolerance, Trim};
pub use turn::Flip;
pub use unplannable::Unplannable;
pub use values::{Block, Format, Quality, Sigma};

use framing::{Framed, Framing};

use crate::{MediaType, Orientation, Size};

/// What a plan must know of the image it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The kind of image.
    pub media_type: MediaType,
    /// The size as stored, before the orientation is applied.
    pub size: Size,
    /// How the stored pixels are to be turned.
    pub orientation: Orientation,
}

/// What is to be done to one image, in numbers, ready to be carried out.
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
    /// What is behind the picture where that shows; otherwise white where the format has
    /// no alpha, and nothing where it has.
    pub background: Option<Color>,
    /// The Gaussian blur, after the resize.
    pub blur: Option<Sigma>,
    /// The standard deviation of the unsharp mask, after the blur.
    pub sharpen: Option<Sigma>,
    /// The squares of one color, last of all.
    pub pixelate: Option<Block>,
    /// The format of the result.
    pub format: Format,
    /// The quality of the result; none for a lossless format.
    pub quality: Option<Quality>,
    /// Whether a JPEG comes in several scans.
    pub progressive: bool,
    /// The most bytes that the result may have.
    pub max_bytes: Option<u32>,
    /// The size of the result; before a border is off, sides that it never exceeds.
    pub output: Size,
}

impl Plan {
    /// Resolves a client's wish against an image, for at most `max_pixels` in the result.
    pub fn resolve(options: &Options, source: Source, max_pixels: u64) -> Result<Self, Unplannable> {
        let (turn, angle) = turn::turn(options.rotate, options.flip);
        let picture = source.orientation.then(turn).apply_to(source.size);
        let picture = angle.map_or(picture, |angle| angle.canvas(picture));
        if angle.is_some() && picture.pixels() > max_pixels {
            return Err(Unplannable::TurnTooLarge { size: picture, max_pixels });
        }
        let framing = Framing::of(options);
        let padding = Padding::of(options);
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
            Some(FormatChoice::Auto) => options.accept.choose(source.media_type, output),
        };
        let plan = Self {
            turn,
            angle,
            trim,
            crop,
            resize,
            tone: Tone::of(options),
            padding,
            background: None,
            blur: options.blur,
            sharpen: options.sharpen,
            pixelate: options.pixelate,
            format,
            quality: format.default_quality().map(|default| options.quality.unwrap_or(default)),
            progressive: format == Format::Jpeg && options.progressive == Some(true),
            max_bytes: options.max_bytes,
            output,
        };
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
        let in_box = in_box || angle.is_some() || padding.is_some();
        Ok(Self { background: background.visible(format, source.media_type, in_box), ..plan })
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
        if let Some(background) = self.background {
            write!(f, "background={background};")?;
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
        write!(f, "format={}", self.format)?;
        if let Some(quality) = self.quality {
            write!(f, ";quality={quality}")?;
        }
        if self.progressive {
            f.write_str(";progressive")?;
        }
        if let Some(bytes) = self.max_bytes {
            write!(f, ";max_bytes={bytes}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod frame_tests;

#[cfg(test)]
mod tests {
    use super::*;

    fn source(width: u32, height: u32) -> Source {
        Source {
            media_type: MediaType::Jpeg,
            size: Size::new(width, height).unwrap(),
            orientation: Orientation::UPRIGHT,
        }
    }

    fn plan(query: &[(&str, &str)], source: Source) -> String {
        let options = Options::parse(query.iter().copied()).unwrap();
        Plan::resolve(&options, source, 50_000_000).unwrap().to_string()
    }

    #[test]
    fn every_spelling_of_a_request_is_one_plan() {
        let source = source(4000, 3000);
        let plain = plan(&[("blur", "10")], source);
        assert_eq!(plain, "blur=10;format=jpeg;quality=80");
        assert_eq!(plan(&[("sigma", "10.00")], source), plain);
        assert_eq!(plan(&[("quality", "80"), ("sigma", "010")], source), plain);
        assert_eq!(plan(&[("f", "jpg"), ("blur", "10")], source), plain);
        assert_eq!(plan(&[("w", "4000"), ("blur", "10")], source), plain, "already that wide");
        assert_eq!(
            plan(&[("w", "400"), ("h", "300"), ("fit", "fill")], source),
            plan(&[("height", "300")], source),
        );
    }

    #[test]
    fn sharpening_and_pixelating_follow_the_blur() {
        assert_eq!(
            plan(&[("pixelate", "08"), ("sharpen", "1.0"), ("blur", "2")], source(9, 9)),
            "blur=2;sharpen=1;pixelate=8;format=jpeg;quality=80"
        );
    }

    #[test]
    fn a_lossless_format_has_no_quality() {
        assert_eq!(plan(&[("f", "png"), ("q", "30")], source(9, 9)), plan(&[("f", "png")], source(9, 9)));
    }

    #[test]
    fn avif_has_a_scale_of_its_own() {
        assert_eq!(plan(&[("f", "avif")], source(9, 9)), "format=avif;quality=70");
        assert_eq!(plan(&[("f", "avif"), ("q", "80")], source(9, 9)), "format=avif;quality=80");
    }

    #[test]
    fn only_a_jpeg_is_progressive() {
        let source = source(9, 9);
        let on = ("progressive", "true");
        assert_eq!(plan(&[on], source), "format=jpeg;quality=80;progressive");
        assert_eq!(plan(&[("progressive", "false")], source), plan(&[], source));
        for format in ["png", "webp", "avif"] {
            assert_eq!(plan(&[on, ("f", format)], source), plan(&[("f", format)], source));
        }
    }

    #[test]
    fn how_large_a_result_may_be_is_a_part_of_its_plan() {
        let source = source(9, 9);
        assert_eq!(plan(&[("max_bytes", "09000")], source), "format=jpeg;quality=80;max_bytes=9000");
        assert_eq!(plan(&[("max_bytes", "9000"), ("f", "png")], source), "format=png;max_bytes=9000");
    }

    #[test]
    fn a_format_that_is_chosen_is_the_same_plan_as_one_that_is_named() {
        let source = source(40, 30);
        let auto = Options::parse([("format", "auto"), ("w", "20")]).unwrap();
        for (accept, format) in [("image/avif,*/*", "avif"), ("image/webp,*/*", "webp"), ("*/*", "jpeg")] {
            let options = Options { accept: Accept::parse([accept]), ..auto };
            let chosen = Plan::resolve(&options, source, 1000).unwrap().to_string();
            assert_eq!(chosen, plan(&[("f", format), ("w", "20")], source));
        }
    }

    #[test]
    fn the_orientation_is_applied_before_the_resize() {
        let turned = Source { orientation: Orientation::from_exif(6).unwrap(), ..source(4000, 3000) };
        let options = Options::parse([("width", "300")]).unwrap();
        let plan = Plan::resolve(&options, turned, 50_000_000).unwrap();
        assert_eq!(plan.output, Size::new(300, 400).unwrap());
    }

    #[test]
    fn turns_and_flips_are_one_turn_in_the_text() {
        let source = source(30, 20);
        let plain = plan(&[], source);
        for idle in [&[("rotate", "0")][..], &[("rotate", "180"), ("flip", "hv")]] {
            assert_eq!(plan(idle, source), plain, "{idle:?}");
        }
        assert_eq!(plan(&[("rotate", "90")], source), "turn=6;format=jpeg;quality=80");
        assert_eq!(plan(&[("rotate", "180")], source), plan(&[("flip", "hv")], source));
        assert_eq!(
            plan(&[("flip", "h"), ("rotate", "90")], source),
            plan(&[("rotate", "270"), ("flip", "v")], source),
            "the flip follows the turn, however they are written"
        );
    }

    #[test]
    fn the_size_speaks_of_the_turned_picture() {
        let options = Options::parse([("rotate", "270"), ("w", "33")]).unwrap();
        for (exif, output, orientation) in [(1, (33, 44), 8), (6, (33, 25), 1), (7, (33, 25), 2)] {
            let stored = Source { orientation: Orientation::from_exif(exif).unwrap(), ..source(401, 301) };
            let plan = Plan::resolve(&options, stored, 50_000_000).unwrap();
            assert_eq!((plan.output.width(), plan.output.height()), output, "{exif}");
            assert_eq!(plan.orientation(&stored).exif(), orientation, "{exif}");
        }
    }

    #[test]
    fn a_crop_is_cut_to_the_turned_picture_and_scaled_by_itself() {
        let source = source(400, 301);
        let plain = plan(&[], source);
        assert_eq!(plan(&[("crop", "0,0,400,301")], source), plain, "all of it");
        assert_eq!(plan(&[("crop", "0,0,4000,4000")], source), plain, "more than all of it");
        assert_eq!(plan(&[("crop", "300,300,200,9")], source), "crop=300,300,100,1;format=jpeg;quality=80");
        assert_eq!(
            plan(&[("w", "50"), ("crop", "10,20,100,80")], source),
            "crop=10,20,100,80;resize=50x40;format=jpeg;quality=80"
        );
        assert_eq!(
            plan(&[("rotate", "90"), ("crop", "300,390,200,200")], source),
            "turn=6;crop=300,390,1,10;format=jpeg;quality=80"
        );
        let options = Options::parse([("crop", "400,0,1,1")]).unwrap();
        let error = Plan::resolve(&options, source, 1000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nothing of the picture, which has 400×301 pixels, is within `crop=400,0,1,1`"
        );
    }

    #[test]
    fn a_position_that_changes_nothing_does_not_show() {
        let source = source(400, 300);
        let cover = [("w", "100"), ("h", "100")];
        let with = |options: &[(&'static str, &'static str)]| plan(&[&cover, options].concat(), source);
        assert_eq!(with(&[("position", "center")]), with(&[]));
        assert_eq!(with(&[("position", "top")]), with(&[]), "nothing is cut off above");
        assert_eq!(with(&[("position", "top-left")]), with(&[("position", "left")]));
        assert_eq!(with(&[("position", "left")]), "resize=crop:100x100:at:left;format=jpeg;quality=80");
        let contain = [("fit", "contain"), ("position", "bottom-right")];
        assert_eq!(with(&contain), "resize=100x75:on:100x100:at:bottom;format=jpeg;quality=80");
        assert_eq!(
            plan(&[("w", "80"), ("h", "60"), ("position", "left")], source),
            plan(&[("w", "80")], source)
        );
    }

    #[test]
    fn enlarging_is_bounded_by_the_limit() {
        let source = source(40, 30);
        assert_eq!(plan(&[("w", "80"), ("enlarge", "false")], source), plan(&[], source));
        assert_eq!(plan(&[("w", "20"), ("enlarge", "true")], source), plan(&[("w", "20")], source));
        assert_eq!(plan(&[("w", "80"), ("enlarge", "true")], source), "resize=80x60;format=jpeg;quality=80");
        let options = Options::parse([("w", "30000"), ("enlarge", "true")]).unwrap();
        let error = Plan::resolve(&options, source, 50_000_000).unwrap_err();
        assert!(matches!(error, Unplannable::OutputTooLarge { size, .. } if size.height() == 22_500));
    }

    #[test]
    fn a_change_of_color_that_changes_nothing_does_not_show() {
        let source = source(40, 30);
        let idle = [("brightness", "1.00"), ("contrast", "1"), ("saturation", "01"), ("grayscale", "false")];
        assert_eq!(plan(&idle, source), plan(&[], source));
        assert_eq!(plan(&[("hue", "-360"), ("gamma", "1.0")], source), plan(&[], source));
        assert_eq!(
            plan(&[("grayscale", "true"), ("hue", "7.5"), ("brightness", "2"), ("gamma", "2.20")], source),
            "gamma=2.2;brightness=2;hue=7.5;grayscale;format=jpeg;quality=80"
        );
        assert_eq!(
            plan(
                &[("grayscale", "true"), ("saturation", "0"), ("contrast", "1.254"), ("brightness", ".80")],
                source
            ),
            "brightness=0.8;contrast=1.25;saturation=0;grayscale;format=jpeg;quality=80"
        );
    }

    #[test]
    fn a_background_that_cannot_show_does_not_show_in_the_text() {
        let jpeg = source(40, 30);
        let png = Source { media_type: MediaType::Png, ..jpeg };
        let contain = [("w", "40"), ("h", "40"), ("fit", "contain")];
        let red = [("background", "FF0000")];
        let on = |background: &'static str| [&contain[..], &[("background", background)]].concat();
        assert_eq!(plan(&red, jpeg), plan(&[], jpeg), "a JPEG has nothing to see it through");
        assert_eq!(plan(&red, png), plan(&[], png), "a PNG can be transparent");
        assert_eq!(
            plan(&[("background", "#ff0000"), ("f", "jpeg")], png),
            "background=ff0000;format=jpeg;quality=80"
        );
        assert_eq!(plan(&[("background", "white"), ("f", "jpeg")], png), plan(&[("f", "jpeg")], png));
        assert_eq!(plan(&on("transparent"), jpeg), plan(&contain, jpeg));
        assert_eq!(plan(&on("ffffff"), jpeg), plan(&contain, jpeg));
        assert_eq!(plan(&on("transparent"), png), plan(&contain, png));
        assert_eq!(plan(&on("white"), png), "resize=40x30:on:40x40;background=ffffff;format=png");
        assert_eq!(
            plan(&on("black"), jpeg),
            "resize=40x30:on:40x40;background=000000;format=jpeg;quality=80"
        );
    }

    #[test]
    fn a_result_over_the_limit_is_refused_with_its_size() {
        let options = Options::parse([("w", "20000"), ("h", "20000"), ("fit", "contain")]).unwrap();
        let error = Plan::resolve(&options, source(10, 10), 50_000_000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the result would have 20000×20000 = 400000000 pixels; at most 50000000 are made"
        );
    }

    #[test]
    fn a_side_that_the_format_cannot_say_is_refused() {
        let options = Options::parse([("f", "webp")]).unwrap();
        let error = Plan::resolve(&options, source(17_000, 10), 50_000_000).unwrap_err();
        assert!(matches!(error, Unplannable::SideTooLong { max_side: 16_383, .. }));
    }
}
