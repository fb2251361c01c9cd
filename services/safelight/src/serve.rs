//! `safelight serve`: both services in one process, with the same HTTP between them.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use server::process::{block_on, exit, health, print, reachable, report};
use tokio_util::sync::CancellationToken;

use crate::settings::{self, Both};

/// Runs `serve`, `health` or `config`.
pub(crate) fn main(subcommand: &str, arguments: Vec<OsString>) -> ExitCode {
    let both = match settings::read(arguments) {
        Ok(both) => both,
        Err(refused) => return report("safelight", &refused),
    };
    match subcommand {
        "health" => exit(health(both.cache.listen).and_then(|()| health(both.processor.listen))),
        "config" => print(&both.description),
        _ => {
            server::logs::start(&both.cache.logs);
            exit(block_on(|stop| run(both, stop)))
        }
    }
}

/// Starts image-cache, then image-processor; stops them the other way round, so that
/// what is being made can still fetch its original.
async fn run(both: Both, stop: CancellationToken) -> anyhow::Result<()> {
    let Both { cache, mut processor, .. } = both;
    let stop_cache = CancellationToken::new();
    let stop_processor = stop.child_token();

    let cache =
        image_cache::Application::build(&cache, stop_cache.clone()).await.context("start image-cache")?;
    processor.cache_url = format!("http://{}", reachable(cache.address()))
        .parse()
        .map_err(|reason| anyhow::anyhow!("the address of image-cache makes no URL: {reason}"))?;
    let processor = image_processor::Application::build(&processor, stop_processor.clone())
        .await
        .context("start image-processor")?;

    let processor = async {
        let result = processor.run().await.context("run image-processor");
        stop_cache.cancel();
        result
    };
    let cache = async {
        let result = cache.run().await.context("run image-cache");
        // Without image-cache there is nothing to process.
        stop_processor.cancel();
        result
    };
    let (processor, cache) = tokio::join!(processor, cache);
    processor.and(cache)
}
