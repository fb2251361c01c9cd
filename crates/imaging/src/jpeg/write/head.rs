//! What a JPEG says before its data: size, components and tables.

use domain::Size;

use super::codes::Codes;

/// How much resolution colors have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::jpeg) enum Sampling {
    /// No colors.
    Gray,
    /// Half of it each way (4:2:0).
    Half,
    /// All of it (4:4:4).
    Full,
}

impl Sampling {
    /// Blocks of luminance in a unit, each way.
    pub(in crate::jpeg) fn unit(self) -> usize {
        match self {
            Self::Gray | Self::Full => 1,
            Self::Half => 2,
        }
    }
}

/// What a file says of itself.
pub(in crate::jpeg) struct Head {
    pub(in crate::jpeg) size: Size,
    pub(in crate::jpeg) sampling: Sampling,
    /// The quantisation steps of luminance and of colors, in the order of the zigzag.
    pub(in crate::jpeg) steps: [[u8; 64]; 2],
}

impl Head {
    /// From the first byte up to the first of the data: JFIF, tables, frame, scan.
    pub(super) fn bytes(&self, [level, level_of_colors, other, other_of_colors]: &[Codes; 4]) -> Vec<u8> {
        let is_gray = self.sampling == Sampling::Gray;
        let kinds = if is_gray { 1 } else { 2 };
        let mut bytes = vec![0xff, 0xd8];
        segment(&mut bytes, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        for (number, steps) in (0u8..).zip(&self.steps).take(kinds) {
            segment(&mut bytes, 0xdb, &[&[number], steps.as_slice()].concat());
        }
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
        let mut frame = vec![8];
        frame.extend(side(self.size.height()));
        frame.extend(side(self.size.width()));
        let mut scan = Vec::new();
        if is_gray {
            frame.extend([1, 1, 0x11, 0]);
            scan.extend([1, 1, 0x00]);
        } else {
            let blocks = if self.sampling == Sampling::Half { 0x22 } else { 0x11 };
            frame.extend([3, 1, blocks, 0, 2, 0x11, 1, 3, 0x11, 1]);
            scan.extend([3, 1, 0x00, 2, 0x11, 3, 0x11]);
        }
        scan.extend([0, 63, 0]);
        segment(&mut bytes, 0xc0, &frame);
        let tables = [(0x00, level), (0x10, other), (0x01, level_of_colors), (0x11, other_of_colors)];
        for (class_and_number, codes) in tables.iter().take(2 * kinds) {
            let table = [&[*class_and_number], codes.counts.as_slice(), codes.symbols.as_slice()].concat();
            segment(&mut bytes, 0xc4, &table);
        }
        segment(&mut bytes, 0xda, &scan);
        bytes
    }
}

fn segment(bytes: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    bytes.extend([0xff, marker]);
    bytes.extend(u16::try_from(payload.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(payload);
}
