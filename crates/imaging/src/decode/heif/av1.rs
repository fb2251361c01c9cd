//! AV1 by rav1d, on the thread that asks for it.

use domain::{MediaType, Size};
use re_rav1d::dav1d::{Decoder, Error as Fault, Picture, PixelLayout, PlanarImageComponent, Settings, pixel};

use super::frame::{Frame, Plane};
use crate::Error;
use crate::container::Color;
use crate::derive::guarded;

/// How often the decoder may ask to be asked again for one item; it holds a few frames.
const MAX_ROUNDS: u32 = 64;

/// Which of the pictures in an item is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// The version, of several that are made for different screens.
    pub(super) operating_point: u8,
    /// The layer, of several that build on each other; the last where none is named.
    pub(super) layer: Option<u16>,
}

/// Decodes an item that is to have this size.
pub(super) fn decode(data: Vec<u8>, size: Size, choice: Choice) -> Result<Frame, Error> {
    let corrupt = |reason: &str| Error::corrupt(MediaType::Avif, reason);
    if data.is_empty() {
        return Err(corrupt("a picture without data"));
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_operating_point(choice.operating_point.into());
    settings.set_all_layers(choice.layer.is_some());
    settings.set_frame_size_limit(u32::try_from(size.pixels()).unwrap_or(u32::MAX));
    let fault = |error: Fault| corrupt(&error.to_string());
    let mut decoder = Decoder::with_settings(&settings).map_err(fault)?;
    let mut sent = decoder.send_data(data, None, None, None);
    let mut pictures = 0;
    let mut last = None;
    for _ in 0..MAX_ROUNDS {
        match decoder.get_picture() {
            Ok(picture) => {
                last = Some(picture);
                pictures += 1;
                if choice.layer.is_none_or(|layer| pictures > layer) {
                    break;
                }
            }
            Err(error) if error.is_again() => match sent {
                // Everything was sent, and nothing more comes out.
                Ok(()) => break,
                Err(error) if error.is_again() => sent = decoder.send_pending_data(),
                Err(error) => return Err(fault(error)),
            },
            Err(error) => return Err(fault(error)),
        }
    }
    let picture = last.ok_or_else(|| corrupt("its data hold no picture"))?;
    if (picture.width(), picture.height()) != (size.width(), size.height()) {
        let found =
            format!("a picture of {}×{} pixels where another is said", picture.width(), picture.height());
        return Err(corrupt(&found));
    }
    frame(&picture, size).ok_or_else(|| corrupt("its picture has an unknown layout"))
}

fn frame(picture: &Picture, size: Size) -> Option<Frame> {
    let depth = u32::try_from(picture.bits_per_component()?.0).ok()?;
    let subsampling = match picture.pixel_layout() {
        PixelLayout::I400 | PixelLayout::I444 => (1, 1),
        PixelLayout::I420 => (2, 2),
        PixelLayout::I422 => (2, 1),
    };
    let (width, height) = (size.width() as usize, size.height() as usize);
    let (across, down) = subsampling;
    let (color_width, color_height) = (width.div_ceil(across), height.div_ceil(down));
    // Of gray there are no other planes, and asking for them panics.
    let chroma = if picture.pixel_layout() == PixelLayout::I400 {
        None
    } else {
        let color = |component| plane(picture, component, depth, color_width, color_height);
        Some([color(PlanarImageComponent::U)?, color(PlanarImageComponent::V)?])
    };
    Some(Frame {
        size,
        depth,
        subsampling,
        luma: plane(picture, PlanarImageComponent::Y, depth, width, height)?,
        chroma,
        color: color(picture),
    })
}

/// What the data say of their colors. Of code points that nobody has given a meaning, the
/// decoder knows no name, and panics.
fn color(picture: &Picture) -> Color {
    let full_range = picture.color_range() == pixel::YUVRange::Full;
    let said = guarded(|| {
        Ok(Color {
            primaries: primaries(picture.color_primaries()),
            transfer: transfer(picture.transfer_characteristic()),
            matrix: matrix(picture.matrix_coefficients()),
            full_range,
        })
    });
    said.unwrap_or(Color { primaries: 2, transfer: 2, matrix: 2, full_range })
}

/// Copies a plane, whose rows have room behind them.
fn plane(
    picture: &Picture,
    component: PlanarImageComponent,
    depth: u32,
    width: usize,
    height: usize,
) -> Option<Plane> {
    let stride = usize::try_from(picture.stride(component)).ok().filter(|stride| *stride > 0)?;
    let data = picture.plane(component);
    let mut samples = Vec::with_capacity(width.checked_mul(height)?);
    for row in data.chunks(stride).take(height) {
        if depth == 8 {
            samples.extend(row.get(..width)?.iter().map(|sample| u16::from(*sample)));
        } else {
            let row = row.get(..width.checked_mul(2)?)?;
            samples.extend(row.as_chunks::<2>().0.iter().map(|sample| u16::from_ne_bytes(*sample)));
        }
    }
    (samples.len() == width * height).then_some(Plane { width, height, samples })
}

/// The code point of the matrix.
fn matrix(found: pixel::MatrixCoefficients) -> u16 {
    use pixel::MatrixCoefficients as Found;
    match found {
        Found::Identity => 0,
        Found::BT709 => 1,
        Found::BT470M => 4,
        Found::BT470BG => 5,
        Found::ST170M => 6,
        Found::ST240M => 7,
        Found::YCgCo => 8,
        Found::BT2020NonConstantLuminance => 9,
        Found::BT2020ConstantLuminance => 10,
        Found::ST2085 => 11,
        Found::ChromaticityDerivedNonConstantLuminance => 12,
        Found::ChromaticityDerivedConstantLuminance => 13,
        Found::ICtCp => 14,
        Found::Unspecified | Found::Reserved => 2,
    }
}

/// The code point of the primaries.
fn primaries(found: pixel::ColorPrimaries) -> u16 {
    use pixel::ColorPrimaries as Found;
    match found {
        Found::BT709 => 1,
        Found::BT470M => 4,
        Found::BT470BG => 5,
        Found::ST170M => 6,
        Found::ST240M => 7,
        Found::Film => 8,
        Found::BT2020 => 9,
        Found::ST428 => 10,
        Found::P3DCI => 11,
        Found::P3Display => 12,
        Found::Tech3213 => 22,
        Found::Unspecified | Found::Reserved0 | Found::Reserved => 2,
    }
}

/// The code point of the curve, where it is another than television's or unknown.
fn transfer(found: pixel::TransferCharacteristic) -> u16 {
    use pixel::TransferCharacteristic as Found;
    match found {
        Found::BT470M => 4,
        Found::BT470BG => 5,
        Found::Linear => 8,
        Found::SRGB => 13,
        Found::PerceptualQuantizer => 16,
        Found::ST428 => 17,
        Found::HybridLogGamma => 18,
        Found::BT1886
        | Found::ST170M
        | Found::ST240M
        | Found::Logarithmic100
        | Found::Logarithmic316
        | Found::XVYCC
        | Found::BT1361E
        | Found::BT2020Ten
        | Found::BT2020Twelve
        | Found::Unspecified
        | Found::Reserved0
        | Found::Reserved => 2,
    }
}
