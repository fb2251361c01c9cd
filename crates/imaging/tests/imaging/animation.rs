//! Animations: every frame, for as long as it was shown, as often as it was played.

use std::io::Cursor;

use domain::plan::{Options, Plan};
use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder as _, Rgba, RgbaImage};
use imaging::{Error, Limits, derive, probe};

use crate::samples::{LIMITS, made, try_made};

const RED: [u8; 3] = [200, 0, 0];
const BLUE: [u8; 3] = [0, 0, 200];
const WHITE: [u8; 3] = [255, 255, 255];

/// A frame of one color.
struct Part {
    color: [u8; 3],
    place: (u16, u16, u16, u16),
    hundredths: u16,
    disposal: DisposalMethod,
}

const WHOLE: (u16, u16, u16, u16) = (0, 0, 40, 30);

fn part(color: [u8; 3], place: (u16, u16, u16, u16), hundredths: u16) -> Part {
    Part { color, place, hundredths, disposal: DisposalMethod::Keep }
}

fn gif(parts: &[Part], repeat: Option<Repeat>) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), 40, 30, &[]).unwrap();
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    for part in parts {
        let (left, top, width, height) = part.place;
        let frame = Frame {
            left,
            top,
            width,
            height,
            delay: part.hundredths,
            dispose: part.disposal,
            palette: Some(part.color.to_vec()),
            buffer: vec![0; usize::from(width) * usize::from(height)].into(),
            ..Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

/// White, then a red square, then a blue one beside it.
fn squares() -> Vec<u8> {
    let parts = [part(WHITE, WHOLE, 10), part(RED, (4, 6, 8, 8), 25), part(BLUE, (20, 6, 8, 8), 40)];
    gif(&parts, Some(Repeat::Infinite))
}

/// The frames of a result, and for how many milliseconds each is shown.
fn frames(file: &[u8]) -> Vec<(RgbaImage, u32)> {
    let file = Cursor::new(file);
    let frames = match file.get_ref() {
        [b'G', ..] => GifDecoder::new(file).unwrap().into_frames().collect_frames(),
        [b'R', ..] => WebPDecoder::new(file).unwrap().into_frames().collect_frames(),
        _ => PngDecoder::new(file).unwrap().apng().unwrap().into_frames().collect_frames(),
    };
    let time = |frame: &image::Frame| {
        let (above, below) = frame.delay().numer_denom_ms();
        above / below
    };
    frames.unwrap().into_iter().map(|frame| (frame.buffer().clone(), time(&frame))).collect()
}

fn is_near(found: Rgba<u8>, [red, green, blue]: [u8; 3], worst: u8) -> bool {
    let Rgba([r, g, b, a]) = found;
    a == 255 && r.abs_diff(red) <= worst && g.abs_diff(green) <= worst && b.abs_diff(blue) <= worst
}

#[test]
fn an_animation_stays_one_in_every_format_that_can() {
    for (format, worst) in [("gif", 0), ("png", 0), ("webp", 24)] {
        let result = try_made(&squares(), &[("format", format)]).unwrap();
        let frames = frames(&result);
        let times: Vec<u32> = frames.iter().map(|(_, time)| *time).collect();
        assert_eq!(times, [100, 250, 400], "{format}");
        for (index, at_red, at_blue) in [(0, WHITE, WHITE), (1, RED, WHITE), (2, RED, BLUE)] {
            let (picture, _) = &frames[index];
            assert_eq!(picture.dimensions(), (40, 30));
            for (x, color) in [(8, at_red), (24, at_blue), (36, WHITE)] {
                let found = *picture.get_pixel(x, 10);
                assert!(is_near(found, color, worst), "{format}, frame {index} at {x}: {found:?}");
            }
        }
    }
}

#[test]
fn a_gif_is_a_gif_again_and_formats_that_cannot_move_get_the_first_frame() {
    assert!(try_made(&squares(), &[]).unwrap().starts_with(b"GIF89a"));
    for format in ["jpeg", "avif", "tiff"] {
        let first = try_made(&squares(), &[("format", format)]).unwrap();
        assert_eq!(try_made(&squares(), &[("format", format), ("animate", "false")]).unwrap(), first);
    }
    assert!(is_near(*made(&squares(), &[("animate", "false")]).get_pixel(8, 10), WHITE, 0));
}

#[test]
fn one_frame_becomes_a_still_image() {
    for (frame, color) in [("1", WHITE), ("2", RED), ("3", RED)] {
        let still = made(&squares(), &[("frame", frame)]);
        assert!(is_near(*still.get_pixel(8, 10), color, 0), "{frame}");
    }
    let missing = try_made(&squares(), &[("frame", "4")]).unwrap_err();
    assert_eq!(missing, Error::NoSuchFrame { frame: 4, frames: 3 });
    assert!(missing.to_string().contains("3 frames"), "{missing}");
}

#[test]
fn every_step_is_taken_on_every_frame() {
    let result = try_made(&squares(), &[("format", "png"), ("width", "20"), ("rotate", "90")]).unwrap();
    let frames = frames(&result);
    assert_eq!(frames.len(), 3);
    for ((picture, _), color) in frames.iter().zip([WHITE, RED, RED]) {
        assert_eq!(picture.dimensions(), (20, 27));
        // The square's middle, 8 across and 10 down, turned and made smaller.
        assert!(is_near(*picture.get_pixel(13, 5), color, 12), "{:?}", picture.get_pixel(13, 5));
    }
}

#[test]
fn a_border_that_the_first_frame_has_is_taken_off_all() {
    // On a clear screen the first frame has a border, and what comes later lies in it.
    let parts = [part(RED, (10, 8, 12, 10), 10), part(BLUE, (2, 2, 20, 20), 10)];
    let result = try_made(&gif(&parts, None), &[("trim", "10"), ("format", "png")]).unwrap();
    let sizes: Vec<_> = frames(&result).iter().map(|(picture, _)| picture.dimensions()).collect();
    assert_eq!(sizes, [(12, 10), (12, 10)]);
}

#[test]
fn frames_are_cleared_and_taken_back_as_they_say() {
    for (disposal, expected) in [
        (DisposalMethod::Keep, Some(RED)),
        (DisposalMethod::Background, None),
        (DisposalMethod::Previous, Some(WHITE)),
    ] {
        let mut parts = [part(WHITE, WHOLE, 10), part(RED, (4, 6, 8, 8), 10), part(BLUE, (20, 6, 8, 8), 10)];
        parts[1].disposal = disposal;
        let original = gif(&parts, None);
        for format in ["gif", "png", "webp"] {
            let frames = frames(&try_made(&original, &[("format", format)]).unwrap());
            let found = *frames[2].0.get_pixel(8, 10);
            match expected {
                Some(color) => assert!(is_near(found, color, 24), "{format}, {disposal:?}: {found:?}"),
                None => assert_eq!(found[3], 0, "{format}, {disposal:?}: {found:?}"),
            }
        }
    }
}

#[test]
fn an_animation_is_played_as_often_as_before() {
    let netscape = |file: &[u8]| {
        let at = file.windows(11).position(|window| window == b"NETSCAPE2.0")?;
        Some(u16::from_le_bytes([file[at + 13], file[at + 14]]))
    };
    let parts = || [part(WHITE, WHOLE, 10), part(RED, WHOLE, 10)];
    for (repeat, repeats, plays) in
        [(None, None, 1), (Some(Repeat::Infinite), Some(0), 0), (Some(Repeat::Finite(4)), Some(4), 5)]
    {
        let original = gif(&parts(), repeat);
        assert_eq!(netscape(&try_made(&original, &[]).unwrap()), repeats);
        let webp = try_made(&original, &[("f", "webp")]).unwrap();
        let at = webp.windows(4).position(|window| window == b"ANIM").unwrap();
        assert_eq!(u16::from_le_bytes([webp[at + 12], webp[at + 13]]), plays);
        let png = try_made(&original, &[("f", "png")]).unwrap();
        let at = png.windows(4).position(|window| window == b"acTL").unwrap();
        assert_eq!(png[at + 4..at + 12], [[0, 0, 0, 2], (plays as u32).to_be_bytes()].concat());
    }
}

#[test]
fn results_can_be_originals_and_keep_their_frames() {
    for first in ["gif", "png", "webp"] {
        let between = try_made(&squares(), &[("format", first)]).unwrap();
        for second in ["gif", "png", "webp"] {
            let result = try_made(&between, &[("format", second)]).unwrap();
            let times: Vec<u32> = frames(&result).iter().map(|(_, time)| *time).collect();
            assert_eq!(times, [100, 250, 400], "{first} to {second}");
        }
    }
}

#[test]
fn frames_that_change_nothing_are_one_that_lasts_longer() {
    let parts = [part(WHITE, WHOLE, 10), part(WHITE, WHOLE, 15), part(RED, WHOLE, 1), part(RED, WHOLE, 30)];
    for format in ["gif", "png", "webp"] {
        let result = try_made(&gif(&parts, None), &[("format", format)]).unwrap();
        let times: Vec<u32> = frames(&result).iter().map(|(_, time)| *time).collect();
        // Browsers take a hundredth of a second for a tenth.
        assert_eq!(times, [250, 400], "{format}");
    }
}

#[test]
fn a_damaged_later_frame_ends_the_animation_and_a_first_one_refuses_it() {
    let whole = squares();
    for cut in [whole.len() - 2, whole.len() - 12] {
        let result = try_made(&whole[..cut], &[]).unwrap();
        assert!((2..=3).contains(&frames(&result).len()));
    }
    assert!(matches!(try_made(&whole[..60], &[]), Err(Error::Corrupt { .. })));
}

#[test]
fn too_many_frames_are_refused() {
    let parts: Vec<Part> =
        (0..1001u16).map(|index| part([index as u8, (index >> 8) as u8, 9], (0, 0, 1, 1), 2)).collect();
    let refused = try_made(&gif(&parts, None), &[]).unwrap_err();
    assert!(matches!(refused, Error::TooManyFrames { .. }), "{refused:?}");
    assert!(try_made(&gif(&parts, None), &[("animate", "false")]).is_ok());
    assert!(try_made(&gif(&parts[..1000], None), &[]).is_ok());
}

#[test]
fn an_animation_can_be_stopped_between_frames() {
    let original = squares();
    let source = probe(Cursor::new(&original)).unwrap();
    let plan = Plan::resolve(&Options::default(), source, 1_000_000).unwrap();
    let asked = std::cell::Cell::new(0);
    let limits = Limits::of_pixels(LIMITS.max_pixels);
    let all = || {
        asked.set(asked.get() + 1);
        true
    };
    derive(&original, &source, &plan, &limits, &all).unwrap();
    let times = asked.replace(0);
    assert!(times >= 3 * 10, "{times}");
    let half = || {
        asked.set(asked.get() + 1);
        asked.get() < times / 2
    };
    assert_eq!(derive(&original, &source, &plan, &limits, &half), Err(Error::Stopped));
}
