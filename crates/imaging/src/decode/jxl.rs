//! JPEG XL by jxl-rs, on the thread that asks for it; of animations the first frame.

use domain::plan::Source;
use jxl::api::{
    AlphaMode, Endianness, Event, ExtraChannel, JxlColorEncoding, JxlColorProfile, JxlColorType,
    JxlDataFormat, JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat, JxlPrimaries,
    JxlTransferFunction, ProfileLevel,
};

use super::{Decoded, Needs, check_size};
use crate::Error;
use crate::code_points::CodePoints;
use crate::color::MAX_PROFILE_BYTES;
use crate::deep::{Deep, Samples, fitting};
use crate::pixels::{Pixels, bytes_of};

/// Bytes that the decoder is given at once: between two pieces it can be stopped.
const PIECE_BYTES: usize = 64 << 10;
/// Channels beside the colors: alpha, depth and what else there is.
const MAX_EXTRA_CHANNELS: usize = 4;

pub(super) fn decode(
    original: &[u8],
    source: &Source,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Decoded, Error> {
    let mut reader = Reader::new(original, source, go_on);
    reader.until(|event| event == Event::BasicInfo, None)?;
    let info = reader.decoder.basic_info().ok_or_else(|| reader.corrupt("it has no header"))?;
    let (width, height) = info.size;
    check_size(source, width as u64, height as u64)?;
    if info.extra_channels.len() > MAX_EXTRA_CHANNELS {
        return Err(Error::unsupported(source.media_type, "more than four channels beside the colors"));
    }
    let extra = info.extra_channels.len();
    let has_alpha = info.extra_channels.iter().any(|channel| channel.ec_type == ExtraChannel::Alpha);
    let is_deep = info.bit_depth.bits_per_sample() > 8;
    let brightest = bounded(info.tone_mapping.intensity_target);
    let embedded = reader.decoder.embedded_color_profile();
    if embedded.is_some_and(JxlColorProfile::is_cmyk) {
        return Err(Error::unsupported(source.media_type, "colors of inks"));
    }
    let is_gray = embedded.is_some_and(|profile| profile.channels() == 1);
    let (samples, color_type) = match (is_gray, has_alpha) {
        (true, false) => (Samples::Gray, JxlColorType::Grayscale),
        (true, true) => (Samples::GrayAlpha, JxlColorType::GrayscaleAlpha),
        (false, false) => (Samples::Rgb, JxlColorType::Rgb),
        (false, true) => (Samples::Rgba, JxlColorType::Rgba),
    };
    let color_data_format = if is_deep {
        JxlDataFormat::U16 { endianness: Endianness::native(), bit_depth: 16 }
    } else {
        JxlDataFormat::U8 { bit_depth: 8 }
    };
    let format = JxlPixelFormat {
        color_type,
        color_data_format: Some(color_data_format),
        extra_channel_format: vec![None; extra],
    };
    reader.decoder.set_pixel_format(format).map_err(|error| reader.corrupt(&error.to_string()))?;
    reader.until(|event| event == Event::FrameHeader, None)?;
    // What the pixels are in may be another space than what the file is in.
    let space = Space::of(reader.decoder.output_color_profile(), samples, brightest);

    let row_bytes = width * samples.count() * color_data_format.bytes_per_sample();
    let mut data = vec![0; row_bytes.saturating_mul(height)];
    reader.until(
        |event| matches!(event, Event::FrameComplete { .. }),
        Some(JxlOutputBuffer::new(&mut data, height, row_bytes)),
    )?;
    go_on()?;
    let (deep, profile) = match space {
        Space::Light(deep) => (deep, None),
        Space::Profile(profile) if is_deep => (Deep::new(profile.as_deref(), samples), None),
        Space::Profile(profile) => (Deep::Rounded, profile),
    };
    let is_plain = !is_deep && samples != Samples::GrayAlpha && matches!(deep, Deep::Rounded);
    let channels = samples.channels();
    if is_plain && data.len() as u64 == bytes_of(source.size, channels) {
        let pixels = super::pixels(source, channels, data)?;
        return Ok(Decoded { pixels, reduction: 1, profile });
    }
    let mut pixels = Pixels::zeroed(source.size, channels);
    let stride = pixels.stride();
    let mut wide = Vec::with_capacity(width * samples.count());
    for (to, row) in pixels.data_mut().chunks_exact_mut(stride).zip(data.chunks_exact(row_bytes)) {
        wide.clear();
        if is_deep {
            wide.extend(row.as_chunks::<2>().0.iter().map(|sample| u16::from_ne_bytes(*sample)));
        } else {
            wide.extend(row.iter().map(|sample| u16::from(*sample) * 257));
        }
        deep.convert(&wide, samples, to);
    }
    Ok(Decoded { pixels, reduction: 1, profile })
}

/// The decoder and what it has not read yet.
struct Reader<'a> {
    decoder: JxlDecoder,
    rest: &'a [u8],
    source: &'a Source,
    go_on: &'a dyn Fn() -> Result<(), Error>,
}

impl<'a> Reader<'a> {
    fn new(original: &'a [u8], source: &'a Source, go_on: &'a dyn Fn() -> Result<(), Error>) -> Self {
        let mut options = JxlDecoderOptions::default();
        options.adjust_orientation = false;
        options.alpha_mode = AlphaMode::Unpremultiplied;
        options.max_profile_level = ProfileLevel::Main10;
        let channels = 3 + MAX_EXTRA_CHANNELS as u64;
        options.sample_limit = usize::try_from(source.size.pixels().saturating_mul(channels)).ok();
        Self { decoder: JxlDecoder::new(options), rest: original, source, go_on }
    }

    fn corrupt(&self, reason: &str) -> Error {
        Error::corrupt(self.source.media_type, reason)
    }

    /// Decodes until something has happened.
    fn until(
        &mut self,
        is_wanted: impl Fn(Event) -> bool,
        buffer: Option<JxlOutputBuffer<'_>>,
    ) -> Result<(), Error> {
        let mut buffers: Vec<JxlOutputBuffer<'_>> = buffer.into_iter().collect();
        let mut piece = PIECE_BYTES;
        loop {
            (self.go_on)()?;
            let mut input = self.rest.get(..piece).unwrap_or(self.rest);
            let offered = input.len();
            let buffers = (!buffers.is_empty()).then_some(buffers.as_mut_slice());
            let event = self.decoder.process(&mut input, buffers, None);
            let event = event.map_err(|error| self.corrupt(&error.to_string()))?;
            let taken = offered - input.len();
            self.rest = self.rest.get(taken..).unwrap_or_default();
            if is_wanted(event) {
                return Ok(());
            }
            match event {
                Event::NeedMoreInput { .. } if taken == 0 && offered == self.rest.len() => {
                    return Err(self.corrupt("the file ends too early"));
                }
                // What it is waiting for is longer than a piece.
                Event::NeedMoreInput { .. } if taken == 0 => piece = piece.saturating_mul(2),
                Event::Complete => return Err(self.corrupt("it has no frame")),
                Event::NeedMoreInput { .. }
                | Event::BasicInfo
                | Event::FrameHeader
                | Event::FrameComplete { .. } => {}
            }
        }
    }
}

/// The color space of decoded pixels.
enum Space {
    /// Of this profile; sRGB if it is none.
    Profile(Option<Vec<u8>>),
    /// Light of a bright screen.
    Light(Deep),
}

impl Space {
    fn of(profile: Option<&JxlColorProfile>, samples: Samples, brightest: Option<u16>) -> Self {
        let Some(profile) = profile else { return Self::Profile(None) };
        let transfer = match profile.transfer_function() {
            Some(JxlTransferFunction::PQ) => 16,
            Some(JxlTransferFunction::HLG) => 18,
            _ => 2,
        };
        let primaries =
            if let JxlColorProfile::Simple(JxlColorEncoding::RgbColorSpace { primaries, .. }) = profile {
                match primaries {
                    JxlPrimaries::BT2100 => 9,
                    JxlPrimaries::P3 => 12,
                    JxlPrimaries::SRGB | JxlPrimaries::Chromaticities { .. } => 1,
                }
            } else {
                1
            };
        if let Some(map) = (CodePoints { primaries, transfer }).tone_map(brightest) {
            return Self::Light(Deep::OfLight(map));
        }
        let srgb = JxlColorProfile::Simple(JxlColorEncoding::srgb(samples.is_gray()));
        if profile.same_color_encoding(&srgb) {
            return Self::Profile(None);
        }
        let profile = profile.try_as_icc().map(|profile| profile.to_vec());
        Self::Profile(fitting(profile.filter(|profile| profile.len() <= MAX_PROFILE_BYTES), samples))
    }
}

/// Candela a square metre as a whole number, where that makes sense.
fn bounded(light: f32) -> Option<u16> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the range")]
    let whole = light.clamp(0.0, 10_000.0) as u16;
    (whole > 0).then_some(whole)
}

/// What the decoder holds, and pixels, before them in 16 bits if they are deep. If the picture
/// is put together from several frames, the decoder keeps these in floating point.
pub(super) fn needs(original: Option<&[u8]>, source: &Source) -> Needs {
    let pixels = source.size.pixels();
    let alone = original.and_then(|original| alone(original, source));
    let Some((channels, is_deep)) = alone else {
        return Needs::of(source.size, 4, pixels * 20);
    };
    let decoded = if is_deep { channels * 2 } else { channels };
    Needs::of(source.size, channels, pixels * (decoded.max(3) + if is_deep { 1 } else { 0 }))
}

/// The channels of a picture that is one frame, and whether they are deep.
fn alone(original: &[u8], source: &Source) -> Option<(u64, bool)> {
    let mut options = JxlDecoderOptions::default();
    options.scan_frames_only = true;
    options.sample_limit = usize::try_from(source.size.pixels().saturating_mul(8)).ok();
    let mut decoder = JxlDecoder::new(options);
    let mut input = original;
    while decoder.scanned_frames().is_empty() {
        let before = input.len();
        let event = decoder.process(&mut input, None, None).ok()?;
        if matches!(event, Event::Complete)
            || (input.len() == before && matches!(event, Event::NeedMoreInput { .. }))
        {
            break;
        }
    }
    let first = decoder.scanned_frames().first()?;
    let is_alone = first.is_last && first.is_keyframe;
    let info = decoder.basic_info().filter(|_| is_alone)?;
    let has_alpha = info.extra_channels.iter().any(|channel| channel.ec_type == ExtraChannel::Alpha);
    Some((if has_alpha { 4 } else { 3 }, info.bit_depth.bits_per_sample() > 8))
}
