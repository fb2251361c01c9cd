//! `safelight adopt`: gives an owner what is nobody's, in the folder of a store that is not
//! running.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Command};
use domain::{Name, Owner};
use image_cache::BlobSettings;
use server::logs::LogSettings;
use server::process::{block_on, exit, print, report};
use server::settings::{self, CommandLine, Process};
use storage::{Quota, Storage, StorageSettings};

const PROCESS: Process = Process {
    name: "adopt",
    env_prefix: "SAFELIGHT",
    about: "Give an owner all images and albums that are nobody's, such as those from before access control, \
        or one album of them. The store must not be running.",
};

#[derive(Args)]
struct Settings {
    /// Who is to own them: the subject of their tokens
    #[arg(long)]
    owner: String,
    /// Only this album and what is in it
    #[arg(long)]
    album: Option<String>,
    /// Folder for all data
    #[arg(long, default_value = "./data")]
    data_dir: PathBuf,
    #[command(flatten)]
    blobs: BlobSettings,
    #[command(flatten)]
    logs: LogSettings,
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    let settings =
        match line.settings::<Settings>(|settings| settings.blobs.place().err().unwrap_or_default()) {
            Ok((settings, _)) => settings,
            Err(refused) => return report("safelight adopt", &refused),
        };
    server::logs::start(&settings.logs);
    exit(block_on(|_| adopt(settings)))
}

async fn adopt(settings: Settings) -> anyhow::Result<()> {
    let owner = Owner::parse(&settings.owner).context("--owner")?;
    let album = settings.album.as_deref().map(Name::parse).transpose().context("--album")?;
    let data_dir = settings.data_dir.join("image-cache");
    let blobs = settings.blobs.place().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?;
    let keep_events = Duration::MAX;
    let storage = Storage::open(StorageSettings { data_dir, blobs, keep_events, quota: Quota::default() })
        .await
        .context("open the data folder")?;
    let adopted = storage.adopt(owner.clone(), album).await;
    storage.close().await;
    let adopted = adopted?;
    print(&format!("{owner} now owns {} more images and {} more albums\n", adopted.images, adopted.albums));
    Ok(())
}
