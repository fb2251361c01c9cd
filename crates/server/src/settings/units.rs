//! Values with units: `64MiB`, `100MP`, `30s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An amount of memory or disk, such as `64MiB`, `1GiB`, `500kB` or `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(u64);

impl ByteSize {
    /// The amount in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let units = [
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("TiB", 1 << 40),
            ("kB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("TB", 1_000_000_000_000),
            ("B", 1),
            ("", 1),
        ];
        with_unit(text, &units)
            .map(Self)
            .ok_or("it takes a whole number with a unit, such as 64MiB, 1GiB or 4096")
    }
}

/// A number of pixels, such as `100MP` or `50000000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelCount(u64);

impl PixelCount {
    /// The number of pixels.
    pub fn pixels(self) -> u64 {
        self.0
    }
}

impl FromStr for PixelCount {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match with_unit(text, &[("MP", 1_000_000), ("", 1)]) {
            None | Some(0) => Err("it takes a number of pixels, such as 100MP or 50000000"),
            Some(pixels) => Ok(Self(pixels)),
        }
    }
}

const MAX_WAIT: Duration = Duration::from_secs(31 * 86_400);

/// A length of time of at least a millisecond, such as `30s`, `500ms` or `2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// The length of time.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Wait {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match humantime::parse_duration(text) {
            Ok(wait) if wait >= Duration::from_millis(1) && wait <= MAX_WAIT => Ok(Self(wait)),
            Ok(_) | Err(_) => Err("it takes a time from 1ms to 31days, such as 30s, 500ms or 2m"),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// A whole number followed by one of the units; the first unit that fits counts.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    units.iter().find_map(|(unit, factor)| {
        let digits = text.strip_suffix(unit)?.trim_end_matches(' ');
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u64>().ok())??.checked_mul(*factor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in
            [("4096", 4096), ("64MiB", 64 << 20), ("64 MiB", 64 << 20), ("2kB", 2000), ("0", 0), ("7B", 7)]
        {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "MiB", "64mb", "-1", "1.5GiB", "99999999999TiB", "0x10"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn pixels_and_times_are_read_with_their_units() {
        assert_eq!("100MP".parse::<PixelCount>().unwrap().pixels(), 100_000_000);
        assert!("0".parse::<PixelCount>().is_err());
        assert_eq!("500ms".parse::<Wait>().unwrap().duration(), Duration::from_millis(500));
        for text in ["", "30", "0s", "32days", "-1s"] {
            assert!(text.parse::<Wait>().is_err(), "{text}");
        }
    }
}
