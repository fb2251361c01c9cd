//! Looks originals up with image-cache, at most once a second for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use api::ImageInfo;
use bytes::Bytes;
use cache::{Group, Key, Shelf};
use client::{Cause, ClientError};
use domain::{ImageId, Name, Owner};
use moka::sync::Cache;
use server::image_response::LastModified;
use server::request_id::RequestId;
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use turns::Turns;

use crate::breaker::{Breaker, CallError};
use crate::known::{Found, FullName, ImageRef, Known, Named, acl};

/// How many originals are remembered, at about 2 KiB each, and how many names.
const REMEMBERED: u64 = 20_000;
/// How many ids and names are remembered as having no image.
const REMEMBERED_MISSING: u64 = 10_000;
/// How long a re-check may take for a request that can be answered without it.
const PATIENCE: Duration = Duration::from_millis(500);
/// The labels of records on the shelf; another one is of another version.
const SOURCE: &[u8] = b"source 1";
const NAME: &[u8] = b"name 1";

/// What is known of originals and of their names.
pub(crate) struct Sources {
    breaker: Breaker,
    known: Cache<ImageId, Arc<Known>>,
    names: Cache<FullName, Arc<Named>>,
    missing: Cache<ImageRef, ()>,
    /// Counts the changes of names that were told of. A look-up that began before one must
    /// not remember what it found.
    renames: Arc<AtomicU64>,
    /// Look-ups of one original take turns, so that a crowd asks once.
    turns: Turns,
    /// Records that outlive a restart, so that derived images can be served stale when
    /// image-cache is away just then.
    records: Option<Shelf>,
    recheck: Duration,
    clock: Instant,
}

/// Why nothing is known of an original.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// There is none, or it has been forgotten already.
    #[error("{0}")]
    Missing(ImageRef),
    /// image-cache has just said that there is none; what was made of it is to be dropped.
    #[error("{0}")]
    Gone(ImageRef),
    #[error(transparent)]
    Call(#[from] CallError),
}

/// The moment of a question. What is learnt was true then, not when the answer came.
struct Asked {
    at_ms: u64,
    at: SystemTime,
    renames: u64,
}

impl Sources {
    pub(crate) fn new(breaker: Breaker, records: Option<Shelf>, recheck: Duration) -> Self {
        Self {
            breaker,
            known: Cache::new(REMEMBERED),
            names: Cache::new(REMEMBERED),
            missing: Cache::builder().max_capacity(REMEMBERED_MISSING).time_to_live(recheck).build(),
            renames: Arc::default(),
            turns: Turns::new(),
            records,
            recheck,
            clock: Instant::now(),
        }
    }

    /// The original, if image-cache was asked within the last second. Waits for nothing.
    pub(crate) fn fresh(&self, which: &ImageRef) -> Option<Found> {
        match which {
            ImageRef::Id(id) => {
                let original = self.known.get(id)?;
                self.is_fresh(&original.checked_ms).then_some(Found { original, named: None, stale: false })
            }
            ImageRef::Named(name) => {
                let named = self.names.get(name)?;
                let original = self.known.get(&named.id)?;
                let fresh = self.is_fresh(&named.checked_ms);
                fresh.then_some(Found { original, named: Some(named), stale: false })
            }
        }
    }

    /// Finds an original. Asks image-cache if that was not done within the last second.
    pub(crate) async fn find(&self, which: &ImageRef, request_id: &RequestId) -> Result<Found, SourceError> {
        if let Some(found) = self.fresh(which) {
            return Ok(found);
        }
        let _turn = self.turns.take(which).await;
        if let Some(found) = self.fresh(which) {
            return Ok(found);
        }
        if self.missing.contains_key(which) {
            return Err(SourceError::Missing(which.clone()));
        }
        let asked = self.asked();
        let answer = self.ask(which, request_id);
        let Some(found) = self.stale(which).await else {
            return match answer.await {
                Ok(Some(info)) => self.learn(which, &info, &asked),
                Ok(None) => Err(self.note_gone(which, &asked)),
                Err(error) => Err(error.into()),
            };
        };
        // Who can be served stale does not wait for long.
        let reason = match timeout(PATIENCE, answer).await {
            Ok(Ok(Some(info))) => return self.learn(which, &info, &asked),
            Ok(Ok(None)) => return Err(self.note_gone(which, &asked)),
            // Said once, by the breaker.
            Ok(Err(CallError::Away)) => return Ok(found),
            Ok(Err(CallError::Client(error))) => error.to_string(),
            Err(_) => format!("image-cache did not answer within {PATIENCE:?}"),
        };
        log::warn!("serve stale: {reason}");
        Ok(found)
    }

    /// Forgets an original that is gone. Gives the group of what was made of it, if it was known.
    pub(crate) async fn forget(&self, id: ImageId) -> Option<Group> {
        let which = ImageRef::Id(id);
        // First: from here on nobody learns of it again.
        self.missing.insert(which.clone(), ());
        let known = match self.known.remove(&id) {
            Some(known) => Some(known),
            None => self.stored(id).await,
        };
        if known.is_some() {
            self.remove_record(&which);
        }
        known.map(|known| known.group)
    }

    /// Lets the next request for an original ask image-cache, which told of a change.
    pub(crate) fn ask_again(&self, id: ImageId) {
        if let Some(known) = self.known.get(&id) {
            known.checked_ms.store(0, Ordering::Relaxed);
        }
    }

    /// Forgets who may see an original, which has changed: not even a stale answer is of before.
    pub(crate) fn unlearn(&self, id: ImageId) {
        self.known.invalidate(&id);
        self.remove_record(&ImageRef::Id(id));
    }

    /// The same for all that is in albums of this owner's. Looks at each original that is
    /// remembered.
    pub(crate) fn unlearn_albums_of(&self, owner: &Owner) {
        let known =
            self.known.iter().filter(|(_, known)| known.acl.album.is_some() && known.acl.owner == *owner);
        for id in known.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.unlearn(id);
        }
    }

    /// There is an image under a name where none was before.
    pub(crate) fn note_added(&self, name: FullName) {
        self.renames.fetch_add(1, Ordering::AcqRel);
        self.missing.invalidate(&ImageRef::Named(name));
    }

    /// Forgets what was known of a name, since another image may be there now, or none.
    pub(crate) fn forget_name(&self, name: FullName) {
        self.renames.fetch_add(1, Ordering::AcqRel);
        self.names.invalidate(&name);
        let which = ImageRef::Named(name);
        self.missing.invalidate(&which);
        self.remove_record(&which);
    }

    /// The same for every name in the albums that are called so. Looks at each name that is
    /// remembered.
    pub(crate) fn forget_album(&self, album: &Name) {
        self.renames.fetch_add(1, Ordering::AcqRel);
        let names = self.names.iter().map(|(name, _)| (*name).clone());
        for name in names.filter(|name| name.album == *album).collect::<Vec<_>>() {
            self.forget_name(name);
        }
        let missing = self.missing.iter().map(|(which, ())| (*which).clone());
        let missing = missing.filter(|which| matches!(which, ImageRef::Named(name) if name.album == *album));
        for which in missing.collect::<Vec<_>>() {
            self.missing.invalidate(&which);
        }
    }

    /// Lets go of the records.
    pub(crate) fn close(&self) {
        if let Some(records) = &self.records {
            records.release();
        }
    }

    /// What image-cache tells; none if it has no such image.
    async fn ask(&self, which: &ImageRef, request_id: &RequestId) -> Result<Option<ImageInfo>, CallError> {
        let client = self.breaker.client();
        let traceparent = request_id.trace().text();
        let cause = Cause { request_id: request_id.as_str(), traceparent: Some(&traceparent) };
        let answer = match which {
            ImageRef::Id(id) => self.breaker.call(client.info(*id, cause)).await,
            ImageRef::Named(name) => {
                let info = client.album_image_info(&name.owner, &name.album, &name.name, cause);
                self.breaker.call(info).await
            }
        };
        match answer {
            Ok(info) => Ok(Some(info)),
            Err(CallError::Client(ClientError::NotFound)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn learn(&self, which: &ImageRef, info: &ImageInfo, asked: &Asked) -> Result<Found, SourceError> {
        // It was deleted since it was asked for, and ids are never used again.
        if self.missing.contains_key(&ImageRef::Id(info.id)) {
            return Err(SourceError::Missing(which.clone()));
        }
        let original = self.learn_original(info, asked)?;
        let named = match which {
            ImageRef::Id(_) => None,
            ImageRef::Named(name) => Some(self.learn_name(name, info.id, asked)),
        };
        Ok(Found { original, named, stale: false })
    }

    fn learn_original(&self, info: &ImageInfo, asked: &Asked) -> Result<Arc<Known>, SourceError> {
        // All but the name of an image, and who may see it, is as it was.
        let is_same = |known: &Arc<Known>| known.name == info.name && known.acl == acl(info);
        if let Some(original) = self.known.get(&info.id).filter(is_same) {
            original.checked_ms.store(asked.at_ms, Ordering::Relaxed);
            return Ok(original);
        }
        let known = Known::new(info, asked.at_ms).ok_or_else(|| {
            let reason = "width, height or orientation is out of range".to_owned();
            CallError::Client(ClientError::Unreadable { reason })
        })?;
        let original = Arc::new(known);
        self.known.insert(info.id, Arc::clone(&original));
        if let Ok(record) = serde_json::to_vec(info) {
            let which = ImageRef::Id(info.id);
            let missing = self.missing.clone();
            self.keep_record(&which.clone(), SOURCE, record, move || !missing.contains_key(&which));
        }
        Ok(original)
    }

    fn learn_name(&self, name: &FullName, id: ImageId, asked: &Asked) -> Arc<Named> {
        let known = self.names.get(name).filter(|named| named.id == id);
        if let Some(named) = known {
            named.checked_ms.store(asked.at_ms, Ordering::Relaxed);
            return named;
        }
        let since = LastModified::new(asked.at);
        let named = Arc::new(Named { id, since, checked_ms: AtomicU64::new(asked.at_ms) });
        if self.renames.load(Ordering::Acquire) == asked.renames {
            self.names.insert(name.clone(), Arc::clone(&named));
            let (renames, before) = (Arc::clone(&self.renames), asked.renames);
            let unchanged = move || renames.load(Ordering::Acquire) == before;
            self.keep_record(&ImageRef::Named(name.clone()), NAME, id.to_string().into_bytes(), unchanged);
        }
        named
    }

    /// The original as it was when last it was asked for.
    async fn stale(&self, which: &ImageRef) -> Option<Found> {
        let (id, named) = match which {
            ImageRef::Id(id) => (*id, None),
            ImageRef::Named(name) => {
                let named = match self.names.get(name) {
                    Some(named) => named,
                    None => self.stored_name(which).await?,
                };
                (named.id, Some(named))
            }
        };
        let original = match self.known.get(&id) {
            Some(known) => known,
            None => self.stored(id).await?,
        };
        Some(Found { original, named, stale: true })
    }

    /// What an earlier run knew of an original.
    async fn stored(&self, id: ImageId) -> Option<Arc<Known>> {
        let record = self.record(&ImageRef::Id(id), SOURCE).await?;
        let info: ImageInfo = serde_json::from_slice(&record).ok()?;
        // It was checked at a time that this clock does not know.
        Known::new(&info, 0).map(Arc::new)
    }

    /// What an earlier run knew of a name.
    async fn stored_name(&self, which: &ImageRef) -> Option<Arc<Named>> {
        let record = self.record(which, NAME).await?;
        let id = std::str::from_utf8(&record).ok()?.parse().ok()?;
        let since = LastModified::new(SystemTime::now());
        Some(Arc::new(Named { id, since, checked_ms: AtomicU64::new(0) }))
    }

    async fn record(&self, which: &ImageRef, label: &[u8]) -> Option<Bytes> {
        let entry = self.records.as_ref()?.get(record_key(which)).await.entry?;
        (entry.label == label).then_some(entry.body)
    }

    /// Keeps a record unless it is out of date by now. Not waited for: it only matters after
    /// a restart.
    fn keep_record(
        &self,
        which: &ImageRef,
        label: &'static [u8],
        body: Vec<u8>,
        still_true: impl Fn() -> bool + Send + 'static,
    ) {
        let Some(records) = self.records.clone() else { return };
        let key = record_key(which);
        tokio::spawn(async move {
            // In this order: what is forgotten after the question is removed from the shelf
            // after it too, which begins another epoch.
            let epoch = records.get(key).await.epoch;
            if !still_true() {
                return;
            }
            if let Err(error) = records.put(key, epoch, label.to_vec(), Bytes::from(body)).await {
                log::warn!("keep the record of an original: {error}");
            }
        });
    }

    /// Removes a record. Not waited for: it is known to be out of date from here on.
    fn remove_record(&self, which: &ImageRef) {
        let Some(records) = self.records.clone() else { return };
        let group = record_key(which).group;
        tokio::spawn(async move {
            if let Err(error) = records.remove_group(group).await {
                log::warn!("remove the record of an original: {error}");
            }
        });
    }

    fn note_gone(&self, which: &ImageRef, asked: &Asked) -> SourceError {
        // There may be an image under the name since.
        if self.renames.load(Ordering::Acquire) == asked.renames {
            self.missing.insert(which.clone(), ());
        }
        if let ImageRef::Named(name) = which {
            self.names.invalidate(name);
            self.remove_record(which);
        }
        SourceError::Gone(which.clone())
    }

    fn is_fresh(&self, checked_ms: &AtomicU64) -> bool {
        self.now_ms().saturating_sub(checked_ms.load(Ordering::Relaxed)) < millis(self.recheck)
    }

    fn asked(&self) -> Asked {
        Asked { at_ms: self.now_ms(), at: SystemTime::now(), renames: self.renames.load(Ordering::Acquire) }
    }

    fn now_ms(&self) -> u64 {
        // An entry that was checked at 0 is due at once.
        millis(self.clock.elapsed() + self.recheck)
    }
}

fn record_key(which: &ImageRef) -> Key {
    match which {
        ImageRef::Id(id) => Key { group: Sha256::digest(id.as_bytes()).into(), variant: [0; 16] },
        ImageRef::Named(FullName { owner, album, name }) => {
            // No name and no owner contains a zero byte.
            let name = format!("{owner}\0{album}\0{name}");
            Key { group: Sha256::digest(name).into(), variant: [1; 16] }
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
