//! How much one caller may ask for: so many of something per minute, all at once or evenly.
//!
//! Whoever shows a credential is counted by their name, and everyone else by their address.
//! Only a proxy that is trusted is believed about the address of its client.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::Caller;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, web};
use api::ErrorCode;
use clap::Args;
use domain::Owner;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use serde_json::Map;

use crate::error::respond;
use crate::network::Network;
use crate::observe::ABOUT_HEALTH;
use crate::settings::checked;

/// In which everything is counted: who took nothing for so long may take it all again.
const MINUTE: Duration = Duration::from_secs(60);
/// How many callers are counted. Of more, those are forgotten who ask least.
const MAX_COUNTED: u64 = 100_000;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How often callers may ask, and who is one.
#[derive(Args, Debug, Clone, Default)]
pub struct RateSettings {
    /// Maximum number of requests per minute of one caller, or of one address where nobody shows a credential; further ones get 429
    #[arg(long, value_name = "NUMBER", value_parser = checked::<NonZeroU32>())]
    pub max_request_rate: Option<NonZeroU32>,
    /// Proxies in front whose X-Forwarded-For, -Host and -Proto are believed; separated by commas
    #[arg(long, value_parser = checked::<Network>(), value_delimiter = ',', value_name = "NETWORKS")]
    pub trusted_proxies: Vec<Network>,
}

/// What counts the requests of a service; one for all workers.
pub(crate) struct Requests {
    rate: Option<Rate>,
    trusted: Vec<Network>,
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Payer {
    /// Somebody with a name, whichever credential they show.
    Owner(Owner),
    /// Whoever asks from there. Of IPv6 only the network counts (64 bits), since its every
    /// address is one subscriber's.
    Address(Option<IpAddr>),
}

/// So many units per minute for each payer.
pub struct Rate {
    quota: Quota,
    limiters: Cache<Payer, Arc<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
    refused: AtomicU64,
}

/// A payer has taken as much as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the caller asks for more than it may have per minute; try again in {seconds} s")]
pub struct TooFast {
    /// After how many seconds there is enough again.
    pub seconds: u64,
}

impl Rate {
    /// So many units per minute.
    pub fn per_minute(units: NonZeroU32) -> Self {
        Self {
            quota: Quota::per_minute(units),
            limiters: Cache::builder().max_capacity(MAX_COUNTED).time_to_idle(MINUTE).build(),
            clock: DefaultClock::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Takes units for a payer. What is more than a whole minute's takes the whole minute.
    ///
    /// # Errors
    ///
    /// When there are not as many left.
    pub fn take(&self, payer: &Payer, units: NonZeroU32) -> Result<(), TooFast> {
        let limiter = self.limiters.get_with_by_ref(payer, || Arc::new(RateLimiter::direct(self.quota)));
        let units = units.min(self.quota.burst_size());
        let wait = match limiter.check_n(units) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(not_until)) => not_until.wait_time_from(self.clock.now()),
            // Not more than the burst.
            Err(_) => MINUTE,
        };
        self.refused.fetch_add(1, Ordering::Relaxed);
        Err(TooFast { seconds: wait.as_secs() + 1 })
    }

    /// How often there was not enough.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl TooFast {
    /// Says in an answer when to ask again.
    pub fn add_retry_after(&self, response: &mut HttpResponse) {
        response.headers_mut().insert(RETRY_AFTER, self.seconds.into());
    }
}

impl Requests {
    pub(crate) fn new(settings: &RateSettings) -> Self {
        let rate = settings.max_request_rate.map(Rate::per_minute);
        Self { rate, trusted: settings.trusted_proxies.clone() }
    }

    /// How many were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.rate.as_ref().map_or(0, Rate::refused)
    }
}

impl Payer {
    /// Who pays for a request; nobody for those of our own services, which ask for others.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let trusted = request.app_data::<web::Data<Requests>>().map(|requests| requests.trusted.as_slice());
        let address = || {
            let peer = request.peer_addr().map(|peer| peer.ip());
            Self::Address(
                peer.map(|peer| network(client(peer, request.headers(), trusted.unwrap_or_default()))),
            )
        };
        match request.extensions().get::<Caller>() {
            Some(Caller::Service) => None,
            Some(Caller::User(holder) | Caller::Key { holder, .. }) => {
                Some(Self::Owner(holder.owner.clone()))
            }
            // Without access control everyone is the operator.
            Some(Caller::Operator | Caller::Anonymous | Caller::Link(_)) | None => Some(address()),
        }
    }
}

/// The last one on the way here whose word is not taken.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
    let told: Vec<&str> = headers.get_all(X_FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
    let mut client = peer.to_canonical();
    for hop in told.iter().rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(&client) {
            break;
        }
        let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
        client = before.to_canonical();
    }
    client
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// The middleware: 429 for whoever asks too often. Health is answered always.
pub(crate) async fn limit<B: MessageBody + 'static>(
    requests: web::Data<Requests>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let rate = requests.rate.as_ref().filter(|_| !ABOUT_HEALTH.contains(&request.path()));
    let payer = rate.and_then(|rate| Some((rate, Payer::of(request.request())?)));
    match payer.map(|(rate, payer)| rate.take(&payer, NonZeroU32::MIN)) {
        None | Some(Ok(())) => Ok(next.call(request).await?.map_into_left_body()),
        Some(Err(too_fast)) => {
            let mut response = respond(ErrorCode::TooManyRequests, &too_fast, Map::new());
            too_fast.add_retry_after(&mut response);
            Ok(request.into_response(response).map_into_right_body())
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn units(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    fn at(address: &str) -> Payer {
        Payer::Address(Some(address.parse().unwrap()))
    }

    #[test]
    fn each_payer_has_a_minutes_worth_and_is_told_when_there_is_more() {
        let rate = Rate::per_minute(units(6));
        assert_eq!(rate.take(&at("192.0.2.1"), units(4)), Ok(()));
        assert_eq!(rate.take(&at("192.0.2.1"), units(2)), Ok(()));
        let refused = rate.take(&at("192.0.2.1"), units(1)).unwrap_err();
        assert!((1..=11).contains(&refused.seconds), "one comes back every 10 s: {refused}");
        assert_eq!(rate.take(&at("192.0.2.2"), units(1)), Ok(()));
        assert_eq!(rate.refused(), 1);
    }

    #[test]
    fn what_is_more_than_a_minutes_worth_takes_it_all() {
        let rate = Rate::per_minute(units(6));
        assert_eq!(rate.take(&at("192.0.2.1"), units(100)), Ok(()));
        assert!(rate.take(&at("192.0.2.1"), units(1)).is_err());
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_about_its_client() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let of = |peer: &str, told: &str| {
            let request = TestRequest::get().insert_header(("x-forwarded-for", told)).to_http_request();
            client(peer.parse().unwrap(), request.headers(), &trusted).to_string()
        };
        assert_eq!(of("192.0.2.7", "198.51.100.1"), "192.0.2.7", "a stranger");
        assert_eq!(
            of("10.0.0.1", "203.0.113.9, 198.51.100.1"),
            "198.51.100.1",
            "what the client said before"
        );
        assert_eq!(of("10.0.0.1", "198.51.100.1, 10.0.0.2"), "198.51.100.1", "two proxies");
        assert_eq!(of("::ffff:10.0.0.1", "2001:db8::1"), "2001:db8::1");
        assert_eq!(of("10.0.0.1", "nonsense"), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_subscriber_is_one_payer() {
        assert_eq!(network("2001:db8:1:2:3::4".parse().unwrap()).to_string(), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.1".parse().unwrap()).to_string(), "192.0.2.1");
    }
}
