//! `safelight import`: uploads the images of a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use clap::{Args, Command};
use client::{BaseUrl, ClientError, ImageCacheClient, Timeouts};
use domain::Name;
use indicatif::{ProgressBar, ProgressStyle};
use server::logs::LogSettings;
use server::process::{block_on, exit, print, report};
use server::settings::{self, CommandLine, Process, checked};
use tokio::task::{JoinSet, spawn_blocking};

use crate::credential::CredentialSettings;

const PROCESS: Process = Process {
    name: "import",
    env_prefix: "SAFELIGHT",
    about: "Upload all images in a folder and its subfolders, optionally into an album. \
        Images that the album already has are skipped, so an interrupted import can be run again.",
};
const SHORT: Duration = Duration::from_secs(30);
const UPLOAD: Duration = Duration::from_secs(600);
const CONFLICT: u16 = 409;

#[derive(Args)]
struct Settings {
    /// Folder with the images
    folder: PathBuf,
    /// Album to put the images into; created if missing
    #[arg(long)]
    album: Option<String>,
    /// URL of image-cache
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = checked::<BaseUrl>())]
    url: BaseUrl,
    /// Number of parallel uploads
    #[arg(long, default_value = "4", value_parser = checked::<usize>())]
    jobs: usize,
    #[command(flatten)]
    credential: CredentialSettings,
    #[command(flatten)]
    logs: LogSettings,
}

/// What became of one file.
enum Outcome {
    Imported,
    /// The album has an image of that name.
    There,
    Failed(anyhow::Error),
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    let settings = match line.settings::<Settings>(|_| Vec::new()) {
        Ok((settings, _)) => settings,
        Err(refused) => return report("safelight import", &refused),
    };
    server::logs::start(&settings.logs);
    exit(block_on(|stop| async move {
        tokio::select! {
            imported = import(settings) => imported,
            () = stop.cancelled() => anyhow::bail!("stopped; run it again to go on"),
        }
    }))
}

async fn import(settings: Settings) -> anyhow::Result<()> {
    let folder = settings.folder.clone();
    let files = spawn_blocking(move || {
        let mut files = Vec::new();
        collect(&folder, &mut files).map(|()| files)
    })
    .await??;
    let timeouts = Timeouts { connect: SHORT, read: SHORT, short: SHORT, original: UPLOAD };
    let client = settings.credential.read().and_then(|credential| {
        ImageCacheClient::new(&settings.url, timeouts, credential.as_ref()).context("make the HTTP client")
    })?;
    let album = settings.album.as_deref().map(Name::parse).transpose().context("--album")?;
    if let Some(album) = &album {
        match client.create_album(album).await {
            Ok(_) => {}
            Err(error) if is_conflict(&error) => {}
            Err(error) => return Err(error).context(format!("create the album {album}")),
        }
    }

    let bar = ProgressBar::new(files.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let album = Arc::new(album);
    let mut uploads = JoinSet::new();
    let (mut imported, mut there, mut failed) = (0, 0, 0);
    let mut files = files.into_iter();
    loop {
        // No more tasks than places, so that a folder of a million files is no queue of one.
        while uploads.len() < settings.jobs.max(1)
            && let Some(file) = files.next()
        {
            let (client, album) = (client.clone(), Arc::clone(&album));
            uploads.spawn(async move {
                let outcome = upload(&client, &file, album.as_ref().as_ref()).await;
                (file, outcome)
            });
        }
        let Some(done) = uploads.join_next().await else { break };
        let (file, outcome) = done.context("upload a file")?;
        match outcome {
            Outcome::Imported => imported += 1,
            Outcome::There => there += 1,
            Outcome::Failed(error) => {
                failed += 1;
                bar.suspend(|| log::error!("{}: {error:#}", file.display()));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    print(&format!("{imported} imported, {there} already there, {failed} failed\n"));
    anyhow::ensure!(failed == 0, "{failed} files were not imported");
    Ok(())
}

/// All files under a folder, in the order of their names; hidden ones are left out.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let read = || format!("read the folder {}", folder.display());
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).with_context(read)?.collect();
    let mut entries = entries.with_context(read)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // A link is followed to a file and not to a folder, where it might lead in a circle.
        let kind = entry.file_type().with_context(read)?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if entry.path().is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

async fn upload(client: &ImageCacheClient, file: &Path, album: Option<&Name>) -> Outcome {
    let uploaded = async {
        let name = file.file_name().and_then(|name| name.to_str()).context("its name is not UTF-8")?;
        let name = Name::parse(name)?;
        let path = file.to_owned();
        #[expect(clippy::disallowed_methods, reason = "these files are the user's, not the store's")]
        let bytes = spawn_blocking(move || fs::read(path)).await??;
        match client.upload(&name, album, Bytes::from(bytes)).await {
            Ok(_) => Ok(Outcome::Imported),
            Err(error) if is_conflict(&error) => Ok(Outcome::There),
            Err(error) => Err(anyhow::Error::from(error)),
        }
    };
    uploaded.await.unwrap_or_else(Outcome::Failed)
}

fn is_conflict(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { status, .. } if status.as_u16() == CONFLICT)
}
