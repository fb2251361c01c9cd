//! Asks the services every two seconds whether they are ready, and a name for the
//! addresses behind it every five.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, StatusCode};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::forward::{IMAGE_CACHE, IMAGE_PROCESSOR};
use crate::origin::Named;
use crate::replica::Replica;
use crate::state::AppState;

const PROBE_EACH: Duration = Duration::from_secs(2);
const RESOLVE_EACH: Duration = Duration::from_secs(5);
/// Of a host name with more addresses, the rest is left out.
const MAX_ADDRESSES: usize = 256;

/// Probes until the token is cancelled.
pub(crate) async fn probe(state: Arc<AppState>, client: Client, stop: CancellationToken) {
    let mut ticks = interval(PROBE_EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let replicas = state.replicas.all();
        let probes = replicas.iter().map(|replica| probe_one(&client, replica, IMAGE_PROCESSOR));
        let probes = probes.chain([probe_one(&client, &state.cache, IMAGE_CACHE)]);
        stop.run_until_cancelled(join_all(probes)).await;
    }
}

async fn probe_one(client: &Client, replica: &Replica, kind: &str) {
    let Named { name, origin } = &replica.named;
    let answer = client.get(format!("{origin}{}", api::paths::READY)).send().await;
    // Where readiness has a listener of its own, it is not found here, and whoever answers is there.
    let ready = answer.is_ok_and(|answer| matches!(answer.status(), StatusCode::OK | StatusCode::NOT_FOUND));
    if replica.probed(ready) {
        if ready {
            log::info!(replica = name.as_str(); "{kind} at {origin} is ready again");
        } else {
            log::warn!(replica = name.as_str(); "{kind} at {origin} is not ready");
        }
    }
}

/// Keeps the image-processors to what the name stands for, until the token is cancelled.
pub(crate) async fn resolve(state: Arc<AppState>, name: String, stop: CancellationToken) {
    let mut ticks = interval(RESOLVE_EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match tokio::net::lookup_host(&name).await {
            Ok(addresses) => {
                let addresses = addresses.take(MAX_ADDRESSES).map(|address| address.to_string());
                let named =
                    addresses.filter_map(|address| format!("{address}=http://{address}").parse().ok());
                state.replicas.replace(named.collect());
            }
            // Those known so far may still be there.
            Err(error) => log::warn!("look up {name}: {error}"),
        }
    }
}
