//! `safelight check-bucket`: whether a bucket can hold the originals of a store.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command};
use image_cache::BlobSettings;
use server::process::{block_on, exit, print, report};
use server::settings::{self, CommandLine, Process};
use storage::BlobsIn;

const PROCESS: Process = Process {
    name: "check-bucket",
    env_prefix: "SAFELIGHT",
    about: "Check that a bucket can be read and written and that its server honours conditional puts, and say \
        which store it belongs to. Nothing stays there.",
};

#[derive(Args)]
struct Settings {
    #[command(flatten)]
    blobs: BlobSettings,
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    let settings = match line.settings::<Settings>(mistakes) {
        Ok((settings, _)) => settings,
        Err(refused) => return report("safelight check-bucket", &refused),
    };
    exit(block_on(|_| check(settings)))
}

fn mistakes(settings: &Settings) -> Vec<String> {
    match settings.blobs.place() {
        Ok(BlobsIn::Bucket(_)) => Vec::new(),
        Ok(BlobsIn::Folder) => vec!["--blobs must be s3://BUCKET or s3://BUCKET/PREFIX here".to_owned()],
        Err(mistakes) => mistakes,
    }
}

async fn check(settings: Settings) -> anyhow::Result<()> {
    let Ok(BlobsIn::Bucket(bucket)) = settings.blobs.place() else {
        anyhow::bail!(mistakes(&settings).join("; "));
    };
    let store = storage::check_bucket(&bucket).await.with_context(|| format!("check {bucket}"))?;
    let whose = store.map_or_else(
        || "belongs to no store yet".to_owned(),
        |id| format!("belongs to the store {}", id.escape_debug()),
    );
    print(&format!(
        "{bucket} can be read and written, honours conditional puts, and {whose}\n\
         see to a lifecycle rule AbortIncompleteMultipartUpload; whether there is one is not looked at\n"
    ));
    Ok(())
}
