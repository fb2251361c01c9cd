//! The typed client against the running service.

use std::time::Duration;

use api::{AlbumUpdate, ImageInfo, ImageUpdate};
use bytes::Bytes;
use client::{Announced, Cause, ClientError, ImageCacheClient, Timeouts};
use domain::{Name, Owner};
use testkit::images;

use crate::test_app::TestApp;

const CAUSE: Cause<'static> = Cause { request_id: "test", traceparent: None };

fn client(app: &TestApp) -> ImageCacheClient {
    let wait = Duration::from_secs(10);
    let timeouts = Timeouts { connect: wait, read: wait, short: wait, original: wait };
    ImageCacheClient::new(&app.base.parse().unwrap(), timeouts, None).unwrap()
}

fn announced(image: &ImageInfo) -> Announced {
    Announced { bytes: image.bytes, sha256: image.sha256 }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[tokio::test]
async fn every_operation_goes_through_the_typed_client() {
    let app = TestApp::start().await;
    let client = client(&app);
    let png = Bytes::from(images::png(8, 8));
    client.health().await.unwrap();

    let outside = client.upload(&name("a b.png"), None, png.clone()).await.unwrap().image;
    assert_eq!(outside.name, format!("a b-{}.png", outside.id));
    assert_eq!(client.info(outside.id, CAUSE).await.unwrap(), outside);
    assert_eq!(client.original(outside.id, &announced(&outside), CAUSE).await.unwrap(), png);

    let (first, second) = (name("été / 1".replace('/', "%").as_str()), name("b?#"));
    assert_eq!(client.create_album(&first).await.unwrap().album_name, first.as_str());
    let rename = AlbumUpdate { album_name: Some(second.as_str().to_owned()), ..AlbumUpdate::default() };
    client.update_album(&first, &rename).await.unwrap();
    assert_eq!(client.albums(10, None).await.unwrap().album_list, [second.as_str()]);
    let inside = client.upload(&name("ü.png"), Some(&second), png.clone()).await.unwrap();
    assert_eq!(inside.message, "ü.png image added to album b?#");
    let put = client.put_album_image(&second, &name("&=+"), png.clone()).await.unwrap();
    assert_eq!(client.album_image(&second, &name("&=+"), 1 << 20).await.unwrap(), png);
    assert_eq!(
        client.album_image_info(&Owner::NOBODY, &second, &name("&=+"), CAUSE).await.unwrap(),
        put.image
    );

    let to = ImageUpdate { image_name: Some("%41".to_owned()), ..ImageUpdate::default() };
    client.update_album_image(&second, &name("&=+"), &to).await.unwrap();
    let into = ImageUpdate { album_name: Some(Some(second.as_str().to_owned())), ..ImageUpdate::default() };
    client.update_image(outside.id, &into).await.unwrap();
    let page = client.album_images(&second, 2, None).await.unwrap();
    assert_eq!(page.image_list, ["%41", "a b.png"]);
    let rest = client.album_images(&second, 2, page.next_cursor.as_deref()).await.unwrap();
    assert_eq!((rest.image_list, rest.next_cursor), (vec!["ü.png".to_owned()], None));
    let out = ImageUpdate { album_name: Some(None), ..ImageUpdate::default() };
    client.update_image(outside.id, &out).await.unwrap();

    let images = client.images(2, None).await.unwrap();
    assert_eq!(images.images.len(), 2);
    let images = client.images(2, images.next_cursor.as_deref()).await.unwrap();
    assert_eq!((images.images.first(), images.images.len()), (Some(&outside), 1));
    client.delete_album_image(&second, &name("%41")).await.unwrap();
    client.delete_image(outside.id).await.unwrap();
    assert_eq!(client.delete_album(&second).await.unwrap().message, "b?# album deleted");
    assert!(client.images(10, None).await.unwrap().images.is_empty());
}

#[tokio::test]
async fn a_refusal_carries_the_words_of_the_service() {
    let app = TestApp::start().await;
    let client = client(&app);
    client.create_album(&name("a")).await.unwrap();
    let refused = client.create_album(&name("a")).await.unwrap_err();
    assert_eq!(refused.to_string(), "image-cache answered 409 Conflict: there is an album `a` already");
    let missing = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12".parse().unwrap();
    assert!(matches!(client.info(missing, CAUSE).await, Err(ClientError::NotFound)));
    let nowhere = client.album_image_info(&Owner::NOBODY, &name("a"), &name("nothing"), CAUSE).await;
    assert!(matches!(nowhere, Err(ClientError::NotFound)));
    let short = client.put_album_image(&name("a"), &name("x"), Bytes::from(images::png(8, 8))).await;
    let id = short.unwrap().image.id;
    let told = client.info(id, CAUSE).await.unwrap();
    for wrong in [
        Announced { bytes: told.bytes - 1, ..announced(&told) },
        Announced { bytes: told.bytes + 1, ..announced(&told) },
        Announced { sha256: domain::ContentHash::from_bytes([7; 32]), ..announced(&told) },
    ] {
        let refused = client.original(id, &wrong, CAUSE).await;
        assert!(matches!(refused, Err(ClientError::Mismatch { .. })), "{refused:?}");
    }
}
