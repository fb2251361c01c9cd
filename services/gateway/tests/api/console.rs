//! The front page: for browsers only, under a policy that lets nothing inline in.

use reqwest::Response;

use crate::test_app::{TestApp, gateway, http};

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn a_browser_gets_the_page_and_everyone_else_the_health() {
    let app = TestApp::start().await;
    let health = app.get("/").await;
    assert_eq!(header(&health, "content-type"), "application/json");
    assert_eq!(health.text().await.unwrap(), "{\"status\":\"ok\"}");
    for accept in ["*/*", "application/json", "application/json, text/html;q=0"] {
        let answer = app.http.get(app.gateway.url("/")).header("accept", accept).send().await.unwrap();
        assert_eq!(header(&answer, "content-type"), "application/json", "{accept}");
    }
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    let page = app.http.get(app.gateway.url("/")).header("accept", browser).send().await.unwrap();
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    assert!(header(&page, "vary").to_lowercase().contains("accept"));
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text().await.unwrap();
    for inline in ["<style", "style=", "onclick=", "<script>", "http://", "https://"] {
        assert!(!text.contains(inline), "{inline} is in the page");
    }
    for file in text.split('"').filter(|text| text.starts_with("/console/")) {
        assert_eq!(app.get(file).await.status(), 200, "{file}");
    }
}

#[tokio::test]
async fn every_module_is_there() {
    let nobody = "127.0.0.1:9".parse().unwrap();
    let gateway = gateway(nobody, &[nobody], &[]);
    let mut modules = vec!["main.js".to_owned()];
    let mut seen = 0;
    while let Some(module) = modules.get(seen).cloned() {
        seen += 1;
        let answer = http().get(gateway.url(&format!("/console/{module}"))).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{module}");
        assert_eq!(header(&answer, "content-type"), "text/javascript; charset=utf-8");
        for other in answer.text().await.unwrap().split("from \"./").skip(1) {
            let name = other.split('"').next().unwrap().to_owned();
            if !modules.contains(&name) {
                modules.push(name);
            }
        }
    }
    assert_eq!(seen, 4, "{modules:?}");
}
