//! Where a bucket is, and how to get into it.

use std::fmt;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

/// A server that does not even take the connection is away.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a server may say nothing. How long all of a body takes depends on its length.
const SILENCE: Duration = Duration::from_secs(10);
/// A client that waits is better told to come again.
const RETRIES: usize = 3;
const RETRY_AT_MOST: Duration = Duration::from_secs(10);

/// A bucket, and the part of it that is ours. Shown without the secret.
#[derive(Clone)]
pub struct BucketSettings {
    /// Its name.
    pub bucket: String,
    /// What every key begins with; nothing for the whole bucket.
    pub prefix: String,
    /// The server, such as `https://s3.example.org`; none for Amazon's of the region.
    pub endpoint: Option<String>,
    /// The region; none for what the environment says, or us-east-1.
    pub region: Option<String>,
    /// Whether the server may be spoken to without TLS.
    pub allow_http: bool,
    /// Access key and secret; none for what the environment or the machine's role gives.
    pub login: Option<(String, String)>,
}

impl BucketSettings {
    /// Reads `s3://bucket/prefix`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what is accepted.
    pub fn parse(address: &str) -> Result<Self, String> {
        let wrong = |reason: &str| format!("{reason}; accepted is s3://BUCKET or s3://BUCKET/PREFIX");
        let rest = address.strip_prefix("s3://").ok_or_else(|| wrong("it does not begin with s3://"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(named) {
            return Err(wrong("a bucket's name has 3 to 63 lower case letters, digits, dots and hyphens"));
        }
        let prefix = prefix.trim_end_matches('/');
        if prefix.len() > 512 || Path::parse(prefix).is_err() {
            return Err(wrong("the prefix is no path of a bucket of up to 512 bytes"));
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: None,
            allow_http: false,
            login: None,
        })
    }

    pub(super) fn client(&self) -> object_store::Result<AmazonS3> {
        let options = ClientOptions::new()
            .with_allow_http(self.allow_http)
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT)
            .with_read_timeout(SILENCE);
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES,
            retry_timeout: RETRY_AT_MOST,
        };
        let mut builder = match &self.login {
            Some((key, secret)) => {
                AmazonS3Builder::new().with_access_key_id(key).with_secret_access_key(secret)
            }
            None => AmazonS3Builder::from_env(),
        };
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        builder
            .with_bucket_name(&self.bucket)
            // So that the server refuses bytes that were damaged on their way.
            .with_checksum_algorithm(Checksum::SHA256)
            .with_client_options(options)
            .with_retry(retry)
            .build()
    }
}

impl fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} at {}", self.endpoint.as_deref().unwrap_or("Amazon S3"))
    }
}

impl fmt::Display for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}
