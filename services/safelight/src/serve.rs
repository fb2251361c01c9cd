//! `safelight serve`: both services in one process, with the same HTTP between them.

use std::process::ExitCode;

use anyhow::Context as _;
use server::process::{block_on, exit, print, reachable, report};
use server::settings::CommandLine;
use tokio_util::sync::CancellationToken;

use crate::settings::Both;

/// Runs `serve`.
pub(crate) fn main(line: CommandLine) -> ExitCode {
    with_settings(line, |both| {
        server::logs::start(&both.cache.logs);
        exit(block_on(|stop| run(both, stop)))
    })
}

/// Runs `health`.
pub(crate) fn health(line: CommandLine) -> ExitCode {
    with_settings(line, |both| {
        let listen = [both.cache.listen, both.processor.listen];
        exit(listen.into_iter().try_for_each(server::process::health))
    })
}

/// Runs `config`.
pub(crate) fn config(line: CommandLine) -> ExitCode {
    with_settings(line, |both| print(&both.description))
}

fn with_settings(line: CommandLine, run: impl FnOnce(Both) -> ExitCode) -> ExitCode {
    match Both::read(line) {
        Ok(both) => run(both),
        Err(refused) => report("safelight", &refused),
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
