//! TIFF: the first page, of the kinds that scanners, printers and photographers write.
//!
//! Ours from the directory to the pixels, since the usual decoder reads neither palettes
//! nor colors at half resolution, CIELAB, fax by runs, or what a fourth sample means.
//! Strips and tiles are read row by row, so that no more is held than the picture and a
//! row, but for JPEG, which is decoded a strip or tile at a time.

mod chunk;
mod directory;
mod fax;
mod jpeg;
mod layout;
mod samples;

use domain::Size;
use domain::plan::Source;

use chunk::Chunk;
use directory::Directory;
use layout::{Alpha, Compression, Layout, Meaning};

use super::{Decoded, Needs, check_size, is_nearly_whole};
use crate::Error;
use crate::deep::{Deep, Samples, fitting, rounded};
use crate::inks::Inks;
use crate::pixels::Pixels;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let directory = Directory::first(original).ok_or_else(|| corrupt("its first directory is not whole"))?;
    let layout = Layout::read(&directory)?;
    check_size(source, layout.width as u64, layout.height as u64)?;
    let samples = samples_of(&layout);
    let profile = layout.profile.map(<[u8]>::to_vec);
    let conversion = if layout.meaning == Meaning::Cmyk {
        Conversion::Inks(Inks::new(profile.as_deref()))
    } else if layout.bits > 8 && !matches!(layout.meaning, Meaning::Lab { .. }) {
        Conversion::Deep(Deep::new(fitting(profile.clone(), samples).as_deref(), samples))
    } else {
        Conversion::Later
    };
    // Samples of 8 bits are converted once the picture is small; others are, or have no profile.
    let is_device = matches!(layout.meaning, Meaning::Lab { .. });
    let later = profile.filter(|_| matches!(conversion, Conversion::Later) && !is_device);
    let mut canvas = Canvas { layout: &layout, samples, conversion, pixels: None, done: 0, source };
    canvas.draw_all(original)?;
    let needed = source.size.pixels();
    match canvas.pixels {
        Some(pixels) if is_nearly_whole(canvas.done, needed) => {
            Ok(Decoded { pixels, reduction: 1, profile: fitting(later, samples) })
        }
        _ => Err(corrupt("the file ends inside its pixels")),
    }
}

/// What the samples become.
fn samples_of(layout: &Layout<'_>) -> Samples {
    let has_alpha = layout.alpha != Alpha::None && layout.meaning != Meaning::Cmyk;
    match (&layout.meaning, has_alpha) {
        (Meaning::Gray { .. }, false) => Samples::Gray,
        (Meaning::Gray { .. }, true) => Samples::GrayAlpha,
        (_, false) => Samples::Rgb,
        (_, true) => Samples::Rgba,
    }
}

/// What becomes of samples of 16 bits.
enum Conversion {
    Inks(Inks),
    Deep(Deep),
    /// They were 8 bits, and a profile is for later.
    Later,
}

/// The picture, strip by strip or tile by tile.
struct Canvas<'a> {
    layout: &'a Layout<'a>,
    samples: Samples,
    conversion: Conversion,
    /// Nothing until a row of it is read.
    pixels: Option<Pixels>,
    /// How many pixels were read.
    done: u64,
    source: &'a Source,
}

impl Canvas<'_> {
    /// Draws all strips or tiles, as far as they go.
    fn draw_all(&mut self, file: &[u8]) -> Result<(), Error> {
        let layout = self.layout;
        let (chunk_width, chunk_height) = layout.chunk;
        let across = layout.width.div_ceil(chunk_width);
        let down = layout.height.div_ceil(chunk_height);
        let count = across.saturating_mul(down);
        let data = |index: usize| {
            let (offset, length) = layout.chunks.get(index).copied()?;
            let start = usize::try_from(offset).ok()?;
            let data = file.get(start..)?;
            Some(data.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(data))
        };
        for index in 0..count {
            let (left, top) = (index % across * chunk_width, index / across * chunk_height);
            let planes = if layout.is_planar { layout.samples } else { 1 };
            let mut chunks = Vec::with_capacity(planes);
            for plane in 0..planes {
                // A chunk that is not there is damage; how much there is decides in the end.
                let Some(data) = data(plane * count + index) else { return Ok(()) };
                chunks.push(if layout.compression == Compression::Jpeg {
                    jpeg::decode(data, layout)?
                } else {
                    Chunk::new(layout, data)
                });
            }
            self.draw(&mut chunks, left, top);
        }
        Ok(())
    }

    /// Draws the rows of one strip or tile, of which each plane has its own.
    fn draw(&mut self, chunks: &mut [Chunk<'_>], left: usize, top: usize) {
        let layout = self.layout;
        let rows = layout.chunk.1.min(layout.height - top);
        if let (Meaning::YCbCr { subsampling, .. }, [chunk]) = (&layout.meaning, &mut *chunks)
            && layout.compression != Compression::Jpeg
            && *subsampling != (1, 1)
        {
            self.draw_subsampled(chunk, *subsampling, left, top, rows);
            return;
        }
        let mut row = vec![0; (layout.chunk.0 * layout.pixel_bits()).div_ceil(8)];
        let (mut plane, mut together) = (Vec::new(), Vec::new());
        for at in 0..rows {
            if let [chunk] = &mut *chunks {
                if !chunk.fill(&mut row) {
                    return;
                }
                self.prepare(&mut row);
                samples::unpack(&row, layout, &mut together);
            } else {
                let count = chunks.len();
                together.resize(layout.chunk.0 * count, 0);
                for (number, chunk) in chunks.iter_mut().enumerate() {
                    if !chunk.fill(&mut row) {
                        return;
                    }
                    self.prepare(&mut row);
                    samples::unpack(&row, layout, &mut plane);
                    let places = together.iter_mut().skip(number).step_by(count);
                    places.zip(&plane).for_each(|(to, from)| *to = *from);
                }
            }
            self.put(&together, left, top + at);
        }
    }

    /// Undoes what stands between the stored bytes and the samples.
    fn prepare(&self, row: &mut Vec<u8>) {
        let is_fax = matches!(
            self.layout.compression,
            Compression::FaxRuns | Compression::FaxGroup3 { .. } | Compression::FaxGroup4
        );
        if self.layout.bits_reversed && self.layout.bits < 8 && !is_fax {
            row.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        chunk::unpredict(row, self.layout);
    }

    /// Rows whose colors are stored once for several pixels: all their lightness, then both.
    fn draw_subsampled(
        &mut self,
        chunk: &mut Chunk<'_>,
        (across, down): (usize, usize),
        left: usize,
        top: usize,
        rows: usize,
    ) {
        let width = self.layout.chunk.0;
        let unit = across * down + 2;
        let mut stored = vec![0; width.div_ceil(across) * unit];
        let mut row = Vec::with_capacity(width * 3);
        for at in (0..rows).step_by(down) {
            if !chunk.fill(&mut stored) {
                return;
            }
            for line in 0..down.min(rows - at) {
                row.clear();
                for unit in stored.chunks_exact(unit) {
                    let [.., cb, cr] = unit else { continue };
                    for lightness in unit.iter().skip(line * across).take(across) {
                        row.extend([*lightness, *cb, *cr].map(|sample| u16::from(sample) * 257));
                    }
                }
                self.put(&row, left, top + at + line);
            }
        }
    }

    /// Converts the samples of a row of a strip or tile and puts it in its place; what
    /// stands over the picture is cut off.
    fn put(&mut self, samples: &[u16], left: usize, top: usize) {
        let width = self.layout.chunk.0.min(self.layout.width - left);
        let mut deep = Vec::with_capacity(samples.len());
        let samples = samples.get(..width * self.layout.samples).unwrap_or(samples);
        samples::pixels(samples, self.layout, &mut deep);
        let size = self.source.size;
        let channels = self.samples.channels();
        let pixels = self.pixels.get_or_insert_with(|| Pixels::zeroed(size, channels));
        let stride = pixels.stride();
        let place = top * stride + left * channels.count();
        let Some(to) =
            pixels.data_mut().get_mut(place..).and_then(|at| at.get_mut(..width * channels.count()))
        else {
            return;
        };
        match &self.conversion {
            Conversion::Inks(inks) => {
                let bytes: Vec<u8> = deep.into_iter().map(rounded).collect();
                inks.row(&bytes, to);
            }
            Conversion::Deep(conversion) => conversion.convert(&deep, self.samples, to),
            Conversion::Later => Deep::Rounded.convert(&deep, self.samples, to),
        }
        self.done += width as u64;
    }
}

/// Pixels, and a row; of JPEG inside a strip or tile, which may be as large as the image.
pub(super) fn needs(original: Option<&[u8]>, size: Size) -> Needs {
    let directory = original.and_then(Directory::first);
    let Some(layout) = directory.as_ref().and_then(|directory| Layout::read(directory).ok()) else {
        return Needs::of(size, 4, size.pixels() * 4);
    };
    let channels = samples_of(&layout).channels().count() as u64;
    let (width, height) = layout.chunk;
    let chunk = (width as u64).saturating_mul(height as u64).min(size.pixels());
    let chunk = if layout.compression == Compression::Jpeg { chunk * 4 } else { 0 };
    Needs::of(size, channels, chunk + u64::from(size.width()) * 64)
}
