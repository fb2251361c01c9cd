//! The screen that the frames of an animation are drawn on, one after the other.

use domain::Size;

use crate::pixels::{Channels, Pixels};

/// Where a frame stands on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// What becomes of a frame before the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposal {
    Keep,
    /// Its place is cleared.
    Clear,
    /// Its place is as it was before.
    Restore,
}

/// The screen, and what is to be done to it before the next frame.
pub(super) struct Screen {
    size: Size,
    /// Nothing until there are pixels for it.
    pixels: Option<Pixels>,
    /// How it was before the last frame, if that is to be restored.
    before: Option<Pixels>,
    last: Option<(Place, Disposal)>,
}

impl Screen {
    pub(super) fn new(size: Size) -> Self {
        Self { size, pixels: None, before: None, last: None }
    }

    /// What is shown, of four channels; made if there is nothing yet.
    pub(super) fn pixels(&mut self) -> &mut Pixels {
        let size = self.size;
        self.pixels.get_or_insert_with(|| Pixels::zeroed(size, Channels::Rgba))
    }

    pub(super) fn into_pixels(self) -> Pixels {
        let size = self.size;
        self.pixels.unwrap_or_else(|| Pixels::zeroed(size, Channels::Rgba))
    }

    /// Does to the last frame what was said of it, and keeps in mind what is said of this one.
    pub(super) fn next(&mut self, place: Place, disposal: Disposal) {
        match self.last.take() {
            Some((last, Disposal::Clear)) => self.clear(last),
            Some((_, Disposal::Restore)) => self.pixels = self.before.take(),
            Some((_, Disposal::Keep)) | None => {}
        }
        if disposal == Disposal::Restore {
            self.before.clone_from(&self.pixels);
        }
        self.last = Some((place, disposal));
    }

    fn clear(&mut self, place: Place) {
        if self.pixels.is_some() {
            let width = place.width * 4;
            for row in self.rows(place) {
                let end = width.min(row.len());
                row.get_mut(..end).unwrap_or_default().fill(0);
            }
        }
    }

    /// The rows of a place, each from its left edge on.
    pub(super) fn rows(&mut self, place: Place) -> impl Iterator<Item = &mut [u8]> {
        let pixels = self.pixels();
        let stride = pixels.stride();
        let rows = pixels.data_mut().chunks_exact_mut(stride).skip(place.top).take(place.height);
        rows.map(move |row| row.get_mut(place.left * 4..).unwrap_or_default())
    }

    /// Draws a picture, over what is there or instead of it.
    pub(super) fn draw(&mut self, picture: &Pixels, place: Place, is_over: bool) {
        for (to, from) in self.rows(place).zip(picture.data().chunks_exact(picture.stride())) {
            for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from.as_chunks::<4>().0) {
                *to = if is_over { over(*from, *to) } else { *from };
            }
        }
    }
}

/// A pixel over another, neither multiplied with its alpha.
fn over(above: [u8; 4], below: [u8; 4]) -> [u8; 4] {
    let ([.., above_alpha], [.., below_alpha]) = (above, below);
    match above_alpha {
        0 => below,
        u8::MAX => above,
        _ if below_alpha == 0 => above,
        _ => {
            let above_weight = u32::from(above_alpha) * 255;
            let below_weight = u32::from(below_alpha) * (255 - u32::from(above_alpha));
            let sum = above_weight + below_weight;
            let mut mixed = [0; 4];
            for ((to, above), below) in mixed.iter_mut().zip(above).zip(below) {
                let color =
                    (u32::from(above) * above_weight + u32::from(below) * below_weight + sum / 2) / sum;
                *to = u8::try_from(color).unwrap_or(u8::MAX);
            }
            if let Some(alpha) = mixed.last_mut() {
                *alpha = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
            }
            mixed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOT: Place = Place { left: 1, top: 1, width: 1, height: 1 };

    fn dot(color: [u8; 4]) -> Pixels {
        Pixels::new(Size::new(1, 1).unwrap(), Channels::Rgba, color.to_vec()).unwrap()
    }

    fn shown(screen: &mut Screen) -> [u8; 4] {
        screen.pixels().data().as_chunks::<4>().0[4]
    }

    #[test]
    fn a_frame_is_kept_cleared_or_taken_back() {
        let (red, blue) = ([255, 0, 0, 255], [0, 0, 255, 255]);
        for (disposal, expected) in
            [(Disposal::Keep, blue), (Disposal::Clear, [0; 4]), (Disposal::Restore, red)]
        {
            let mut screen = Screen::new(Size::new(3, 3).unwrap());
            screen.next(DOT, Disposal::Keep);
            screen.draw(&dot(red), DOT, false);
            screen.next(DOT, disposal);
            screen.draw(&dot(blue), DOT, false);
            assert_eq!(shown(&mut screen), blue);
            screen.next(Place { left: 0, top: 0, width: 1, height: 1 }, Disposal::Keep);
            assert_eq!(shown(&mut screen), expected, "{disposal:?}");
        }
    }

    #[test]
    fn half_over_half_is_three_quarters() {
        assert_eq!(over([200, 0, 0, 128], [0, 200, 0, 128]), [134, 66, 0, 192]);
        assert_eq!(over([1, 2, 3, 0], [4, 5, 6, 7]), [4, 5, 6, 7]);
        assert_eq!(over([1, 2, 3, 255], [4, 5, 6, 7]), [1, 2, 3, 255]);
        assert_eq!(over([1, 2, 3, 9], [4, 5, 6, 0]), [1, 2, 3, 9]);
    }

    #[test]
    fn what_stands_over_the_edge_is_cut_off() {
        let mut screen = Screen::new(Size::new(3, 3).unwrap());
        let place = Place { left: 2, top: 2, width: 4, height: 4 };
        screen.next(place, Disposal::Clear);
        let large = Pixels::zeroed(Size::new(4, 4).unwrap(), Channels::Rgba);
        screen.draw(&large, place, false);
        screen.next(DOT, Disposal::Keep);
        assert_eq!(shown(&mut screen), [0; 4]);
    }
}
