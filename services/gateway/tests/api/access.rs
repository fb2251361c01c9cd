//! Who may see what, asked of every service and through the gateway.

use std::slice::from_ref;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use reqwest::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RANGE, REFERRER_POLICY,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use testkit::multipart::{self, Part};
use testkit::wait;

use crate::test_app::{TestApp, refused};

const ADMIN: &str = "the-admin-key-of-this-test-0123456789";
const SECRET: &str = "the secret that signs the tokens of this test";
const SERVICE: &str = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
const LINKS: &str = "k1 MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
const MISSING: &str = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";

/// All services with keys.
struct Guarded(TestApp);

impl Guarded {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut flags = vec!["--jwt-issuer=test".to_owned(), "--jwt-audience=safelight".to_owned()];
        for (flag, text) in [
            ("admin-key-file", ADMIN),
            ("jwt-key-file", SECRET),
            ("service-key-file", SERVICE),
            ("link-keys-file", LINKS),
        ] {
            let file = folder.path().join(flag);
            std::fs::write(&file, text).unwrap();
            flags.push(format!("--{flag}={}", file.display()));
        }
        Self(TestApp::with(folder, 1, &flags).await)
    }

    /// A request to the gateway.
    fn ask(&self, method: Method, path: &str, credential: &str) -> RequestBuilder {
        let request = self.0.http.request(method, self.0.gateway.url(path));
        if credential.is_empty() {
            request
        } else {
            request.header(AUTHORIZATION, format!("Bearer {credential}"))
        }
    }

    async fn get(&self, path: &str, credential: &str) -> Response {
        self.ask(Method::GET, path, credential).send().await.unwrap()
    }

    async fn status(&self, path: &str, credential: &str) -> u16 {
        self.get(path, credential).await.status().as_u16()
    }

    /// The answer of image-processor itself, which the gateway may not have asked yet.
    async fn processor_status(&self, path: &str, credential: &str) -> u16 {
        let request = self.0.http.get(self.0.processors[0].url(path));
        let request = request.header(AUTHORIZATION, format!("Bearer {credential}"));
        request.send().await.unwrap().status().as_u16()
    }

    async fn send(&self, method: Method, path: &str, credential: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.ask(method, path, credential).json(body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn upload(&self, path: &str, credential: &str, name: &str, visibility: Option<&str>) -> Response {
        let disposition = format!("; name=\"file\"; filename=\"{name}\"");
        let png = testkit::images::png(8, 6);
        let mut parts = vec![Part { disposition: &disposition, bytes: &png }];
        if let Some(visibility) = visibility {
            parts.push(Part { disposition: "; name=\"visibility\"", bytes: visibility.as_bytes() });
        }
        let request =
            self.ask(Method::POST, path, credential).header(CONTENT_TYPE, multipart::content_type());
        request.body(multipart::body(&parts)).send().await.unwrap()
    }

    async fn uploaded(&self, path: &str, credential: &str, visibility: Option<&str>) -> String {
        let response = self.upload(path, credential, "x.png", visibility).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    async fn link(&self, path: &str, credential: &str, body: &Value) -> String {
        let (status, link) = self.send(Method::POST, path, credential, body).await;
        assert_eq!(status, StatusCode::CREATED, "{link}");
        link["url"].as_str().unwrap().to_owned()
    }
}

fn token(owner: &str) -> String {
    scoped(owner, None)
}

fn scoped(owner: &str, scope: Option<&str>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"sub": owner, "exp": now + 600, "iss": "test", "aud": "safelight"});
    if let Some(scope) = scope {
        claims["scope"] = json!(scope);
    }
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// What is read of one image, in every way.
fn ways_to(id: &str) -> Vec<String> {
    ["", "?width=4", "/info", "/description"]
        .map(|rest| format!("/images/{id}{rest}"))
        .into_iter()
        .chain([format!("/blurred-images/{id}")])
        .collect()
}

#[tokio::test]
async fn each_way_to_an_image_is_open_to_those_who_may_see_it_and_to_nobody_else() {
    let app = Guarded::start().await;
    let (ann, bob) = (token("ann"), token("bob"));
    for (visibility, for_bob, for_nobody, kept) in [
        (None, 404, 401, "private, no-cache"),
        (Some("private"), 404, 401, "private, no-cache"),
        (Some("unlisted"), 200, 200, "private, max-age=3600"),
        (Some("public"), 200, 200, "public, max-age=3600"),
    ] {
        let id = app.uploaded("/images", &ann, visibility).await;
        // Twice, so that a hit in memory is asked for as well.
        for way in ways_to(&id).iter().chain(&ways_to(&id)) {
            let answer = app.get(way, &ann).await;
            assert_eq!(answer.status(), 200, "{way}");
            if !way.contains("/info") {
                assert_eq!(answer.headers()[CACHE_CONTROL], kept, "{way}");
            }
            assert_eq!(app.status(way, ADMIN).await, 200, "{way}");
            assert_eq!(app.status(way, &bob).await, for_bob, "{visibility:?} {way}");
            assert_eq!(app.status(way, "").await, for_nobody, "{visibility:?} {way}");
        }
        for (method, path, body) in [
            (Method::DELETE, format!("/images/{id}"), json!({})),
            (Method::PATCH, format!("/images/{id}"), json!({"visibility": "public"})),
            (Method::POST, format!("/images/{id}/links"), json!({})),
            (Method::DELETE, format!("/images/{id}/links"), json!({})),
        ] {
            let expected = if for_bob == 200 { 403 } else { 404 };
            let (status, answer) = app.send(method.clone(), &path, &bob, &body).await;
            assert_eq!(status, expected, "{method} {path} {answer}");
            assert_eq!(app.send(method, &path, "", &body).await.0, 401, "{path}");
        }
    }
}

/// All that an answer says, without what is of one request alone.
async fn said(response: Response) -> (u16, Vec<(String, String)>, String) {
    let status = response.status().as_u16();
    let own = ["x-request-id", "date", "content-length"];
    let headers = response.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    let mut body: Value = response.json().await.unwrap_or_default();
    body["requestId"] = json!("");
    (status, headers, body.to_string())
}

#[tokio::test]
async fn a_hidden_image_is_told_of_as_a_missing_one_whatever_is_asked() {
    let app = Guarded::start().await;
    let (ann, bob) = (token("ann"), token("bob"));
    let (status, _) = app.send(Method::POST, "/albums", &ann, &json!({"albumName": "a"})).await;
    assert_eq!(status, 201);
    let id = app.uploaded("/images", &ann, None).await;
    app.uploaded("/albums/a/images", &ann, None).await;
    let etag = app.get(&format!("/images/{id}"), &ann).await.headers()[ETAG].clone();

    let hidden = [
        (format!("/images/{id}"), format!("/images/{MISSING}")),
        (format!("/images/{id}/info"), format!("/images/{MISSING}/info")),
        (format!("/images/{id}?width=3"), format!("/images/{MISSING}?width=3")),
        // Beside the image, which would tell its size.
        (format!("/images/{id}?crop=9,9,2,2"), format!("/images/{MISSING}?crop=9,9,2,2")),
        ("/albums/a/images/x.png?owner=ann".to_owned(), "/albums/b/images/x.png?owner=ann".to_owned()),
        (
            "/albums/a/images/x.png?owner=ann&width=3".to_owned(),
            "/albums/b/images/x.png?owner=ann&width=3".to_owned(),
        ),
        ("/albums/a/images?owner=ann".to_owned(), "/albums/b/images?owner=ann".to_owned()),
    ];
    for (there, missing) in &hidden {
        for credential in [bob.as_str(), ""] {
            for extra in [None, Some((IF_NONE_MATCH, etag.to_str().unwrap())), Some((RANGE, "bytes=999-"))] {
                let ask = |path: &str| {
                    let request = app.ask(Method::GET, path, credential);
                    match &extra {
                        Some((name, value)) => request.header(name, *value),
                        None => request,
                    }
                };
                let (one, other) = (ask(there).send().await.unwrap(), ask(missing).send().await.unwrap());
                let (mut one, mut other) = (said(one).await, said(other).await);
                for said in [&mut one, &mut other] {
                    said.2 = said.2.replace(&id, MISSING).replace("`a`", "`b`");
                }
                assert_eq!(one, other, "{there} {extra:?}");
                assert!(matches!(one.0, 401 | 404), "{one:?}");
            }
        }
    }
}

#[tokio::test]
async fn names_and_lists_are_each_owners_own() {
    let app = Guarded::start().await;
    let (ann, bob) = (token("ann"), token("bob"));
    for owner in [&ann, &bob] {
        let (status, body) = app.send(Method::POST, "/albums", owner, &json!({"albumName": "summer"})).await;
        assert_eq!(status, 201, "{body}");
    }
    let hidden = app.uploaded("/albums/summer/images", &ann, None).await;
    let shown = app.uploaded("/images", &ann, Some("public")).await;

    let ids = async |path: &str, credential: &str| -> Vec<String> {
        let body: Value = app.get(path, credential).await.json().await.unwrap();
        let images = body["images"].as_array().unwrap_or_else(|| panic!("{body}"));
        images.iter().map(|image| image["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("/images", &ann).await, [shown.clone(), hidden.clone()]);
    assert_eq!(ids("/images", &bob).await, [""; 0]);
    for asker in [bob.as_str(), ""] {
        assert_eq!(ids("/images?owner=ann&limit=1", asker).await, from_ref(&shown));
        let page: Value = app.get("/images?owner=ann&limit=1", asker).await.json().await.unwrap();
        assert_eq!(page.get("nextCursor"), None, "what is hidden is not counted either");
    }
    assert_eq!(ids("/images?owner=*", ADMIN).await, [shown, hidden.clone()]);
    refused(app.get("/images?owner=*", &bob).await, 403, "forbidden").await;
    refused(app.get("/images", "").await, 401, "unauthenticated").await;
    assert_eq!(app.status("/albums/summer/images/x.png", &ann).await, 200);
    assert_eq!(app.status("/albums/summer/images/x.png?width=2", &ann).await, 200);
    refused(app.get("/albums/summer/images/x.png", &bob).await, 404, "notFound").await;

    // Shared with one, it is seen by that one, derived images too.
    let readers = json!({"readers": ["bob"]});
    assert_eq!(app.send(Method::PATCH, "/albums/summer", &ann, &readers).await.0, 200);
    let names: Value = app.get("/albums/summer/images?owner=ann", &bob).await.json().await.unwrap();
    assert_eq!(names["imageList"], json!(["x.png"]));
    for way in ways_to(&hidden) {
        wait::until("the reader sees it", async || (app.status(&way, &bob).await == 200).then_some(())).await;
        assert_eq!(app.status(&way, &token("eve")).await, 404, "{way}");
    }
    refused(
        app.ask(Method::DELETE, &format!("/images/{hidden}"), &bob).send().await.unwrap(),
        403,
        "forbidden",
    )
    .await;
    assert_eq!(app.send(Method::PATCH, "/albums/summer", &ann, &json!({"readers": []})).await.0, 200);
    wait::until("who is no reader any more sees nothing", async || {
        (app.processor_status(&format!("/images/{hidden}?width=4"), &bob).await == 404).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_made_private_and_a_link_that_is_revoked_are_closed_on_the_processor_too() {
    let app = Guarded::start().await;
    let (ann, bob) = (token("ann"), token("bob"));
    let id = app.uploaded("/images", &ann, Some("public")).await;
    let derived = format!("/images/{id}?width=4");
    assert_eq!(app.status(&derived, &bob).await, 200);
    let (status, _) =
        app.send(Method::PATCH, &format!("/images/{id}"), &ann, &json!({"visibility": "private"})).await;
    assert_eq!(status, 200);
    assert_eq!(app.status(&format!("/images/{id}"), &bob).await, 404, "at once where it is kept");
    wait::until("it is private on image-processor", async || {
        (app.status(&derived, &bob).await == 404).then_some(())
    })
    .await;

    let link = app.link(&format!("/images/{id}/links"), &ann, &json!({"options": "width=4"})).await;
    assert_eq!(app.status(&link, "").await, 200);
    let revoke = app.ask(Method::DELETE, &format!("/images/{id}/links"), &ann).send().await.unwrap();
    assert_eq!(revoke.status(), 200);
    wait::until("the link is revoked on image-processor", async || {
        (app.status(&link, "").await == 404).then_some(())
    })
    .await;
    let again = app.link(&format!("/images/{id}/links"), &ann, &json!({"options": "width=4"})).await;
    assert_eq!(app.status(&again, "").await, 200, "a new one opens it again");
}

#[tokio::test]
async fn a_link_opens_what_it_is_for_and_nothing_else() {
    let app = Guarded::start().await;
    let ann = token("ann");
    let id = app.uploaded("/images", &ann, None).await;
    let other = app.uploaded("/images", &ann, None).await;
    let links = format!("/images/{id}/links");
    let signature = |url: &str| url.rsplit_once("sig=").unwrap().1.to_owned();
    let with =
        |path: String, sig: &str| format!("{path}{}sig={sig}", if path.contains('?') { '&' } else { '?' });

    let url = app
        .link(&links, &ann, &json!({"scope": "url", "options": "width=3&blur=2", "expiresIn": "10m"}))
        .await;
    let answer = app.get(&url, "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[REFERRER_POLICY], "no-referrer");
    assert!(answer.headers()[CACHE_CONTROL].to_str().unwrap().starts_with("private, max-age="));
    let sig = signature(&url);
    for wrong in [
        format!("/images/{id}?blur=2&width=3"),
        format!("/images/{id}?width=3&blur=2&width=3"),
        format!("/images/{id}?width=3&blur=2&quality=50"),
        format!("/images/{id}?width=%33&blur=2"),
        format!("/images/{id}?width=4&blur=2"),
        format!("/images/{id}"),
        format!("/images/{other}?width=3&blur=2"),
    ] {
        let answer = app.get(&with(wrong.clone(), &sig), "").await;
        refused(answer, 401, "unauthenticated").await;
    }

    let image = signature(&app.link(&links, &ann, &json!({})).await);
    for (path, expected) in [
        (format!("/images/{id}?width=3"), 200),
        (format!("/images/{id}?width=5&format=webp"), 200),
        (format!("/blurred-images/{id}"), 200),
        (format!("/images/{id}"), 200), // derived: the gateway knows what the link is for
        (format!("/images/{id}/info"), 403),
        (format!("/images/{other}?width=3"), 401),
        ("/images".to_owned(), 401),
    ] {
        assert_eq!(app.status(&with(path.clone(), &image), "").await, expected, "{path}");
    }
    let original = signature(&app.link(&links, &ann, &json!({"scope": "original"})).await);
    for path in [format!("/images/{id}"), format!("/images/{id}?width=3")] {
        assert_eq!(app.status(&with(path.clone(), &original), "").await, 200, "{path}");
    }
    for method in [Method::DELETE, Method::PATCH] {
        let path = with(format!("/images/{id}"), &original);
        let (status, body) = app.send(method, &path, "", &json!({"visibility": "public"})).await;
        assert_eq!(status, 403, "{body}");
    }
    for (body, code) in [
        (json!({"scope": "all"}), "invalidRequest"),
        (json!({"expiresIn": "1000days"}), "invalidRequest"),
        (json!({"options": "widht=3"}), "invalidOption"),
    ] {
        let (status, answer) = app.send(Method::POST, &links, &ann, &body).await;
        assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some(code)), "{answer}");
    }
}

#[tokio::test]
async fn links_to_an_album_show_it_or_take_one_image_into_it() {
    let app = Guarded::start().await;
    let ann = token("ann");
    assert_eq!(app.send(Method::POST, "/albums", &ann, &json!({"albumName": "a b"})).await.0, 201);
    let inside = app.uploaded("/albums/a%20b/images", &ann, None).await;
    let outside = app.uploaded("/images", &ann, None).await;
    let links = "/albums/a%20b/links";

    let url = app.link(links, &ann, &json!({})).await;
    let names: Value = app.get(&url, "").await.json().await.unwrap();
    assert_eq!(names["imageList"], json!(["x.png"]), "{url}");
    let sig = url.rsplit_once("sig=").unwrap().1;
    for (path, expected) in [
        (format!("/images/{inside}?width=3&sig={sig}"), 200),
        (format!("/images/{inside}?sig={sig}"), 200),
        (format!("/albums/a%20b/images/x.png?owner=ann&sig={sig}"), 200),
        (format!("/images/{outside}?sig={sig}"), 404),
    ] {
        assert_eq!(app.status(&path, "").await, expected, "{path}");
    }

    let upload = app.link(links, &ann, &json!({"upload": true, "maxBytes": 5000, "expiresIn": "5m"})).await;
    assert_eq!(app.status(&upload, "").await, 403, "it is not for reading");
    let taken = app.upload(&upload, "", "y.png", None).await;
    assert_eq!(taken.status(), 201);
    let image: Value = taken.json().await.unwrap();
    assert_eq!(image["access"]["owner"], "ann");
    refused(app.upload(&upload, "", "z.png", None).await, 403, "forbidden").await;
    let small = app.link(links, &ann, &json!({"upload": true, "maxBytes": 10})).await;
    refused(app.upload(&small, "", "z.png", None).await, 413, "tooLarge").await;
    let names: Value = app.get("/albums/a%20b/images", &ann).await.json().await.unwrap();
    assert_eq!(names["imageList"], json!(["x.png", "y.png"]));

    let revoke = app.ask(Method::DELETE, links, &ann).send().await.unwrap();
    assert_eq!(revoke.status(), 200);
    assert_eq!(app.status(&url, "").await, 404);
    refused(app.upload(&small, "", "z.png", None).await, 404, "notFound").await;
}

#[tokio::test]
async fn an_api_key_is_good_for_what_it_says_until_it_is_revoked() {
    let app = Guarded::start().await;
    let ann = token("ann");
    for name in ["a", "b"] {
        assert_eq!(app.send(Method::POST, "/albums", &ann, &json!({"albumName": name})).await.0, 201);
    }
    let in_a = app.uploaded("/albums/a/images", &ann, None).await;
    let in_b = app.uploaded("/albums/b/images", &ann, None).await;
    let make = async |body: Value| {
        let (status, made) = app.send(Method::POST, "/keys", &ann, &body).await;
        assert_eq!(status, 201, "{made}");
        (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
    };
    let (reader, reader_id) = make(json!({"scopes": ["read"], "expiresIn": "90days"})).await;
    let (writer, _) = make(json!({"scopes": ["read", "write"], "albumName": "a"})).await;

    assert_eq!(app.status(&format!("/images/{in_b}"), &reader).await, 200);
    assert_eq!(app.status(&format!("/images/{in_b}?width=2"), &reader).await, 200);
    let (status, _) =
        app.send(Method::PATCH, &format!("/images/{in_b}"), &reader, &json!({"visibility": "public"})).await;
    assert_eq!(status, 403);
    refused(app.upload("/images", &reader, "y.png", None).await, 403, "forbidden").await;
    assert_eq!(app.status(&format!("/images/{in_a}"), &writer).await, 200);
    assert_eq!(app.status(&format!("/images/{in_b}"), &writer).await, 404);
    assert_eq!(app.upload("/albums/a/images", &writer, "y.png", None).await.status(), 201);
    refused(app.upload("/albums/b/images", &writer, "y.png", None).await, 404, "notFound").await;
    refused(app.upload("/images", &writer, "y.png", None).await, 403, "forbidden").await;
    let names: Value = app.get("/albums", &writer).await.json().await.unwrap();
    assert_eq!(names["albumList"], json!(["a"]));

    for (body, status) in [
        (json!({"scopes": ["read", "admin"]}), 403),
        (json!({"scopes": ["read"], "owner": "bob"}), 403),
        (json!({"scopes": []}), 400),
        (json!({"scopes": ["fly"]}), 400),
        (json!({"scopes": ["read"], "albumName": "z"}), 404),
    ] {
        let (given, answer) = app.send(Method::POST, "/keys", &ann, &body).await;
        assert_eq!(given.as_u16(), status, "{answer}");
    }
    let keys = app.get("/keys", &ann).await.text().await.unwrap();
    assert!(keys.contains(&reader_id) && !keys.contains(&reader), "{keys}");
    refused(app.get("/keys", &reader).await, 403, "forbidden").await;
    let of_bob: Value = app.get("/keys", &token("bob")).await.json().await.unwrap();
    assert_eq!(of_bob["keys"], json!([]));
    let path = format!("/keys/{reader_id}");
    let by_bob = app.ask(Method::DELETE, &path, &token("bob")).send().await.unwrap();
    refused(by_bob, 404, "notFound").await;
    assert_eq!(app.ask(Method::DELETE, &path, &ann).send().await.unwrap().status(), 200);
    wait::until("the key is revoked everywhere", async || {
        let here = app.status(&format!("/images/{in_b}?width=2"), &reader).await;
        let there = app.processor_status(&format!("/images/{in_b}?width=2"), &reader).await;
        (here == 401 && there == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_not_forwarded_is_for_services_and_who_watches_them() {
    let app = Guarded::start().await;
    assert_eq!(app.status("/internal/principal?key=abcdefgh", SERVICE).await, 404);
    let of_cache = async |path: &str, credential: &str| {
        let request = app.0.http.get(app.0.cache.url(path));
        request.header(AUTHORIZATION, format!("Bearer {credential}")).send().await.unwrap().status().as_u16()
    };
    assert_eq!(of_cache("/internal/principal?key=abcdefgh", SERVICE).await, 404);
    assert_eq!(of_cache("/internal/principal?key=abcdefgh", &token("ann")).await, 403);
    for (credential, expected) in [
        (token("ann"), 403),
        (scoped("ann", Some("metrics")), 200),
        (ADMIN.to_owned(), 200),
        (String::new(), 401),
    ] {
        assert_eq!(app.status("/metrics", &credential).await, expected);
    }
    // Those who ask whether a service is there and ready have no credential.
    for path in ["/", "/health", "/health/ready", "/openapi.json"] {
        assert_eq!(app.status(path, "").await, 200, "{path}");
    }
}

#[tokio::test]
async fn each_hears_of_their_own_things() {
    let app = Guarded::start().await;
    let (ann, bob) = (token("ann"), token("bob"));
    app.uploaded("/images", &bob, None).await;
    let own = app.uploaded("/images", &ann, None).await;
    let beginning = "00000000-0000-0000-0000-000000000000";
    for (credential, expected) in [(ann.as_str(), 1), (ADMIN, 2)] {
        let request = app.ask(Method::GET, "/events", credential).header("last-event-id", beginning);
        let mut events = request.send().await.unwrap();
        assert_eq!(events.status(), 200);
        let mut text = String::new();
        while text.matches("safelight.image.added").count() < expected {
            text.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
        }
        assert!(text.contains(&own), "{text}");
        assert_eq!(text.contains(r#""owner":"bob""#), expected == 2, "{text}");
    }
    refused(app.get("/events", "").await, 401, "unauthenticated").await;
}
