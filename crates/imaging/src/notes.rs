//! What a camera noted in the Exif block of an image.
//!
//! Read by our own walker, within the budget of a [`Header`], and not by a crate: those
//! keep every entry of every directory, and directories may overlap, so that a block of
//! 64 KiB can say it has millions.

use std::io::{Cursor, Read, Seek};

use crate::exif::{Entry, Tiff};
use crate::header::{Fault, Header};
use crate::probe;

/// Camera metadata of a picture; each field is present only if the camera wrote it and it is
/// valid.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CameraNotes {
    /// The camera's manufacturer.
    pub make: Option<String>,
    /// The camera model.
    pub model: Option<String>,
    /// The lens model.
    pub lens: Option<String>,
    /// When the picture was taken, by the camera's clock: RFC 3339, with the offset from UTC
    /// if known.
    pub taken: Option<String>,
    /// The exposure time in seconds.
    pub exposure_seconds: Option<f64>,
    /// The f-number of the aperture.
    pub aperture: Option<f64>,
    /// The ISO sensitivity.
    pub iso: Option<u32>,
    /// The focal length in millimetres.
    pub focal_length: Option<f64>,
    /// The 35 mm equivalent focal length in millimetres.
    pub focal_length_35mm: Option<u32>,
    /// The exposure compensation in EV.
    pub exposure_bias: Option<f64>,
    /// Whether the flash fired.
    pub flash: Option<bool>,
    /// The software that wrote the file.
    pub software: Option<String>,
    /// The photographer.
    pub artist: Option<String>,
    /// The copyright notice.
    pub copyright: Option<String>,
    /// Where the picture was taken.
    pub location: Option<Location>,
}

/// A geographic position, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: Option<f64>,
}

/// Tags of the first directory.
const MAKE: u16 = 0x010f;
const MODEL: u16 = 0x0110;
const SOFTWARE: u16 = 0x0131;
const ARTIST: u16 = 0x013b;
const COPYRIGHT: u16 = 0x8298;
const EXIF_DIRECTORY: u16 = 0x8769;
const GPS_DIRECTORY: u16 = 0x8825;

/// Tags of the Exif directory.
const EXPOSURE_TIME: u16 = 0x829a;
const F_NUMBER: u16 = 0x829d;
const SENSITIVITY: u16 = 0x8827;
const DATE_TIME_ORIGINAL: u16 = 0x9003;
const OFFSET_TIME_ORIGINAL: u16 = 0x9011;
const EXPOSURE_BIAS: u16 = 0x9204;
const FLASH: u16 = 0x9209;
const FOCAL_LENGTH: u16 = 0x920a;
const FOCAL_LENGTH_35MM: u16 = 0xa405;
const LENS_MODEL: u16 = 0xa434;

/// Tags of the GPS directory.
const LATITUDE_REF: u16 = 1;
const LATITUDE: u16 = 2;
const LONGITUDE_REF: u16 = 3;
const LONGITUDE: u16 = 4;
const ALTITUDE_REF: u16 = 5;
const ALTITUDE: u16 = 6;

/// The notes of an original. Damage ends them, and is no reason to refuse a picture.
pub(crate) fn read(original: &[u8]) -> CameraNotes {
    let mut notes = CameraNotes::default();
    let block = probe::exif_start(original).and_then(|start| original.get(usize::try_from(start).ok()?..));
    if let Some(Ok(header)) = block.map(|block| Header::new(Cursor::new(block))) {
        // What was read before the damage stays.
        let _ = read_block(header, &mut notes);
    }
    notes
}

fn read_block<R: Read + Seek>(mut header: Header<R>, notes: &mut CameraNotes) -> Result<(), Fault> {
    let tiff = Tiff::at(&mut header, 0)?;
    let (mut exif, mut gps) = (None, None);
    for entry in tiff.entries(&mut header, tiff.first_directory())? {
        let mut text = || tiff.text(&mut header, &entry);
        match entry.tag {
            MAKE => notes.make = text(),
            MODEL => notes.model = text(),
            SOFTWARE => notes.software = text(),
            ARTIST => notes.artist = text(),
            COPYRIGHT => notes.copyright = text(),
            EXIF_DIRECTORY => exif = tiff.number(&entry),
            GPS_DIRECTORY => gps = tiff.number(&entry),
            _ => {}
        }
    }
    if let Some(at) = exif {
        let entries = tiff.entries(&mut header, at.into())?;
        read_exposure(&mut header, &tiff, &entries, notes);
    }
    if let Some(at) = gps {
        let entries = tiff.entries(&mut header, at.into())?;
        notes.location = read_location(&mut header, &tiff, &entries);
    }
    Ok(())
}

fn read_exposure<R: Read + Seek>(
    header: &mut Header<R>,
    tiff: &Tiff,
    entries: &[Entry],
    notes: &mut CameraNotes,
) {
    let (mut taken, mut offset) = (None, None);
    for entry in entries {
        match entry.tag {
            EXPOSURE_TIME => notes.exposure_seconds = positive(tiff.ratio(header, entry, 0)),
            F_NUMBER => notes.aperture = positive(tiff.ratio(header, entry, 0)),
            SENSITIVITY => notes.iso = tiff.number(entry).filter(|iso| *iso > 0),
            DATE_TIME_ORIGINAL => taken = tiff.text(header, entry),
            OFFSET_TIME_ORIGINAL => offset = tiff.text(header, entry),
            EXPOSURE_BIAS => notes.exposure_bias = tiff.ratio(header, entry, 0),
            FLASH => notes.flash = tiff.number(entry).map(|flash| flash & 1 == 1),
            FOCAL_LENGTH => notes.focal_length = positive(tiff.ratio(header, entry, 0)),
            FOCAL_LENGTH_35MM => notes.focal_length_35mm = tiff.number(entry).filter(|length| *length > 0),
            LENS_MODEL => notes.lens = tiff.text(header, entry),
            _ => {}
        }
    }
    notes.taken = taken.and_then(|taken| date_time(&taken, offset.as_deref()));
}

fn read_location<R: Read + Seek>(header: &mut Header<R>, tiff: &Tiff, entries: &[Entry]) -> Option<Location> {
    let (mut latitude, mut longitude, mut altitude) = (None, None, None);
    let (mut south, mut west, mut below) = (false, false, false);
    for entry in entries {
        match entry.tag {
            LATITUDE_REF => south = tiff.text(header, entry).as_deref() == Some("S"),
            LATITUDE => latitude = degrees(header, tiff, entry, 90.0),
            LONGITUDE_REF => west = tiff.text(header, entry).as_deref() == Some("W"),
            LONGITUDE => longitude = degrees(header, tiff, entry, 180.0),
            ALTITUDE_REF => below = tiff.number(entry) == Some(1),
            ALTITUDE => altitude = tiff.ratio(header, entry, 0),
            _ => {}
        }
    }
    let signed = |value: f64, negative: bool| if negative { -value } else { value };
    Some(Location {
        latitude: signed(latitude?, south),
        longitude: signed(longitude?, west),
        altitude: altitude.map(|altitude| signed(altitude, below)),
    })
}

/// Degrees, minutes and seconds as degrees, to a tenth of a metre.
fn degrees<R: Read + Seek>(header: &mut Header<R>, tiff: &Tiff, entry: &Entry, most: f64) -> Option<f64> {
    let mut part = |index| tiff.ratio(header, entry, index);
    let degrees = part(0)? + part(1)? / 60.0 + part(2)? / 3600.0;
    (0.0..=most).contains(&degrees).then(|| (degrees * 1e6).round() / 1e6)
}

fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| *value > 0.0)
}

/// `2024:06:01 12:34:56` and perhaps `+02:00` as RFC 3339.
fn date_time(text: &str, offset: Option<&str>) -> Option<String> {
    let is_shaped = |text: &str, shape: &str| {
        let fits =
            |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
        text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    };
    let (date, time) = text.split_once(' ')?;
    let number = |text: &str, from: usize| text.get(from..from + 2)?.parse::<u8>().ok();
    let is_date = is_shaped(date, "0000:00:00")
        && (1..=12).contains(&number(date, 5)?)
        && (1..=31).contains(&number(date, 8)?);
    let is_time = is_shaped(time, "00:00:00")
        && number(time, 0)? < 24
        && number(time, 3)? < 60
        && number(time, 6)? <= 60;
    let offset = offset.filter(|text| is_shaped(text, "+00:00") || is_shaped(text, "-00:00"));
    (is_date && is_time).then(|| format!("{}T{time}{}", date.replace(':', "-"), offset.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_one_or_is_left_out() {
        let zone = Some("+02:00");
        assert_eq!(date_time("2024:06:01 12:34:56", zone).unwrap(), "2024-06-01T12:34:56+02:00");
        assert_eq!(date_time("2024:06:01 12:34:56", Some("   :  ")).unwrap(), "2024-06-01T12:34:56");
        for text in [
            "",
            "0000:00:00 00:00:00",
            "2024:13:01 00:00:00",
            "2024:01:01 24:00:00",
            "2024-01-01 00:00:00",
            "é",
        ] {
            assert_eq!(date_time(text, zone), None, "{text}");
        }
    }
}
