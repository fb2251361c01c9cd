//! A shelf that several processes share, on a Redis or Valkey server.
//!
//! | key | what |
//! |---|---|
//! | `sl1:{GROUP}` | a hash of the group's values, a field for each variant |
//! | `sl1e:{GROUP}` | how often the group was removed, kept for a day |
//!
//! A value carries the epoch of its group and a MAC over all of it, so that whoever can write
//! to the server cannot have an image served; what does not fit is a miss. Every call has a
//! short time, and after three failures in a row none is made for a second: a server that is
//! away or frozen costs time now and then, and never an answer.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use sha2::Sha256;
use tokio::time::{Instant, timeout};

use crate::volume::entry;
use crate::{Epoch, Group, Key, Shelved};

/// How long a look may take, and a change.
const LOOK: Duration = Duration::from_millis(50);
const CHANGE: Duration = Duration::from_secs(2);
/// After so many failures in a row the server is left alone for a while.
const FAILURES: u32 = 3;
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// How long values of a group stay that nobody adds to, and how long its removal is known.
const VALUES_SECS: u64 = 7 * 86_400;
const EPOCHS_SECS: u64 = 86_400;
const MAC_BYTES: usize = 32;

/// Adds a value if its group is still in the epoch in which it was begun.
const PUT: &str = "
if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1";

/// Why the server could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// What the server, or the connection, said.
    #[error("the shared cache failed")]
    Failed(#[from] RedisError),
    /// Nothing was heard in time.
    #[error("the shared cache did not answer within {0:?}")]
    TimedOut(Duration),
    /// It failed a moment ago and is left alone.
    #[error("the shared cache failed a moment ago and is left alone for a second")]
    LeftAlone,
}

/// A shelf on a Redis server.
pub struct Remote {
    server: ConnectionManager,
    put: Script,
    mac: Hmac<Sha256>,
    max_value_bytes: usize,
    health: Mutex<Health>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Default)]
struct Health {
    failures: u32,
    alone_until: Option<Instant>,
}

impl Remote {
    /// A shelf on the server at this URL, for values of at most `max_value_bytes`, that no one
    /// without the secret can add to. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the URL is none of a Redis server.
    pub fn new(url: &str, secret: &[u8], max_value_bytes: usize) -> Result<Self, RemoteError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CHANGE))
            .set_response_timeout(Some(CHANGE))
            .set_number_of_retries(1);
        Ok(Self {
            server: Client::open(url)?.get_connection_manager_lazy(config)?,
            put: Script::new(PUT),
            mac: Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default())),
            max_value_bytes,
            health: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })
    }

    /// Looks for a value; what fails is a miss.
    pub(crate) async fn get(&self, key: &Key) -> Shelved {
        let (values, epoch) = names(&key.group);
        let mut server = self.server.clone();
        let look = async {
            redis::pipe()
                .atomic()
                .get(&epoch)
                .hget(&values, &key.variant[..])
                .query_async::<(Option<u64>, Option<Vec<u8>>)>(&mut server)
                .await
        };
        let (epoch, value) = match self.guarded(LOOK, look).await {
            Ok((epoch, value)) => (Epoch::far(epoch.unwrap_or(0)), value),
            Err(RemoteError::LeftAlone) => return Shelved::default(),
            Err(error) => {
                log::warn!("{error}");
                return Shelved::default();
            }
        };
        let entry = value.and_then(|value| self.read(key, epoch, value.into()));
        let count = if entry.is_some() { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        Shelved { epoch, entry }
    }

    /// Puts a value that was begun in this epoch; says whether it did.
    pub(crate) async fn put(
        &self,
        key: &Key,
        epoch: Epoch,
        label: &[u8],
        body: &[u8],
    ) -> Result<bool, RemoteError> {
        let Some(header) = entry::encode(key, epoch.far_number(), label, body) else { return Ok(false) };
        if header.len() + body.len() > self.max_value_bytes {
            return Ok(false);
        }
        let mac = self.mac.clone().chain_update(&header).chain_update(body).finalize().into_bytes();
        let value = [&mac[..], &header, body].concat();
        let (values, epochs) = names(&key.group);
        let mut server = self.server.clone();
        let mut put = self.put.key(values);
        put.key(epochs).arg(epoch.far_number()).arg(&key.variant[..]).arg(value).arg(VALUES_SECS);
        self.guarded(CHANGE, async { put.invoke_async::<bool>(&mut server).await }).await
    }

    /// Removes every value of the group, and refuses those that were begun before.
    pub(crate) async fn remove_group(&self, group: &Group) -> Result<(), RemoteError> {
        let (values, epoch) = names(group);
        let mut server = self.server.clone();
        let removal = async {
            redis::pipe()
                .atomic()
                .incr(&epoch, 1)
                .ignore()
                .expire(&epoch, EPOCHS_SECS.cast_signed())
                .ignore()
                .unlink(&values)
                .ignore()
                .query_async::<()>(&mut server)
                .await
        };
        self.guarded(CHANGE, removal).await
    }

    /// Reads that found a value, and those that found none.
    pub(crate) fn looks(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// The entry, if the value is whole, ours, and of this key and epoch.
    fn read(&self, key: &Key, epoch: Epoch, mut value: Bytes) -> Option<crate::Entry> {
        if value.len() < MAC_BYTES {
            return None;
        }
        let mac = value.split_to(MAC_BYTES);
        // Compared in constant time. The key is part of what the entry's own checksum covers.
        self.mac.clone().chain_update(&value).verify_slice(&mac).ok()?;
        let (begun, entry) = entry::decode(key, value)?;
        (begun == epoch.far_number()).then_some(entry)
    }

    /// Makes a call, unless too many have failed a moment ago.
    async fn guarded<T>(
        &self,
        patience: Duration,
        call: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, RemoteError> {
        let health = || self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if health().alone_until.is_some_and(|until| Instant::now() < until) {
            return Err(RemoteError::LeftAlone);
        }
        let result = match timeout(patience, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(RemoteError::Failed(error)),
            Err(_) => Err(RemoteError::TimedOut(patience)),
        };
        let mut health = health();
        if result.is_ok() {
            *health = Health::default();
        } else {
            health.failures += 1;
            if health.failures >= FAILURES {
                health.alone_until = Some(Instant::now() + LEFT_ALONE);
            }
        }
        result
    }
}

/// The keys of a group's values and of its epoch; in a cluster both are in one slot.
fn names(group: &Group) -> (String, String) {
    let mut digits = String::with_capacity(2 * group.len());
    for byte in group {
        let _ = write!(digits, "{byte:02x}");
    }
    (format!("sl1:{{{digits}}}"), format!("sl1e:{{{digits}}}"))
}
