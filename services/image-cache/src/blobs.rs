//! Where originals are kept, as flags.

use std::fmt;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use server::settings::checked;
use storage::{BlobsIn, BucketSettings};

/// The value of `--blobs` that means the data folder.
const VOLUME: &str = "volume";

/// The flags for where originals are. They are taken as text, and checked all together by
/// [`Self::place`]. Shown without the secret.
#[derive(Args, Clone)]
pub struct BlobSettings {
    /// Where originals are kept: volume for the data folder, or a bucket of S3 as s3://BUCKET/PREFIX
    #[arg(long, default_value = VOLUME)]
    pub blobs: String,
    /// URL of the S3 server; that of Amazon for the region unless set
    #[arg(long)]
    pub s3_endpoint: Option<String>,
    /// S3 region; that of AWS_REGION unless set
    #[arg(long)]
    pub s3_region: Option<String>,
    /// S3 access key; without one the AWS_ variables and the role of the machine count
    #[arg(long)]
    pub s3_access_key_id: Option<String>,
    /// Secret of the access key
    #[arg(long, hide_env_values = true)]
    pub s3_secret_access_key: Option<String>,
    /// File with the secret of the access key
    #[arg(long)]
    pub s3_secret_access_key_file: Option<PathBuf>,
    /// Speak to an S3 server without TLS
    #[arg(long, default_value = "false", value_parser = checked::<bool>(), action = ArgAction::Set, value_name = "true|false")]
    pub s3_allow_http: bool,
}

impl BlobSettings {
    /// Where originals are. Reads the file that the settings name.
    ///
    /// # Errors
    ///
    /// Every mistake in the settings, each a sentence that names its flag.
    pub fn place(&self) -> Result<BlobsIn, Vec<String>> {
        if self.blobs == VOLUME {
            let useless: Vec<_> =
                self.given().into_iter().map(|flag| format!("{flag} needs --blobs s3://…")).collect();
            return if useless.is_empty() { Ok(BlobsIn::Folder) } else { Err(useless) };
        }
        let mut mistakes = Vec::new();
        let bucket = BucketSettings::parse(&self.blobs)
            .map_err(|reason| {
                mistakes.push(format!("--blobs is `{}`: {reason}, or {VOLUME}", self.blobs.escape_debug()));
            })
            .ok();
        mistakes.extend(self.wrong_endpoint());
        let login = self.login(&mut mistakes);
        match bucket {
            Some(bucket) if mistakes.is_empty() => Ok(BlobsIn::Bucket(BucketSettings {
                endpoint: self.s3_endpoint.clone(),
                region: self.s3_region.clone(),
                allow_http: self.s3_allow_http,
                login,
                ..bucket
            })),
            Some(_) | None => Err(mistakes),
        }
    }

    /// The flags of a bucket that are given.
    fn given(&self) -> Vec<&'static str> {
        let flags = [
            ("--s3-endpoint", self.s3_endpoint.is_some()),
            ("--s3-region", self.s3_region.is_some()),
            ("--s3-access-key-id", self.s3_access_key_id.is_some()),
            ("--s3-secret-access-key", self.s3_secret_access_key.is_some()),
            ("--s3-secret-access-key-file", self.s3_secret_access_key_file.is_some()),
            ("--s3-allow-http", self.s3_allow_http),
        ];
        flags.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    fn wrong_endpoint(&self) -> Option<String> {
        let endpoint = self.s3_endpoint.as_deref()?;
        if endpoint.starts_with("https://") || (endpoint.starts_with("http://") && self.s3_allow_http) {
            return None;
        }
        Some(if endpoint.starts_with("http://") {
            "--s3-endpoint is without TLS, which needs --s3-allow-http true".to_owned()
        } else {
            format!("--s3-endpoint is `{}`: it takes https://HOST[:PORT]", endpoint.escape_debug())
        })
    }

    fn login(&self, mistakes: &mut Vec<String>) -> Option<(String, String)> {
        let secret = match (&self.s3_secret_access_key, &self.s3_secret_access_key_file) {
            (Some(_), Some(_)) => {
                mistakes
                    .push("--s3-secret-access-key and --s3-secret-access-key-file are both given".to_owned());
                return None;
            }
            (Some(secret), None) => Some(secret.clone()),
            (None, Some(file)) => match server::key_files::password(file) {
                Ok(secret) => Some(secret),
                Err(reason) => {
                    mistakes.push(format!("--s3-secret-access-key-file {reason}"));
                    return None;
                }
            },
            (None, None) => None,
        };
        match (self.s3_access_key_id.clone(), secret) {
            (Some(key), Some(secret)) => Some((key, secret)),
            (None, None) => None,
            (Some(_), None) => {
                mistakes.push("--s3-access-key-id needs --s3-secret-access-key-file".to_owned());
                None
            }
            (None, Some(_)) => {
                mistakes.push("the secret of the S3 access key needs --s3-access-key-id".to_owned());
                None
            }
        }
    }
}

impl fmt::Debug for BlobSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobSettings")
            .field("blobs", &self.blobs)
            .field("s3_endpoint", &self.s3_endpoint)
            .finish_non_exhaustive()
    }
}
