//! `safelight sign`: makes a signed link to an image without asking anyone.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use access::Keyring;
use access::link::{Grant, Lifetime};
use anyhow::Context as _;
use clap::{Args, Command, ValueEnum};
use domain::ImageId;
use server::logs::LogSettings;
use server::process::{exit, print, report};
use server::settings::{self, CommandLine, Process, Wait, checked};

const PROCESS: Process = Process {
    name: "sign",
    env_prefix: "SAFELIGHT",
    about: "Print a signed link to an image, relative to the root of the services.",
};

#[derive(Args)]
struct Settings {
    /// The id of the image
    #[arg(value_parser = checked::<ImageId>())]
    image: ImageId,
    /// File with the keys that sign links, one `KID BASE64` per line; the first signs
    #[arg(long, value_name = "FILE")]
    link_keys_file: PathBuf,
    /// What the link is to open
    #[arg(long, value_enum, default_value = "image")]
    scope: Scope,
    /// Options of the URL, such as width=300&format=webp
    #[arg(long, default_value = "", value_name = "QUERY")]
    options: String,
    /// How long it is to be good for at least
    #[arg(long, default_value = "1h", value_parser = checked::<Wait>())]
    expires_in: Wait,
    /// How often the links to the image were revoked, as its info says
    #[arg(long, default_value = "0", value_parser = checked::<u32>())]
    link_epoch: u32,
    #[command(flatten)]
    logs: LogSettings,
}

#[derive(Clone, Copy, ValueEnum)]
enum Scope {
    /// The one URL with these options
    Url,
    /// Everything derived from the image
    Image,
    /// That and the original
    Original,
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    match line.settings::<Settings>(|_| Vec::new()) {
        Ok((settings, _)) => exit(sign(&settings).map(drop)),
        Err(refused) => report("safelight sign", &refused),
    }
}

fn sign(settings: &Settings) -> anyhow::Result<ExitCode> {
    let file = &settings.link_keys_file;
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let keys = Keyring::parse(&text).with_context(|| file.display().to_string())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let lifetime = Lifetime { now, seconds: settings.expires_in.duration().as_secs() };
    let path = api::paths::IMAGE.replace("{id}", &settings.image.to_string());
    let query = settings.options.trim_start_matches('?');
    let grant = match settings.scope {
        Scope::Url => Grant::Url { path: &path, query },
        Scope::Image => Grant::Derived(settings.image),
        Scope::Original => Grant::Image(settings.image),
    };
    let signature = keys.sign(&grant, settings.link_epoch, lifetime.expires());
    let and = if query.is_empty() { "" } else { "&" };
    Ok(print(&format!("{path}?{query}{and}sig={signature}\n")))
}
