//! What the tags of a TIFF say of its pixels: how many, what they mean, where they are.

use domain::MediaType;

use super::directory::Directory;
use crate::Error;

mod tag {
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTES: u16 = 279;
    pub(super) const PLANES: u16 = 284;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const PALETTE: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_BYTES: u16 = 325;
    pub(super) const EXTRA_SAMPLES: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_TABLES: u16 = 347;
    pub(super) const LUMA_WEIGHTS: u16 = 529;
    pub(super) const SUBSAMPLING: u16 = 530;
    pub(super) const BLACK_WHITE: u16 = 532;
    pub(super) const PROFILE: u16 = 34675;
}

/// What the first samples of a pixel mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    Gray {
        white_is_zero: bool,
    },
    Rgb,
    /// Indices into these colors, of 16 bits.
    Palette(Vec<[u16; 3]>),
    Cmyk,
    YCbCr {
        luma: [f32; 3],
        range: [f32; 6],
        subsampling: (usize, usize),
    },
    /// CIE L*a*b*, with signed a and b, or both moved to be positive.
    Lab {
        signed: bool,
    },
}

impl Meaning {
    /// Samples of a pixel without extra ones.
    pub(super) fn samples(&self) -> usize {
        match self {
            Self::Gray { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr { .. } | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }
}

/// What the first extra sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    None,
    Straight,
    /// The colors are multiplied with it.
    Associated,
}

/// How the bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    FaxRuns,
    FaxGroup3 { two_dimensional: bool },
    FaxGroup4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

/// Everything that is known before the first byte of pixels is read.
pub(super) struct Layout<'a> {
    pub(super) big_endian: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Bits of a sample, and whether it is a floating point number.
    pub(super) bits: u32,
    pub(super) is_float: bool,
    pub(super) samples: usize,
    pub(super) meaning: Meaning,
    pub(super) alpha: Alpha,
    pub(super) compression: Compression,
    pub(super) bits_reversed: bool,
    pub(super) predictor: u64,
    /// Whether each sample has strips or tiles of its own.
    pub(super) is_planar: bool,
    /// Sides of a strip or tile.
    pub(super) chunk: (usize, usize),
    pub(super) chunks: Vec<(u64, u64)>,
    pub(super) jpeg_tables: &'a [u8],
    /// Whether the colors of a JPEG inside are YCbCr, which its decoder turns into RGB.
    pub(super) jpeg_transformed: bool,
    pub(super) profile: Option<&'a [u8]>,
}

impl<'a> Layout<'a> {
    pub(super) fn read(directory: &Directory<'a>) -> Result<Self, Error> {
        let corrupt = |reason: &str| Error::corrupt(MediaType::Tiff, reason);
        let side =
            |tag| directory.value(tag).and_then(|side| usize::try_from(side).ok()).filter(|side| *side > 0);
        let (width, height) = side(tag::WIDTH)
            .zip(side(tag::HEIGHT))
            .ok_or_else(|| corrupt("its first directory says no size"))?;
        let samples = directory.value(tag::SAMPLES).unwrap_or(1);
        let samples = usize::try_from(samples).ok().filter(|samples| (1..=64).contains(samples));
        let samples = samples.ok_or_else(|| corrupt("a pixel without samples, or with more than 64"))?;
        let (bits, is_float) = depth(directory)?;
        let compression = compression(directory)?;
        let meaning = meaning(directory, bits, compression)?;
        if samples < meaning.samples() {
            return Err(corrupt("fewer samples than its colors need"));
        }
        let is_planar = directory.value(tag::PLANES) == Some(2) && samples > 1;
        let jpeg_transformed =
            compression == Compression::Jpeg && !is_planar && matches!(meaning, Meaning::YCbCr { .. });
        let meaning = if jpeg_transformed { Meaning::Rgb } else { meaning };
        let chunk = if let Some(tile) = side(tag::TILE_WIDTH).zip(side(tag::TILE_HEIGHT)) {
            tile
        } else {
            (width, side(tag::ROWS_PER_STRIP).unwrap_or(height).min(height))
        };
        let layout = Self {
            big_endian: directory.big_endian,
            width,
            height,
            bits,
            is_float,
            samples,
            alpha: alpha(directory, samples, &meaning),
            meaning,
            compression,
            bits_reversed: directory.value(tag::FILL_ORDER) == Some(2),
            predictor: directory.value(tag::PREDICTOR).unwrap_or(1),
            is_planar,
            chunk,
            chunks: chunks(directory).ok_or_else(|| corrupt("it does not say where its pixels are"))?,
            jpeg_tables: directory.bytes(tag::JPEG_TABLES).unwrap_or_default(),
            jpeg_transformed,
            profile: directory.bytes(tag::PROFILE),
        };
        layout.checked()
    }

    /// Refuses what is sound and not read.
    fn checked(self) -> Result<Self, Error> {
        let unsupported = |reason: &str| Err(Error::unsupported(MediaType::Tiff, reason));
        let subsampled = matches!(self.meaning, Meaning::YCbCr { subsampling, .. } if subsampling != (1, 1));
        if subsampled && (self.is_planar || self.bits != 8 || self.samples != 3) {
            return unsupported("colors at half resolution that are not three bytes a pixel");
        }
        let (chunk_width, chunk_height) = self.chunk;
        let area = chunk_width.saturating_mul(chunk_height);
        if chunk_width > 1 << 16
            || area > self.width.saturating_mul(self.height).saturating_mul(4).max(1 << 22)
        {
            return unsupported("tiles that are much larger than the image");
        }
        if self.predictor == 3 && !self.is_float {
            return unsupported("a predictor of floating point numbers for whole ones");
        }
        Ok(self)
    }

    /// Bits of a pixel in a strip or tile.
    pub(super) fn pixel_bits(&self) -> usize {
        self.bits as usize * if self.is_planar { 1 } else { self.samples }
    }
}

/// Bits of a sample, of which all have as many, and whether they are floating point.
fn depth(directory: &Directory<'_>) -> Result<(u32, bool), Error> {
    let unsupported = |reason: &str| Error::unsupported(MediaType::Tiff, reason);
    let bits = directory.values(tag::BITS).unwrap_or_else(|| vec![1]);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().any(|bits| *bits != first) {
        return Err(unsupported("samples of several depths"));
    }
    let format = directory.value(tag::SAMPLE_FORMAT).unwrap_or(1);
    let is_float = match (format, first) {
        (1 | 4, 1..=32) => false,
        (3, 16 | 32 | 64) => true,
        (2, _) => return Err(unsupported("signed samples")),
        _ => {
            return Err(Error::unsupported(
                MediaType::Tiff,
                format!("samples of {first} bits, format {format}"),
            ));
        }
    };
    Ok((u32::try_from(first).unwrap_or(1), is_float))
}

fn compression(directory: &Directory<'_>) -> Result<Compression, Error> {
    Ok(match directory.value(tag::COMPRESSION).unwrap_or(1) {
        1 => Compression::None,
        2 => Compression::FaxRuns,
        3 => {
            Compression::FaxGroup3 { two_dimensional: directory.value(tag::T4_OPTIONS).unwrap_or(0) & 1 == 1 }
        }
        4 => Compression::FaxGroup4,
        5 => Compression::Lzw,
        7 => Compression::Jpeg,
        8 | 32946 => Compression::Deflate,
        32773 => Compression::PackBits,
        other => return Err(Error::unsupported(MediaType::Tiff, format!("compression {other}"))),
    })
}

fn meaning(directory: &Directory<'_>, bits: u32, compression: Compression) -> Result<Meaning, Error> {
    let corrupt = |reason: &str| Error::corrupt(MediaType::Tiff, reason);
    // Where it is left out, black on white for a fax, and white on black for others.
    let is_fax =
        matches!(compression, Compression::FaxRuns | Compression::FaxGroup3 { .. } | Compression::FaxGroup4);
    let usual = if is_fax {
        0
    } else if directory.value(tag::SAMPLES).unwrap_or(1) >= 3 {
        2
    } else {
        1
    };
    Ok(match directory.value(tag::PHOTOMETRIC).unwrap_or(usual) {
        0 => Meaning::Gray { white_is_zero: true },
        1 => Meaning::Gray { white_is_zero: false },
        2 => Meaning::Rgb,
        3 => {
            let map =
                directory.values(tag::PALETTE).ok_or_else(|| corrupt("a palette image without a palette"))?;
            let count = map.len() / 3;
            if bits > 16 || count == 0 {
                return Err(corrupt("a palette without colors"));
            }
            // Some writers wrote bytes where words belong.
            let scale = if map.iter().all(|value| *value < 256) { 257 } else { 1 };
            let sample = |index: usize| {
                map.get(index).map_or(0, |value| u16::try_from(value * scale).unwrap_or(u16::MAX))
            };
            Meaning::Palette(
                (0..count).map(|i| [sample(i), sample(i + count), sample(i + 2 * count)]).collect(),
            )
        }
        5 => Meaning::Cmyk,
        6 => ycbcr(directory, bits)?,
        8 => Meaning::Lab { signed: true },
        9 => Meaning::Lab { signed: false },
        other => {
            return Err(Error::unsupported(MediaType::Tiff, format!("photometric interpretation {other}")));
        }
    })
}

fn ycbcr(directory: &Directory<'_>, bits: u32) -> Result<Meaning, Error> {
    let numbers = |tag, usual: &[f32]| {
        let found = directory.fractions(tag);
        let found = found.or_else(|| {
            let whole = directory.values(tag)?;
            Some(whole.into_iter().map(|value| f32::from(u16::try_from(value).unwrap_or(u16::MAX))).collect())
        });
        found.filter(|found| found.len() == usual.len()).unwrap_or_else(|| usual.to_vec())
    };
    let luma = numbers(tag::LUMA_WEIGHTS, &[0.299, 0.587, 0.114]);
    let range = numbers(tag::BLACK_WHITE, &[0.0, 255.0, 128.0, 255.0, 128.0, 255.0]);
    let subsampling = directory.values(tag::SUBSAMPLING).unwrap_or_else(|| vec![2, 2]);
    let (Ok(luma), Ok(range)) = (<[f32; 3]>::try_from(luma), <[f32; 6]>::try_from(range)) else {
        return Err(Error::corrupt(MediaType::Tiff, "numbers of its colors that make no sense"));
    };
    let part = |index: usize| {
        let part = subsampling.get(index).and_then(|part| usize::try_from(*part).ok());
        part.filter(|part| matches!(part, 1 | 2 | 4))
    };
    let (Some(across), Some(down)) = (part(0), part(1)) else {
        return Err(Error::corrupt(MediaType::Tiff, "colors at an unknown resolution"));
    };
    if bits != 8 {
        return Err(Error::unsupported(MediaType::Tiff, format!("YCbCr of {bits} bits")));
    }
    Ok(Meaning::YCbCr { luma, range, subsampling: (across, down) })
}

fn alpha(directory: &Directory<'_>, samples: usize, meaning: &Meaning) -> Alpha {
    if samples == meaning.samples() {
        return Alpha::None;
    }
    match directory.value(tag::EXTRA_SAMPLES) {
        Some(1) => Alpha::Associated,
        Some(2 | 999) => Alpha::Straight,
        // Who says nothing of a fourth sample of colors means alpha.
        None if *meaning == Meaning::Rgb && samples == 4 => Alpha::Straight,
        Some(_) | None => Alpha::None,
    }
}

/// Where the strips or tiles are, and their lengths in bytes; where those are left out or
/// zero, to the end of the file.
fn chunks(directory: &Directory<'_>) -> Option<Vec<(u64, u64)>> {
    let (offsets, lengths) = match directory.values(tag::TILE_OFFSETS) {
        Some(offsets) => (offsets, directory.values(tag::TILE_BYTES)),
        None => (directory.values(tag::STRIP_OFFSETS)?, directory.values(tag::STRIP_BYTES)),
    };
    let lengths = lengths.unwrap_or_default();
    let length = |index: usize| lengths.get(index).copied().filter(|length| *length > 0).unwrap_or(u64::MAX);
    Some(offsets.into_iter().enumerate().map(|(index, offset)| (offset, length(index))).collect())
}
