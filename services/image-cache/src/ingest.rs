//! An upload from its first byte to its commit.

use std::io::ErrorKind;
use std::time::{Duration, UNIX_EPOCH};

use access::link::{Link, Subject};
use access::{Acl, Action, Caller, permit};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use actix_web::web::Payload;
use actix_web::{HttpMessage as _, HttpRequest};
use bytes::Bytes;
use domain::plan::Source;
use domain::{InvalidName, MAX_NAME_BYTES, Name, Visibility};
use futures_util::StreamExt as _;
use imaging::ProbeError;
use server::conditional::Precondition;
use storage::{AlbumRef, Changed, CompleteBlob, ImageRecord, ImageRef, OnceOnly, StagedBlob, StorageError};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, UploadError};
use crate::library;
use crate::parts::{Part, Plain};
use crate::state::{AppState, UploadLimits};

/// What the headers of the one part and the boundaries around it may add to the file.
const MULTIPART_OVERHEAD_BYTES: u64 = 64 * 1024;
/// What parts may be that mean nothing here, and what each counts at least.
const MAX_OTHER_PARTS_BYTES: usize = 64 * 1024;
const EACH_PART_BYTES: usize = 1024;
/// The name of a file that the client has not named.
const UNNAMED: &str = "image";
/// A name may be longer before it is normalised.
const MAX_TEXT_PART_BYTES: usize = 4 * MAX_NAME_BYTES;

/// An upload that is whole, and what is to become of it.
struct Upload {
    name: Name,
    album: Option<AlbumRef>,
    visibility: Option<Visibility>,
    blob: StagedBlob,
}

/// Takes one multipart upload and makes it an image. `album` is the one that the path
/// names; without one, the upload itself may name one in a part.
///
/// The bytes go to the staged file as they arrive. Whatever goes wrong on the way, the
/// staged file is dropped and nothing is left.
pub(crate) async fn ingest_multipart(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    payload: Payload,
    album: Option<AlbumRef>,
) -> Result<Changed<ImageRecord>, Error> {
    // Better now than after the whole body. That the album exists, the commit asks again.
    let may_create = permit(caller, Action::Create, Some(&Acl::default()));
    match &album {
        Some(album) => drop(state.library.expect_album(caller, Action::Add, album).await?),
        // It may yet name the one album that its key is good for.
        None if matches!(caller, Caller::Key { album: Some(_), .. }) => {}
        None => may_create?,
    }
    let max_bytes = max_bytes(caller, &state.limits);
    refuse_other_types(request)?;
    refuse_long(request, max_bytes.saturating_add(MULTIPART_OVERHEAD_BYTES), max_bytes)?;
    let _permit = state.uploads.try_acquire().map_err(|_| UploadError::TooMany)?;
    let upload = read_parts(state, request, caller, payload, album).await?;
    if upload.album.is_none() {
        may_create?;
    }
    commit(state, caller, upload).await
}

/// Takes a body that is the image itself, and makes it the image of that name.
pub(crate) async fn ingest_raw(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    payload: Payload,
    album: AlbumRef,
    name: Name,
) -> Result<Changed<ImageRecord>, Error> {
    state.library.expect_album(caller, Action::Add, &album).await?;
    if request.headers().contains_key(CONTENT_RANGE) {
        return Err(UploadError::Part.into());
    }
    let max_bytes = max_bytes(caller, &state.limits);
    refuse_long(request, max_bytes, max_bytes)?;
    let _permit = state.uploads.try_acquire().map_err(|_| UploadError::TooMany)?;
    let place = ImageRef::Named { album: album.clone(), name: name.clone() };
    let precondition = Precondition::of(request.headers());
    if state.library.exists(&place).await? {
        if precondition.asks_for_nothing() {
            return Err(Error::PreconditionFailed);
        }
        return Err(StorageError::NameTaken { album: Some(album.name), name }.into());
    }
    if !precondition.holds_of_nothing() {
        return Err(Error::PreconditionFailed);
    }
    let progress = Progress::new(&state.limits);
    let mut payload = payload;
    let blob = receive(state, &mut payload, &progress, max_bytes, |error| unreadable(&error)).await?;
    commit(state, caller, Upload { name, album: Some(album), visibility: None, blob }).await
}

async fn read_parts(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    payload: Payload,
    mut album: Option<AlbumRef>,
) -> Result<Upload, Error> {
    let progress = Progress::new(&state.limits);
    let in_path = album.is_some();
    let boundary = boundary_of(request)?;
    let mut multipart = Multipart::new(request.headers(), Plain::new(payload, &boundary));
    let mut file = None;
    let mut visibility = None;
    let max_bytes = max_bytes(caller, &state.limits);
    let mut room = MAX_OTHER_PARTS_BYTES;
    while let Some(field) = progress.next(&mut multipart).await? {
        let mut field = field.map_err(|error| malformed(&error))?;
        match Part::of(&field).map_err(UploadError::Name)? {
            Part::File(_) if file.is_some() => return Err(UploadError::SecondFile.into()),
            Part::File(name) => {
                let blob =
                    receive(state, &mut field, &progress, max_bytes, |error| malformed(&error)).await?;
                file = Some((name, blob));
            }
            Part::Album if in_path => return Err(UploadError::AlbumInPath.into()),
            Part::Album if album.is_some() => return Err(UploadError::SecondAlbum.into()),
            Part::Album => {
                let name =
                    Name::parse(&text(&mut field, &progress, "album").await?).map_err(UploadError::Name)?;
                let named = AlbumRef { owner: caller.owner().clone(), name };
                state.library.expect_album(caller, Action::Add, &named).await?;
                album = Some(named);
            }
            Part::Visibility if visibility.is_some() => return Err(UploadError::SecondVisibility.into()),
            Part::Visibility => {
                let text = text(&mut field, &progress, "visibility").await?;
                visibility = Some(text.trim().parse().map_err(UploadError::Visibility)?);
            }
            Part::Other => room = skip(&mut field, &progress, room).await?,
        }
    }
    let (name, blob) = file.ok_or(UploadError::NoFile)?;
    let name = match (name, &album) {
        (Some(name), _) => name,
        (None, None) => Name::parse(UNNAMED).map_err(UploadError::Name)?,
        (None, Some(_)) => return Err(UploadError::NoFileName.into()),
    };
    Ok(Upload { name, album, visibility, blob })
}

async fn commit(state: &AppState, caller: &Caller, upload: Upload) -> Result<Changed<ImageRecord>, Error> {
    let blob = upload.blob.complete().await?;
    let source = inspect(&blob, state.limits.max_pixels).await?;
    let upload = library::Upload {
        name: upload.name,
        album: upload.album,
        source,
        visibility: upload.visibility.unwrap_or(state.default_visibility),
        once: once(caller),
    };
    state.library.commit(caller, blob, upload).await
}

/// The most bytes that this caller's upload may have.
fn max_bytes(caller: &Caller, limits: &UploadLimits) -> u64 {
    match caller {
        Caller::Link(Link { subject: Subject::Upload { max_bytes, .. }, .. }) => {
            limits.max_bytes.min(*max_bytes)
        }
        Caller::Link(_)
        | Caller::Operator
        | Caller::Anonymous
        | Caller::User(_)
        | Caller::Key { .. }
        | Caller::Service => limits.max_bytes,
    }
}

/// The link that an upload uses up, if it comes by one.
fn once(caller: &Caller) -> Option<OnceOnly> {
    match caller {
        Caller::Link(Link { subject: Subject::Upload { album, nonce, .. }, expires, .. }) => Some(OnceOnly {
            id: format!("{album}.{nonce}"),
            expires: UNIX_EPOCH + Duration::from_secs(*expires),
        }),
        Caller::Link(_)
        | Caller::Operator
        | Caller::Anonymous
        | Caller::User(_)
        | Caller::Key { .. }
        | Caller::Service => None,
    }
}

/// Refuses a body that is not multipart before it is read.
fn refuse_other_types(request: &HttpRequest) -> Result<(), UploadError> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let given = given.unwrap_or("nothing");
    let kind = given.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return Err(UploadError::NotMultipart { given: given.chars().take(100).collect() });
    }
    Ok(())
}

/// Refuses a body that says itself that it is too long before it is read.
fn refuse_long(request: &HttpRequest, most: u64, max_bytes: u64) -> Result<(), UploadError> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let declared: Option<u64> = declared.and_then(|length| length.parse().ok());
    if declared.is_some_and(|length| length > most) {
        return Err(UploadError::TooLarge { max_bytes });
    }
    Ok(())
}

/// What stands between the parts.
fn boundary_of(request: &HttpRequest) -> Result<String, UploadError> {
    let kind = request.mime_type().ok().flatten();
    let boundary = kind.as_ref().and_then(|kind| kind.get_param("boundary"));
    boundary.map(|boundary| boundary.as_str().to_owned()).ok_or_else(|| UploadError::NotMultipart {
        given: "multipart/form-data without a boundary".to_owned(),
    })
}

/// Reads a part that means nothing here, and returns how much more there may be of such.
async fn skip(field: &mut Field, progress: &Progress, room: usize) -> Result<usize, UploadError> {
    // A part without content counts too.
    let mut left = room.checked_sub(EACH_PART_BYTES).ok_or(UploadError::OtherParts)?;
    while let Some(chunk) = progress.next(field).await? {
        let chunk = chunk.map_err(|error| malformed(&error))?;
        left = left.checked_sub(chunk.len()).ok_or(UploadError::OtherParts)?;
    }
    Ok(left)
}

/// The text of a short part.
async fn text(field: &mut Field, progress: &Progress, part: &'static str) -> Result<String, UploadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = progress.next(field).await? {
        bytes.extend_from_slice(&chunk.map_err(|error| malformed(&error))?);
        if bytes.len() > MAX_TEXT_PART_BYTES {
            return Err(UploadError::Name(InvalidName::TooLong { bytes: bytes.len() }));
        }
    }
    String::from_utf8(bytes).map_err(|_| UploadError::NotText(part))
}

/// Stages the bytes of a stream as they arrive.
async fn receive<S, E>(
    state: &AppState,
    stream: &mut S,
    progress: &Progress,
    max_bytes: u64,
    failed: impl Fn(E) -> UploadError,
) -> Result<StagedBlob, Error>
where
    S: futures_util::Stream<Item = Result<Bytes, E>> + Unpin,
{
    let mut blob = state.library.stage().await?;
    while let Some(chunk) = progress.next(stream).await? {
        let chunk = chunk.map_err(&failed)?;
        if blob.bytes() + chunk.len() as u64 > max_bytes {
            return Err(UploadError::TooLarge { max_bytes }.into());
        }
        blob.write(chunk).await?;
    }
    Ok(blob)
}

/// Reads type, size and orientation from the bytes; the client's word does not count.
async fn inspect(blob: &CompleteBlob, max_pixels: u64) -> Result<Source, Error> {
    let probed = blob.inspect(|content| match imaging::probe(content) {
        Err(ProbeError::Io(error)) => Err(error),
        Err(ProbeError::NotAnImage { looks_like }) => Ok(Err(UploadError::NotAnImage { looks_like })),
        Err(ProbeError::Corrupt { media_type, reason }) => {
            Ok(Err(UploadError::Corrupt { media_type, reason }))
        }
        Ok(source) => Ok(Ok(source)),
    });
    let source = probed.await??;
    let pixels = source.size.pixels();
    if pixels > max_pixels {
        return Err(UploadError::TooManyPixels { pixels, max_pixels }.into());
    }
    Ok(source)
}

/// Watches that an upload goes on.
struct Progress {
    idle: Duration,
    whole: Duration,
    end: Instant,
}

impl Progress {
    fn new(limits: &UploadLimits) -> Self {
        Self { idle: limits.idle, whole: limits.whole, end: Instant::now() + limits.whole }
    }

    /// The next item, unless it takes too long.
    async fn next<S>(&self, stream: &mut S) -> Result<Option<S::Item>, UploadError>
    where
        S: futures_util::Stream + Unpin,
    {
        let deadline = self.end.min(Instant::now() + self.idle);
        timeout_at(deadline, stream.next()).await.map_err(|_| {
            if deadline == self.end {
                UploadError::TooSlow(self.whole)
            } else {
                UploadError::Stalled(self.idle)
            }
        })
    }
}

fn malformed(error: &MultipartError) -> UploadError {
    if let MultipartError::Payload(error) = error {
        return unreadable(error);
    }
    if matches!(error, MultipartError::Incomplete) {
        return UploadError::Truncated;
    }
    if matches!(error, MultipartError::BoundaryMissing) {
        return UploadError::NotMultipart { given: "multipart/form-data without a boundary".to_owned() };
    }
    UploadError::Malformed(error.to_string())
}

fn unreadable(error: &PayloadError) -> UploadError {
    if matches!(error, PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut) {
        return UploadError::UnderRate;
    }
    if matches!(error, PayloadError::Incomplete(_) | PayloadError::Io(_)) {
        return UploadError::Truncated;
    }
    UploadError::Unreadable(error.to_string())
}
