//! AVIF: what its container says of its items, put together by hand around data that our
//! own encoder wrote.

use std::io::Cursor;

use domain::MediaType;
use image::{DynamicImage, Rgba, RgbaImage, imageops};
use imaging::{Error, probe};

use crate::samples::{made, picture, png, try_made, worst_difference};

/// A box.
fn named(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32 + 8).to_be_bytes(), name.as_slice(), payload].concat()
}

/// A box with a version.
fn full(name: &[u8; 4], version: u8, payload: &[u8]) -> Vec<u8> {
    named(name, &[&[version, 0, 0, 0], payload].concat())
}

/// An item of a container: what it is, its bytes, and its properties.
#[derive(Clone)]
struct Item {
    kind: [u8; 4],
    data: Vec<u8>,
    properties: Vec<Vec<u8>>,
}

impl Item {
    fn with(mut self, property: Vec<u8>) -> Self {
        self.properties.push(property);
        self
    }
}

fn extent(width: u32, height: u32) -> Vec<u8> {
    full(b"ispe", 0, &[width.to_be_bytes(), height.to_be_bytes()].concat())
}

fn alpha() -> Vec<u8> {
    full(b"auxC", 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
}

/// The data of an AVIF of one item.
fn coded(picture: impl Into<DynamicImage>) -> Item {
    let picture = picture.into();
    let (width, height) = (picture.width(), picture.height());
    let file = try_made(&png(picture), &[("f", "avif"), ("q", "100")]).unwrap();
    let find = |name: &[u8]| file.windows(4).position(|window| window == name).unwrap();
    let config = find(b"av1C");
    let length = u32::from_be_bytes(file[config - 4..config].try_into().unwrap()) as usize;
    let data = file[find(b"mdat") + 4..].to_vec();
    let properties = vec![extent(width, height), file[config - 4..config - 4 + length].to_vec()];
    Item { kind: *b"av01", data, properties }
}

fn grid(columns: u8, rows: u8, width: u16, height: u16) -> Item {
    let data = [&[0, 0, rows - 1, columns - 1][..], &width.to_be_bytes(), &height.to_be_bytes()].concat();
    Item { kind: *b"grid", data, properties: vec![extent(width.into(), height.into())] }
}

/// A file of these items, numbered from 1, of which the first is the picture.
fn file(items: &[Item], references: &[(&[u8; 4], u16, &[u16])]) -> Vec<u8> {
    let ftyp = named(b"ftyp", b"avif\0\0\0\0avifmif1miaf");
    let (mut infos, mut known, mut associations, mut number) = (Vec::new(), Vec::new(), Vec::new(), 0u8);
    for (item, id) in items.iter().zip(1u16..) {
        let info = [&id.to_be_bytes()[..], &[0, 0], &item.kind, &[0]].concat();
        infos.extend(full(b"infe", 2, &info));
        associations.extend(id.to_be_bytes());
        associations.push(item.properties.len() as u8);
        for property in &item.properties {
            number += 1;
            known.extend(property);
            associations.push(number);
        }
    }
    let count = items.len() as u16;
    let infos = full(b"iinf", 0, &[&count.to_be_bytes()[..], &infos].concat());
    let associations = full(b"ipma", 0, &[&u32::from(count).to_be_bytes()[..], &associations].concat());
    let properties = named(b"iprp", &[named(b"ipco", &known), associations].concat());
    let references: Vec<u8> = references
        .iter()
        .flat_map(|(kind, from, to)| {
            let to: Vec<u8> = to.iter().flat_map(|id| id.to_be_bytes()).collect();
            let count = (to.len() / 2) as u16;
            named(kind, &[&from.to_be_bytes()[..], &count.to_be_bytes(), &to].concat())
        })
        .collect();
    let references = full(b"iref", 0, &references);
    let handler = full(b"hdlr", 0, b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let primary = full(b"pitm", 0, &1u16.to_be_bytes());
    let meta = |start: u32| {
        let (mut at, mut places) = (start, Vec::new());
        for (item, id) in items.iter().zip(1u16..) {
            places.extend([&id.to_be_bytes()[..], &[0, 0, 0, 1]].concat());
            places.extend([at, item.data.len() as u32].iter().flat_map(|n| n.to_be_bytes()));
            at += item.data.len() as u32;
        }
        let places = full(b"iloc", 0, &[&[0x44, 0][..], &count.to_be_bytes(), &places].concat());
        full(b"meta", 0, &[handler.as_slice(), &primary, &places, &infos, &references, &properties].concat())
    };
    let start = (ftyp.len() + meta(0).len() + 8) as u32;
    let data: Vec<u8> = items.iter().flat_map(|item| item.data.clone()).collect();
    [ftyp, meta(start), named(b"mdat", &data)].concat()
}

/// The same picture as it comes from a PNG.
fn exact(picture: impl Into<DynamicImage>) -> RgbaImage {
    picture.into().into_rgba8()
}

/// How much an AVIF of the highest quality may differ.
const LOSS: u8 = 6;

#[test]
fn a_picture_comes_back_as_it_was() {
    for (width, height) in [(64, 48), (33, 21), (1, 1), (2, 7)] {
        let item = coded(picture(width, height));
        let found = made(&file(&[item], &[]), &[]);
        assert!(worst_difference(&found, &exact(picture(width, height))) <= LOSS, "{width}×{height}");
    }
    let gray = DynamicImage::ImageRgb8(picture(40, 30)).into_luma8();
    assert!(worst_difference(&made(&file(&[coded(gray.clone())], &[]), &[]), &exact(gray)) <= LOSS);
}

#[test]
fn a_result_of_ours_can_be_an_original() {
    let mut clear = exact(picture(60, 40));
    clear.enumerate_pixels_mut().for_each(|(x, _, pixel)| pixel[3] = (x * 4) as u8);
    let avif = try_made(&png(clear.clone()), &[("f", "avif"), ("q", "100")]).unwrap();
    let found = made(&avif, &[]);
    // Where nothing is seen, any color will do.
    for (a, b) in found.pixels().zip(clear.pixels()).filter(|(_, b)| b[3] > 100) {
        assert!((0..4).all(|c| a[c].abs_diff(b[c]) <= 2 * LOSS), "{a:?} {b:?}");
    }
}

#[test]
fn what_turns_and_mirrors_a_picture_does_so_in_one_order() {
    let plain = exact(picture(64, 48));
    let turned = |quarters: u8, mirror: Option<u8>| {
        let mut item = coded(picture(64, 48));
        // In the file the mirror stands first.
        item.properties.extend(mirror.map(|axis| named(b"imir", &[axis])));
        item.properties.push(named(b"irot", &[quarters]));
        file(&[item], &[])
    };
    for (quarters, mirror, expected) in [
        (0, None, plain.clone()),
        (1, None, imageops::rotate270(&plain)),
        (2, None, imageops::rotate180(&plain)),
        (3, None, imageops::rotate90(&plain)),
        (0, Some(1), imageops::flip_horizontal(&plain)),
        (0, Some(0), imageops::flip_vertical(&plain)),
        (1, Some(1), imageops::flip_horizontal(&imageops::rotate270(&plain))),
    ] {
        let file = turned(quarters, mirror);
        let source = probe(Cursor::new(&file)).unwrap();
        assert_eq!((source.size.width(), source.size.height()), (64, 48), "as stored");
        let found = made(&file, &[]);
        assert!(worst_difference(&found, &expected) <= LOSS, "{quarters} {mirror:?}");
    }
}

#[test]
fn an_aperture_cuts_before_anything_turns() {
    let aperture = [(40u32, 1u32), (30, 1), (8, 1), (u32::MAX, 1)];
    let aperture: Vec<u8> =
        aperture.iter().flat_map(|(a, b)| [a.to_be_bytes(), b.to_be_bytes()].concat()).collect();
    let item = coded(picture(64, 48)).with(named(b"irot", &[1])).with(named(b"clap", &aperture));
    let file = file(&[item], &[]);
    let source = probe(Cursor::new(&file)).unwrap();
    assert_eq!((source.size.width(), source.size.height()), (40, 30));
    let expected = imageops::crop_imm(&exact(picture(64, 48)), 20, 8, 40, 30).to_image();
    assert!(worst_difference(&made(&file, &[]), &imageops::rotate270(&expected)) <= LOSS);
}

/// Four tiles of a picture and its grid, which shows not all of them.
fn tiles() -> (Vec<Item>, RgbaImage) {
    let whole = picture(128, 128);
    let tile = |x, y| coded(imageops::crop_imm(&whole, x, y, 64, 64).to_image());
    let items = vec![grid(2, 2, 100, 90), tile(0, 0), tile(64, 0), tile(0, 64), tile(64, 64)];
    (items, imageops::crop_imm(&exact(whole.clone()), 0, 0, 100, 90).to_image())
}

#[test]
fn a_grid_is_put_together_and_cut() {
    let (items, expected) = tiles();
    let found = made(&file(&items, &[(b"dimg", 1, &[2, 3, 4, 5])]), &[]);
    assert!(worst_difference(&found, &expected) <= LOSS);
}

#[test]
fn alpha_may_belong_to_the_picture_or_to_its_tiles() {
    let (items, mut expected) = tiles();
    let veil = DynamicImage::ImageRgb8(picture(128, 128)).into_luma8();
    let tile = |x, y| coded(imageops::crop_imm(&veil, x, y, 64, 64).to_image()).with(alpha());
    let of_tiles = [tile(0, 0), tile(64, 0), tile(0, 64), tile(64, 64)];
    for (pixel, gray) in expected.enumerate_pixels_mut().map(|(x, y, pixel)| (pixel, veil.get_pixel(x, y)[0]))
    {
        pixel[3] = gray;
    }
    let on_tiles = file(
        &[items.as_slice(), &of_tiles].concat(),
        &[
            (b"dimg", 1, &[2, 3, 4, 5]),
            (b"auxl", 6, &[2]),
            (b"auxl", 7, &[3]),
            (b"auxl", 8, &[4]),
            (b"auxl", 9, &[5]),
        ],
    );
    let of_whole = coded(imageops::crop_imm(&veil, 0, 0, 100, 90).to_image()).with(alpha());
    let on_whole =
        file(&[items, vec![of_whole]].concat(), &[(b"dimg", 1, &[2, 3, 4, 5]), (b"auxl", 6, &[1])]);
    for file in [on_tiles, on_whole] {
        assert!(worst_difference(&made(&file, &[]), &expected) <= LOSS);
    }
}

#[test]
fn colors_that_were_multiplied_with_alpha_are_divided() {
    let gray = image::GrayImage::from_pixel(32, 32, image::Luma([128]));
    let colors = coded(image::RgbImage::from_pixel(32, 32, image::Rgb([100, 50, 20])));
    let items = [colors, coded(gray).with(alpha())];
    let multiplied = made(&file(&items, &[(b"auxl", 2, &[1]), (b"prem", 1, &[2])]), &[]);
    let Rgba([r, g, b, a]) = *multiplied.get_pixel(9, 9);
    assert!(r.abs_diff(199) <= 6 && g.abs_diff(100) <= 6 && b.abs_diff(40) <= 6, "{r},{g},{b},{a}");
    let straight = made(&file(&items, &[(b"auxl", 2, &[1])]), &[]);
    assert!(straight.get_pixel(9, 9)[0].abs_diff(100) <= 3);
}

#[test]
fn a_recipe_for_bright_screens_never_replaces_the_picture() {
    let (width, height) = (48, 32);
    let recipe = Item { kind: *b"tmap", data: vec![0; 62], properties: vec![extent(width, height)] };
    let map = coded(image::GrayImage::from_pixel(width, height, image::Luma([200])));
    let base = coded(picture(width, height));
    let first = file(&[recipe.clone(), base.clone(), map.clone()], &[(b"dimg", 1, &[2, 3])]);
    let beside = file(&[base, recipe, map], &[(b"dimg", 2, &[1, 3])]);
    for file in [first, beside] {
        assert!(worst_difference(&made(&file, &[]), &exact(picture(width, height))) <= LOSS);
    }
}

#[test]
fn light_of_bright_screens_is_pressed_and_wide_colors_are_converted() {
    let color = |primaries: u16, transfer: u16, matrix: u16| {
        let points: Vec<u8> =
            [primaries, transfer, matrix].iter().flat_map(|point| point.to_be_bytes()).collect();
        named(b"colr", &[b"nclx", points.as_slice(), &[0x80]].concat())
    };
    let gray = |level: u8| coded(image::RgbImage::from_pixel(16, 16, image::Rgb([level; 3])));
    let shown = |level: u8, transfer: u16| {
        made(&file(&[gray(level).with(color(1, transfer, 6))], &[]), &[]).get_pixel(3, 3)[0]
    };
    // 148 of 255 is 203 candela a square metre by PQ: white where it is shown as it is.
    assert!((225..=250).contains(&shown(148, 16)), "{}", shown(148, 16));
    assert!(shown(255, 16) >= 250);
    assert!((225..=250).contains(&shown(191, 18)), "{}", shown(191, 18));
    assert!(shown(148, 13).abs_diff(148) <= 2);
    let orange = image::RgbImage::from_pixel(16, 16, image::Rgb([200, 120, 60]));
    let wide = made(&file(&[coded(orange).with(color(12, 13, 6))], &[]), &[]);
    let Rgba([r, g, b, _]) = *wide.get_pixel(3, 3);
    assert!((206..=222).contains(&r) && (107..=123).contains(&g) && (30..=60).contains(&b), "{r},{g},{b}");
}

#[test]
fn lies_about_the_size_and_the_tiles_are_refused() {
    let corrupt = |file: &[u8]| {
        let result = try_made(file, &[("f", "png")]);
        assert!(matches!(result, Err(Error::Corrupt { .. } | Error::Unsupported { .. })), "{result:?}");
    };
    let mut larger = coded(picture(32, 32));
    larger.properties[0] = extent(64, 64);
    corrupt(&file(&[larger], &[]));
    let mut smaller = coded(picture(64, 64));
    smaller.properties[0] = extent(16, 16);
    corrupt(&file(&[smaller], &[]));
    let (items, _) = tiles();
    corrupt(&file(&items, &[(b"dimg", 1, &[2, 3, 4])]));
    corrupt(&file(&items, &[(b"dimg", 1, &[2, 3, 4, 1])]));
    corrupt(&file(&items, &[(b"dimg", 1, &[2, 3, 4, 99])]));
    let mut sparse = items.clone();
    sparse[0] = grid(2, 2, 200, 90);
    corrupt(&file(&sparse, &[(b"dimg", 1, &[2, 3, 4, 5])]));
    let mut unknown = coded(picture(16, 16));
    unknown.kind = *b"j2k1";
    corrupt(&file(&[unknown], &[]));
}

#[test]
fn tiles_that_are_all_the_same_bytes_are_refused_at_once() {
    let mut heavy = coded(picture(64, 64));
    heavy.data.resize(1 << 20, 0);
    let file = file(&[grid(64, 64, 4096, 4096), heavy], &[(b"dimg", 1, &[2; 4096])]);
    let result = try_made(&file, &[("w", "8")]);
    assert!(
        matches!(&result, Err(Error::Corrupt { reason, .. }) if reason.contains("more bytes")),
        "{result:?}"
    );
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    let (items, _) = tiles();
    let whole = file(&items, &[(b"dimg", 1, &[2, 3, 4, 5])]);
    for length in (0..whole.len()).step_by(61) {
        let cut = &whole[..length];
        let Ok(source) = probe(Cursor::new(cut)) else { continue };
        assert_eq!(source.media_type, MediaType::Avif);
        assert!(!matches!(try_made(cut, &[("f", "png")]), Err(Error::Panicked { .. })), "{length} bytes");
    }
    for index in (0..whole.len().min(1500)).step_by(3) {
        let mut flipped = whole.clone();
        flipped[index] ^= 0x15;
        let Ok(source) = probe(Cursor::new(&flipped)) else { continue };
        if source.size.pixels() < 1_000_000 {
            let result = try_made(&flipped, &[("w", "8"), ("f", "png")]);
            assert!(!matches!(result, Err(Error::Panicked { .. })), "{index}: {result:?}");
        }
    }
}
