//! What can be made of an original: a derived image, or a description of it.

use std::num::NonZeroU32;

use access::Action;
use api::{CameraNotes, ImageDescription, Location};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::MediaType;
use domain::plan::{Options, Plan, Unplannable};

use crate::known::Known;

/// What a request asks for, before its original is known.
#[derive(Clone, Copy)]
pub(crate) enum Wish {
    /// A derived image.
    Image(Options),
    /// A description, with the place where the image was taken or without.
    Description { gps: bool },
}

impl Wish {
    /// What the caller needs the right to.
    pub(crate) fn action(&self) -> Action {
        match self {
            Self::Image(_) => Action::ReadDerived,
            Self::Description { .. } => Action::ReadInfo,
        }
    }
}

/// What is to be made of one original.
#[expect(clippy::large_enum_variant, reason = "there is one for each request, and nearly all are images")]
#[derive(Clone, Copy)]
pub(crate) enum Work {
    Image(Plan),
    Description { gps: bool },
}

/// Why a wish cannot be met, whoever asks and whenever.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmakable {
    #[error(
        "{media_type} is stored and served but not processed; processed are JPEG, PNG, WebP, GIF, TIFF, BMP and ICO"
    )]
    NotProcessed { media_type: MediaType },
    #[error(transparent)]
    Plan(#[from] Unplannable),
}

impl Work {
    /// Resolves a wish against its original.
    pub(crate) fn resolve(wish: &Wish, original: &Known, max_output_pixels: u64) -> Result<Self, Unmakable> {
        let source = original.source;
        if !imaging::can_process(source.media_type) {
            return Err(Unmakable::NotProcessed { media_type: source.media_type });
        }
        Ok(match wish {
            Wish::Image(options) => Self::Image(Plan::resolve(options, source, max_output_pixels)?),
            Wish::Description { gps } => Self::Description { gps: *gps },
        })
    }

    /// The canonical text: equal works, and only those, have equal texts.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Image(plan) => plan.to_string(),
            Self::Description { gps } => format!("description;gps={gps}"),
        }
    }

    /// The media type of the result.
    pub(crate) fn content_type(&self) -> &'static str {
        match self {
            Self::Image(plan) => plan.format.media_type().as_str(),
            Self::Description { .. } => "application/json",
        }
    }

    /// Thousands of pixels that it is about: of the original or of the result, which has more.
    pub(crate) fn kilopixels(&self, original: &Known) -> NonZeroU32 {
        let source = original.source.size.pixels();
        let pixels = match self {
            Self::Image(plan) => source.max(plan.output.pixels()),
            Self::Description { .. } => source,
        };
        u32::try_from(pixels.div_ceil(1000)).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX)
    }

    /// An upper estimate of the memory that it takes besides the original: of any such
    /// original, until its bytes are there to be looked at.
    pub(crate) fn memory_bytes(&self, original: &Known, bytes: Option<&[u8]>) -> u64 {
        match self {
            Self::Image(plan) => imaging::working_memory_bytes(bytes, &original.source, plan),
            Self::Description { .. } => imaging::describing_memory_bytes(bytes, &original.source),
        }
    }

    /// Does it.
    pub(crate) fn carry_out(
        &self,
        bytes: &[u8],
        original: &Known,
        limits: &imaging::Limits,
        proceed: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, imaging::Error> {
        match self {
            Self::Image(plan) => imaging::derive(bytes, &original.source, plan, limits, proceed),
            Self::Description { gps } => {
                let description = imaging::describe(bytes, &original.source, limits, proceed)?;
                // Strings and finite numbers, which always become JSON.
                Ok(serde_json::to_vec(&told(original, description, *gps)).unwrap_or_default())
            }
        }
    }
}

/// A description as the wire contract has it. It says only what follows from the bytes, since
/// images with equal bytes share it.
fn told(original: &Known, description: imaging::Description, gps: bool) -> ImageDescription {
    let source = original.source;
    let displayed = source.orientation.apply_to(source.size);
    let palette: Vec<_> = description.palette.iter().map(|color| format!("#{color}")).collect();
    let notes = description.notes;
    let location = notes.location.filter(|_| gps);
    ImageDescription {
        media_type: source.media_type,
        width: displayed.width(),
        height: displayed.height(),
        stored_width: source.size.width(),
        stored_height: source.size.height(),
        orientation: source.orientation.exif(),
        bytes: original.bytes,
        sha256: original.hash,
        has_alpha: description.has_alpha,
        color: palette.first().cloned(),
        palette,
        blur_hash: description.blur_hash,
        thumb_hash: STANDARD.encode(description.thumb_hash),
        exif: CameraNotes {
            make: notes.make,
            model: notes.model,
            lens: notes.lens,
            taken: notes.taken,
            exposure_seconds: notes.exposure_seconds,
            aperture: notes.aperture,
            iso: notes.iso,
            focal_length: notes.focal_length,
            focal_length_35mm: notes.focal_length_35mm,
            exposure_bias: notes.exposure_bias,
            flash: notes.flash,
            software: notes.software,
            artist: notes.artist,
            copyright: notes.copyright,
            gps: location.map(|place| Location {
                latitude: place.latitude,
                longitude: place.longitude,
                altitude: place.altitude,
            }),
        },
    }
}
