//! The audit log: one line for each change and each refusal, under the target `audit`.
//!
//! It says who, what, on which path and how it ended. It holds neither queries nor headers,
//! in which credentials stand.

use access::Caller;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{HttpMessage as _, HttpRequest};

use super::door::is_change;
use super::guard::Denied;

/// The longest path that is written.
const MAX_PATH: usize = 300;

/// Writes the line, if the request changed something or was refused.
pub(super) fn answered<B>(response: &ServiceResponse<B>) {
    let (status, request) = (response.status(), response.request());
    let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if !(is_change(request.method()) || is_refused) {
        return;
    }
    let caller = request.extensions().get::<Caller>().map_or_else(String::new, Caller::to_string);
    let (method, path, peer, status) =
        (request.method().as_str(), cut(request.path()), peer(request), status.as_u16());
    log::info!(target: "audit", caller = caller.as_str(), method = method, path = path.as_str(), status = status, peer = peer.as_str(); "{caller} {method} {path} {status}");
}

/// Writes that a request was nobody's.
pub(super) fn denied(request: &ServiceRequest, denied: &Denied) {
    let request = request.request();
    let (method, path, peer) = (request.method().as_str(), cut(request.path()), peer(request));
    log::info!(target: "audit", caller = "nobody", method = method, path = path.as_str(), status = 401, peer = peer.as_str(); "nobody {method} {path} 401: {denied}");
}

fn peer(request: &HttpRequest) -> String {
    request.peer_addr().map_or_else(|| "-".to_owned(), |peer| peer.ip().to_string())
}

fn cut(path: &str) -> String {
    path.chars().take(MAX_PATH).collect()
}
