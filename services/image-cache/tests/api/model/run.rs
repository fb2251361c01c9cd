//! One seed: lives of the process on one folder, each with clients, and what must be true
//! after each.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use ::client::{Listener, Notice};
use api::{AlbumList, CloudEvent, ImageInfo, ImageList, ImagePage};
use domain::{Change, ContentHash, EventId};
use testkit::process::Process;
use testkit::wait::{time_passes, until_blocking};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::checker;
use super::client::{Reply, Shared, exchange, info, json, perform, run};
use super::operation::{Answer, Ask, Operation, Random, Target, hash_of, name};
use super::state::State;

const CLIENTS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder, and all that is known of it.
pub(super) struct Run {
    seed: u64,
    folder: tempfile::TempDir,
    runtime: Runtime,
    shared: Shared,
    state: State,
    /// All events that were checked.
    events: Vec<CloudEvent>,
    /// What was done and is not checked yet.
    operations: Vec<Operation>,
    /// The file of each blob.
    files: BTreeMap<String, u64>,
    markers: usize,
    /// How many of the changes in doubt have happened.
    happened: usize,
}

impl Run {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            folder: tempfile::tempdir().unwrap(),
            runtime: Runtime::new().unwrap(),
            shared: Shared::default(),
            state: State::default(),
            events: Vec::new(),
            operations: Vec::new(),
            files: BTreeMap::new(),
            markers: 0,
            happened: 0,
        }
    }

    /// So many operations and kills, spread over them. Sums up what was done.
    pub(super) fn run(mut self, operations: usize, kills: usize) -> Result<String, String> {
        let mut random = Random(self.seed);
        let (mut done, mut in_doubt) = (0, 0);
        for life in 0..=kills {
            let (mut process, address) = self.start();
            if life > 0 {
                self.check(address)?;
            }
            // About the same for each life, and the rest for the last.
            let left = operations.saturating_sub(done);
            let share = left / (kills + 1 - life);
            let wanted = if life == kills { left } else { share / 2 + random.below(share.max(1)) };
            self.live(&mut process, address, wanted, life < kills, &mut random)?;
            done += self.operations.iter().filter(|operation| !operation.is_in_doubt()).count();
            in_doubt += self.operations.iter().filter(|operation| operation.is_in_doubt()).count();
            if life == kills {
                self.check(address)?;
                self.compare_bytes(address)?;
                self.compare_files();
                process.signal("TERM");
                assert!(process.ended().success(), "the process ends in order");
            }
        }
        let (_process, address) = self.start();
        self.compare(address)?;
        self.compare_bytes(address)?;
        self.compare_files();
        let (events, images, happened) = (self.events.len(), self.state.images.len(), self.happened);
        Ok(format!(
            "{done} operations, {kills} kills with {in_doubt} in doubt of which {happened} happened, \
             {events} events, {images} images at the end: no anomaly"
        ))
    }

    fn start(&self) -> (Process, SocketAddr) {
        let data_dir = format!("--data-dir={}", self.folder.path().display());
        let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), ["--listen=127.0.0.1:0", &data_dir]);
        let address = process.address("image-cache");
        (process, address)
    }

    /// Lets clients do things until so many are answered; then the process is killed, or
    /// all finish what they are at.
    fn live(
        &mut self,
        process: &mut Process,
        address: SocketAddr,
        wanted: usize,
        kill: bool,
        random: &mut Random,
    ) -> Result<(), String> {
        let shared = &self.shared;
        shared.killing.store(false, Ordering::SeqCst);
        shared.enough.store(wanted == 0 && !kill, Ordering::SeqCst);
        let (answered, answers) = channel();
        let done = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (random, answered) = (Random(random.next()), answered.clone());
                    scope.spawn(move || run(client, address, random, shared, &answered))
                })
                .collect();
            drop(answered);
            // By the answers and not by a clock. None come any more if all clients have failed.
            for _ in 0..wanted {
                if answers.recv_timeout(PATIENCE).is_err() {
                    break;
                }
            }
            if kill {
                // Just after an answer, the other changes wait for their turn. Some time
                // later, one is anywhere between its beginning and its answer.
                let later = u64::try_from(random.below(20_000)).unwrap();
                self.runtime.block_on(time_passes(Duration::from_micros(later)));
                shared.killing.store(true, Ordering::SeqCst);
                process.kill();
            }
            shared.enough.store(true, Ordering::SeqCst);
            clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
        });
        for operations in done {
            self.operations.extend(operations?);
        }
        Ok(())
    }

    /// Reads all events and checks those of the life that is over, and that the store is as
    /// they say.
    fn check(&mut self, address: SocketAddr) -> Result<(), String> {
        self.shared.killing.store(false, Ordering::SeqCst);
        // An album that says that all events before have come. It stays, as a life of its own.
        self.markers += 1;
        let marker = name(&format!("marker {}", self.markers));
        let create = Ask::CreateAlbum(marker.clone());
        let mark = perform(CLIENTS, address, create, &[], &self.shared)?.unwrap();
        let end = Change::AlbumCreated { album: marker };
        let events = self.runtime.block_on(events_until(address, &end))?;
        if !events.starts_with(&self.events) {
            return Err("the events of lives before are not what they were".to_owned());
        }
        let ids: BTreeSet<_> = events.iter().map(|event| event.id.to_string()).collect();
        if ids.len() < events.len() {
            return Err("two events have one id".to_owned());
        }
        let changes: Vec<_> =
            events[self.events.len()..].iter().map(|event| event.change().unwrap()).collect();
        let (last, changes) = changes.split_last().unwrap();
        checker::check(&mut self.state, changes, &self.operations)?;
        let with_album = |change: &&Change| matches!(change, Change::ImageDeleted { with_album: true, .. });
        let acknowledged = |operation: &&Operation| operation.is_change() && !operation.is_in_doubt();
        self.happened += changes.iter().filter(|change| !with_album(change)).count();
        self.happened -= self.operations.iter().filter(acknowledged).count();
        checker::check(&mut self.state, std::slice::from_ref(last), &[mark])?;
        self.events = events;
        self.operations.clear();
        self.compare(address)
    }

    /// Compares all lists with the model, and that blobs are still the files that they were.
    fn compare(&mut self, address: SocketAddr) -> Result<(), String> {
        let state = &self.state;
        let differs = |what: &str, told: &dyn std::fmt::Debug| {
            Err(format!("{what} is not as the events say: {told:?}, and not {state:?}"))
        };
        let albums: AlbumList = get(address, "/albums")?;
        if !albums.album_list.iter().map(String::as_str).eq(state.albums.keys().map(|album| album.as_str())) {
            return differs("the list of albums", &albums);
        }
        for (album, images) in &state.albums {
            let path = format!("/albums/{}/images", api::paths::segment(album.as_str()));
            let list: ImageList = get(address, &path)?;
            if !list.image_list.iter().map(String::as_str).eq(images.keys().map(|image| image.as_str())) {
                return differs("the list of images of an album", &list);
            }
        }
        let mut images: Vec<ImageInfo> = Vec::new();
        let mut path = "/images?limit=100".to_owned();
        loop {
            let page: ImagePage = get(address, &path)?;
            images.extend(page.images);
            let Some(cursor) = page.next_cursor else { break };
            path = format!("/images?limit=100&cursor={cursor}");
        }
        let ids = images.iter().map(|image| &image.id);
        let known = Ask::Newest(usize::MAX);
        let answer = Answer::Infos(images.iter().map(info).collect());
        let told = Operation { client: CLIENTS, begun: 0, ended: 0, ask: known, answer };
        if !ids.eq(state.images.keys().rev()) || !state.allows(&told) {
            return differs("the list of images", &images);
        }
        let contents: BTreeSet<_> = images.iter().map(|image| image.sha256).collect();
        if contents.len() < images.len() {
            return differs("an upload that became two images", &images);
        }
        self.keep_files()
    }

    /// No blob is written anew or copied: who renames something moves no file.
    fn keep_files(&mut self) -> Result<(), String> {
        let files = files_in(&self.folder.path().join("blobs"));
        for (blob, file) in &files {
            if self.files.get(blob).is_some_and(|before| before != file) {
                return Err(format!("the blob {blob} is another file than before"));
            }
        }
        self.files = files;
        Ok(())
    }

    /// Compares the bytes of all images, by id and by name, with what was uploaded.
    fn compare_bytes(&self, address: SocketAddr) -> Result<(), String> {
        let bytes = |which: &Target| get_bytes(address, &which.path());
        for (id, image) in &self.state.images {
            let by_id = hash_of(&bytes(&Target::Id(*id))?);
            if !image.contents.contains(&by_id) {
                return Err(format!("image {id} has other bytes than were uploaded"));
            }
            let Some(album) = &image.album else { continue };
            let by_name = bytes(&Target::Named(album.clone(), image.file.clone()))?;
            if hash_of(&by_name) != by_id {
                return Err(format!("image {id} has other bytes by its name"));
            }
        }
        Ok(())
    }

    /// Waits until there is a blob for each image, and nothing else but orphans put aside.
    fn compare_files(&self) {
        let folder = self.folder.path();
        let wanted: BTreeSet<ContentHash> =
            self.state.images.values().flat_map(|image| image.contents.iter().copied()).collect();
        let count = self.state.images.len();
        until_blocking("every blob is that of an image, and nothing is staged", || {
            let blobs: BTreeSet<ContentHash> =
                files_in(&folder.join("blobs")).keys().map(|blob| blob.parse().unwrap()).collect();
            let staged = std::fs::read_dir(folder.join("staging")).unwrap().count();
            (blobs.len() == count && blobs.is_subset(&wanted) && staged == 0).then_some(())
        });
    }
}

/// The blobs in a folder, each with what tells its file from others.
fn files_in(blobs: &Path) -> BTreeMap<String, u64> {
    let mut files = BTreeMap::new();
    for shard in std::fs::read_dir(blobs).unwrap() {
        for blob in std::fs::read_dir(shard.unwrap().path()).unwrap() {
            let blob = blob.unwrap();
            // It may be removed at this moment.
            let Ok(meta) = blob.metadata() else { continue };
            files.insert(blob.file_name().into_string().unwrap(), meta.ino());
        }
    }
    files
}

/// All events up to this change.
async fn events_until(address: SocketAddr, end: &Change) -> Result<Vec<CloudEvent>, String> {
    let base = format!("http://{address}").parse().unwrap();
    let mut listener = Listener::new(&base, PATIENCE, Some(EventId::BEGINNING), None).unwrap();
    let mut events = Vec::new();
    while events.last().and_then(CloudEvent::change).as_ref() != Some(end) {
        let notice = timeout(PATIENCE, listener.next()).await;
        match notice.map_err(|_| format!("no event in time, and {end:?} has not come"))? {
            Ok(Notice::Event(event)) => events.push(*event),
            Ok(Notice::Gap) => return Err("a gap in the events".to_owned()),
            Err(error) => return Err(format!("listening to events: {error}")),
        }
    }
    Ok(events)
}

fn get<T: serde::de::DeserializeOwned>(address: SocketAddr, path: &str) -> Result<T, String> {
    json(&get_bytes(address, path)?)
}

fn get_bytes(address: SocketAddr, path: &str) -> Result<Vec<u8>, String> {
    match exchange(address, "GET", path, "", &[]) {
        Reply::Whole { status: 200, body } => Ok(body),
        Reply::Whole { status, body } => {
            Err(format!("GET {path}: {status} {}", String::from_utf8_lossy(&body)))
        }
        Reply::NotAsked | Reply::Broken => Err(format!("GET {path}: no answer")),
    }
}
