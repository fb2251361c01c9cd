//! `/events`: changes as they happen, and those that were missed.

use std::time::{Duration, Instant};

use api::CloudEvent;
use client::{Listener, Notice};
use domain::EventId;
use reqwest::StatusCode;
use serde_json::json;
use testkit::images;
use tokio::time::timeout;

use crate::test_app::{TestApp, refused};

const CONNECT: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(20);
/// Created to know that all events before it have come.
const END: &str = "the end";

pub(crate) fn listen(app: &TestApp, last: Option<EventId>) -> Listener {
    Listener::new(&app.base.parse().unwrap(), CONNECT, last, None).unwrap()
}

async fn next(listener: &mut Listener) -> CloudEvent {
    match timeout(PATIENCE, listener.next()).await.expect("an event in time").unwrap() {
        Notice::Event(event) => *event,
        Notice::Gap => panic!("a gap"),
    }
}

fn sentence(event: &CloudEvent) -> String {
    event.change().unwrap().sentences().concat()
}

/// All events so far.
pub(crate) async fn all(app: &TestApp) -> Vec<CloudEvent> {
    let mut listener = listen(app, Some(EventId::BEGINNING));
    app.create_album(END).await;
    let mut events = Vec::new();
    loop {
        let event = next(&mut listener).await;
        if sentence(&event) == format!("{END} album created") {
            break;
        }
        events.push(event);
    }
    app.http.delete(app.url(&format!("/albums/{END}"))).send().await.unwrap();
    events
}

#[tokio::test]
async fn a_listener_hears_every_change_in_order_and_each_once() {
    let app = TestApp::start().await;
    let mut listener = listen(&app, Some(EventId::BEGINNING));
    app.create_album("a").await;
    assert_eq!(sentence(&next(&mut listener).await), "a album created");
    app.put_image("/albums/a/images/x", images::png(8, 8)).await;
    let added = next(&mut listener).await;
    assert_eq!(sentence(&added), "x image added to album a");
    assert_eq!(added.kind, "safelight.image.added");
    let info: serde_json::Value = app.get("/albums/a/images/x/info").await.json().await.unwrap();
    assert_eq!(info["id"], *added.subject);
    app.http.delete(app.url("/albums/a")).send().await.unwrap();
    let gone = next(&mut listener).await;
    assert_eq!((gone.kind.as_str(), gone.data.with_album), ("safelight.image.deleted", true));
    assert_eq!(sentence(&next(&mut listener).await), "a album deleted");
}

#[tokio::test]
async fn who_was_away_hears_what_was_missed_also_after_a_restart() {
    let app = TestApp::start().await;
    let mut listener = listen(&app, Some(EventId::BEGINNING));
    app.create_album("a").await;
    let first = next(&mut listener).await;
    assert_eq!(sentence(&first), "a album created");
    drop(listener);
    app.create_album("b").await;
    let app = TestApp::in_folder(app.stop().await, &[]).await;
    app.create_album("c").await;
    let mut listener = listen(&app, Some(first.id));
    assert_eq!(sentence(&next(&mut listener).await), "b album created");
    assert_eq!(sentence(&next(&mut listener).await), "c album created");
}

#[tokio::test]
async fn who_was_never_there_hears_only_what_happens_from_now_on() {
    let app = TestApp::start().await;
    app.create_album("before").await;
    let last = all(&app).await.pop().unwrap().id;
    let mut listening = app.get("/events").await;
    let greeting = String::from_utf8(listening.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    // The place from which it goes on if it is cut off before the first event. The last
    // event is that of the album which `all` deleted again.
    let place = greeting.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    assert!(place.parse::<EventId>().unwrap() != last && !greeting.contains("data:"), "{greeting}");
    app.create_album("after").await;
    let event = String::from_utf8(listening.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(event.contains("\"after\"") && !event.contains("before"), "{event}");
}

#[tokio::test]
async fn who_asks_from_an_event_that_is_not_kept_is_told_of_the_gap() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    let mut listener = listen(&app, Some("01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12".parse().unwrap()));
    let notice = timeout(PATIENCE, listener.next()).await.unwrap().unwrap();
    assert_eq!(notice, Notice::Gap);
    assert_eq!(sentence(&next(&mut listener).await), "a album created");
}

#[tokio::test]
async fn a_listener_that_asks_for_nonsense_or_comes_too_many_is_refused() {
    let app = TestApp::with(&["--max-listeners=1"]).await;
    let odd = app.http.get(app.url("/events")).header("last-event-id", "17").send().await.unwrap();
    assert!(refused(odd, 400, "invalidRequest").await.contains("`17`"));
    refused(app.get("/events?from=1").await, 400, "invalidOption").await;
    let listening = app.get("/events").await;
    assert_eq!(listening.status(), StatusCode::OK);
    assert_eq!(listening.headers()["content-type"], "text/event-stream");
    let second = app.get("/events").await;
    assert!(second.headers().contains_key("retry-after"));
    refused(second, 503, "unavailable").await;
    drop(listening);
    let place_is_free = async || (app.get("/events").await.status() == StatusCode::OK).then_some(());
    testkit::wait::until("the place of the first is free", place_is_free).await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_listeners() {
    let app = TestApp::start().await;
    let mut listening = app.get("/events").await;
    assert!(listening.chunk().await.unwrap().is_some());
    let begun = Instant::now();
    app.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(matches!(listening.chunk().await, Ok(None)), "the stream ends in order");
}

#[tokio::test]
async fn an_upload_and_its_deletion_outside_of_albums_are_told_too() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(8, 8)).await;
    app.http.delete(app.url(&format!("/images/{id}"))).send().await.unwrap();
    let events = all(&app).await;
    let told: Vec<_> = events.iter().map(sentence).collect();
    assert_eq!(told, [format!("photo-{id}.png image added"), format!("photo-{id}.png image deleted")]);
    let data = serde_json::to_value(&events[1].data).unwrap();
    assert_eq!(data, json!({ "imageId": id, "imageName": format!("photo-{id}.png") }));
}
