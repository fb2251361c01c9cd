//! `safelight key`: makes, lists and revokes API keys.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use api::{ApiKeyInfo, NewApiKey};
use clap::{Args, Command, ValueEnum};
use client::{BaseUrl, ImageCacheClient, Timeouts};
use server::logs::LogSettings;
use server::process::{block_on, exit, print, report};
use server::settings::{self, CommandLine, Process, checked};

use crate::credential::CredentialSettings;

const PROCESS: Process = Process {
    name: "key",
    env_prefix: "SAFELIGHT",
    about: "Make, list or revoke API keys. A key is shown once, when it is made.",
};
const WAIT: Duration = Duration::from_secs(10);
const PAGE: u32 = 1000;

#[derive(Args)]
struct Settings {
    /// What to do
    #[arg(value_enum)]
    action: Action,
    /// The id of the key to revoke
    id: Option<String>,
    /// What a new key is to be good for: read, write, delete, share, metrics, admin; separated by commas
    #[arg(long, value_delimiter = ',', default_value = "read")]
    scopes: Vec<String>,
    /// The only album that a new key is to be good for
    #[arg(long)]
    album: Option<String>,
    /// Whose a new key is to be; only with the admin's key
    #[arg(long)]
    owner: Option<String>,
    /// How long a new key is to be good for, such as 90days; for ever unless given
    #[arg(long)]
    expires_in: Option<String>,
    /// URL of image-cache, or of the gateway
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = checked::<BaseUrl>())]
    url: BaseUrl,
    #[command(flatten)]
    credential: CredentialSettings,
    #[command(flatten)]
    logs: LogSettings,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Make a key and print it
    Create,
    /// Print what is known of each key
    List,
    /// Revoke a key
    Revoke,
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    let mistakes = |settings: &Settings| match (settings.action, &settings.id) {
        (Action::Revoke, None) => vec!["`revoke` needs the id of a key".to_owned()],
        (Action::Create | Action::List, Some(_)) => vec!["only `revoke` takes the id of a key".to_owned()],
        (Action::Create | Action::List, None) | (Action::Revoke, Some(_)) => Vec::new(),
    };
    match line.settings::<Settings>(mistakes) {
        Ok((settings, _)) => {
            server::logs::start(&settings.logs);
            exit(block_on(|_| run(settings)))
        }
        Err(refused) => report("safelight key", &refused),
    }
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let timeouts = Timeouts { connect: WAIT, read: WAIT, short: WAIT, original: WAIT };
    let credential = settings.credential.read()?;
    let client = ImageCacheClient::new(&settings.url, timeouts, credential.as_ref())
        .context("make the HTTP client")?;
    match settings.action {
        Action::Create => {
            let new = NewApiKey {
                scopes: settings.scopes,
                album_name: settings.album,
                expires_in: settings.expires_in,
                owner: settings.owner,
            };
            print(&format!("{}\n", client.create_key(&new).await?.key));
        }
        Action::List => {
            let mut cursor = None;
            loop {
                let page = client.keys(PAGE, cursor.as_deref()).await?;
                let lines: String = page.keys.iter().map(line).collect();
                print(&lines);
                let Some(next) = page.next_cursor else { break };
                cursor = Some(next);
            }
        }
        Action::Revoke => {
            let id = settings.id.unwrap_or_default();
            print(&format!("{}\n", client.revoke_key(&id).await?.message));
        }
    }
    Ok(())
}

fn line(key: &ApiKeyInfo) -> String {
    let owner = if key.owner.is_nobody() { "nobody" } else { key.owner.as_str() };
    let until = key.expires.map_or_else(
        || "for ever".to_owned(),
        |expires| format!("until {}", humantime::format_rfc3339_seconds(expires)),
    );
    let album = key.album.map(|album| format!(", album {album}")).unwrap_or_default();
    format!("{}  {owner}  {}{album}  {until}\n", key.id, key.scopes.join(" "))
}
