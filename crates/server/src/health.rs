//! Liveness and readiness.

use std::collections::BTreeMap;

use actix_web::body::BoxBody;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use api::{CheckResult, Health, Readiness};

use crate::observe::Observer;

/// The answer of `/` and `/health`: the process is alive.
pub(crate) fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Health { status: "ok".to_owned() })
}

/// The result of looking at one thing that a process depends on.
#[derive(Debug)]
pub enum Check {
    /// It works.
    Ok,
    /// It does not, but most work goes on without it.
    Degraded(String),
    /// It does not, and without it nothing goes.
    Failed(String),
}

/// The results of all checks, by what was looked at. As the answer of `/health/ready` they
/// are 503 when one failed or the process is stopping.
#[derive(Debug)]
pub struct Checks(pub Vec<(&'static str, Check)>);

impl Responder for Checks {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let observer = request.app_data::<web::Data<Observer>>();
        readiness(observer.is_some_and(|observer| observer.is_stopping()), self.0)
    }
}

fn readiness(stopping: bool, checks: Vec<(&'static str, Check)>) -> HttpResponse {
    let mut ready = !stopping;
    let mut results = BTreeMap::new();
    for (name, check) in checks {
        let (status, message) = match check {
            Check::Ok => ("ok", None),
            Check::Degraded(message) => ("degraded", Some(message)),
            Check::Failed(message) => {
                ready = false;
                ("failed", Some(message))
            }
        };
        results.insert(name.to_owned(), CheckResult { status: status.to_owned(), message });
    }
    let status = match (stopping, ready) {
        (true, _) => "stopping",
        (false, true) => "ready",
        (false, false) => "unavailable",
    };
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Readiness { status: status.to_owned(), checks: results })
}
