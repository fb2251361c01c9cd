//! The options of a request, and why they are refused.

use super::background::Background;
use super::crop::Crop;
use super::degrees::Degrees;
use super::dpr::Dpr;
use super::focus::{Focus, Placement};
use super::negotiation::{Accept, FormatChoice};
use super::padding::Padding;
use super::resize::Fit;
use super::table::{MAX_SIDE, OPTIONS, Outcome, option_names};
use super::tone::Factor;
use super::trim::Tolerance;
use super::turn::Flip;
use super::values::{Block, Quality, Sigma};

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
    pub crop: Option<Crop>,
    /// Pixels in a row of the result.
    pub width: Option<u32>,
    /// Rows of the result.
    pub height: Option<u32>,
    /// How the picture fills the box.
    pub fit: Option<Fit>,
    /// Where the picture stands in the box.
    pub position: Option<Placement>,
    /// Whether the picture may become larger than it is.
    pub enlarge: Option<bool>,
    /// What the sizes and the padding are multiplied with.
    pub dpr: Option<Dpr>,
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
    /// Whether only the luminance is left.
    pub grayscale: Option<bool>,
    /// The room around the picture.
    pub padding: Option<Padding>,
    /// What is behind the picture.
    pub background: Option<Background>,
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
    /// Whether a JPEG comes in scans that grow sharper.
    pub progressive: Option<bool>,
    /// The most bytes that the result may have.
    pub max_bytes: Option<u32>,
    /// What the client takes, for a format that is chosen here. Not among [`OPTIONS`], since
    /// it stands in a header.
    pub accept: Accept,
}

/// Why a request's options are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOption {
    /// No option has this name.
    #[error("there is no option `{name}`; the options are {}", option_names())]
    Unknown {
        /// The name, cut at 64 characters.
        name: String,
    },
    /// The value is out of range or not of the option's kind.
    #[error("`{name}={value}` is not possible; `{name}` takes {accepts}")]
    Malformed {
        /// The option as the client spelt it.
        name: String,
        /// The value, cut at 64 characters.
        value: String,
        /// What the option accepts.
        accepts: &'static str,
    },
    /// The option is named twice, perhaps by two of its spellings.
    #[error("the option `{name}` is given twice; give it once")]
    Repeated {
        /// The documented name.
        name: &'static str,
    },
    /// A fit without a box to fit into.
    #[error("`fit` says how a picture fills a box; give `width` or `height` with it")]
    FitWithoutSize,
    /// A position without a box that leaves a choice.
    #[error(
        "`position` says which part of a picture stays in its box; give `width` and `height` with it, and no \
        `fit` but cover or contain"
    )]
    PositionWithoutBox,
    /// A part that the picture decides where nothing is cut off.
    #[error(
        "`position={focus}` chooses the part that cover keeps, and contain keeps all of the picture; name a side \
        or a corner instead"
    )]
    FocusInContain {
        /// What is looked for.
        focus: Focus,
    },
    /// A leave to enlarge without a size to reach.
    #[error("`enlarge` lets a picture grow to a size; give `width` or `height` with it")]
    EnlargeWithoutSize,
    /// A number of device pixels without anything to multiply.
    #[error("`dpr` multiplies a size; give `width`, `height` or `padding` with it")]
    DprWithoutSize,
    /// A side that is too long once it is multiplied.
    #[error("`dpr={dpr}` makes {pixels} pixels of `{name}`; a side has at most {MAX_SIDE}")]
    DprTooLarge {
        /// What it is multiplied with.
        dpr: Dpr,
        /// The option that says the side.
        name: &'static str,
        /// The side after the multiplication.
        pixels: u32,
    },
}

impl InvalidOption {
    /// The name of the option that is refused.
    pub fn option(&self) -> &str {
        match self {
            Self::Unknown { name } | Self::Malformed { name, .. } => name,
            Self::Repeated { name } => name,
            Self::FitWithoutSize => "fit",
            Self::PositionWithoutBox | Self::FocusInContain { .. } => "position",
            Self::EnlargeWithoutSize => "enlarge",
            Self::DprWithoutSize | Self::DprTooLarge { .. } => "dpr",
        }
    }

    /// What the option accepts, if there is such an option.
    pub fn accepts(&self) -> String {
        match self {
            Self::Malformed { accepts, .. } => (*accepts).to_owned(),
            Self::Unknown { .. } => option_names(),
            Self::Repeated { .. } => "one value".to_owned(),
            Self::FitWithoutSize | Self::EnlargeWithoutSize => "`width` or `height` beside it".to_owned(),
            Self::DprWithoutSize => "`width`, `height` or `padding` beside it".to_owned(),
            Self::DprTooLarge { .. } => format!("what makes no side longer than {MAX_SIDE}"),
            Self::FocusInContain { .. } => "center, a side or a corner beside fit contain".to_owned(),
            Self::PositionWithoutBox => "`width` and `height` beside it, and fit cover or contain".to_owned(),
        }
    }
}

impl Options {
    /// Reads name and value pairs, already percent-decoded.
    pub fn parse<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, InvalidOption>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let cut = |text: &str| text.chars().take(64).collect::<String>();
        let mut options = Self::default();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref());
            let Some(spec) = OPTIONS.iter().find(|spec| spec.names.contains(&name)) else {
                return Err(InvalidOption::Unknown { name: cut(name) });
            };
            match (spec.set)(&mut options, value) {
                Outcome::Set => {}
                Outcome::Malformed => {
                    return Err(InvalidOption::Malformed {
                        name: cut(name),
                        value: cut(value),
                        accepts: spec.accepts,
                    });
                }
                Outcome::Repeated => return Err(InvalidOption::Repeated { name: spec.name() }),
            }
        }
        options.refuse_idle()?;
        Ok(options)
    }

    /// Refuses an option that could not have any effect on any image, which is a mistake
    /// of whoever wrote it.
    fn refuse_idle(&self) -> Result<(), InvalidOption> {
        let has_size = self.width.is_some() || self.height.is_some();
        let has_box = self.width.is_some() && self.height.is_some();
        let leaves_choice = has_box && matches!(self.fit, None | Some(Fit::Cover | Fit::Contain));
        if self.fit.is_some() && !has_size {
            return Err(InvalidOption::FitWithoutSize);
        }
        if self.position.is_some() && !leaves_choice {
            return Err(InvalidOption::PositionWithoutBox);
        }
        if let (Some(Placement::On(focus)), Some(Fit::Contain)) = (self.position, self.fit) {
            return Err(InvalidOption::FocusInContain { focus });
        }
        if self.enlarge.is_some() && !has_size {
            return Err(InvalidOption::EnlargeWithoutSize);
        }
        self.refuse_dpr()
    }

    /// Refuses a number of device pixels that has nothing to multiply, or makes too much.
    fn refuse_dpr(&self) -> Result<(), InvalidOption> {
        let Some(dpr) = self.dpr else {
            return Ok(());
        };
        let padding = self.padding.map(Padding::longest);
        let sides = [("width", self.width), ("height", self.height), ("padding", padding)];
        if sides.iter().all(|(_, side)| side.is_none()) {
            return Err(InvalidOption::DprWithoutSize);
        }
        let multiplied = sides.iter().filter_map(|(name, side)| Some((*name, dpr.times((*side)?))));
        match multiplied.into_iter().find(|(_, pixels)| *pixels > MAX_SIDE) {
            Some((name, pixels)) => Err(InvalidOption::DprTooLarge { dpr, name, pixels }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_is_refused_by_name() {
        let error = Options::parse([("sgima", "10")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no option `sgima`; the options are rotate, flip, trim, crop, width/w, height/h, fit, position, enlarge, dpr, gamma, brightness, contrast, saturation, hue, grayscale, padding, background, blur/sigma, sharpen, pixelate, format/f, quality/q, progressive, max_bytes"
        );
        assert_eq!(error.option(), "sgima");
    }

    #[test]
    fn a_malformed_option_is_refused_with_what_it_accepts() {
        for (name, value) in [
            ("sigma", "NaN"),
            ("rotate", "361"),
            ("flip", "x"),
            ("trim", "255"),
            ("crop", "1,2,3"),
            ("width", "0"),
            ("w", "30001"),
            ("height", "1e3"),
            ("fit", "Cover"),
            ("position", "north"),
            ("enlarge", "1"),
            ("dpr", "0.5"),
            ("gamma", "0"),
            ("brightness", "-1"),
            ("contrast", "10.1"),
            ("saturation", "50%"),
            ("hue", "361"),
            ("grayscale", "yes"),
            ("padding", "1,2,3"),
            ("background", "#fff"),
            ("sharpen", "11"),
            ("pixelate", "1"),
            ("format", "jxl"),
            ("q", ""),
            ("progressive", "yes"),
            ("max_bytes", "10kB"),
            ("max_bytes", "1000000001"),
        ] {
            let error = Options::parse([(name, value)]).unwrap_err();
            assert!(matches!(error, InvalidOption::Malformed { .. }), "{name}={value}: {error}");
            assert!(error.to_string().contains(&format!("`{name}={value}`")), "{error}");
        }
    }

    #[test]
    fn an_option_given_twice_is_refused_in_all_its_spellings() {
        for pairs in
            [[("sigma", "5"), ("sigma", "5")], [("blur", "5"), ("sigma", "9")], [("w", "1"), ("width", "2")]]
        {
            assert!(matches!(Options::parse(pairs), Err(InvalidOption::Repeated { .. })), "{pairs:?}");
        }
    }

    #[test]
    fn a_fit_without_a_size_is_refused() {
        assert_eq!(Options::parse([("fit", "cover")]), Err(InvalidOption::FitWithoutSize));
        assert_eq!(Options::parse([("enlarge", "true")]), Err(InvalidOption::EnlargeWithoutSize));
        assert!(Options::parse([("enlarge", "true"), ("h", "9")]).is_ok());
    }

    #[test]
    fn device_pixels_need_something_to_multiply_that_stays_a_side() {
        let error = Options::parse([("dpr", "2"), ("blur", "3")]).unwrap_err();
        assert_eq!((&error, error.option()), (&InvalidOption::DprWithoutSize, "dpr"));
        for name in ["width", "height", "padding"] {
            assert!(Options::parse([(name, "3750"), ("dpr", "8")]).is_ok());
            let error = Options::parse([("dpr", "8"), (name, "3751")]).unwrap_err();
            let expected = format!("`dpr=8` makes 30008 pixels of `{name}`; a side has at most 30000");
            assert_eq!((error.to_string(), error.option()), (expected, "dpr"));
        }
    }

    #[test]
    fn a_position_without_a_box_is_refused() {
        let top = ("position", "top");
        let sides = [("w", "9"), ("h", "9")];
        for query in [
            vec![top],
            vec![top, sides[0]],
            vec![top, sides[1], ("fit", "contain")],
            vec![top, sides[0], sides[1], ("fit", "fill")],
            vec![top, sides[0], sides[1], ("fit", "inside")],
            vec![top, sides[0], sides[1], ("fit", "outside")],
        ] {
            let error = Options::parse(query.iter().copied()).unwrap_err();
            assert_eq!(error, InvalidOption::PositionWithoutBox, "{query:?}");
            assert_eq!(error.option(), "position");
        }
        for fit in ["cover", "contain"] {
            assert!(Options::parse([sides[0], sides[1], ("fit", fit), top]).is_ok());
        }
        assert!(Options::parse([sides[0], sides[1], top]).is_ok(), "cover is the default");
        for focus in ["entropy", "attention"] {
            let focus = ("position", focus);
            assert_eq!(Options::parse([focus, sides[0]]), Err(InvalidOption::PositionWithoutBox));
            assert!(Options::parse([focus, sides[0], sides[1]]).is_ok());
            let error = Options::parse([focus, sides[0], sides[1], ("fit", "contain")]).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`position={}`", focus.1)), "{error}");
        }
    }

    #[test]
    fn no_name_belongs_to_two_options() {
        let mut names: Vec<_> = OPTIONS.iter().flat_map(|spec| spec.names).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
