//! The one middleware: request id, metrics, and the goodbye when the process stops.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use api::{ErrorCode, paths};
use serde_json::Map;

use crate::bodies::{self, Answer};
use crate::connections::Connection;
use crate::error;
use crate::metrics::Metrics;
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::route::pattern_of;

/// What is answered on any connection.
pub(crate) const ABOUT_HEALTH: [&str; 3] = [paths::ROOT, paths::HEALTH, paths::READY];

/// What the middleware and the health routes share; one for each service.
#[derive(Clone)]
pub struct Observer {
    /// The service's metrics.
    pub metrics: Arc<Metrics>,
    stopping: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
}

impl Observer {
    /// An observer of a service that has just started.
    pub fn new(metrics: Metrics) -> Self {
        Self { metrics: Arc::new(metrics), stopping: Arc::default(), closing: Arc::default() }
    }

    /// Whether the process has been told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// From now on `/health/ready` is 503.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// From now on every answer closes its connection.
    pub fn begin_closing(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }
}

/// Gives the request its id, counts it, and tells the client when to reconnect elsewhere.
pub async fn observe(
    observer: web::Data<Observer>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let _in_flight = observer.metrics.begin();
    let id = RequestId::of(request.headers());
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    if let Some(connection) = &connection {
        connection.begin_request();
        bodies::follow(&mut request, connection);
    }
    let turned_away = connection.as_ref().is_some_and(|connection| connection.is_reserve())
        && !ABOUT_HEALTH.contains(&request.path());
    let mut response = if turned_away {
        id.clone().scope(async { turn_away(request) }).await
    } else {
        let answer = id.clone().scope(next.call(request)).await;
        if let (Err(_), Some(connection)) = (&answer, &connection) {
            connection.end_request();
        }
        answer?.map_into_boxed_body()
    };

    let took = started.elapsed();
    let head = response.response_mut().head_mut();
    head.headers_mut().insert(X_REQUEST_ID, id.header().clone());
    if turned_away || observer.closing.load(Ordering::Relaxed) {
        head.set_connection_type(ConnectionType::Close);
    }
    let status = head.status.as_u16();
    let request = response.request();
    let route = pattern_of(request);
    observer.metrics.answered(request.method(), route, status, took);
    if log::log_enabled!(log::Level::Debug) {
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let method = request.method().as_str();
        id.scope(async move {
            log::debug!("http.method" = method, "http.route" = route, "http.status" = status, duration_ms; "{method} {route} {status}");
        })
        .await;
    }
    Ok(response.map_body(|_, body| Answer::new(body, connection)))
}

/// 503 for a request on a connection beyond the limit.
fn turn_away(request: ServiceRequest) -> ServiceResponse {
    let response = error::respond(ErrorCode::Unavailable, &TooManyConnections, Map::new());
    request.into_response(response)
}

/// All connections that there may be are being worked with.
#[derive(Debug)]
struct TooManyConnections;

impl fmt::Display for TooManyConnections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service has as many connections as it can serve")
    }
}

impl std::error::Error for TooManyConnections {}
