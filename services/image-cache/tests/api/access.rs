//! What callers may do once keys are set.

use jsonwebtoken::{EncodingKey, Header};
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

use crate::test_app::TestApp;

const ADMIN: &str = "the-admin-key-of-this-test-0123456789";
const SECRET: &str = "the secret that signs the tokens of this test";

/// A service with keys, in a folder of its own.
async fn guarded(flags: &[&str]) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("admin"), format!("# the admin's\n{ADMIN}\n")).unwrap();
    std::fs::write(folder.path().join("secret"), SECRET).unwrap();
    let file = |flag: &str, name: &str| format!("--{flag}={}", folder.path().join(name).display());
    let own = [file("admin-key-file", "admin"), file("jwt-key-file", "secret")];
    let flags: Vec<&str> = own.iter().map(String::as_str).chain(flags.iter().copied()).collect();
    TestApp::in_folder(TempDir::new().unwrap(), &flags).await
}

fn token(owner: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"sub": owner, "exp": now + 600});
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

async fn get(app: &TestApp, path: &str, token: &str) -> Response {
    app.http.get(app.url(path)).header(AUTHORIZATION, format!("Bearer {token}")).send().await.unwrap()
}

#[tokio::test]
async fn who_shows_nothing_gets_nothing_and_the_admin_everything() {
    let app = guarded(&[]).await;
    for path in ["/images", "/images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12", "/albums", "/metrics", "/events"]
    {
        let response = app.get(path).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Bearer realm="safelight""#);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "unauthenticated");
    }
    for path in ["/", "/health"] {
        assert_eq!(app.get(path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/images", "/albums", "/metrics"] {
        assert_eq!(get(&app, path, ADMIN).await.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_credential_is_refused_with_one_code_and_is_never_told() {
    let app = guarded(&[]).await;
    let good = token("alice");
    let flipped = format!("{}x", &ADMIN[..ADMIN.len() - 1]);
    let (message, _) = good.rsplit_once('.').unwrap();
    let unsigned = format!("{message}.");
    let key = format!("sl_abcdefgh_{}", "A".repeat(43));
    let long = "a".repeat(8193);
    for shown in [flipped.as_str(), &unsigned, &key, &long, "a.b.c", "sl_x", "guess"] {
        let response = get(&app, "/images", shown).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{shown}");
        let challenge = &response.headers()[WWW_AUTHENTICATE];
        assert_eq!(challenge, r#"Bearer realm="safelight", error="invalid_token""#);
        let text = response.text().await.unwrap();
        assert!(text.contains(r#""error":"unauthenticated""#) && !text.contains(shown), "{text}");
    }
    let both = get(&app, "/images?sig=ok.1.x", &good).await;
    assert_eq!(both.status(), StatusCode::UNAUTHORIZED);
    let basic = app.http.get(app.url("/images")).header(AUTHORIZATION, "Basic YTpi").send().await.unwrap();
    assert_eq!(basic.status(), StatusCode::UNAUTHORIZED);
}
