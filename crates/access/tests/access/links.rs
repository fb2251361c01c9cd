//! Signed links: what others compute is what we compute, and nothing else is taken.

use access::Keyring;
use access::link::{Asked, Grant, InvalidLink, Lifetime, Link, LinkScope, Subject};
use domain::{AlbumId, ImageId};
use proptest::prelude::*;
use serde::Deserialize;

const IMAGE: &str = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
const OTHER: &str = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f13";
const ALBUM: &str = "0f8a1c2e4b5d4a6f9c7e1d3b5a7f9c0e";
const EXPIRES: u64 = 1_800_000_000;
const KEYS: &str =
    "k1 MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\nk0 YWJjZGVmZ2hpamtsbW5vcGFiY2RlZmdoaWprbG1ub3A=";

fn keys() -> Keyring {
    Keyring::parse(KEYS).unwrap()
}

fn image() -> ImageId {
    IMAGE.parse().unwrap()
}

fn album() -> AlbumId {
    ALBUM.parse().unwrap()
}

fn at(now: u64) -> Lifetime {
    Lifetime { now, seconds: 7 * 86_400 }
}

fn verify(path: &str, query: &str, signature: &str) -> Result<Link, InvalidLink> {
    keys().verify(Asked { path, query }, signature, at(EXPIRES - 60))
}

/// The query that a link to a URL has.
fn with_signature(query: &str, signature: &str) -> String {
    if query.is_empty() { format!("sig={signature}") } else { format!("{query}&sig={signature}") }
}

#[test]
fn a_link_to_a_url_opens_exactly_that_url() {
    let path = format!("/images/{IMAGE}");
    let query = "width=300&fit=cover&background=%23fff";
    let signature = keys().sign(&Grant::Url { path: &path, query }, 0, EXPIRES);
    let signed = with_signature(query, &signature);
    let link = verify(&path, &signed, &signature).unwrap();
    assert_eq!(
        (link.scope, link.subject, link.kid.as_str()),
        (LinkScope::Url, Subject::Image(image()), "k1")
    );
    assert!(verify(&format!("/api/v1{path}"), &signed, &signature).is_ok());
    for query in [
        "fit=cover&width=300&background=%23fff",
        "width=300&fit=cover&background=%23FFF",
        "width=300&fit=cover&background=%23fff&width=300",
        "width=300&fit=cover&background=%23fff&height=3",
        "width=%3300&fit=cover&background=%23fff",
        "width=301&fit=cover&background=%23fff",
        "width=300&fit=cover",
        "",
        "&width=300&fit=cover&background=%23fff",
    ] {
        let query = with_signature(query, &signature);
        assert_eq!(verify(&path, &query, &signature), Err(InvalidLink::Signature), "{query}");
    }
    let first = format!("sig={signature}&{query}");
    assert_eq!(verify(&path, &first, &signature), Err(InvalidLink::Signature), "the signature is last");
    for path in [
        format!("/images/{OTHER}"),
        format!("/blurred-images/{IMAGE}"),
        format!("/images/{IMAGE}/info"),
        format!("/images/{}", IMAGE.to_uppercase()),
        format!("/images/{IMAGE}/"),
        format!("//images/{IMAGE}"),
    ] {
        assert_eq!(verify(&path, &signed, &signature), Err(InvalidLink::Signature), "{path}");
    }
}

#[test]
fn a_link_to_an_image_opens_any_url_of_that_image() {
    for (grant, scope) in
        [(Grant::Derived(image()), LinkScope::Derived), (Grant::Image(image()), LinkScope::Image)]
    {
        let signature = keys().sign(&grant, 2, EXPIRES);
        for path in [format!("/images/{IMAGE}"), format!("/api/v1/blurred-images/{IMAGE}")] {
            for query in [format!("sig={signature}"), format!("sig={signature}&width=3")] {
                let link = verify(&path, &query, &signature).unwrap();
                assert_eq!((link.scope, link.epoch, link.expires), (scope, 2, EXPIRES));
            }
        }
        for path in [format!("/images/{OTHER}"), "/images".to_owned(), format!("/albums/{IMAGE}/images")] {
            assert_eq!(verify(&path, "", &signature), Err(InvalidLink::Signature), "{path}");
        }
    }
}

#[test]
fn a_link_to_an_album_says_which() {
    let signature = keys().sign(&Grant::Album(album()), 0, EXPIRES);
    let link = verify("/albums/summer/images", "", &signature).unwrap();
    assert_eq!((link.scope, link.subject), (LinkScope::Album, Subject::Album(album())));

    let grant = Grant::Upload { album: album(), max_bytes: 1_000_000, nonce: u64::MAX };
    let signature = keys().sign(&grant, 1, EXPIRES);
    let link = verify("/albums/summer/images", "", &signature).unwrap();
    let subject = Subject::Upload { album: album(), max_bytes: 1_000_000, nonce: u64::MAX };
    assert_eq!((link.scope, link.subject, link.epoch), (LinkScope::Upload, subject, 1));
}

#[test]
fn a_link_ends_to_the_second() {
    let path = format!("/images/{IMAGE}");
    let signature = keys().sign(&Grant::Image(image()), 0, EXPIRES);
    let ask = |lifetime| keys().verify(Asked { path: &path, query: "" }, &signature, lifetime).map(|_| ());
    assert_eq!(ask(at(EXPIRES - 1)), Ok(()));
    assert_eq!(ask(at(EXPIRES)), Err(InvalidLink::Expired));
    assert_eq!(ask(at(u64::MAX)), Err(InvalidLink::Expired));
    assert_eq!(
        ask(Lifetime { now: EXPIRES - 900, seconds: 800 }),
        Ok(()),
        "an eighth more, as it is rounded up"
    );
    assert_eq!(ask(Lifetime { now: EXPIRES - 901, seconds: 800 }), Err(InvalidLink::TooLong));
    assert_eq!(ask(at(0)), Err(InvalidLink::TooLong));
}

#[test]
fn links_made_soon_after_each_other_are_one() {
    let expires = |now| Lifetime { now, seconds: 3600 }.expires();
    assert_eq!(expires(1_000_000_000), expires(1_000_000_100));
    for now in [0, 1, 1_799_999_999, 1_800_000_001] {
        for seconds in [0, 1, 7, 60, 86_400] {
            let end = Lifetime { now, seconds }.expires();
            assert!((now + seconds..=now + seconds + (seconds / 8).max(1)).contains(&end));
        }
    }
}

#[test]
fn any_key_of_the_ring_verifies_and_no_other() {
    let path = format!("/images/{IMAGE}");
    let old = Keyring::parse(KEYS.lines().nth(1).unwrap()).unwrap();
    let signature = old.sign(&Grant::Image(image()), 0, EXPIRES);
    assert_eq!(verify(&path, "", &signature).unwrap().kid, "k0");
    let renamed = signature.replacen("k0", "k1", 1);
    assert_eq!(verify(&path, "", &renamed), Err(InvalidLink::Signature));
    let unknown = signature.replacen("k0", "k2", 1);
    assert_eq!(verify(&path, "", &unknown), Err(InvalidLink::Signature));
}

#[test]
fn no_changed_signature_is_taken() {
    let path = format!("/images/{IMAGE}");
    let album_path = "/albums/summer/images";
    let upload = Grant::Upload { album: album(), max_bytes: 1000, nonce: 5 };
    for (grant, path) in [
        (Grant::Url { path: &path, query: "" }, path.as_str()),
        (Grant::Derived(image()), &path),
        (Grant::Image(image()), &path),
        (Grant::Album(album()), album_path),
        (upload, album_path),
    ] {
        let signature = keys().sign(&grant, 1, EXPIRES);
        assert!(verify(path, &with_signature("", &signature), &signature).is_ok());
        let letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.=%+/ ";
        for at in 0..signature.len() {
            for letter in letters.chars().filter(|letter| signature[at..=at] != letter.to_string()) {
                let mut changed = signature.clone();
                changed.replace_range(at..=at, &letter.to_string());
                let taken = verify(path, &with_signature("", &changed), &changed);
                assert_eq!(taken, Err(InvalidLink::Signature), "{changed}");
            }
            let shorter = format!("{}{}", &signature[..at], &signature[at + 1..]);
            assert_eq!(verify(path, &with_signature("", &shorter), &shorter), Err(InvalidLink::Signature));
            let twice = format!("{}{}", &signature[..=at], &signature[at..]);
            assert_eq!(verify(path, &with_signature("", &twice), &twice), Err(InvalidLink::Signature));
        }
    }
}

/// A row of `vectors.json`, which the examples in other languages are tested by too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    scope: String,
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    album: Option<AlbumText>,
    #[serde(default)]
    max_bytes: u64,
    #[serde(default)]
    nonce: u64,
    epoch: u32,
    expires: u64,
    sig: String,
}

#[derive(Deserialize)]
struct AlbumText(String);

#[derive(Deserialize)]
struct Vectors {
    kid: String,
    key: String,
    links: Vec<Vector>,
}

#[test]
fn the_vectors_hold() {
    let vectors: Vectors =
        serde_json::from_str(include_str!("../../../../docs/access/vectors.json")).unwrap();
    let keys = Keyring::parse(&format!("{} {}", vectors.kid, vectors.key)).unwrap();
    assert!(vectors.links.len() >= 8);
    for vector in vectors.links {
        let image = || vector.path.rsplit('/').next().unwrap().parse().unwrap();
        let album = || vector.album.as_ref().unwrap().0.parse().unwrap();
        let grant = match vector.scope.as_str() {
            "u" => Grant::Url { path: &vector.path, query: &vector.query },
            "i" => Grant::Derived(image()),
            "o" => Grant::Image(image()),
            "a" => Grant::Album(album()),
            "w" => Grant::Upload { album: album(), max_bytes: vector.max_bytes, nonce: vector.nonce },
            other => panic!("{other}"),
        };
        assert_eq!(keys.sign(&grant, vector.epoch, vector.expires), vector.sig);
        let query = with_signature(&vector.query, &vector.sig);
        let asked = Asked { path: &vector.path, query: &query };
        let link = keys.verify(asked, &vector.sig, at(vector.expires - 1)).unwrap();
        assert_eq!((link.scope.to_string(), link.epoch), (vector.scope, vector.epoch));
    }
}

proptest! {
    #[test]
    fn no_text_is_taken_as_a_signature(path in "\\PC{0,60}", query in "\\PC{0,60}", signature in "\\PC{0,90}") {
        prop_assert!(verify(&path, &query, &signature).is_err());
    }

    #[test]
    fn nothing_like_a_signature_is_taken(
        signature in "[uioaw]k[01]\\.[0-9a-z]{1,8}(\\.[0-9a-f]{32})?(\\.[0-9a-z]{1,4}){0,3}\\.[A-Za-z0-9_-]{42,44}"
    ) {
        let path = format!("/images/{IMAGE}");
        prop_assert!(verify(&path, &with_signature("", &signature), &signature).is_err());
    }
}
