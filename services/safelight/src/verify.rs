//! `safelight verify`: re-hashes every original.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command};
use image_cache::BlobSettings;
use server::process::{exit, print, report};
use server::settings::{self, CommandLine, Process};

const PROCESS: Process = Process {
    name: "verify",
    env_prefix: "SAFELIGHT",
    about: "Re-hash every original in a data folder, even while a service uses it. \
        The exit code is 1 if an original cannot be served.",
};

#[derive(Args)]
struct Settings {
    /// Data folder of safelight or of image-cache
    #[arg(long, default_value = "./data")]
    data_dir: PathBuf,
    #[command(flatten)]
    blobs: BlobSettings,
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    let settings =
        match line.settings::<Settings>(|settings| settings.blobs.place().err().unwrap_or_default()) {
            Ok((settings, _)) => settings,
            Err(refused) => return report("safelight verify", &refused),
        };
    match verify(&settings) {
        Ok((text, sound)) => {
            let printed = print(&text);
            if sound { printed } else { ExitCode::FAILURE }
        }
        Err(error) => exit(Err(error)),
    }
}

fn verify(settings: &Settings) -> anyhow::Result<(String, bool)> {
    let data_dir = &settings.data_dir;
    let blobs = settings.blobs.place().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?;
    let inside = data_dir.join("image-cache");
    let folder = if inside.join("catalogue.db").exists() { inside } else { data_dir.to_owned() };
    anyhow::ensure!(folder.join("catalogue.db").exists(), "there is no catalogue.db in {}", folder.display());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    let result = runtime.block_on(storage::verify(&folder, &blobs)).context("verify the originals")?;

    let mut text = String::new();
    for damage in &result.damaged {
        text.push_str(&format!("damaged: {} ({}): {}\n", damage.id, damage.name, damage.reason));
    }
    for reason in &result.damaged_rows {
        text.push_str(&format!("damaged row in the catalogue: {reason}\n"));
    }
    let damaged = result.damaged.len() + result.damaged_rows.len();
    text.push_str(&format!(
        "{} images, {} bytes, {damaged} damaged; {} blobs without an image\n",
        result.images, result.bytes, result.orphans
    ));
    Ok((text, damaged == 0))
}
