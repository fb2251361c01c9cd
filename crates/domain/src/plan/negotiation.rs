//! Which format a result has when the client leaves the choice to the service.

use super::Source;
use super::format::Format;
use crate::{MediaType, Size};

/// What a client says about the format of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatChoice {
    /// The best of those that its [`Accept`] header names.
    Auto,
    /// This one.
    Named(Format),
}

impl FormatChoice {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "jpeg, png, webp, avif, gif, tiff or auto";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &["jpeg", "png", "webp", "avif", "gif", "tiff", "auto"];

    /// Reads the name of a format, or `auto`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("auto") {
            Some(Self::Auto)
        } else {
            Format::parse(text).map(Self::Named)
        }
    }
}

/// How much a client wants each format, from its `Accept` header (RFC 9110, section
/// 12.5.1): weights in thousandths, 0 where it does not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accept {
    avif: u16,
    webp: u16,
    jpeg: u16,
    png: u16,
    gif: u16,
}

/// The weight of a range that names none.
const WHOLE: u16 = 1000;

/// The most pixels that are written as AVIF without being asked for it. A megapixel takes
/// half a second, ten times as long as WebP, for a seventh fewer bytes at the same PSNR,
/// and someone waits.
const MAX_AVIF_PIXELS: u64 = 1 << 20;

/// A client that says nothing, which takes what every client takes.
impl Default for Accept {
    fn default() -> Self {
        Self { avif: 0, webp: 0, jpeg: WHOLE, png: WHOLE, gif: WHOLE }
    }
}

impl Accept {
    /// Reads the values of all `Accept` headers of a request. A range that makes no sense
    /// is passed over.
    ///
    /// Wildcards do not count for AVIF and WebP: those who write `*/*` or `image/*` mean
    /// what was usual when they were written, and many can show neither.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let ranges: Vec<_> =
            values.into_iter().flat_map(|value| value.split(',')).filter_map(range).collect();
        if ranges.is_empty() {
            return Self::default();
        }
        let weight = |name: &str| {
            let named = ranges.iter().filter(|(range, _)| range.eq_ignore_ascii_case(name));
            named.map(|(_, weight)| *weight).max()
        };
        let usual = |name| weight(name).or_else(|| weight("image/*")).or_else(|| weight("*/*")).unwrap_or(0);
        let exactly = |name| weight(name).unwrap_or(0);
        Self {
            avif: exactly("image/avif"),
            webp: exactly("image/webp"),
            jpeg: usual("image/jpeg"),
            png: usual("image/png"),
            gif: usual("image/gif"),
        }
    }

    /// The format of a result of this size: the one that the client wants most, of equals
    /// AVIF if the result is small, then WebP. Where it takes none of them, and where nothing
    /// else is named, the one that every client shows: JPEG for photos in JPEG
    /// and HEIC, GIF for a GIF, else PNG, since the original may be transparent. What may be
    /// an animation is never AVIF.
    pub(super) fn choose(self, source: &Source, size: Size) -> Format {
        let mut chosen = match source.media_type {
            MediaType::Jpeg | MediaType::Heic => (Format::Jpeg, self.jpeg),
            MediaType::Gif => (Format::Gif, self.gif),
            MediaType::Png
            | MediaType::Webp
            | MediaType::Avif
            | MediaType::Jxl
            | MediaType::Tiff
            | MediaType::Bmp
            | MediaType::Ico => (Format::Png, self.png),
        };
        let is_still = source.frames == 1 && source.media_type != MediaType::Gif;
        let avif = if is_still && size.pixels() <= MAX_AVIF_PIXELS { self.avif } else { 0 };
        for (format, weight) in [(Format::Webp, self.webp), (Format::Avif, avif)] {
            let fits = size.width().max(size.height()) <= format.max_side();
            if weight > 0 && weight >= chosen.1 && fits {
                chosen = (format, weight);
            }
        }
        chosen.0
    }
}

/// A media range and its weight; none if it is malformed.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| name.contains('/'))?;
    let weight = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.eq_ignore_ascii_case("q").then_some(value)
    });
    Some((name, weight.map_or(Some(WHOLE), thousandths)?))
}

/// `0` to `1`, with at most three decimals; the zero in front may be missing.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let plain = decimals.len() <= 3 && decimals.bytes().all(|b| b.is_ascii_digit());
    let decimals = plain.then(|| format!("{decimals:0<3}").parse().ok())??;
    match (whole, decimals) {
        ("0", _) => Some(decimals),
        ("", _) if text.len() > 1 => Some(decimals),
        ("1", 0) => Some(WHOLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Orientation;

    fn source(media_type: MediaType) -> Source {
        let size = Size::new(400, 300).unwrap();
        Source { media_type, size, orientation: Orientation::UPRIGHT, frames: 1 }
    }

    fn chosen(accept: &str, original: MediaType) -> Format {
        Accept::parse([accept]).choose(&source(original), Size::new(400, 300).unwrap())
    }

    #[test]
    fn a_named_webp_is_chosen_unless_something_else_is_wanted_more() {
        for accept in [
            "image/webp",
            "IMAGE/WebP ; Q=0.001",
            "text/html, image/webp,*/*;q=0.8",
            "image/avif;q=0.9,image/webp,image/*,*/*;q=0.8",
            "image/jpeg;q=0.5, image/webp;q=0.500",
            "image/webp;q=0.9, image/*;q=0.8",
            "image/webp;q=.9, image/jpeg;q=.5",
            "nonsense;;=, image/webp",
        ] {
            assert_eq!(chosen(accept, MediaType::Jpeg), Format::Webp, "{accept}");
        }
        for accept in [
            "image/webp;q=0",
            "image/webp;q=0.000, image/jpeg",
            "image/jpeg, image/webp;q=0.9",
            "image/webp;q=0.5, image/*",
            "image/webp;q=2",
            "image/webp;q=0.1234",
            "image/webp;q=.",
            "image/jpeg;q=.6, image/webp;q=.5",
            "image/webpx",
        ] {
            assert_eq!(chosen(accept, MediaType::Jpeg), Format::Jpeg, "{accept}");
        }
    }

    #[test]
    fn wildcards_mean_what_every_client_shows() {
        for accept in ["", "*/*", "image/*", "image/*, */*;q=0.1", "text/html", "image/gif"] {
            assert_eq!(chosen(accept, MediaType::Jpeg), Format::Jpeg, "{accept}");
            for original in [MediaType::Png, MediaType::Webp, MediaType::Tiff] {
                assert_eq!(chosen(accept, original), Format::Png, "{accept}");
            }
            assert_eq!(chosen(accept, MediaType::Gif), Format::Gif, "{accept}");
        }
    }

    #[test]
    fn avif_is_chosen_for_what_is_small() {
        let browser = Accept::parse(["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"]);
        for (sides, format) in
            [((1024, 1024), Format::Avif), ((1025, 1024), Format::Webp), ((16_384, 100), Format::Jpeg)]
        {
            let size = Size::new(sides.0, sides.1).unwrap();
            assert_eq!(browser.choose(&source(MediaType::Jpeg), size), format, "{sides:?}");
        }
        assert_eq!(chosen("image/avif", MediaType::Png), Format::Avif);
        assert_eq!(chosen("image/avif;q=0.8, image/png", MediaType::Png), Format::Png);
    }

    #[test]
    fn what_may_be_an_animation_is_never_avif() {
        let browser = Accept::parse(["image/avif,image/webp,*/*"]);
        let size = Size::new(400, 300).unwrap();
        assert_eq!(browser.choose(&source(MediaType::Gif), size), Format::Webp);
        assert_eq!(browser.choose(&Source { frames: 2, ..source(MediaType::Png) }, size), Format::Webp);
        assert_eq!(browser.choose(&source(MediaType::Png), size), Format::Avif);
    }

    #[test]
    fn several_headers_are_one_list() {
        let accept = Accept::parse(["text/html", "image/webp, */*;q=0.1"]);
        assert_eq!(accept.choose(&source(MediaType::Png), Size::new(4, 3).unwrap()), Format::Webp);
        assert_eq!(Accept::parse([]), Accept::default());
    }

    #[test]
    fn a_picture_that_is_too_long_for_webp_keeps_its_format() {
        let accept = Accept::parse(["image/webp"]);
        assert_eq!(accept.choose(&source(MediaType::Jpeg), Size::new(16_384, 1).unwrap()), Format::Jpeg);
    }
}
