//! `safelight verify`: re-hashes every original.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use server::process::{exit, print, report};
use server::settings::Refused;

/// Re-hashes every original in a data folder, also beside a running service. The exit
/// code is 1 when an original cannot be served.
#[derive(Parser)]
#[command(name = "safelight verify", version)]
struct Settings {
    /// The folder for all data, or the data folder of image-cache
    #[arg(long, env = "SAFELIGHT_DATA_DIR", default_value = "./data")]
    data_dir: PathBuf,
}

pub(crate) fn main(arguments: Vec<OsString>) -> ExitCode {
    let settings = match Settings::try_parse_from(arguments) {
        Ok(settings) => settings,
        Err(error) => return report("safelight verify", &Refused::Clap(error)),
    };
    match verify(&settings.data_dir) {
        Ok((text, sound)) => {
            let printed = print(&text);
            if sound { printed } else { ExitCode::FAILURE }
        }
        Err(error) => exit(Err(error)),
    }
}

fn verify(data_dir: &Path) -> anyhow::Result<(String, bool)> {
    let inside = data_dir.join("image-cache");
    let folder = if inside.join("catalogue.db").exists() { inside } else { data_dir.to_owned() };
    anyhow::ensure!(folder.join("catalogue.db").exists(), "there is no catalogue.db in {}", folder.display());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    let result = runtime.block_on(storage::verify(&folder)).context("verify the originals")?;

    let mut text = String::new();
    for damage in &result.damaged {
        text.push_str(&format!("damaged: {} ({}): {}\n", damage.id, damage.name, damage.reason));
    }
    for reason in &result.damaged_rows {
        text.push_str(&format!("damaged row in the catalogue: {reason}\n"));
    }
    let damaged = result.damaged.len() + result.damaged_rows.len();
    text.push_str(&format!("{} images, {} bytes, {damaged} damaged\n", result.images, result.bytes));
    Ok((text, damaged == 0))
}
