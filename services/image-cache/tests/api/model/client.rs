//! A client that does things at random and writes down what it was told.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use api::{AlbumList, ErrorBody, ImageInfo, ImageList, ImagePage, UploadedImage};
use domain::{ImageId, Name, Place};
use serde::de::DeserializeOwned;

use super::operation::{Answer, Ask, Info, Operation, Random, hash_of};

/// Of so many images, those that came last, clients know the ids.
const KNOWN: usize = 12;
const PATIENCE: Duration = Duration::from_secs(60);

/// What all clients share.
#[derive(Default)]
pub(super) struct Shared {
    clock: AtomicU64,
    /// From before the process is killed: connections may break now.
    pub(super) killing: AtomicBool,
    /// Enough is done.
    pub(super) enough: AtomicBool,
    known: Mutex<VecDeque<ImageId>>,
}

impl Shared {
    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn meet(&self, id: ImageId) {
        let mut known = self.known.lock().unwrap();
        known.push_back(id);
        if known.len() > KNOWN {
            known.pop_front();
        }
    }
}

/// An answer, as far as there is one.
pub(super) enum Reply {
    /// The process is gone and was not asked.
    NotAsked,
    /// The connection broke before the answer was whole.
    Broken,
    Whole {
        status: u16,
        body: Vec<u8>,
    },
}

/// Does things until it is enough, or nobody answers. Says when something was answered.
pub(super) fn run(
    client: usize,
    address: SocketAddr,
    mut random: Random,
    shared: &Shared,
    answered: &Sender<()>,
) -> Result<Vec<Operation>, String> {
    let mut operations = Vec::new();
    while !shared.enough.load(Ordering::SeqCst) {
        let known: Vec<_> = shared.known.lock().unwrap().iter().copied().collect();
        let (ask, image) = Ask::any(&mut random, &known);
        let Some(operation) = perform(client, address, ask, &image, shared)? else { break };
        let is_last = operation.is_in_doubt();
        operations.push(operation);
        if is_last {
            break;
        }
        let _ = answered.send(());
    }
    Ok(operations)
}

/// Does one thing; none if the process was not even asked.
pub(super) fn perform(
    client: usize,
    address: SocketAddr,
    ask: Ask,
    image: &[u8],
    shared: &Shared,
) -> Result<Option<Operation>, String> {
    let (method, path, content_type, body) = ask.request(image);
    let begun = shared.now();
    let reply = exchange(address, method, &path, &content_type, &body);
    let ended = shared.now();
    let (ended, answer) = match reply {
        Reply::Whole { status, body } => {
            (ended, read(&ask, status, &body).map_err(|reason| format!("{ask:?}: {reason}"))?)
        }
        Reply::NotAsked | Reply::Broken if !shared.killing.load(Ordering::SeqCst) => {
            return Err(format!("{ask:?}: the connection broke, and nobody killed the process"));
        }
        Reply::NotAsked => return Ok(None),
        Reply::Broken => (u64::MAX, Answer::InDoubt),
    };
    if let Answer::Added { id, .. } = &answer {
        shared.meet(*id);
    }
    Ok(Some(Operation { client, begun, ended, ask, answer }))
}

/// One request on a connection of its own.
pub(super) fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
) -> Reply {
    let Ok(mut connection) = TcpStream::connect(address) else { return Reply::NotAsked };
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    if !content_type.is_empty() {
        request += &format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n", body.len());
    }
    let request = [request.as_bytes(), b"\r\n", body].concat();
    let mut answer = Vec::new();
    let read = connection.write_all(&request).and_then(|()| connection.read_to_end(&mut answer));
    read.ok().and_then(|_| whole(&answer)).unwrap_or(Reply::Broken)
}

/// The answer, if none of it is missing.
fn whole(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let body = &answer[end + 4..];
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    })?;
    (body.len() == length).then(|| Reply::Whole { status, body: body.to_vec() })
}

/// What the answer says. An answer that is never right is an error.
fn read(ask: &Ask, status: u16, body: &[u8]) -> Result<Answer, String> {
    let unexpected = || format!("was answered with {status}: {}", String::from_utf8_lossy(body));
    if matches!(status, 404 | 409) {
        let error: ErrorBody = json(body)?;
        return match error.error.as_str() {
            "notFound" => Ok(Answer::Missing),
            "nameTaken" => Ok(Answer::Taken),
            _ => Err(unexpected()),
        };
    }
    let success = if matches!(ask, Ask::CreateAlbum(_) | Ask::Upload { .. }) { 201 } else { 200 };
    if status != success {
        return Err(unexpected());
    }
    Ok(match ask {
        Ask::CreateAlbum(_) => {
            let body: serde_json::Value = json(body)?;
            let album = body["message"].as_str().and_then(|text| text.strip_suffix(" album added"));
            // As the event has it.
            Answer::Told(format!("{} album created", album.ok_or_else(unexpected)?))
        }
        Ask::RenameAlbum { .. } | Ask::DeleteAlbum(_) | Ask::Move { .. } | Ask::Delete(_) => {
            let body: serde_json::Value = json(body)?;
            Answer::Told(body["message"].as_str().ok_or_else(unexpected)?.to_owned())
        }
        Ask::Upload { hash, .. } => {
            let added: UploadedImage = json(body)?;
            if added.image.sha256 != *hash {
                return Err(unexpected());
            }
            Answer::Added { id: added.image.id, told: added.message }
        }
        Ask::Bytes(_) => Answer::Bytes(hash_of(body)),
        Ask::Info(_) => Answer::Infos(vec![info(&json(body)?)]),
        Ask::Newest(_) => Answer::Infos(json::<ImagePage>(body)?.images.iter().map(info).collect()),
        Ask::Albums => Answer::Names(json::<AlbumList>(body)?.album_list),
        Ask::Images(_) => Answer::Names(json::<ImageList>(body)?.image_list),
    })
}

pub(super) fn info(info: &ImageInfo) -> Info {
    let album = info.album.as_deref().map(|album| Name::parse(album).unwrap());
    Info { id: info.id, at: Place { album, name: info.name.clone() }, hash: info.sha256 }
}

pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(body)))
}
