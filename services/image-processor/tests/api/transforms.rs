//! What comes out.

use image::{GenericImageView, ImageFormat, Rgb};
use testkit::images;

use crate::test_app::{TestApp, cache_status, refused};

#[tokio::test]
async fn a_blurred_image_is_blurred_and_keeps_size_and_format() {
    let app = TestApp::start().await;
    for (format, media_type) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let id = app.uploaded(&images::encoded(120, 80, format)).await;
        let response = app.get(&format!("/blurred-images/{id}?sigma=10")).await;
        assert_eq!(response.headers()["content-type"], media_type);
        let blurred = images::decode(&response.bytes().await.unwrap());
        assert_eq!(blurred.dimensions(), (120, 80));
        // The checkered red channel of the test picture, 200 and 30, becomes its mean.
        for (x, y) in [(4, 4), (12, 4), (60, 40), (68, 40)] {
            let red = blurred.to_rgb8().get_pixel(x, y)[0];
            assert!(red.abs_diff(115) <= 12, "{media_type} at {x},{y}: {red}");
        }
    }
}

#[tokio::test]
async fn without_a_sigma_an_image_is_blurred_with_ten() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(64, 64)).await;
    assert_eq!(
        app.bytes(&format!("/blurred-images/{id}")).await,
        app.bytes(&format!("/images/{id}?blur=10.0")).await
    );
}

#[tokio::test]
async fn originals_keep_their_format_or_come_out_as_png() {
    let app = TestApp::start().await;
    for (format, result) in
        [(ImageFormat::Gif, "gif"), (ImageFormat::Tiff, "tiff"), (ImageFormat::Bmp, "png")]
    {
        let id = app.uploaded(&images::encoded(50, 40, format)).await;
        let response = app.get(&format!("/images/{id}?width=25")).await;
        assert_eq!(response.headers()["content-type"], format!("image/{result}"), "{format:?}");
        let name = format!("photo-{id}.{result}");
        assert!(response.headers()["content-disposition"].to_str().unwrap().contains(&name));
        assert_eq!(images::decode(&response.bytes().await.unwrap()).dimensions(), (25, 20), "{format:?}");
    }
}

#[tokio::test]
async fn each_fit_gives_its_size() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(400, 300)).await;
    for (query, size) in [
        ("width=200", (200, 150)),
        ("h=75", (100, 75)),
        ("w=100&h=100", (100, 100)),
        ("w=100&h=100&fit=contain", (100, 100)),
        ("w=100&h=100&fit=fill", (100, 100)),
        ("w=100&h=100&fit=inside", (100, 75)),
        ("w=100&h=100&fit=outside", (133, 100)),
        ("w=4000", (400, 300)),
    ] {
        let bytes = app.bytes(&format!("/images/{id}?{query}")).await;
        assert_eq!(images::decode(&bytes).dimensions(), size, "{query}");
    }
}

#[tokio::test]
async fn the_orientation_is_applied_and_metadata_left_out() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg_with_orientation(80, 40, 6)).await;
    let bytes = app.bytes(&format!("/images/{id}?quality=95")).await;
    let turned = images::decode(&bytes).to_rgb8();
    assert_eq!(turned.dimensions(), (40, 80));
    assert!(!bytes.windows(4).any(|window| window == b"Exif"));
    // Orientation 6 turns by a quarter clockwise: what was left is now on top. Green
    // grows from left to right in the original.
    let Rgb([_, top, _]) = *turned.get_pixel(20, 4);
    let Rgb([_, bottom, _]) = *turned.get_pixel(20, 75);
    assert!(top < 40 && bottom > 215, "{top} {bottom}");
}

#[tokio::test]
async fn clear_pixels_do_not_bleed_their_colour_when_blurred() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png_with_alpha(64, 32)).await;
    let blurred = images::decode(&app.bytes(&format!("/blurred-images/{id}?sigma=4")).await).to_rgba8();
    for x in 0..64 {
        let [red, _, blue, alpha] = blurred.get_pixel(x, 16).0;
        // The clear half is red underneath; none of it may show.
        assert!(alpha < 16 || (red < 40 && blue > 200), "at {x}: {red} {blue} {alpha}");
    }
}

#[tokio::test]
async fn a_format_and_a_quality_can_be_asked_for() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(200, 200)).await;
    let good = app.bytes(&format!("/images/{id}?format=webp&quality=95")).await;
    let poor = app.bytes(&format!("/images/{id}?f=webp&q=5")).await;
    assert!(good.starts_with(b"RIFF") && poor.starts_with(b"RIFF"));
    assert!(poor.len() * 2 < good.len(), "{} {}", poor.len(), good.len());
    assert!(app.bytes(&format!("/images/{id}?format=jpeg")).await.starts_with(&[0xFF, 0xD8]));
}

#[tokio::test]
async fn hue_and_gamma_change_colours() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(64, 64)).await;
    let made = async |query: &str| {
        images::decode(&app.bytes(&format!("/images/{id}?{query}")).await).to_rgb8().get_pixel(4, 4).0
    };
    let plain = made("f=png").await;
    assert_eq!(made("hue=360&gamma=1").await, plain);
    let lit = made("gamma=2.2").await;
    assert!(plain.iter().zip(lit).any(|(was, is)| is > was + 20), "{plain:?} {lit:?}");
    let turned = made("hue=180").await;
    let back = made("hue=-180").await;
    assert_eq!(turned, back);
    assert_ne!(turned, plain);
}

#[tokio::test]
async fn padding_and_dpr_are_in_the_size() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(400, 300)).await;
    let query = "w=100&padding=10,20&dpr=1.5&background=00ff00&f=png";
    let response = app.get(&format!("/images/{id}?{query}")).await;
    let etag = response.headers()["etag"].clone();
    let padded = images::decode(&response.bytes().await.unwrap()).to_rgb8();
    assert_eq!(padded.dimensions(), (150 + 60, 113 + 30));
    assert_eq!(padded.get_pixel(29, 14), &Rgb([0, 255, 0]));
    assert_ne!(padded.get_pixel(30, 15), &Rgb([0, 255, 0]));
    let same = app.get(&format!("/images/{id}?width=150&padding=15,30&background=%2300ff00&f=png")).await;
    assert_eq!(same.headers()["etag"], etag);
    assert_eq!(cache_status(&same), "image-processor; hit; detail=memory");
}

#[tokio::test]
async fn a_picture_turns_by_any_angle() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(200, 100)).await;
    let turned = images::decode(&app.bytes(&format!("/images/{id}?rotate=30")).await).to_rgba8();
    assert_eq!(turned.dimensions(), (224, 187));
    assert_eq!((turned.get_pixel(0, 0)[3], turned.get_pixel(112, 93)[3]), (0, 255));
    let flat = app.bytes(&format!("/images/{id}?rotate=-330&width=112&format=jpeg&background=000000")).await;
    let flat = images::decode(&flat).to_rgb8();
    assert_eq!(flat.dimensions(), (112, 94));
    assert!(flat.get_pixel(0, 0).0.iter().all(|sample| *sample <= 4));
    let quarter = app.bytes(&format!("/images/{id}?rotate=-90")).await;
    assert_eq!(quarter, app.bytes(&format!("/images/{id}?rotate=270.00")).await);
}

#[tokio::test]
async fn cover_keeps_what_there_is_to_see() {
    let app = TestApp::start().await;
    // The test picture, padded on the left so that all there is to see is on the right.
    let id = app.uploaded(&images::png(100, 100)).await;
    let wide = app.bytes(&format!("/images/{id}?padding=0,0,0,300&background=808080")).await;
    let id = app.uploaded(&wide).await;
    for position in ["entropy", "attention"] {
        let query = format!("/images/{id}?w=100&h=100&f=png&position={position}");
        let kept = images::decode(&app.bytes(&query).await).to_rgb8();
        let plain = kept.pixels().filter(|pixel| **pixel == Rgb([128; 3])).count();
        assert!(plain <= 1000, "{position}: {plain} of 10000 pixels are padding");
    }
}

#[tokio::test]
async fn a_border_is_taken_off() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(60, 40)).await;
    let bordered = app.bytes(&format!("/images/{id}?padding=5,10,15,20&background=white")).await;
    let id = app.uploaded(&bordered).await;
    let trimmed = images::decode(&app.bytes(&format!("/images/{id}?trim=5")).await);
    assert_eq!(trimmed.dimensions(), (60, 40));
    let small = images::decode(&app.bytes(&format!("/images/{id}?trim=5&width=30")).await);
    assert_eq!(small.dimensions(), (30, 20));
    for _ in 0..2 {
        let response = app.get(&format!("/images/{id}?trim=5&crop=60,0,9,9")).await;
        let message = refused(response, 400, "invalidOption").await;
        assert!(message.contains("60×40") && message.contains("without its border"), "{message}");
    }
}

#[tokio::test]
async fn an_avif_is_made_and_is_one_to_image_cache() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png_with_alpha(200, 100)).await;
    let response = app.get(&format!("/images/{id}?format=avif&width=80")).await;
    assert_eq!(response.headers()["content-type"], "image/avif");
    let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.contains(".avif"), "{disposition}");
    let id = app.uploaded(&response.bytes().await.unwrap()).await;
    let info = app.http.get(format!("http://{}/images/{id}/info", app.cache_address()));
    let info: serde_json::Value = info.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&info["mediaType"], &info["width"], &info["height"]),
        (&"image/avif".into(), &80.into(), &40.into())
    );
}

#[tokio::test]
async fn a_result_may_be_told_how_large_it_may_be() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(400, 300)).await;
    for format in ["jpeg", "webp"] {
        let path = format!("/images/{id}?format={format}");
        let full = app.bytes(&path).await.len();
        let less = app.bytes(&format!("{path}&max_bytes={}", full * 2 / 3)).await;
        assert!(less.len() <= full * 2 / 3 && less.len() > full / 2, "{format}: {full} {}", less.len());
        assert_eq!(images::decode(&less).dimensions(), (400, 300));
        assert_eq!(app.bytes(&format!("{path}&max_bytes={full}")).await.len(), full);
        let message = refused(app.get(&format!("{path}&max_bytes=300")).await, 422, "tooManyBytes").await;
        assert!(message.contains("`max_bytes` is 300"), "{message}");
    }
    let path = format!("/images/{id}?format=png&max_bytes=300");
    let response: serde_json::Value = app.get(&path).await.json().await.unwrap();
    assert!(response["message"].as_str().unwrap().contains("lossless"), "{response}");
    assert_eq!(response["detail"]["option"], "max_bytes");
}

#[tokio::test]
async fn a_corrupt_original_is_422_and_an_unprocessed_one_415() {
    let app = TestApp::start().await;
    let mut jpeg = images::jpeg(200, 200);
    jpeg.truncate(jpeg.len() / 2);
    let id = app.uploaded(&jpeg).await;
    for _ in 0..2 {
        let message = refused(app.get(&format!("/blurred-images/{id}")).await, 422, "corruptImage").await;
        assert!(message.contains("image/jpeg"), "{message}");
    }
    let id = app.uploaded(&heic()).await;
    let message = refused(app.get(&format!("/blurred-images/{id}")).await, 415, "invalidFileType").await;
    assert!(message.contains("image/heic"), "{message}");
}

/// The header of a HEIC of 4×2 pixels: `ftyp`, and a `meta` that says the size.
fn heic() -> Vec<u8> {
    let full = [0; 4]; // version and flags
    let ispe = bx(b"ispe", &[&full[..], &4u32.to_be_bytes(), &2u32.to_be_bytes()].concat());
    let hdlr = bx(b"hdlr", &[&full[..], &[0; 4], b"pict", &[0; 13]].concat());
    let pitm = bx(b"pitm", &[&full[..], &1u16.to_be_bytes()].concat());
    // One item, number 1, with one property, number 1.
    let ipma = bx(b"ipma", &[&full[..], &1u32.to_be_bytes(), &1u16.to_be_bytes(), &[1, 1]].concat());
    let iprp = bx(b"iprp", &[bx(b"ipco", &ispe), ipma].concat());
    let meta = bx(b"meta", &[&full[..], &hdlr, &pitm, &iprp].concat());
    [bx(b"ftyp", b"heic\0\0\0\0heicmif1"), meta].concat()
}

/// A box of the ISO base media file format.
fn bx(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).unwrap();
    [&length.to_be_bytes()[..], kind, body].concat()
}
