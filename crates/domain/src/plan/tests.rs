//! Wishes resolved to plans, and the plans' texts.

use super::*;

fn source(width: u32, height: u32) -> Source {
    Source {
        media_type: MediaType::Jpeg,
        size: Size::new(width, height).unwrap(),
        orientation: Orientation::UPRIGHT,
        frames: 1,
    }
}

fn plan(query: &[(&str, &str)], source: Source) -> String {
    let options = Options::parse(query.iter().copied()).unwrap();
    Plan::resolve(&options, source, 50_000_000).unwrap().to_string()
}

#[test]
fn every_spelling_of_a_request_is_one_plan() {
    let source = source(4000, 3000);
    let plain = plan(&[("blur", "10")], source);
    assert_eq!(plain, "blur=10;format=jpeg;quality=80");
    assert_eq!(plan(&[("sigma", "10.00")], source), plain);
    assert_eq!(plan(&[("quality", "80"), ("sigma", "010")], source), plain);
    assert_eq!(plan(&[("f", "jpg"), ("blur", "10")], source), plain);
    assert_eq!(plan(&[("w", "4000"), ("blur", "10")], source), plain, "already that wide");
    assert_eq!(
        plan(&[("w", "400"), ("h", "300"), ("fit", "fill")], source),
        plan(&[("height", "300")], source),
    );
}

#[test]
fn sharpening_and_pixelating_follow_the_blur() {
    assert_eq!(
        plan(&[("pixelate", "08"), ("sharpen", "1.0"), ("blur", "2")], source(9, 9)),
        "blur=2;sharpen=1;pixelate=8;format=jpeg;quality=80"
    );
}

#[test]
fn a_lossless_format_has_no_quality() {
    assert_eq!(plan(&[("f", "png"), ("q", "30")], source(9, 9)), plan(&[("f", "png")], source(9, 9)));
}

#[test]
fn avif_has_a_scale_of_its_own() {
    assert_eq!(plan(&[("f", "avif")], source(9, 9)), "format=avif;quality=70");
    assert_eq!(plan(&[("f", "avif"), ("q", "80")], source(9, 9)), "format=avif;quality=80");
}

#[test]
fn only_a_jpeg_is_progressive() {
    let source = source(9, 9);
    let on = ("progressive", "true");
    assert_eq!(plan(&[on], source), "format=jpeg;quality=80;progressive");
    assert_eq!(plan(&[("progressive", "false")], source), plan(&[], source));
    for format in ["png", "webp", "avif"] {
        assert_eq!(plan(&[on, ("f", format)], source), plan(&[("f", format)], source));
    }
}

#[test]
fn how_large_a_result_may_be_is_a_part_of_its_plan() {
    let source = source(9, 9);
    assert_eq!(plan(&[("max_bytes", "09000")], source), "format=jpeg;quality=80;max_bytes=9000");
    assert_eq!(plan(&[("max_bytes", "9000"), ("f", "png")], source), "format=png;max_bytes=9000");
}

#[test]
fn a_format_that_is_chosen_is_the_same_plan_as_one_that_is_named() {
    let source = source(40, 30);
    let auto = Options::parse([("format", "auto"), ("w", "20")]).unwrap();
    for (accept, format) in [("image/avif,*/*", "avif"), ("image/webp,*/*", "webp"), ("*/*", "jpeg")] {
        let options = Options { accept: Accept::parse([accept]), ..auto };
        let chosen = Plan::resolve(&options, source, 1000).unwrap().to_string();
        assert_eq!(chosen, plan(&[("f", format), ("w", "20")], source));
    }
}

#[test]
fn the_orientation_is_applied_before_the_resize() {
    let turned = Source { orientation: Orientation::from_exif(6).unwrap(), ..source(4000, 3000) };
    let options = Options::parse([("width", "300")]).unwrap();
    let plan = Plan::resolve(&options, turned, 50_000_000).unwrap();
    assert_eq!(plan.output, Size::new(300, 400).unwrap());
}

#[test]
fn turns_and_flips_are_one_turn_in_the_text() {
    let source = source(30, 20);
    let plain = plan(&[], source);
    for idle in [&[("rotate", "0")][..], &[("rotate", "180"), ("flip", "hv")]] {
        assert_eq!(plan(idle, source), plain, "{idle:?}");
    }
    assert_eq!(plan(&[("rotate", "90")], source), "turn=6;format=jpeg;quality=80");
    assert_eq!(plan(&[("rotate", "180")], source), plan(&[("flip", "hv")], source));
    assert_eq!(
        plan(&[("flip", "h"), ("rotate", "90")], source),
        plan(&[("rotate", "270"), ("flip", "v")], source),
        "the flip follows the turn, however they are written"
    );
}

#[test]
fn the_size_speaks_of_the_turned_picture() {
    let options = Options::parse([("rotate", "270"), ("w", "33")]).unwrap();
    for (exif, output, orientation) in [(1, (33, 44), 8), (6, (33, 25), 1), (7, (33, 25), 2)] {
        let stored = Source { orientation: Orientation::from_exif(exif).unwrap(), ..source(401, 301) };
        let plan = Plan::resolve(&options, stored, 50_000_000).unwrap();
        assert_eq!((plan.output.width(), plan.output.height()), output, "{exif}");
        assert_eq!(plan.orientation(&stored).exif(), orientation, "{exif}");
    }
}

#[test]
fn a_crop_is_cut_to_the_turned_picture_and_scaled_by_itself() {
    let source = source(400, 301);
    let plain = plan(&[], source);
    assert_eq!(plan(&[("crop", "0,0,400,301")], source), plain, "all of it");
    assert_eq!(plan(&[("crop", "0,0,4000,4000")], source), plain, "more than all of it");
    assert_eq!(plan(&[("crop", "300,300,200,9")], source), "crop=300,300,100,1;format=jpeg;quality=80");
    assert_eq!(
        plan(&[("w", "50"), ("crop", "10,20,100,80")], source),
        "crop=10,20,100,80;resize=50x40;format=jpeg;quality=80"
    );
    assert_eq!(
        plan(&[("rotate", "90"), ("crop", "300,390,200,200")], source),
        "turn=6;crop=300,390,1,10;format=jpeg;quality=80"
    );
    let options = Options::parse([("crop", "400,0,1,1")]).unwrap();
    let error = Plan::resolve(&options, source, 1000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing of the picture, which has 400×301 pixels, is within `crop=400,0,1,1`"
    );
}

#[test]
fn a_position_that_changes_nothing_does_not_show() {
    let source = source(400, 300);
    let cover = [("w", "100"), ("h", "100")];
    let with = |options: &[(&'static str, &'static str)]| plan(&[&cover, options].concat(), source);
    assert_eq!(with(&[("position", "center")]), with(&[]));
    assert_eq!(with(&[("position", "top")]), with(&[]), "nothing is cut off above");
    assert_eq!(with(&[("position", "top-left")]), with(&[("position", "left")]));
    assert_eq!(with(&[("position", "left")]), "resize=crop:100x100:at:left;format=jpeg;quality=80");
    let contain = [("fit", "contain"), ("position", "bottom-right")];
    assert_eq!(with(&contain), "resize=100x75:on:100x100:at:bottom;format=jpeg;quality=80");
    assert_eq!(plan(&[("w", "80"), ("h", "60"), ("position", "left")], source), plan(&[("w", "80")], source));
}

#[test]
fn enlarging_is_bounded_by_the_limit() {
    let source = source(40, 30);
    assert_eq!(plan(&[("w", "80"), ("enlarge", "false")], source), plan(&[], source));
    assert_eq!(plan(&[("w", "20"), ("enlarge", "true")], source), plan(&[("w", "20")], source));
    assert_eq!(plan(&[("w", "80"), ("enlarge", "true")], source), "resize=80x60;format=jpeg;quality=80");
    let options = Options::parse([("w", "30000"), ("enlarge", "true")]).unwrap();
    let error = Plan::resolve(&options, source, 50_000_000).unwrap_err();
    assert!(matches!(error, Unplannable::OutputTooLarge { size, .. } if size.height() == 22_500));
}

#[test]
fn a_change_of_color_that_changes_nothing_does_not_show() {
    let source = source(40, 30);
    let idle = [("brightness", "1.00"), ("contrast", "1"), ("saturation", "01"), ("grayscale", "false")];
    assert_eq!(plan(&idle, source), plan(&[], source));
    assert_eq!(plan(&[("hue", "-360"), ("gamma", "1.0")], source), plan(&[], source));
    assert_eq!(
        plan(&[("grayscale", "true"), ("hue", "7.5"), ("brightness", "2"), ("gamma", "2.20")], source),
        "gamma=2.2;brightness=2;hue=7.5;grayscale;format=jpeg;quality=80"
    );
    assert_eq!(
        plan(
            &[("grayscale", "true"), ("saturation", "0"), ("contrast", "1.254"), ("brightness", ".80")],
            source
        ),
        "brightness=0.8;contrast=1.25;saturation=0;grayscale;format=jpeg;quality=80"
    );
}

#[test]
fn a_background_that_cannot_show_does_not_show_in_the_text() {
    let jpeg = source(40, 30);
    let png = Source { media_type: MediaType::Png, ..jpeg };
    let contain = [("w", "40"), ("h", "40"), ("fit", "contain")];
    let red = [("background", "FF0000")];
    let on = |background: &'static str| [&contain[..], &[("background", background)]].concat();
    assert_eq!(plan(&red, jpeg), plan(&[], jpeg), "a JPEG has nothing to see it through");
    assert_eq!(plan(&red, png), plan(&[], png), "a PNG can be transparent");
    assert_eq!(
        plan(&[("background", "#ff0000"), ("f", "jpeg")], png),
        "background=ff0000;format=jpeg;quality=80"
    );
    assert_eq!(plan(&[("background", "white"), ("f", "jpeg")], png), plan(&[("f", "jpeg")], png));
    assert_eq!(plan(&on("transparent"), jpeg), plan(&contain, jpeg));
    assert_eq!(plan(&on("ffffff"), jpeg), plan(&contain, jpeg));
    assert_eq!(plan(&on("transparent"), png), plan(&contain, png));
    assert_eq!(plan(&on("white"), png), "resize=40x30:on:40x40;background=ffffff;format=png");
    assert_eq!(plan(&on("black"), jpeg), "resize=40x30:on:40x40;background=000000;format=jpeg;quality=80");
}

#[test]
fn a_result_over_the_limit_is_refused_with_its_size() {
    let options = Options::parse([("w", "20000"), ("h", "20000"), ("fit", "contain")]).unwrap();
    let error = Plan::resolve(&options, source(10, 10), 50_000_000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the result would have 20000×20000 = 400000000 pixels; at most 50000000 are made"
    );
}

#[test]
fn a_side_that_the_format_cannot_say_is_refused() {
    let options = Options::parse([("f", "webp")]).unwrap();
    let error = Plan::resolve(&options, source(17_000, 10), 50_000_000).unwrap_err();
    assert!(matches!(error, Unplannable::SideTooLong { max_side: 16_383, .. }));
}
