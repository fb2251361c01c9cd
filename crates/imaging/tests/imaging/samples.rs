//! Test images, made in code.

use std::io::Cursor;

use domain::plan::{Options, Plan, Source};
use domain::{MediaType, Orientation, Size};
use image::codecs::tiff::TiffEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, RgbImage, RgbaImage};
use imaging::{Error, Limits, derive, probe};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

pub(crate) const LIMITS: Limits = Limits::of_pixels(100_000_000);

/// A smooth picture whose four corners differ.
pub(crate) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let across = (x * 200 / width.max(2)) as u8;
        let down = (y * 200 / height.max(2)) as u8;
        image::Rgb([across + 30, down + 30, 120])
    })
}

pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    compressed(picture, false)
}

pub(crate) fn progressive(picture: &RgbImage) -> Vec<u8> {
    compressed(picture, true)
}

fn compressed(picture: &RgbImage, progressive: bool) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_progressive(progressive).unwrap();
    compressor.set_quality(95).unwrap();
    compressor.set_subsamp(Subsamp::None).unwrap();
    let image = Image {
        pixels: picture.as_raw().as_slice(),
        width: picture.width() as usize,
        pitch: picture.width() as usize * 3,
        height: picture.height() as usize,
        format: PixelFormat::RGB,
    };
    compressor.compress_to_vec(image).unwrap()
}

pub(crate) fn webp(picture: &RgbImage) -> Vec<u8> {
    webp::Encoder::from_rgb(picture, picture.width(), picture.height()).encode_lossless().to_vec()
}

pub(crate) fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub(crate) fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let picture = picture.into();
    let color = match &picture {
        DynamicImage::ImageLuma8(_) => png::ColorType::Grayscale,
        DynamicImage::ImageRgb8(_) => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    };
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(picture.as_bytes()).unwrap();
    file
}

pub(crate) fn tiff(picture: &RgbImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let (width, height) = picture.dimensions();
    TiffEncoder::new(&mut file).write_image(picture, width, height, ExtendedColorType::Rgb8).unwrap();
    file.into_inner()
}

/// The same picture in every format that is processed.
pub(crate) fn every_format(picture: &RgbImage) -> Vec<(MediaType, Vec<u8>)> {
    let rgba = DynamicImage::ImageRgb8(picture.clone()).into_rgba8();
    vec![
        (MediaType::Jpeg, jpeg(picture)),
        (MediaType::Png, png(picture.clone())),
        (MediaType::Gif, encoded(rgba.clone(), ImageFormat::Gif)),
        (MediaType::Webp, webp(picture)),
        (MediaType::Tiff, tiff(picture)),
        (MediaType::Bmp, encoded(picture.clone(), ImageFormat::Bmp)),
        (MediaType::Ico, icon(&png(rgba), picture.width(), picture.height())),
    ]
}

/// An icon of one picture.
pub(crate) fn icon(payload: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = vec![0, 0, 1, 0, 1, 0, width as u8, height as u8, 0, 0, 1, 0, 32, 0];
    file.extend((payload.len() as u32).to_le_bytes());
    file.extend(22u32.to_le_bytes());
    file.extend(payload);
    file
}

/// A big-endian Exif block that says only the orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block
}

/// A JPEG with this segment right behind its start.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, payload, &jpeg[2..]].concat()
}

pub(crate) fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", exif(orientation).as_slice()].concat())
}

/// A PNG chunk with its checksum.
pub(crate) fn chunk(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let covered = [name.as_slice(), payload].concat();
    let mut crc = u32::MAX;
    for byte in &covered {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    [&(payload.len() as u32).to_be_bytes(), covered.as_slice(), &(!crc).to_be_bytes()].concat()
}

/// A PNG with this chunk right behind its header chunk.
pub(crate) fn with_chunk(png: &[u8], name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    [&png[..33], &chunk(name, payload), &png[33..]].concat()
}

pub(crate) fn source(media_type: MediaType, width: u32, height: u32) -> Source {
    let size = Size::new(width, height).unwrap();
    Source { media_type, size, orientation: Orientation::UPRIGHT, frames: 1 }
}

pub(crate) fn plan(source: Source, query: &[(&str, &str)]) -> Plan {
    let options = Options::parse(query.iter().copied()).unwrap();
    Plan::resolve(&options, source, 100_000_000).unwrap()
}

/// What a client gets for these bytes and options.
pub(crate) fn try_made(original: &[u8], query: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
    let source = probe(Cursor::new(original)).unwrap();
    derive(original, &source, &plan(source, query), &LIMITS, &|| true)
}

/// The same, as pixels of a lossless result.
pub(crate) fn made(original: &[u8], query: &[(&str, &str)]) -> RgbaImage {
    let query = [query, &[("format", "png")]].concat();
    let result = try_made(original, &query).unwrap();
    let mut decoder = png::Decoder::new(Cursor::new(result));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    let (w, h) = (info.width, info.height);
    match info.color_type {
        png::ColorType::Grayscale => {
            DynamicImage::ImageLuma8(image::GrayImage::from_raw(w, h, data).unwrap()).into_rgba8()
        }
        png::ColorType::Rgb => DynamicImage::ImageRgb8(RgbImage::from_raw(w, h, data).unwrap()).into_rgba8(),
        _ => RgbaImage::from_raw(w, h, data).unwrap(),
    }
}

/// The largest difference of a sample between two images of one size.
pub(crate) fn worst_difference(a: &RgbaImage, b: &RgbaImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}
