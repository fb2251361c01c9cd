//! Keys, links and owners from the command line.

use std::path::Path;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::images;
use testkit::process::Process;

use crate::{run, serve_with};

const ADMIN: &str = "the-admin-key-of-this-test-0123456789";
const LINKS: &str = "k1 MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

/// All services with keys, and where image-cache and the gateway listen.
fn guarded(folder: &Path) -> (Process, String, String) {
    std::fs::write(folder.join("admin"), ADMIN).unwrap();
    std::fs::write(folder.join("links"), LINKS).unwrap();
    let admin = format!("--admin-key-file={}", folder.join("admin").display());
    let links = format!("--link-keys-file={}", folder.join("links").display());
    let (process, cache, _) = serve_with(folder, &[&admin, &links]);
    let gateway = process.address("gateway");
    (process, format!("http://{cache}"), format!("http://{gateway}"))
}

#[tokio::test]
async fn a_key_is_made_used_and_revoked_and_a_link_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, cache, gateway) = guarded(folder.path());
    let (url, token) = (format!("--url={cache}"), format!("--token={ADMIN}"));
    let make = ["key", "create", "--owner=ann", "--scopes=read,write", &url, &token];
    let (output, key) = run(&make);
    assert!(output.status.success(), "{key}");
    let key = key.trim();
    std::fs::write(folder.path().join("key"), key).unwrap();

    let photos = folder.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    std::fs::write(photos.join("a.png"), images::png(9, 6)).unwrap();
    let file = format!("--token-file={}", folder.path().join("key").display());
    let (output, text) = run(&["import", photos.to_str().unwrap(), "--album=summer", &url, &file]);
    assert!(output.status.success() && text.contains("1 imported"), "{text}");
    let (output, text) = run(&["import", photos.to_str().unwrap(), "--album=summer", &url]);
    assert!(!output.status.success() && text.contains("401"), "{text}");

    let http = Client::new();
    let info = http.get(format!("{gateway}/albums/summer/images/a.png/info")).bearer_auth(key);
    let info: Value = info.send().await.unwrap().json().await.unwrap();
    assert_eq!(info["access"]["owner"], "ann");
    let id = info["id"].as_str().unwrap();
    let links = format!("--link-keys-file={}", folder.path().join("links").display());
    let (output, link) = run(&["sign", id, &links, "--options=width=4", "--expires-in=10m"]);
    assert!(output.status.success(), "{link}");
    let opened = reqwest::get(format!("{gateway}{}", link.trim())).await.unwrap();
    assert_eq!(opened.status(), StatusCode::OK, "{link}");

    let (_, list) = run(&["key", "list", &url, &token]);
    let key_id = &key[3..11];
    assert!(list.contains(key_id) && list.contains("ann  read write  for ever"), "{list}");
    let (output, text) = run(&["key", "revoke", key_id, &url, &token]);
    assert!(output.status.success(), "{text}");
    let refused = http.get(format!("{cache}/images")).bearer_auth(key).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_was_there_before_the_keys_is_the_admins_until_it_is_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, cache, _) = serve_with(folder.path(), &[]);
    let http = Client::new();
    let created = http.post(format!("http://{cache}/albums")).json(&json!({"albumName": "old"}));
    assert_eq!(created.send().await.unwrap().status(), StatusCode::CREATED);
    let put = http.put(format!("http://{cache}/albums/old/images/x")).body(images::png(9, 6));
    let image: Value = put.send().await.unwrap().json().await.unwrap();
    let path = format!("images/{}", image["id"].as_str().unwrap());
    let data_dir = format!("--data-dir={}", folder.path().display());
    let (output, text) = run(&["adopt", "--owner=ann", &data_dir]);
    assert!(!output.status.success() && text.contains("another process uses"), "{text}");
    process.signal("TERM");
    assert!(process.ended().success());

    let (mut process, cache, _) = guarded(folder.path());
    assert_eq!(reqwest::get(format!("{cache}/{path}")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let admins = http.get(format!("{cache}/{path}")).bearer_auth(ADMIN).send().await.unwrap();
    assert_eq!(admins.status(), StatusCode::OK);
    process.signal("TERM");
    assert!(process.ended().success());
    let (output, text) = run(&["adopt", "--owner=ann", &data_dir]);
    assert!(
        output.status.success() && text.contains("ann now owns 1 more images and 1 more albums"),
        "{text}"
    );
    let (_process, cache, _) = guarded(folder.path());
    let info = http.get(format!("{cache}/{path}/info")).bearer_auth(ADMIN).send().await.unwrap();
    let info: Value = info.json().await.unwrap();
    assert_eq!(info["access"]["owner"], "ann");
}
