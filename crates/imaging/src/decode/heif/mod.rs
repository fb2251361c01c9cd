//! AVIF and its relatives: the picture of a container, put together from its coded items.
//!
//! The container is walked by our own code, and the codecs see one coded item at a time: so
//! grids, alpha, cutting and the color of planes are one code, and no more is held than the
//! picture and a tile.

mod av1;
mod frame;
#[cfg(feature = "heic")]
mod hevc;
mod rgb;

use std::io::Cursor;

use domain::Size;
use domain::plan::Source;

use frame::Frame;
use rgb::{Converter, Matrix};

use super::{Decoded, Needs, check_size};
use crate::Error;
use crate::code_points::CodePoints;
use crate::color::MAX_PROFILE_BYTES;
use crate::container::{Color, Container, Property, Shown};
use crate::deep::{Deep, Samples, fitting};
use crate::header::{Fault, Header};
use crate::pixels::Pixels;

/// How many times as many pixels as the picture an item may have around what it shows.
const MOST_HIDDEN: u64 = 4;

pub(super) fn decode(
    original: &[u8],
    source: &Source,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Decoded, Error> {
    let fault = |fault: Fault| match fault {
        Fault::Corrupt(reason) => Error::corrupt(source.media_type, reason),
        Fault::Io(error) => Error::corrupt(source.media_type, error.to_string()),
    };
    let mut header = Header::new(Cursor::new(original)).map_err(|error| fault(error.into()))?;
    let container = Container::read(&mut header).map_err(fault)?;
    let id = container.picture();
    let shown = container.shown(id).map_err(fault)?;
    check_size(source, shown.part.size.width().into(), shown.part.size.height().into())?;
    let items = Items { file: original, container, source, go_on };
    if shown.coded.pixels() > source.size.pixels().saturating_mul(MOST_HIDDEN) {
        return Err(items.unsupported("it shows less than a quarter of its pixels"));
    }
    let picture = items.frame(id)?;
    go_on()?;
    let alpha = items.alpha(id)?;
    items.pixels(id, &picture, alpha.as_ref(), shown)
}

/// The items of a file, and what they are decoded for.
struct Items<'a> {
    file: &'a [u8],
    container: Container,
    source: &'a Source,
    go_on: &'a dyn Fn() -> Result<(), Error>,
}

/// Colors multiplied with the alpha beside them.
struct Alpha {
    frame: Frame,
    is_multiplied: bool,
}

impl Items<'_> {
    fn corrupt(&self, reason: &str) -> Error {
        Error::corrupt(self.source.media_type, reason)
    }

    fn unsupported(&self, reason: impl Into<String>) -> Error {
        Error::unsupported(self.source.media_type, reason)
    }

    /// The planes of an item, coded or a grid of such.
    fn frame(&self, id: u32) -> Result<Frame, Error> {
        let kind = self.container.item(id).map(|item| item.kind);
        match kind.as_ref() {
            Some(b"grid") => self.grid(id, self.container.inputs(id)),
            _ => self.coded(id),
        }
    }

    /// The alpha of an item: of the whole, or of the tiles that it is made of.
    fn alpha(&self, id: u32) -> Result<Option<Alpha>, Error> {
        if let Some((alpha, is_multiplied)) = self.container.alpha_of(id) {
            return Ok(Some(Alpha { frame: self.frame(alpha)?, is_multiplied }));
        }
        let tiles: Option<Vec<_>> =
            self.container.inputs(id).iter().map(|tile| self.container.alpha_of(*tile)).collect();
        match tiles {
            Some(tiles) if !tiles.is_empty() => {
                let is_multiplied = tiles.iter().any(|(_, is_multiplied)| *is_multiplied);
                let tiles: Vec<u32> = tiles.into_iter().map(|(tile, _)| tile).collect();
                Ok(Some(Alpha { frame: self.grid(id, &tiles)?, is_multiplied }))
            }
            _ => Ok(None),
        }
    }

    /// The planes of a coded item.
    fn coded(&self, id: u32) -> Result<Frame, Error> {
        (self.go_on)()?;
        if let Some(name) = self.container.unknown_essential(id) {
            return Err(self.unsupported(format!("it needs {}", name.escape_ascii())));
        }
        let kind = self.container.item(id).map(|item| item.kind);
        let size = self.size_of(id)?;
        let data = self
            .container
            .data(id, self.file)
            .ok_or_else(|| self.corrupt("a picture that is not in the file"))?;
        match kind.as_ref() {
            Some(b"av01") => av1::decode(data, size, self.choice(id)),
            #[cfg(feature = "heic")]
            Some(b"hvc1") => hevc::decode(self.configuration(id)?, &data, size),
            Some(kind) => Err(self.unsupported(format!("pictures of the kind {}", kind.escape_ascii()))),
            None => Err(self.corrupt("it names a picture that it does not have")),
        }
    }

    /// What a decoder must know before it sees the data of an item.
    #[cfg(feature = "heic")]
    fn configuration(&self, id: u32) -> Result<&[u8], Error> {
        let range = self.container.properties(id).find_map(|property| {
            if let Property::Configuration(name, range) = property
                && name == b"hvcC"
            {
                Some(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
            } else {
                None
            }
        });
        range
            .and_then(|range| self.file.get(range))
            .ok_or_else(|| self.corrupt("a picture without its configuration"))
    }

    /// Which of the pictures in an item its properties want.
    fn choice(&self, id: u32) -> av1::Choice {
        let mut choice = av1::Choice::default();
        for property in self.container.properties(id) {
            if let Property::OperatingPoint(point) = property {
                choice.operating_point = *point;
            } else if let Property::Layer(layer) = property {
                // All ones are the last of them.
                choice.layer = Some(*layer).filter(|layer| *layer != u16::MAX);
            }
        }
        choice
    }

    /// What an item decodes to.
    fn size_of(&self, id: u32) -> Result<Size, Error> {
        match self.container.shown(id) {
            Ok(Shown { coded, .. }) if coded.pixels() <= self.most_pixels() => Ok(coded),
            Ok(_) => Err(self.unsupported("a tile that is much larger than the picture")),
            Err(Fault::Corrupt(reason)) => Err(self.corrupt(&reason)),
            Err(Fault::Io(error)) => Err(self.corrupt(&error.to_string())),
        }
    }

    /// The most pixels of any item: a tile may stand over a small picture.
    fn most_pixels(&self) -> u64 {
        const TILE: u64 = 1 << 20;
        self.source.size.pixels().saturating_mul(MOST_HIDDEN).max(TILE)
    }

    /// The planes of a grid of these tiles, row by row.
    fn grid(&self, id: u32, tiles: &[u32]) -> Result<Frame, Error> {
        let payload = self.container.data(id, self.file);
        let grid = payload
            .as_deref()
            .and_then(Grid::read)
            .ok_or_else(|| self.corrupt("a grid that is not whole"))?;
        let size = self.size_of(id)?;
        let tile = tiles.first().ok_or_else(|| self.corrupt("a grid without tiles"))?;
        let tile = self.size_of(*tile)?;
        let covers = |tile: u32, count: u32, side: u32| {
            let (tile, side) = (u64::from(tile), u64::from(side));
            tile * u64::from(count) >= side && tile * u64::from(count - 1) < side
        };
        let is_covered = covers(tile.width(), grid.columns, size.width())
            && covers(tile.height(), grid.rows, size.height());
        if grid.size != size
            || tiles.len() as u64 != u64::from(grid.rows) * u64::from(grid.columns)
            || !is_covered
        {
            return Err(self.corrupt("a grid whose tiles do not make its picture"));
        }
        // Tiles may all be the same bytes, which cost as much each time.
        let bytes: u64 = tiles.iter().filter_map(|tile| self.container.length(*tile)).sum();
        if bytes > 2 * self.file.len() as u64 {
            return Err(self.corrupt("a grid of more bytes than the file has"));
        }
        let mut canvas: Option<Frame> = None;
        for (number, id) in (0_u32..).zip(tiles) {
            if self.size_of(*id)? != tile {
                return Err(self.corrupt("a grid of tiles of several sizes"));
            }
            let decoded = self.coded(*id)?;
            let canvas = canvas.get_or_insert_with(|| Frame::like(&decoded, size));
            if !canvas.is_like(&decoded) {
                return Err(self.corrupt("a grid of tiles of several kinds"));
            }
            let (left, top) = (number % grid.columns * tile.width(), number / grid.columns * tile.height());
            canvas.lay(&decoded, left as usize, top as usize);
        }
        canvas.ok_or_else(|| self.corrupt("a grid without tiles"))
    }

    /// The colors of a picture, by its container and then by its data.
    fn color(&self, id: u32, frame: &Frame) -> Color {
        let of = |id: u32| {
            self.container
                .properties(id)
                .find_map(|property| if let Property::Color(color) = property { Some(*color) } else { None })
        };
        // Some writers say it of the tiles only.
        let tile = || self.container.inputs(id).first().copied();
        of(id).or_else(|| of(tile()?)).unwrap_or(frame.color)
    }

    /// The profile in the container.
    fn profile(&self, id: u32) -> Option<Vec<u8>> {
        let of = |id: u32| {
            self.container.properties(id).find_map(|property| {
                let Property::Profile(range) = property else { return None };
                let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
                self.file.get(range).filter(|profile| profile.len() <= MAX_PROFILE_BYTES)
            })
        };
        let tile = || self.container.inputs(id).first().copied();
        of(id).or_else(|| of(tile()?)).map(<[u8]>::to_vec)
    }

    /// Planes as pixels: the part that is shown, of which nothing is turned yet.
    fn pixels(
        &self,
        id: u32,
        picture: &Frame,
        alpha: Option<&Alpha>,
        shown: Shown,
    ) -> Result<Decoded, Error> {
        let color = self.color(id, picture);
        let matrix = Matrix::of(color.matrix, color.primaries);
        let matrix = matrix.ok_or_else(|| self.unsupported(format!("colors by matrix {}", color.matrix)))?;
        if alpha.is_some_and(|alpha| alpha.frame.size != picture.size) {
            return Err(self.unsupported("an alpha of another size than the picture"));
        }
        let samples = match (picture.chroma.is_some(), alpha.is_some()) {
            (false, false) => Samples::Gray,
            (false, true) => Samples::GrayAlpha,
            (true, false) => Samples::Rgb,
            (true, true) => Samples::Rgba,
        };
        let narrow = |point: u16| u8::try_from(point).unwrap_or(2);
        let points = CodePoints { primaries: narrow(color.primaries), transfer: narrow(color.transfer) };
        let brightest = self.container.properties(id).find_map(|property| {
            if let Property::LightLevel(brightest, _) = property { Some(*brightest) } else { None }
        });
        // A profile says more than code points do, but for light that no profile knows.
        let profile = fitting(self.profile(id), samples);
        let tone_map = if profile.is_none() { points.tone_map(brightest) } else { None };
        let profile = fitting(profile.or_else(|| points.profile()), samples);
        let (deep, profile) = match tone_map {
            Some(map) => (Deep::OfLight(map), None),
            None if picture.depth > 8 => (Deep::new(profile.as_deref(), samples), None),
            None => (Deep::Rounded, profile),
        };
        let mut rows = Rows {
            converter: Converter::new(picture, matrix, color.full_range),
            of_alpha: alpha.map(|alpha| Converter::new(&alpha.frame, matrix, alpha.frame.color.full_range)),
            color: Vec::new(),
            alpha: Vec::new(),
            together: Vec::new(),
        };
        let mut pixels = Pixels::zeroed(shown.part.size, samples.channels());
        let stride = pixels.stride();
        let (left, width) = (shown.part.left as usize, pixels.width());
        for (row, to) in (shown.part.top as usize..).zip(pixels.data_mut().chunks_exact_mut(stride)) {
            if row.is_multiple_of(64) {
                (self.go_on)()?;
            }
            let row = rows.row(picture, alpha, row);
            let row = row.get(left * samples.count()..).and_then(|row| row.get(..width * samples.count()));
            deep.convert(row.unwrap_or_default(), samples, to);
        }
        Ok(Decoded { pixels, reduction: 1, profile })
    }
}

/// The rows of a picture, with its alpha between its colors.
struct Rows {
    converter: Converter,
    of_alpha: Option<Converter>,
    color: Vec<u16>,
    alpha: Vec<u16>,
    together: Vec<u16>,
}

impl Rows {
    fn row(&mut self, picture: &Frame, alpha: Option<&Alpha>, row: usize) -> &[u16] {
        let colors = if picture.chroma.is_some() {
            self.converter.row(picture, row, &mut self.color);
            3
        } else {
            self.converter.gray_row(picture, row, &mut self.color);
            1
        };
        let (Some(alpha), Some(converter)) = (alpha, &self.of_alpha) else { return &self.color };
        converter.gray_row(&alpha.frame, row, &mut self.alpha);
        self.together.clear();
        for (color, opacity) in self.color.chunks_exact(colors).zip(&self.alpha) {
            if alpha.is_multiplied {
                self.together.extend(color.iter().map(|sample| divided(*sample, *opacity)));
            } else {
                self.together.extend(color);
            }
            self.together.push(*opacity);
        }
        &self.together
    }
}

/// A color divided by the alpha that it was multiplied with.
fn divided(sample: u16, alpha: u16) -> u16 {
    let quotient = (u32::from(sample) * 65_535 + u32::from(alpha) / 2).checked_div(alpha.into());
    u16::try_from(quotient.unwrap_or(0)).unwrap_or(u16::MAX)
}

/// What a grid says of itself, ISO/IEC 23008-12, 6.6.2.3.
struct Grid {
    rows: u32,
    columns: u32,
    size: Size,
}

impl Grid {
    fn read(payload: &[u8]) -> Option<Self> {
        let ([0, flags, rows, columns], sides) = payload.split_first_chunk::<4>()? else { return None };
        let (width, height) = if flags & 1 == 1 {
            let [w0, w1, w2, w3, h0, h1, h2, h3] = *sides.first_chunk()?;
            (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]))
        } else {
            let [w0, w1, h0, h1] = *sides.first_chunk()?;
            (u16::from_be_bytes([w0, w1]).into(), u16::from_be_bytes([h0, h1]).into())
        };
        let size = Size::new(width, height)?;
        Some(Self { rows: u32::from(*rows) + 1, columns: u32::from(*columns) + 1, size })
    }
}

/// Planes as they are decoded and as samples of 16 bits; then those, of the alpha too, and
/// pixels. Of a picture that is not known it may be twice as many as are shown.
pub(super) fn needs(original: Option<&[u8]>, size: Size) -> Needs {
    let worst = Needs::of(size, 4, size.pixels() * 20);
    original.and_then(|original| needs_of(original, size)).unwrap_or(worst)
}

fn needs_of(original: &[u8], size: Size) -> Option<Needs> {
    /// What the decoder of AV1 holds for its threads and rows, a sixteenth more than planes.
    const SIXTEENTHS: u64 = 18;

    let container = Container::read(&mut Header::new(Cursor::new(original)).ok()?).ok()?;
    let id = container.picture();
    let coded = container.shown(id).ok()?.coded.pixels();
    let first = container.inputs(id).first().copied().unwrap_or(id);
    // Bits of AV1's configuration, 2.3.3 of its binding to ISOBMFF.
    let [_, _, bits, _] = container.properties(first).find_map(|property| {
        if let Property::Configuration([b'a', b'v', b'1', b'C'], range) = property {
            original.get(usize::try_from(range.start).ok()?..)?.first_chunk::<4>().copied()
        } else {
            None
        }
    })?;
    let (is_deep, is_gray) = (bits & 0x40 != 0, bits & 0x10 != 0);
    let shared = [bits & 8 != 0, bits & 4 != 0].map(|is_shared| if is_shared { 1 } else { 2 });
    // Samples of both colors for two of luminance.
    let colors = if is_gray { 0 } else { shared.iter().product::<u64>() };
    let has_alpha = container.alpha_of(id).is_some() || container.alpha_of(first).is_some();
    let (alpha, channels) = match (is_gray, has_alpha) {
        (_, true) => (2, 4),
        (true, false) => (0, 1),
        (false, false) => (0, 3),
    };
    let planes = coded * (2 + colors) / 2;
    let decoding = planes * if is_deep { 4 } else { 3 } * SIXTEENTHS / 16;
    let together = planes * 2 + coded * alpha + size.pixels() * channels;
    let tile = u64::from(size.width()) * 64 + (1 << 20);
    let needs = Needs::of(size, channels, 0);
    Some(Needs { peak: decoding.max(together) + tile, ..needs })
}
