//! An upload from its first byte to its commit.

use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use domain::Name;
use domain::plan::Source;
use futures_util::StreamExt as _;
use imaging::ProbeError;
use storage::{CompleteBlob, ImageRecord, StagedBlob};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, UploadError};
use crate::state::{AppState, UploadLimits};

/// What the headers of the one part and the boundaries around it may add to the file.
const MULTIPART_OVERHEAD_BYTES: u64 = 64 * 1024;
/// The name of a file that the client has not named.
const UNNAMED: &str = "image";

/// Takes one multipart upload and makes it an image.
///
/// The bytes go to the staged file as they arrive. Whatever goes wrong on the way, the
/// staged file is dropped and nothing is left.
pub(crate) async fn ingest(
    state: &AppState,
    request: &HttpRequest,
    payload: Payload,
) -> Result<ImageRecord, Error> {
    let limits = &state.limits;
    refuse_early(request, limits)?;
    let _permit = state.uploads.try_acquire().map_err(|_| UploadError::TooMany)?;
    let progress = Progress::new(limits);

    let mut multipart = Multipart::new(request.headers(), payload);
    let mut upload = None;
    while let Some(field) = progress.next(&mut multipart).await? {
        let mut field = field.map_err(|error| malformed(&error))?;
        match field.name() {
            Some("file") if upload.is_some() => return Err(UploadError::SecondFile.into()),
            Some("file") => {
                let name = file_name(&field)?;
                let blob = receive(state, &mut field, &progress).await?;
                upload = Some((name, blob));
            }
            Some(name) => {
                let name = name.chars().take(64).collect();
                return Err(UploadError::UnknownPart { name }.into());
            }
            None => return Err(UploadError::Malformed("a part has no name".to_owned()).into()),
        }
    }

    let (name, blob) = upload.ok_or(UploadError::NoFile)?;
    let blob = blob.complete().await?;
    let source = inspect(&blob, limits.max_pixels).await?;
    Ok(state.originals.storage().commit(blob, name, source).await?)
}

/// Refuses what the head of the request already shows to be wrong, before the body is read.
fn refuse_early(request: &HttpRequest, limits: &UploadLimits) -> Result<(), UploadError> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let given = header(CONTENT_TYPE).unwrap_or("nothing");
    let kind = given.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return Err(UploadError::NotMultipart { given: given.chars().take(100).collect() });
    }
    let declared: Option<u64> = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    if declared.is_some_and(|length| length > limits.max_bytes.saturating_add(MULTIPART_OVERHEAD_BYTES)) {
        return Err(UploadError::TooLarge { max_bytes: limits.max_bytes });
    }
    Ok(())
}

fn file_name(field: &Field) -> Result<Name, UploadError> {
    let disposition = field.content_disposition();
    let given = disposition.and_then(|disposition| {
        let extended =
            disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
        extended.or_else(|| disposition.get_filename().map(str::to_owned))
    });
    let given = given.filter(|name| !name.is_empty()).unwrap_or_else(|| UNNAMED.to_owned());
    Ok(Name::parse(&given)?)
}

async fn receive(state: &AppState, field: &mut Field, progress: &Progress) -> Result<StagedBlob, Error> {
    let max_bytes = state.limits.max_bytes;
    let mut blob = state.originals.storage().stage().await?;
    while let Some(chunk) = progress.next(field).await? {
        let chunk = chunk.map_err(|error| malformed(&error))?;
        if blob.bytes() + chunk.len() as u64 > max_bytes {
            return Err(UploadError::TooLarge { max_bytes }.into());
        }
        blob.write(chunk).await?;
    }
    Ok(blob)
}

/// Reads type, size and orientation from the bytes; the client's word does not count.
async fn inspect(blob: &CompleteBlob, max_pixels: u64) -> Result<Source, Error> {
    let probed = blob.inspect(|file| imaging::probe(std::io::BufReader::new(file))).await?;
    let source = match probed {
        Ok(source) => source,
        Err(ProbeError::NotAnImage { looks_like }) => {
            return Err(UploadError::NotAnImage { looks_like }.into());
        }
        Err(ProbeError::Corrupt { media_type, reason }) => {
            return Err(UploadError::Corrupt { media_type, reason }.into());
        }
        Err(ProbeError::Io(source)) => {
            let action = "probe the staged file";
            return Err(
                storage::StorageError::Io { action, path: blob.hash().to_string().into(), source }.into()
            );
        }
    };
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
    use PayloadError::{Incomplete, Io};
    if matches!(error, MultipartError::Incomplete | MultipartError::Payload(Incomplete(_) | Io(_))) {
        return UploadError::Truncated;
    }
    if matches!(error, MultipartError::BoundaryMissing) {
        return UploadError::NotMultipart { given: "multipart/form-data without a boundary".to_owned() };
    }
    UploadError::Malformed(error.to_string())
}
