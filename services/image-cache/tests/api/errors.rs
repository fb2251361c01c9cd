//! Settings, health, request ids.

use reqwest::StatusCode;
use serde_json::Value;
use testkit::process::Process;

use crate::test_app::TestApp;

#[tokio::test]
async fn health_says_ok_where_old_and_new_clients_look() {
    let app = TestApp::start().await;
    for path in ["/", "/health"] {
        let response = app.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.text().await.unwrap(), r#"{"status":"ok"}"#);
        assert_eq!(app.http.head(app.url(path)).send().await.unwrap().status(), StatusCode::OK);
    }
    let ready: Value = app.get("/health/ready").await.json().await.unwrap();
    assert_eq!(ready["status"], "ready");
    assert_eq!(ready["checks"]["storage"]["status"], "ok");
}

#[tokio::test]
async fn a_volume_that_cannot_be_written_is_not_ready_but_alive() {
    let app = TestApp::start().await;
    let staging = app.folder.path().join("staging");
    std::fs::remove_dir(&staging).unwrap();
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["checks"]["storage"]["status"], "failed");
    assert!(!ready.to_string().contains(staging.to_str().unwrap()), "{ready}");
    assert_eq!(app.get("/health").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_harmless_request_id_comes_back_and_stands_in_errors() {
    let app = TestApp::start().await;
    let response = app.http.get(app.url("/images/x")).header("x-request-id", "trace-7").send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "trace-7");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["requestId"], "trace-7");
    let response = app.http.get(app.url("/health")).header("x-request-id", "{evil}").send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"].len(), 36);
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_never_by_path() {
    let app = TestApp::start().await;
    app.get("/images/secret-name").await;
    app.get("/api/v1/images?limit=1").await;
    app.get("/secret-path").await;
    let text = app.get("/metrics").await.text().await.unwrap();
    for line in [
        r#"safelight_http_requests_total{method="GET",route="/images/{id}",status="400"} 1"#,
        r#"safelight_http_requests_total{method="GET",route="/images",status="200"} 1"#,
        r#"safelight_http_requests_total{method="GET",route="-",status="404"} 1"#,
        "safelight_memory_cache_bytes 0",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn wrong_settings_are_all_reported_at_once_with_exit_code_78() {
    let flags = ["--max-upload=lots", "--listen=nowhere", "--max-age=0s", "--mqtt-url=broker"];
    let mut process = Process::start(env!("CARGO_BIN_EXE_image-cache"), flags);
    assert_eq!(process.ended().code(), Some(78));
    let text = process.lines().join("\n");
    for part in
        ["4 settings are wrong", "--max-upload", "--mqtt-url", "`lots`", "IMAGE_CACHE_LISTEN", "--max-age"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn passwords_are_never_printed() {
    for arguments in [&["config"][..], &["--help"], &["config", "--mqtt-topic-prefix=#"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_image-cache"))
            .args(arguments)
            .env("IMAGE_CACHE_MQTT_URL", "mqtt://me:sesame@broker.example")
            .env("IMAGE_CACHE_MQTT_PASSWORD", "sesame")
            .output()
            .unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("mqtt") && !text.contains("sesame"), "{arguments:?}: {text}");
    }
}

#[test]
fn the_health_subcommand_finds_the_running_process() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), ["--listen=127.0.0.1:0", &data_dir]);
    let address = process.address("image-cache");
    let mut healthy =
        Process::start(env!("CARGO_BIN_EXE_image-cache"), ["health", &format!("--listen={address}")]);
    assert!(healthy.ended().success());
    drop(process);
    let mut unhealthy =
        Process::start(env!("CARGO_BIN_EXE_image-cache"), ["health", &format!("--listen={address}")]);
    assert_eq!(unhealthy.ended().code(), Some(1));
}
