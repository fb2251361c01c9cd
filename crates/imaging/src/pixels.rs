//! A decoded image: 8 bits a channel, rows from the top, no gaps.

use domain::Size;
use domain::plan::{Color, Crop};

/// What the samples of a pixel mean. Alpha is straight, not premultiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    Gray,
    Rgb,
    Rgba,
}

impl Channels {
    /// Samples, and so bytes, of a pixel.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// The pixels of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    size: Size,
    channels: Channels,
    data: Vec<u8>,
}

impl Pixels {
    /// Pixels over these bytes, if there are exactly as many as the size needs.
    pub(crate) fn new(size: Size, channels: Channels, data: Vec<u8>) -> Option<Self> {
        (data.len() as u64 == bytes_of(size, channels)).then_some(Self { size, channels, data })
    }

    /// Black pixels, transparent where there is alpha.
    pub(crate) fn zeroed(size: Size, channels: Channels) -> Self {
        Self { size, channels, data: vec![0; buffer_len(size, channels)] }
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    pub(crate) fn channels(&self) -> Channels {
        self.channels
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Bytes of a row.
    pub(crate) fn stride(&self) -> usize {
        self.width() * self.channels.count()
    }

    /// Pixels of a row.
    pub(crate) fn width(&self) -> usize {
        self.size.width() as usize
    }

    /// Rows.
    pub(crate) fn height(&self) -> usize {
        self.size.height() as usize
    }

    /// The pixels of a rectangle, within the same buffer; none if it reaches beyond them.
    pub(crate) fn cropped(mut self, crop: Crop) -> Option<Self> {
        let count = self.channels.count();
        let (stride, kept) = (self.stride(), crop.size.width() as usize * count);
        let mut from = crop.top as usize * stride + crop.left as usize * count;
        let fits = u64::from(crop.left) + u64::from(crop.size.width()) <= u64::from(self.size.width())
            && u64::from(crop.top) + u64::from(crop.size.height()) <= u64::from(self.size.height());
        if !fits {
            return None;
        }
        // Rows only move towards the start, so none is overwritten before it has moved.
        for row in 0..crop.size.height() as usize {
            self.data.copy_within(from..from + kept, row * kept);
            from += stride;
        }
        self.data.truncate(buffer_len(crop.size, self.channels));
        Self::new(crop.size, self.channels, self.data)
    }

    /// Lets go of an alpha channel that says nothing; two thirds of the work of every
    /// later step is the color.
    pub(crate) fn without_idle_alpha(self) -> Self {
        let opaque = self.channels == Channels::Rgba && {
            let (pixels, _) = self.data.as_chunks::<4>();
            pixels.iter().all(|[_, _, _, alpha]| *alpha == u8::MAX)
        };
        if opaque {
            self.into_rgb(|rgba| {
                let [r, g, b, _] = rgba;
                [r, g, b]
            })
        } else {
            self
        }
    }

    /// The pixels on a color.
    pub(crate) fn flattened(self, Color([red, green, blue]): Color) -> Self {
        self.into_rgb(|[r, g, b, alpha]| {
            let over = |color: u8, background: u8| {
                let alpha = u32::from(alpha);
                let sum = u32::from(color) * alpha + u32::from(background) * (255 - alpha);
                #[expect(clippy::cast_possible_truncation, reason = "a weighted mean of two bytes")]
                let mixed = ((sum + 127) / 255) as u8;
                mixed
            };
            [over(r, red), over(g, green), over(b, blue)]
        })
    }

    /// Four channels to three, within the same buffer.
    pub(crate) fn into_rgb(self, convert: impl Fn([u8; 4]) -> [u8; 3]) -> Self {
        if self.channels != Channels::Rgba {
            return self;
        }
        let mut data = self.data;
        pack_rgb(&mut data, convert);
        Self { size: self.size, channels: Channels::Rgb, data }
    }

    /// Makes every pixel this one, of which gray takes the first sample.
    pub(crate) fn fill(&mut self, rgba: [u8; 4]) {
        let count = self.channels.count();
        for pixel in self.data.chunks_exact_mut(count) {
            pixel.iter_mut().zip(rgba).for_each(|(to, from)| *to = from);
        }
    }

    /// Changes every color in its place; alpha is kept. Gray has no colors.
    pub(crate) fn map_colors(&mut self, convert: impl Fn([u8; 3]) -> [u8; 3]) {
        match self.channels {
            Channels::Gray => {}
            Channels::Rgb => {
                let (pixels, _) = self.data.as_chunks_mut::<3>();
                pixels.iter_mut().for_each(|rgb| *rgb = convert(*rgb));
            }
            Channels::Rgba => {
                let (pixels, _) = self.data.as_chunks_mut::<4>();
                for [r, g, b, _] in pixels {
                    [*r, *g, *b] = convert([*r, *g, *b]);
                }
            }
        }
    }

    /// Colors as gray, within the same buffer: one channel, or four where there is alpha.
    pub(crate) fn into_gray(mut self, convert: impl Fn([u8; 3]) -> u8) -> Self {
        if self.channels != Channels::Rgb {
            self.map_colors(|rgb| [convert(rgb); 3]);
            return self;
        }
        let pixels = self.data.len() / 3;
        for index in 0..pixels {
            let rgb = self.data.get(index * 3..).and_then(|rest| rest.first_chunk::<3>()).copied();
            if let (Some(rgb), Some(gray)) = (rgb, self.data.get_mut(index)) {
                *gray = convert(rgb);
            }
        }
        self.data.truncate(pixels);
        Self { channels: Channels::Gray, ..self }
    }

    /// The same pixels with another number of channels; alpha is opaque where it is new.
    pub(crate) fn widened(self, channels: Channels) -> Self {
        let data = match (self.channels, channels) {
            (Channels::Gray, Channels::Rgb) => self.data.iter().flat_map(|gray| [*gray; 3]).collect(),
            (Channels::Gray, Channels::Rgba) => {
                self.data.iter().flat_map(|&gray| [gray, gray, gray, u8::MAX]).collect()
            }
            (Channels::Rgb, Channels::Rgba) => {
                let (pixels, _) = self.data.as_chunks::<3>();
                pixels.iter().flat_map(|&[r, g, b]| [r, g, b, u8::MAX]).collect()
            }
            _ => return self,
        };
        Self { size: self.size, channels, data }
    }
}

/// Turns pixels of four bytes into pixels of three without a second buffer.
pub(crate) fn pack_rgb(data: &mut Vec<u8>, convert: impl Fn([u8; 4]) -> [u8; 3]) {
    let pixels = data.len() / 4;
    for index in 0..pixels {
        let Some(rgba) = data.get(index * 4..).and_then(|rest| rest.first_chunk::<4>()).copied() else {
            break;
        };
        if let Some(rgb) = data.get_mut(index * 3..).and_then(|rest| rest.first_chunk_mut::<3>()) {
            *rgb = convert(rgba);
        }
    }
    data.truncate(pixels * 3);
}

/// The size of an image that has one pixel for so many along each side; the last ones may lie
/// within the picture only in part.
pub(crate) fn reduced_size(size: Size, reduction: u32) -> Size {
    Size::new(size.width().div_ceil(reduction), size.height().div_ceil(reduction)).unwrap_or(size)
}

/// Bytes of an image; cannot overflow, since a size has at most 2⁶⁴ pixels only in theory
/// and every size here has passed a pixel limit.
pub(crate) fn bytes_of(size: Size, channels: Channels) -> u64 {
    size.pixels().saturating_mul(channels.count() as u64)
}

/// The length of a buffer for an image.
pub(crate) fn buffer_len(size: Size, channels: Channels) -> usize {
    usize::try_from(bytes_of(size, channels)).unwrap_or(usize::MAX)
}
