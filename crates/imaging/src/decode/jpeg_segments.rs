//! The segments of a JPEG before its first scan.

use crate::color::MAX_PROFILE_BYTES;
use domain::Size;

/// Chunks of a profile that are looked at; 4 MiB fit into 65.
const MAX_PROFILE_CHUNKS: usize = 255;

/// One segment: its marker and its payload without the length.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    pub(crate) payload: &'a [u8],
}

/// Everything before the first scan, and the rest.
pub(crate) struct Segments<'a> {
    pub(crate) segments: Vec<Segment<'a>>,
    /// From the marker of the first scan on.
    pub(crate) scans: &'a [u8],
}

/// What the frame header says.
pub(crate) struct Frame {
    /// Bits a sample.
    pub(crate) precision: u8,
    /// Whether all coefficients are held before the first pixel comes out.
    pub(crate) holds_coefficients: bool,
    /// The sampling factors of each component, across and down.
    pub(crate) sampling: Vec<(u8, u8)>,
}

impl Frame {
    /// Samples of all components of a picture of this size.
    pub(crate) fn samples(&self, size: Size) -> u64 {
        let most = |pick: fn(&(u8, u8)) -> u8| self.sampling.iter().map(pick).max().unwrap_or(1).max(1);
        let area = u64::from(most(|(across, _)| *across)) * u64::from(most(|(_, down)| *down));
        let sampled: u64 =
            self.sampling.iter().map(|&(across, down)| u64::from(across) * u64::from(down)).sum();
        size.pixels() * sampled / area
    }
}

impl<'a> Segments<'a> {
    /// Splits a JPEG; none if it has no scan.
    pub(crate) fn of(jpeg: &'a [u8]) -> Option<Self> {
        let mut rest = jpeg.get(2..)?;
        let mut segments = Vec::new();
        loop {
            // Stray bytes and padding before a marker are passed over.
            let start = rest.windows(2).position(|pair| matches!(pair, [0xff, 1..=0xfe]))?;
            let at_marker = rest.get(start..)?;
            let (&[_, marker], after) = at_marker.split_first_chunk::<2>()?;
            match marker {
                0x01 | 0xd0..=0xd8 => rest = after,
                0xd9 => return None,
                0xda => return Some(Self { segments, scans: at_marker }),
                _ => {
                    let (length, _) = after.split_first_chunk::<2>()?;
                    let length = usize::from(u16::from_be_bytes(*length));
                    segments.push(Segment { marker, payload: after.get(2..length)? });
                    rest = after.get(length..)?;
                }
            }
        }
    }

    /// The frame header.
    pub(crate) fn frame(&self) -> Option<Frame> {
        let is_frame = |marker| matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf);
        let segment = self.segments.iter().find(|segment| is_frame(segment.marker))?;
        let [precision, _, _, _, _, _, components @ ..] = segment.payload else {
            return None;
        };
        let (components, _) = components.as_chunks::<3>();
        // A baseline image is decoded as it comes only if one scan holds all components.
        let first_scan_components = self.scans.get(4).copied().unwrap_or(0);
        let holds_coefficients = matches!(segment.marker, 0xc2 | 0xc6 | 0xca | 0xce)
            || usize::from(first_scan_components) < components.len();
        let sampling = components.iter().map(|[_, sampling, _]| (sampling >> 4, sampling & 15)).collect();
        Some(Frame { precision: *precision, holds_coefficients, sampling })
    }

    /// Whether Adobe's marker is there, which says that the inks are stored inverted.
    pub(crate) fn has_adobe_marker(&self) -> bool {
        self.segments.iter().any(|segment| segment.marker == 0xee && segment.payload.starts_with(b"Adobe"))
    }

    /// The ICC profile, put together from its chunks.
    pub(crate) fn profile(&self) -> Option<Vec<u8>> {
        let mut chunks: Vec<(u8, &[u8])> = Vec::new();
        for segment in self.segments.iter().filter(|segment| segment.marker == 0xe2) {
            if let Some([number, _count, data @ ..]) = segment.payload.strip_prefix(b"ICC_PROFILE\0") {
                chunks.push((*number, data));
            }
        }
        let bytes: usize = chunks.iter().map(|(_, data)| data.len()).sum();
        if chunks.is_empty() || chunks.len() > MAX_PROFILE_CHUNKS || bytes > MAX_PROFILE_BYTES {
            return None;
        }
        chunks.sort_by_key(|(number, _)| *number);
        Some(chunks.into_iter().flat_map(|(_, data)| data).copied().collect())
    }

    /// Whether the end marker stands somewhere behind the first scan.
    pub(crate) fn has_end(&self) -> bool {
        self.scans.windows(2).any(|pair| pair == [0xff, 0xd9])
    }

    /// The same image with nothing in front of the scans but what decoding needs.
    pub(crate) fn tidied(&self) -> Vec<u8> {
        let mut jpeg = vec![0xff, 0xd8];
        let mut keep = |marker: u8, payload: &[u8]| {
            let length = u16::try_from(payload.len() + 2).unwrap_or(u16::MAX);
            jpeg.extend([0xff, marker]);
            jpeg.extend(length.to_be_bytes());
            jpeg.extend(payload);
        };
        for segment in &self.segments {
            match segment.marker {
                // A clean JFIF header: that it is there says how the colors are stored.
                0xe0 if segment.payload.starts_with(b"JFIF\0") => {
                    keep(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
                }
                0xe0..=0xed | 0xef | 0xfe => {}
                marker => keep(marker, segment.payload),
            }
        }
        jpeg.extend(self.scans);
        jpeg
    }
}
