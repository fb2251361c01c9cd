//! Tests of what a plan says of the picture's frame: its room, its turn and its border.

use proptest::prelude::*;

use super::*;

fn source(width: u32, height: u32) -> Source {
    let size = Size::new(width, height).unwrap();
    Source { media_type: MediaType::Jpeg, size, orientation: Orientation::UPRIGHT, frames: 1 }
}

fn resolved(query: &[(&str, &str)], source: Source) -> Result<Plan, Unplannable> {
    Plan::resolve(&Options::parse(query.iter().copied()).unwrap(), source, 50_000_000)
}

fn plan(query: &[(&str, &str)], source: Source) -> String {
    resolved(query, source).unwrap().to_string()
}

fn output(query: &[(&str, &str)], source: Source) -> (u32, u32) {
    let Plan { output, .. } = resolved(query, source).unwrap();
    (output.width(), output.height())
}

#[test]
fn padding_is_in_the_size_of_the_result_and_in_its_limits() {
    let source = source(400, 300);
    assert_eq!(plan(&[("padding", "0,0")], source), plan(&[], source));
    assert_eq!(plan(&[("padding", "5")], source), "padding=5,5,5,5;format=jpeg;quality=80");
    assert_eq!(plan(&[("padding", "5,5,5,5")], source), plan(&[("padding", "05")], source));
    let query = [("padding", "1,2,3,4"), ("w", "200"), ("grayscale", "true")];
    assert_eq!(plan(&query, source), "resize=200x150;grayscale;padding=1,2,3,4;format=jpeg;quality=80");
    assert_eq!(output(&query, source), (206, 154));
    let contain = [("padding", "10"), ("w", "100"), ("h", "100"), ("fit", "contain")];
    assert_eq!(output(&contain, source), (120, 120));
    let error = resolved(&[("padding", "30000")], source).unwrap_err();
    assert!(matches!(error, Unplannable::OutputTooLarge { size, .. } if size.width() == 60_400));
    let error = resolved(&[("padding", "0,9000"), ("h", "1"), ("f", "webp")], source).unwrap_err();
    assert!(matches!(error, Unplannable::SideTooLong { size, .. } if size.width() == 18_001));
}

#[test]
fn a_background_shows_in_the_padding() {
    let jpeg = source(40, 30);
    let padded = [("padding", "1"), ("background", "black")];
    assert_eq!(plan(&padded, jpeg), "padding=1,1,1,1;background=000000;format=jpeg;quality=80");
    assert_eq!(plan(&[("background", "white"), padded[0]], jpeg), plan(&padded[..1], jpeg));
    let png = Source { media_type: MediaType::Png, ..jpeg };
    assert_eq!(plan(&padded, png), "padding=1,1,1,1;background=000000;format=png");
}

#[test]
fn device_pixels_are_only_another_way_to_write_a_size() {
    let source = source(4000, 3000);
    for (short, long) in [
        (&[("w", "200"), ("dpr", "2")][..], &[("w", "400")][..]),
        (&[("dpr", "1.5"), ("h", "33")], &[("h", "50")]),
        (&[("dpr", "1"), ("padding", "7"), ("w", "9")], &[("padding", "7"), ("w", "9")]),
        (
            &[("dpr", "3"), ("w", "10"), ("h", "20"), ("fit", "contain"), ("padding", "1,0,2,3")],
            &[("w", "30"), ("h", "60"), ("fit", "contain"), ("padding", "3,0,6,9")],
        ),
    ] {
        assert_eq!(plan(short, source), plan(long, source));
    }
}

#[test]
fn an_angle_is_what_is_left_beside_quarter_turns() {
    let source = source(400, 300);
    assert_eq!(plan(&[("rotate", "-90")], source), plan(&[("rotate", "270")], source));
    assert_eq!(plan(&[("rotate", "90.00")], source), "turn=6;format=jpeg;quality=80");
    assert_eq!(plan(&[("rotate", "-360")], source), plan(&[], source));
    assert_eq!(plan(&[("rotate", "30")], source), "rotate=30;format=jpeg;quality=80");
    assert_eq!(plan(&[("rotate", "-240")], source), "turn=6;rotate=30;format=jpeg;quality=80");
    assert_eq!(
        plan(&[("rotate", "30"), ("flip", "h")], source),
        plan(&[("flip", "v"), ("rotate", "-150")], source),
        "the flip follows the turn"
    );
}

#[test]
fn sizes_speak_of_the_canvas_that_a_turned_picture_needs() {
    let picture = source(200, 100);
    assert_eq!(output(&[("rotate", "30")], picture), (224, 187));
    assert_eq!(output(&[("rotate", "120")], picture), (187, 224));
    assert_eq!(output(&[("rotate", "30"), ("w", "112")], picture), (112, 94));
    let crop = [("rotate", "30"), ("crop", "220,180,50,50")];
    assert_eq!(plan(&crop, picture), "rotate=30;crop=220,180,4,7;format=jpeg;quality=80");
    // A strip becomes a square of its length.
    let error = resolved(&[("rotate", "45"), ("w", "9")], source(20_000, 2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "turned, the picture would have 14144×14144 = 200052736 pixels; at most 50000000 are made"
    );
}

#[test]
fn a_background_shows_beside_a_turned_picture() {
    let png = Source { media_type: MediaType::Png, ..source(40, 30) };
    let turned = [("rotate", "1"), ("background", "white")];
    assert_eq!(plan(&turned, png), "rotate=1;background=ffffff;format=png");
    assert_eq!(plan(&turned, source(40, 30)), plan(&turned[..1], source(40, 30)));
}

#[test]
fn a_focus_shows_only_where_cover_cuts() {
    let source = source(400, 300);
    let box_of = |w, h, position| plan(&[("w", w), ("h", h), ("position", position)], source);
    for word in ["entropy", "attention"] {
        let expected = format!("resize=crop:100x100:at:{word};format=jpeg;quality=80");
        assert_eq!(box_of("100", "100", word), expected);
        assert_eq!(box_of("80", "60", word), box_of("80", "60", "center"), "nothing is cut off");
        assert_eq!(box_of("4000", "3000", word), plan(&[], source));
        assert_eq!(box_of("399", "299", word), box_of("399", "299", "center"), "not even a pixel");
    }
}

#[test]
fn what_is_kept_holds_the_ratio_in_whole_pixels() {
    let kept = |w, h, picture: (u32, u32)| {
        let picture = source(picture.0, picture.1);
        let plan = resolved(&[("w", w), ("h", h), ("position", "entropy")], picture).unwrap();
        let kept = plan.resize.unwrap().kept(picture.size);
        (kept.width(), kept.height())
    };
    assert_eq!(kept("100", "100", (400, 300)), (300, 300));
    assert_eq!(kept("30", "70", (400, 300)), (129, 300));
    assert_eq!(kept("70", "30", (300, 400)), (300, 129));
    assert_eq!(kept("200", "1", (200, 999)), (200, 1));
}

#[test]
fn with_a_border_to_take_off_a_plan_keeps_the_wish() {
    let source = source(400, 300);
    assert_eq!(plan(&[("trim", "010")], source), "trim=10;format=jpeg;quality=80");
    assert_eq!(
        plan(
            &[("w", "100"), ("trim", "0"), ("crop", "10,20,3000,30"), ("rotate", "90"), ("blur", "2")],
            source
        ),
        "turn=6;trim=0;crop=10,20,290,30;size=100xauto;blur=2;format=jpeg;quality=80"
    );
    let sized = |query: &[(&'static str, &'static str)]| plan(&[&[("trim", "5")], query].concat(), source);
    let contain = [("w", "50"), ("h", "40"), ("fit", "contain"), ("position", "top"), ("enlarge", "true")];
    assert_eq!(sized(&contain), "trim=5;size=50x40:contain:at:top:enlarge;format=jpeg;quality=80");
    for (query, same) in [
        (&[("crop", "0,0,400,999")][..], &[][..]),
        (&[("w", "400")], &[]),
        (&[("h", "300"), ("w", "999"), ("fit", "inside")], &[]),
        (&[("h", "3000"), ("w", "20"), ("fit", "outside")], &[]),
        (&[("w", "40"), ("fit", "contain")], &[("w", "40")]),
        (
            &[("w", "40"), ("h", "30"), ("position", "center"), ("enlarge", "false")],
            &[("w", "20"), ("h", "15"), ("dpr", "2")],
        ),
    ] {
        assert_eq!(sized(query), sized(same), "{query:?}");
    }
    assert_ne!(sized(&[("w", "400"), ("enlarge", "true")]), sized(&[]));
    assert_ne!(sized(&[("h", "300"), ("w", "999")]), sized(&[]), "cover cuts to the ratio");
}

#[test]
fn once_the_border_is_off_the_wish_is_resolved_against_the_rest() {
    let rest = Size::new(120, 90).unwrap();
    let of_rest = |query: &[(&str, &str)], source: Source| {
        let plan = resolved(query, source).unwrap().trimmed(rest).unwrap();
        assert_eq!(plan.trimmed(Size::new(1, 1).unwrap()), Ok(plan), "once is enough");
        plan
    };
    let jpeg = source(400, 300);
    for query in [
        &[("trim", "3"), ("w", "60")][..],
        &[("trim", "3"), ("w", "60"), ("h", "60"), ("position", "left")],
        &[("trim", "3"), ("crop", "100,0,999,999"), ("h", "300"), ("enlarge", "true"), ("padding", "4")],
        &[
            ("trim", "3"),
            ("w", "60"),
            ("h", "60"),
            ("fit", "contain"),
            ("background", "black"),
            ("sharpen", "2"),
        ],
    ] {
        let untrimmed: Vec<_> = query.iter().copied().filter(|(name, _)| *name != "trim").collect();
        assert_eq!(of_rest(query, jpeg).to_string(), plan(&untrimmed, source(120, 90)), "{query:?}");
    }
    let error = resolved(&[("trim", "3"), ("crop", "200,0,9,9")], jpeg).unwrap().trimmed(rest).unwrap_err();
    assert!(error.to_string().contains("120×90"), "{error}");
    assert!(resolved(&[("trim", "3"), ("crop", "400,0,9,9")], jpeg).is_err(), "of no part");
}

#[test]
fn what_no_border_can_make_small_enough_is_refused_at_once() {
    let source = source(400, 300);
    let huge = [("trim", "3"), ("w", "30000"), ("h", "30000"), ("fit", "contain")];
    assert!(matches!(resolved(&huge, source), Err(Unplannable::OutputTooLarge { .. })));
    let strip = Size::new(1, 300).unwrap();
    let tall = resolved(&[("trim", "3"), ("w", "30000"), ("enlarge", "true")], source).unwrap();
    assert!(matches!(tall.trimmed(strip), Err(Unplannable::OutputTooLarge { .. })));
}

proptest! {
    #[test]
    fn no_rest_becomes_larger_than_announced(
        sides in (0u32..900, 0u32..900), fit in 0usize..5, enlarge: bool, padding in 0u32..9, crop: bool,
        (w, h) in (1u32..400, 1u32..400), (rest_w, rest_h) in (1u32..400, 1u32..400),
    ) {
        let mut query = vec![("trim", "9".to_owned()), ("padding", padding.to_string())];
        let sides = [("w", sides.0), ("h", sides.1)].into_iter().filter(|(_, side)| *side > 0);
        query.extend(sides.map(|(name, side)| (name, side.to_string())));
        if query.len() > 2 {
            query.push(("fit", Fit::WORDS[fit].to_owned()));
            query.push(("enlarge", enlarge.to_string()));
        }
        if crop {
            query.push(("crop", "0,0,200,100".to_owned()));
        }
        let options = Options::parse(query.iter().map(|(name, value)| (*name, value.as_str()))).unwrap();
        if let Ok(plan) = Plan::resolve(&options, source(w, h), 300_000) {
            let rest = Size::new(rest_w.min(w), rest_h.min(h)).unwrap();
            if let Ok(trimmed) = plan.trimmed(rest) {
                prop_assert!(trimmed.output.width() <= plan.output.width(), "{trimmed} of {plan}");
                prop_assert!(trimmed.output.height() <= plan.output.height(), "{trimmed} of {plan}");
                prop_assert!(trimmed.output.pixels() <= 300_000);
            }
        }
    }
}
