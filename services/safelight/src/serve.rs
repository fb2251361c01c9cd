//! `safelight serve`: all services in one process, with the same HTTP between them.

use std::fmt::Display;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context as _;
use gateway::Named;
use server::process::{block_on, exit, print, reachable, report};
use server::settings::CommandLine;
use tokio_util::sync::CancellationToken;

use crate::settings::All;

/// Runs `serve`.
pub(crate) fn main(line: CommandLine) -> ExitCode {
    with_settings(line, |all| {
        server::logs::start(&all.cache.logs);
        exit(block_on(|stop| run(all, stop)))
    })
}

/// Runs `health`.
pub(crate) fn health(line: CommandLine) -> ExitCode {
    with_settings(line, |all| {
        let gateway = all.gateway.map(|gateway| gateway.listen);
        let mut listen = [all.cache.listen, all.processor.listen].into_iter().chain(gateway);
        let tls = all.cache.http.tls.is_on();
        exit(listen.try_for_each(|address| server::process::health(address, tls)))
    })
}

/// Runs `config`.
pub(crate) fn config(line: CommandLine) -> ExitCode {
    with_settings(line, |all| print(&all.description))
}

fn with_settings(line: CommandLine, run: impl FnOnce(All) -> ExitCode) -> ExitCode {
    match All::read(line) {
        Ok(all) => run(all),
        Err(refused) => report("safelight", &refused),
    }
}

/// Starts image-cache, then image-processor, then the gateway; stops them the other way
/// round, so that what is in progress finds what it needs.
async fn run(all: All, stop: CancellationToken) -> anyhow::Result<()> {
    let All { cache, mut processor, gateway, .. } = all;
    let stop_cache = CancellationToken::new();
    let stop_processor = CancellationToken::new();
    let stop_gateway = stop.child_token();

    let cache =
        image_cache::Application::build(&cache, stop_cache.clone()).await.context("start image-cache")?;
    processor.cache_url = url(cache.internal_address())?;
    let processor = image_processor::Application::build(&processor, stop_processor.clone())
        .await
        .context("start image-processor")?;
    let gateway = match gateway {
        Some(mut gateway) => {
            gateway.cache_url = url(cache.internal_address())?;
            let name = "image-processor".to_owned();
            gateway.processor = vec![Named { name, origin: url(processor.internal_address())? }];
            let built = gateway::Application::build(&gateway, stop_gateway.clone());
            Some(built.context("start the gateway, which --gateway=false switches off")?)
        }
        None => None,
    };

    let gateway = async {
        let result = match gateway {
            Some(gateway) => gateway.run().await.context("run the gateway"),
            None => {
                stop_gateway.cancelled().await;
                Ok(())
            }
        };
        stop_processor.cancel();
        result
    };
    let processor = async {
        let result = processor.run().await.context("run image-processor");
        stop_cache.cancel();
        result
    };
    let cache = async {
        let result = cache.run().await.context("run image-cache");
        // Without image-cache there is nothing to serve.
        stop_gateway.cancel();
        result
    };
    let (gateway, processor, cache) = tokio::join!(gateway, processor, cache);
    gateway.and(processor).and(cache)
}

/// The URL of a service of this process.
fn url<U: FromStr<Err: Display>>(address: SocketAddr) -> anyhow::Result<U> {
    let url = format!("http://{}", reachable(address));
    url.parse().map_err(|reason| anyhow::anyhow!("{url} makes no URL: {reason}"))
}
