//! What a subcommand shows to image-cache to say who it is.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use client::Credential;

/// A credential on the command line, in the environment or in a file.
#[derive(Args, Debug)]
pub(crate) struct CredentialSettings {
    /// Token or API key to show to image-cache
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// File with the token or key to show to image-cache
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl CredentialSettings {
    /// The credential; none if none is set.
    pub(crate) fn read(&self) -> anyhow::Result<Option<Credential>> {
        if let Some(token) = &self.token {
            return token.parse().map(Some).context("--token");
        }
        let Some(file) = &self.token_file else { return Ok(None) };
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        text.parse().map(Some).with_context(|| format!("--token-file {}", file.display()))
    }
}
