//! The settings of access control.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::jwt::{self, Algorithm, KeySet, Rules};
use access::{Digest, Keyring, ServiceKeys};
use clap::Args;
use domain::Visibility;

use super::exposure::{self, Reach};
use super::files::Watched;
use super::guard::Guard;
use super::jwks::{Jwks, JwksUrl};
use super::tokens::{TokenKeys, Tokens};
use super::web_pages::WebPages;
use crate::cors::CorsOrigins;
use crate::key_files::read;
use crate::settings::{Wait, checked};

/// The shortest admin key that is taken, in characters.
const MIN_ADMIN_KEY: usize = 32;

/// Who may use the service. Without any of the key files it is open to whoever reaches it,
/// and then it only starts where no other machine can.
#[derive(Args, Debug, Clone)]
pub struct AuthSettings {
    /// Address of the host at which a container runtime publishes the port; an open service starts only if it is loopback
    #[arg(long, value_name = "ADDRESS")]
    pub published_at: Option<String>,
    /// Serve without keys although other machines can reach it: repeat the address at which they do; several are separated by commas
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub insecure_open_at: Vec<String>,
    /// Names in the Host header, besides localhost, that an open service answers to; separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub public_host: Vec<String>,
    /// File with the key that verifies tokens (JWT): the HS256 secret as text, or a public key in PEM
    #[arg(long, value_name = "FILE")]
    pub jwt_key_file: Option<PathBuf>,
    /// URL of the key set (JWKS) that verifies tokens
    #[arg(long, value_name = "URL", value_parser = checked::<JwksUrl>())]
    pub jwt_jwks_url: Option<JwksUrl>,
    /// File with the key set (JWKS) that verifies tokens
    #[arg(long, value_name = "FILE")]
    pub jwt_jwks_file: Option<PathBuf>,
    /// Algorithms that tokens may be signed by, of HS256, RS256, ES256 and EdDSA; by default those of the keys
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = checked::<Algorithm>())]
    pub jwt_algorithms: Vec<Algorithm>,
    /// Issuers (`iss`) whose tokens are taken; separated by commas. With several, an owner is `issuer|subject`
    #[arg(long, value_name = "ISSUERS", value_delimiter = ',')]
    pub jwt_issuer: Vec<String>,
    /// Audiences (`aud`) of tokens that are taken; separated by commas
    #[arg(long, value_name = "AUDIENCES", value_delimiter = ',')]
    pub jwt_audience: Vec<String>,
    /// How far the clock of the issuer may differ
    #[arg(long, default_value = "30s", value_parser = checked::<Wait>())]
    pub jwt_leeway: Wait,
    /// Longest time that a token may be valid
    #[arg(long, default_value = "24h", value_parser = checked::<Wait>())]
    pub jwt_max_lifetime: Wait,
    /// Claim of a token that names the owner
    #[arg(long, value_name = "CLAIM", default_value = "sub")]
    pub jwt_owner_claim: String,
    /// Claim of a token that lists what it is good for: read, write, delete, share, metrics, admin
    #[arg(long, value_name = "CLAIM", default_value = "scope")]
    pub jwt_scope_claim: String,
    /// File with the keys by which services know each other, one per line in base64; the first is sent
    #[arg(long, value_name = "FILE")]
    pub service_key_file: Option<PathBuf>,
    /// File with the keys that sign links, one `KID BASE64` per line; the first signs. Read again when it changes
    #[arg(long, value_name = "FILE")]
    pub link_keys_file: Option<PathBuf>,
    /// Longest time that a signed link may be valid
    #[arg(long, default_value = "7days", value_parser = checked::<Wait>())]
    pub max_link_age: Wait,
    /// File with the admin's keys, one per line, at least 32 characters each; whoever shows one may do everything
    #[arg(long, value_name = "FILE")]
    pub admin_key_file: Option<PathBuf>,
    /// Visibility of uploads that do not say theirs, once keys are set: private, unlisted or public
    #[arg(long, default_value = "private", value_parser = checked::<Visibility>(), value_name = "VISIBILITY")]
    pub default_visibility: Visibility,
    /// Keys that were made for services in one process.
    #[arg(skip)]
    pub service_keys: Option<ServiceKeys>,
}

impl AuthSettings {
    /// Whether everyone who reaches the service may do everything.
    pub fn is_open(&self) -> bool {
        self.service_keys.is_none()
            && [
                &self.jwt_key_file,
                &self.jwt_jwks_file,
                &self.service_key_file,
                &self.link_keys_file,
                &self.admin_key_file,
            ]
            .into_iter()
            .all(Option::is_none)
            && self.jwt_jwks_url.is_none()
    }

    /// What is wrong with them, each in a sentence, in a service that listens at these
    /// addresses.
    pub fn mistakes(&self, listeners: &[SocketAddr]) -> Vec<String> {
        if !self.is_open() {
            return self.read_keys().err().unwrap_or_default();
        }
        let reach = |listens| Reach {
            listens,
            published_at: self.published_at.as_deref(),
            insecure_open_at: &self.insecure_open_at,
        };
        listeners.iter().filter_map(|listens| exposure::mistake(reach(*listens), resolve)).collect()
    }

    /// Whether other machines may reach an open service, as was said they may.
    pub fn is_open_to_network(&self) -> bool {
        self.is_open() && !self.insecure_open_at.is_empty()
    }

    /// The visibility of an upload that does not say its own. In an open service nothing is
    /// told of it, and it is private if keys are set later.
    pub fn default_visibility(&self) -> Visibility {
        if self.is_open() { Visibility::Private } else { self.default_visibility }
    }

    /// Whether this service has nothing to make itself known by to others.
    pub fn has_no_service_key(&self) -> bool {
        self.service_keys.is_none() && self.service_key_file.is_none()
    }

    /// The keys by which this service makes itself known to others; none in an open one.
    pub fn service_keys(&self) -> anyhow::Result<Option<ServiceKeys>> {
        self.read_service_keys().map_err(|mistake| anyhow::anyhow!(mistake))
    }

    /// What web pages may do; none if a credential decides.
    pub(crate) fn web_pages(&self, cors: &CorsOrigins) -> Option<WebPages> {
        self.is_open().then(|| WebPages::new(self.public_host.clone(), cors))
    }

    /// Reads every key; says everything that is wrong with them.
    pub(super) fn read_keys(&self) -> Result<Guard, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut take = |mistake: String| mistakes.push(mistake);
        let tokens = self.read_tokens(&mut take);
        let service = self.read_service_keys().unwrap_or_else(|mistake| {
            take(mistake);
            None
        });
        let admin = self.read_admin_keys().unwrap_or_else(|mistake| {
            take(mistake);
            Vec::new()
        });
        let links = match &self.link_keys_file {
            None => None,
            Some(file) => {
                Watched::open(file.clone(), |text| Keyring::parse(text).map_err(|error| error.to_string()))
                    .map_err(|mistake| take(format!("--link-keys-file {mistake}")))
                    .ok()
            }
        };
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Guard::new(tokens, service, admin, links.map(Arc::new), self.max_link_age.duration()))
    }

    fn read_service_keys(&self) -> Result<Option<ServiceKeys>, String> {
        match &self.service_key_file {
            None => Ok(self.service_keys.clone()),
            Some(file) => read(file)
                .and_then(|text| ServiceKeys::parse(&text).map_err(|error| named(file, &error)))
                .map(Some)
                .map_err(|mistake| format!("--service-key-file {mistake}")),
        }
    }

    fn read_admin_keys(&self) -> Result<Vec<Digest>, String> {
        let Some(file) = &self.admin_key_file else { return Ok(Vec::new()) };
        let flag = |mistake| format!("--admin-key-file {mistake}");
        let text = read(file).map_err(flag)?;
        let keys: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let is_key = |key: &&str| key.len() >= MIN_ADMIN_KEY && key.bytes().all(|b| b.is_ascii_graphic());
        if keys.is_empty() || !keys.iter().all(is_key) {
            let wanted =
                format!("a line must be a key of at least {MIN_ADMIN_KEY} characters without spaces");
            return Err(flag(named(file, &wanted)));
        }
        Ok(keys.into_iter().map(Digest::of).collect())
    }

    fn read_tokens(&self, mistake: &mut impl FnMut(String)) -> Option<Tokens> {
        let keys = match (&self.jwt_key_file, &self.jwt_jwks_url, &self.jwt_jwks_file) {
            (None, None, None) => {
                if !self.jwt_algorithms.is_empty()
                    || !self.jwt_issuer.is_empty()
                    || !self.jwt_audience.is_empty()
                {
                    mistake("--jwt-algorithms, --jwt-issuer and --jwt-audience need --jwt-key-file, --jwt-jwks-url or --jwt-jwks-file".to_owned());
                }
                return None;
            }
            (Some(file), None, None) => self.read_key_file(file),
            (None, Some(url), None) => {
                self.check_public(mistake);
                Jwks::new(url.clone(), self.allowed(&PUBLIC)).map(|jwks| TokenKeys::Fetched(Arc::new(jwks)))
            }
            (None, None, Some(file)) => {
                self.check_public(mistake);
                let allowed = self.allowed(&PUBLIC);
                Watched::open(file.clone(), move |text| {
                    let keys = KeySet::parse_jwks(text.as_bytes()).map_err(|error| error.to_string())?;
                    Ok(keys.only(&allowed))
                })
                .map(|file| TokenKeys::File(Arc::new(file)))
                .map_err(|mistake| format!("--jwt-jwks-file {mistake}"))
            }
            _ => Err("--jwt-key-file, --jwt-jwks-url and --jwt-jwks-file exclude each other".to_owned()),
        };
        let rules = Rules {
            issuers: self.jwt_issuer.clone(),
            audiences: self.jwt_audience.clone(),
            leeway: self.jwt_leeway.duration().as_secs(),
            max_lifetime: self.jwt_max_lifetime.duration().as_secs(),
            owner_claim: self.jwt_owner_claim.clone(),
            scope_claim: self.jwt_scope_claim.clone(),
        };
        keys.map(|keys| Tokens::new(keys, rules)).map_err(mistake).ok()
    }

    fn read_key_file(&self, file: &Path) -> Result<TokenKeys, String> {
        let text = read(file).map_err(|mistake| format!("--jwt-key-file {mistake}"))?;
        let keys = jwt::KeySet::parse_file(&text).map_err(|error| named(file, &error));
        let keys =
            keys.map_err(|mistake| format!("--jwt-key-file {mistake}"))?.only(&self.allowed(&Algorithm::ALL));
        if keys.is_empty() {
            return Err(
                "--jwt-algorithms does not list the algorithm of the key in --jwt-key-file".to_owned()
            );
        }
        Ok(TokenKeys::Fixed(Arc::new(keys)))
    }

    /// A key set is for many services, so that who issued a token and for whom must be asked.
    fn check_public(&self, mistake: &mut impl FnMut(String)) {
        if self.jwt_issuer.is_empty() || self.jwt_audience.is_empty() {
            mistake("a key set (JWKS) needs --jwt-issuer and --jwt-audience: others' tokens are signed by the same keys".to_owned());
        }
        if self.jwt_algorithms.contains(&Algorithm::Hs256) {
            mistake(
                "--jwt-algorithms lists HS256, which a key set (JWKS) has no keys for; set --jwt-key-file"
                    .to_owned(),
            );
        }
    }

    fn allowed(&self, possible: &[Algorithm]) -> Vec<Algorithm> {
        if self.jwt_algorithms.is_empty() { possible.to_vec() } else { self.jwt_algorithms.clone() }
    }
}

/// The algorithms whose keys can be told to everyone.
const PUBLIC: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

fn named(file: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", file.display())
}

/// The addresses of a name.
fn resolve(name: &str) -> Vec<IpAddr> {
    let found = (name, 0).to_socket_addrs();
    found.map(|addresses| addresses.map(|address| address.ip()).collect()).unwrap_or_default()
}
