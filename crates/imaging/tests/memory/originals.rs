//! Originals of every kind that is read.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_core::bit_depth::BitDepth;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;
use zune_jpegxl::JxlSimpleEncoder;

use crate::cases::derived;

/// What the picture shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Gradients, edges, and a little noise, as of a sensor.
    Photo,
    /// Nothing that repeats: what an encoder can do least with.
    Noise,
}

impl Content {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Noise => "noise",
        }
    }

    fn picture(self, (width, height): (u32, u32)) -> RgbImage {
        let mut state = 1_u32;
        let mut noise = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()
        };
        let share = |at: u32, of: u32| u8::try_from(at * 200 / of).unwrap();
        RgbImage::from_fn(width, height, |x, y| {
            let [r, g, b, _] = noise();
            match self {
                Self::Noise => Rgb([r, g, b]),
                Self::Photo => {
                    let edge = if (x / 97 + y / 61) % 3 == 0 { 40 } else { 0 };
                    Rgb([share(x, width) + r % 8, share(y, height) + g % 8, edge + 100 + b % 8])
                }
            }
        })
    }

    fn picture_with_alpha(self, size: (u32, u32)) -> RgbaImage {
        let picture = self.picture(size);
        RgbaImage::from_fn(size.0, size.1, |x, y| {
            let Rgb([r, g, b]) = *picture.get_pixel(x, y);
            let alpha = match self {
                Self::Photo => u8::try_from((x + y) % 256).unwrap(),
                Self::Noise => r ^ g,
            };
            Rgba([r, g, b, alpha])
        })
    }
}

/// The kinds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jpeg,
    JpegFull,
    JpegGray,
    JpegProgressive,
    JpegCmyk,
    Png,
    PngAlpha,
    PngGray,
    PngDeep,
    Gif,
    Webp,
    WebpAlpha,
    WebpLossless,
    Tiff,
    Bmp,
    Avif,
    AvifAlpha,
    Jxl,
    GifMoving,
    WebpMoving,
    PngMoving,
}

impl Kind {
    pub(crate) const STILL: [Self; 18] = [
        Self::Jpeg,
        Self::JpegFull,
        Self::JpegGray,
        Self::JpegProgressive,
        Self::JpegCmyk,
        Self::Png,
        Self::PngAlpha,
        Self::PngGray,
        Self::PngDeep,
        Self::Gif,
        Self::Webp,
        Self::WebpAlpha,
        Self::WebpLossless,
        Self::Tiff,
        Self::Bmp,
        Self::Avif,
        Self::AvifAlpha,
        Self::Jxl,
    ];
    pub(crate) const ANIMATED: [Self; 3] = [Self::GifMoving, Self::WebpMoving, Self::PngMoving];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::JpegFull => "jpeg-444",
            Self::JpegGray => "jpeg-gray",
            Self::JpegProgressive => "jpeg-progressive",
            Self::JpegCmyk => "jpeg-cmyk",
            Self::Png => "png",
            Self::PngAlpha => "png-alpha",
            Self::PngGray => "png-gray",
            Self::PngDeep => "png-16",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::WebpAlpha => "webp-alpha",
            Self::WebpLossless => "webp-lossless",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Avif => "avif",
            Self::AvifAlpha => "avif-alpha",
            Self::Jxl => "jxl",
            Self::GifMoving => "gif-moving",
            Self::WebpMoving => "webp-moving",
            Self::PngMoving => "png-moving",
        }
    }

    /// WebP has sides of at most 16,383 pixels, the writer of AVIF takes its time, and that of
    /// JPEG XL makes nothing of one row.
    pub(crate) fn takes(self, (width, height): (u32, u32)) -> bool {
        if self == Self::Jxl && width.min(height) < 2 {
            return false;
        }
        let most = if matches!(self, Self::Webp | Self::WebpAlpha | Self::WebpLossless) {
            16_383
        } else if matches!(self, Self::Avif | Self::AvifAlpha) {
            5_000
        } else {
            30_000
        };
        width.max(height) <= most
    }

    /// A file of this kind, made when it is first asked for.
    pub(crate) fn file(self, folder: &Path, content: Content, size: (u32, u32)) -> PathBuf {
        let path = folder.join(format!("{}-{}-{}x{}", self.name(), content.name(), size.0, size.1));
        if !path.exists() {
            // Whole at once: another thread may look for it meanwhile.
            let file = tempfile::NamedTempFile::new_in(folder).unwrap();
            std::fs::write(file.path(), self.made(content, size)).unwrap();
            file.persist(&path).unwrap();
        }
        path
    }

    fn made(self, content: Content, size: (u32, u32)) -> Vec<u8> {
        let rgb = || DynamicImage::ImageRgb8(content.picture(size));
        let rgba = || DynamicImage::ImageRgba8(content.picture_with_alpha(size));
        let png = |picture: DynamicImage| encoded(&picture, ImageFormat::Png);
        match self {
            Self::Jpeg => jpeg(&rgb(), ColorType::Rgb, |e| e.set_sampling_factor(SamplingFactor::F_2_2)),
            Self::JpegFull => jpeg(&rgb(), ColorType::Rgb, |e| e.set_sampling_factor(SamplingFactor::F_1_1)),
            Self::JpegGray => jpeg(&rgb().to_luma8().into(), ColorType::Luma, |_| ()),
            Self::JpegProgressive => jpeg(&rgb(), ColorType::Rgb, |e| {
                e.set_sampling_factor(SamplingFactor::F_2_2);
                e.set_progressive(true);
            }),
            Self::JpegCmyk => jpeg(&rgba(), ColorType::Cmyk, |_| ()),
            Self::Png => png(rgb()),
            Self::PngAlpha => png(rgba()),
            Self::PngGray => png(rgb().to_luma8().into()),
            Self::PngDeep => png(rgb().to_rgb16().into()),
            Self::Gif => derived(&png(rgb()), "format=gif"),
            Self::Webp => derived(&png(rgb()), "format=webp"),
            Self::WebpAlpha => derived(&png(rgba()), "format=webp"),
            Self::WebpLossless => derived(&png(rgb()), "format=webp&lossless=true"),
            Self::Tiff => encoded(&rgb(), ImageFormat::Tiff),
            Self::Bmp => encoded(&rgb(), ImageFormat::Bmp),
            Self::Avif => derived(&png(rgb()), "format=avif"),
            Self::AvifAlpha => derived(&png(rgba()), "format=avif"),
            Self::Jxl => jxl(&content.picture(size)),
            Self::GifMoving => moving(content, size),
            Self::WebpMoving => derived(&moving(content, size), "format=webp"),
            Self::PngMoving => derived(&moving(content, size), "format=png"),
        }
    }
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn jpeg(picture: &DynamicImage, color: ColorType, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    set(&mut encoder);
    let side = |side: u32| u16::try_from(side).unwrap();
    encoder.encode(picture.as_bytes(), side(picture.width()), side(picture.height()), color).unwrap();
    file
}

fn jxl(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let options = EncoderOptions::new(width, height, ColorSpace::RGB, BitDepth::Eight);
    let mut file = Vec::new();
    JxlSimpleEncoder::new(picture.as_raw(), options).encode(&mut file).unwrap();
    file
}

/// A picture of which each frame shows a brighter one.
fn moving(content: Content, size: (u32, u32)) -> Vec<u8> {
    let picture = content.picture_with_alpha(size);
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut file, 30);
    for number in 0..6_u8 {
        let mut frame = picture.clone();
        frame.pixels_mut().for_each(|pixel| {
            pixel.0.iter_mut().take(3).for_each(|sample| *sample = sample.saturating_add(number * 9));
            pixel.0[3] = 255;
        });
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    file
}
