//! The metrics of one service, in the OpenMetrics text format, which Prometheus reads.
//!
//! Names follow Prometheus: base units, and `_total` on counters.

use std::fmt;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{Method, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The content type of the text format.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Stands before the name of every metric.
const PREFIX: &str = "safelight";

/// All metrics of one service. Each service has its own, so several can run in one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

impl Metrics {
    /// The metrics that every service has. `service` and the version become `build_info`.
    pub fn new(service: &'static str) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let requests = Family::default();
        // 0.5 ms to 33 s.
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.0005, 4.0, 9)));
        let in_flight = Gauge::<i64>::default();
        registry.register("http_requests", "HTTP requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its response",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("http_requests_in_flight", "HTTP requests in progress", in_flight.clone());
        let build = Family::<Vec<(&'static str, &'static str)>, Gauge>::default();
        build.get_or_create(&vec![("service", service), ("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("build_info", "Always 1; the labels name the service and its version", build);
        Self { registry, requests, durations, in_flight }
    }

    /// Registers a gauge whose value is read at each scrape. The prefix is added to the name.
    pub fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) {
        self.registry.register_collector(Box::new(Reading { name, help, kind: Kind::Gauge, read }));
    }

    /// Registers a counter whose value is read at each scrape. The prefix and `_total` are
    /// added to the name.
    pub fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) {
        self.registry.register_collector(Box::new(Reading { name, help, kind: Kind::Counter, read }));
    }

    /// Counts a request that is being worked on, until the guard is dropped.
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answered request. The route is its pattern, never the path of a client.
    pub fn answered(&self, method: &Method, route: &'static str, status: u16, took: Duration) {
        let method = known_method(method);
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// All metrics as text.
    ///
    /// # Errors
    ///
    /// Never in practice; the encoder's signature has it.
    fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A client may send any word as its method; labels come from a closed set.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// A request that is being worked on.
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

enum Kind {
    Gauge,
    Counter,
}

/// A metric whose value lives elsewhere.
struct Reading<F> {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    read: F,
}

impl<F> fmt::Debug for Reading<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl<F: Fn() -> u64 + Send + Sync + 'static> Collector for Reading<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let value = (self.read)();
        // As the registry ends the help of its own metrics.
        let help = format!("{}.", self.help);
        match self.kind {
            Kind::Gauge => {
                let metric = ConstGauge::<i64>::new(i64::try_from(value).unwrap_or(i64::MAX));
                let encoder = encoder.encode_descriptor(self.name, &help, None, metric.metric_type())?;
                metric.encode(encoder)
            }
            Kind::Counter => {
                let metric = ConstCounter::<u64>::new(value);
                let encoder = encoder.encode_descriptor(self.name, &help, None, metric.metric_type())?;
                metric.encode(encoder)
            }
        }
    }
}

/// The answer of `/metrics`.
pub fn respond(metrics: &Metrics) -> HttpResponse {
    match metrics.encode() {
        Ok(text) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, CONTENT_TYPE)).body(text),
        Err(error) => crate::error::respond(api::ErrorCode::Internal, &error, serde_json::Map::new()),
    }
}
