//! Reads the options of a request, and says why they are refused.

use super::dpr::Dpr;
use super::fit::Fit;
use super::focus::{Focus, Placement};
use super::frames::{Frames, MAX_FRAMES};
use super::options::Options;
use super::padding::Padding;
use super::radius::Radius;
use super::table::{OPTIONS, Outcome, option_names};
use super::{colors, max_bytes, side};

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
    #[error("`{name}={value}` is invalid; `{name}` accepts {accepts}")]
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
    #[error("`fit` needs a box to fit into; add `width` or `height`")]
    FitWithoutSize,
    /// A position without a box that leaves a choice.
    #[error(
        "`position` says which part of a picture stays in its box; it needs `width` and `height`, and `fit` \
        must be cover or contain"
    )]
    PositionWithoutBox,
    /// A part that the picture decides where nothing is cut off.
    #[error(
        "`position={focus}` chooses the part that cover keeps, but contain keeps the whole picture; name a side \
        or a corner instead"
    )]
    FocusInContain {
        /// What is looked for.
        focus: Focus,
    },
    /// Two that say which part of the picture is kept.
    #[error("`focus` and `position` both say which part of the picture is kept; give one of them")]
    FocusAndPosition,
    /// A point to keep where nothing is cut off.
    #[error(
        "`focus` says which part of the picture cover keeps; it needs `width` and `height`, and `fit` must be cover"
    )]
    FocusWithoutBox,
    /// What padding shows without any.
    #[error("`extend` says what `padding` shows; add it")]
    ExtendWithoutPadding,
    /// A leave to enlarge without a size to reach.
    #[error("`enlarge` needs a size to reach; add `width` or `height`")]
    EnlargeWithoutSize,
    /// One frame and all of them.
    #[error("`frame` takes one frame, and `animate=true` keeps all; give one of them")]
    FrameOfAnimation,
    /// A number of device pixels without anything to multiply.
    #[error("`dpr` needs a size to multiply; add `width`, `height`, `padding` or `radius`")]
    DprWithoutSize,
    /// A side that is too long once it is multiplied.
    #[error("`dpr={dpr}` makes {pixels} pixels of `{name}`; a side has at most {}", side::MAX)]
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
            Self::FocusAndPosition | Self::FocusWithoutBox => "focus",
            Self::ExtendWithoutPadding => "extend",
            Self::EnlargeWithoutSize => "enlarge",
            Self::FrameOfAnimation => "frame",
            Self::DprWithoutSize | Self::DprTooLarge { .. } => "dpr",
        }
    }

    /// What the option accepts, if there is such an option.
    pub fn accepts(&self) -> String {
        match self {
            Self::Malformed { accepts, .. } => (*accepts).to_owned(),
            Self::Unknown { .. } => option_names(),
            Self::Repeated { .. } => "one value".to_owned(),
            Self::FocusAndPosition => "a point without `position`".to_owned(),
            Self::FocusWithoutBox => "`width` and `height` in the same request, and fit cover".to_owned(),
            Self::ExtendWithoutPadding => "`padding` in the same request".to_owned(),
            Self::FrameOfAnimation => "a frame without `animate=true`".to_owned(),
            Self::FitWithoutSize | Self::EnlargeWithoutSize => {
                "`width` or `height` in the same request".to_owned()
            }
            Self::DprWithoutSize => "`width`, `height`, `padding` or `radius` in the same request".to_owned(),
            Self::DprTooLarge { .. } => format!("a ratio that makes no side longer than {}", side::MAX),
            Self::FocusInContain { .. } => "center, a side or a corner with fit contain".to_owned(),
            Self::PositionWithoutBox => {
                "`width` and `height` in the same request, and fit cover or contain".to_owned()
            }
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
        options.checked()
    }

    /// The options, unless they contradict one another or one of them could not have any effect
    /// on any image, which is a mistake of whoever wrote them.
    ///
    /// [`parse`](Self::parse) does this itself; it is for options that were not read from text,
    /// such as those of another grammar of URLs. The values are within their ranges by
    /// construction, but for `width`, `height`, `padding` and `max_bytes`, which are plain
    /// numbers: those are checked here as well.
    pub fn checked(self) -> Result<Self, InvalidOption> {
        self.refuse_numbers()?;
        self.refuse_idle()?;
        self.refuse_dpr()?;
        Ok(self)
    }

    /// Refuses a plain number beyond its range.
    fn refuse_numbers(&self) -> Result<(), InvalidOption> {
        let refuse = |name: &str, value: String, accepts| {
            Err(InvalidOption::Malformed { name: name.to_owned(), value, accepts })
        };
        for (name, number, max, accepts) in [
            ("width", self.width, side::MAX, side::ACCEPTS),
            ("height", self.height, side::MAX, side::ACCEPTS),
            ("max_bytes", self.max_bytes, max_bytes::MAX, max_bytes::ACCEPTS),
            ("colors", self.colors, colors::MAX, colors::ACCEPTS),
            ("frame", self.frame, MAX_FRAMES, Frames::ACCEPTS),
        ] {
            if let Some(number) = number.filter(|number| !(1..=max).contains(number)) {
                return refuse(name, number.to_string(), accepts);
            }
        }
        match self.padding.filter(|padding| padding.longest() > side::MAX) {
            Some(padding) => refuse("padding", padding.to_string(), Padding::ACCEPTS),
            None => Ok(()),
        }
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
        if self.focus.is_some() && self.position.is_some() {
            return Err(InvalidOption::FocusAndPosition);
        }
        if self.focus.is_some() && !(has_box && matches!(self.fit, None | Some(Fit::Cover))) {
            return Err(InvalidOption::FocusWithoutBox);
        }
        if self.extend.is_some() && self.padding.is_none() {
            return Err(InvalidOption::ExtendWithoutPadding);
        }
        if self.enlarge.is_some() && !has_size {
            return Err(InvalidOption::EnlargeWithoutSize);
        }
        if self.frame.is_some() && self.animate == Some(true) {
            return Err(InvalidOption::FrameOfAnimation);
        }
        Ok(())
    }

    /// Refuses a number of device pixels that has nothing to multiply, or makes too much.
    fn refuse_dpr(&self) -> Result<(), InvalidOption> {
        let Some(dpr) = self.dpr else {
            return Ok(());
        };
        let padding = self.padding.map(Padding::longest);
        let radius = match self.radius {
            Some(Radius::Pixels(pixels)) => Some(pixels),
            Some(Radius::Max) | None => None,
        };
        let sides =
            [("width", self.width), ("height", self.height), ("padding", padding), ("radius", radius)];
        if sides.iter().all(|(_, side)| side.is_none()) {
            return Err(InvalidOption::DprWithoutSize);
        }
        let multiplied = sides.iter().filter_map(|(name, side)| Some((*name, dpr.times((*side)?))));
        match multiplied.into_iter().find(|(_, pixels)| *pixels > side::MAX) {
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
            "there is no option `sgima`; the options are rotate, flip, trim, crop, width/w, height/h, fit, position, focus, enlarge, dpr, normalize/normalise, gamma, brightness, contrast, saturation, hue, sepia, negate/invert, grayscale/greyscale, tint, threshold, padding, extend, background, flatten, blur/sigma, sharpen, pixelate, radius, format/f, quality/q, progressive, chroma, max_bytes, colors, lossless, animate, frame"
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
            ("dpr", "0.05"),
            ("focus", "0.3"),
            ("normalize", "1"),
            ("sepia", "0.5"),
            ("tint", "transparent"),
            ("threshold", "256"),
            ("extend", "repeat"),
            ("flatten", "none"),
            ("radius", "0"),
            ("chroma", "422"),
            ("gamma", "0"),
            ("brightness", "-1"),
            ("contrast", "10.1"),
            ("saturation", "50%"),
            ("hue", "361"),
            ("grayscale", "yes"),
            ("padding", "1,2,3"),
            ("background", "#ff"),
            ("sharpen", "11"),
            ("pixelate", "1"),
            ("format", "jxl"),
            ("q", ""),
            ("progressive", "yes"),
            ("max_bytes", "10kB"),
            ("max_bytes", "1000000001"),
            ("colors", "1"),
            ("colors", "257"),
            ("lossless", "1"),
            ("animate", "1"),
            ("frame", "0"),
            ("frame", "1001"),
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
    fn options_that_were_not_read_from_text_are_checked_as_well() {
        let wide = |width| Options { width: Some(width), ..Options::default() }.checked();
        assert!(wide(30_000).is_ok());
        for width in [0, 30_001] {
            let error = wide(width).unwrap_err();
            assert_eq!(error, Options::parse([("width", width.to_string())]).unwrap_err());
        }
        let padding = Some(Padding { top: 1, right: 30_001, bottom: 1, left: 1 });
        for (options, name) in [
            (Options { height: Some(0), ..Options::default() }, "height"),
            (Options { max_bytes: Some(0), ..Options::default() }, "max_bytes"),
            (Options { padding, ..Options::default() }, "padding"),
            (Options { fit: Some(Fit::Cover), ..Options::default() }, "fit"),
        ] {
            assert_eq!(options.checked().unwrap_err().option(), name);
        }
    }

    #[test]
    fn a_fit_without_a_size_is_refused() {
        assert_eq!(Options::parse([("fit", "cover")]), Err(InvalidOption::FitWithoutSize));
        assert_eq!(Options::parse([("enlarge", "true")]), Err(InvalidOption::EnlargeWithoutSize));
        assert!(Options::parse([("enlarge", "true"), ("h", "9")]).is_ok());
    }

    #[test]
    fn one_frame_is_no_animation() {
        let error = Options::parse([("frame", "2"), ("animate", "true")]).unwrap_err();
        assert_eq!((&error, error.option()), (&InvalidOption::FrameOfAnimation, "frame"));
        assert!(Options::parse([("frame", "2"), ("animate", "false")]).is_ok());
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
