//! JSON bodies of requests, which are small.

use actix_web::web::Payload;
use domain::Visibility;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::{BodyError, Error};
use crate::state::UploadLimits;

/// Two names of 255 bytes, each byte escaped as `\u00xx`, and room around them.
const MAX_BODY_BYTES: usize = 8 * 1024;
/// The readers of an album as well, 64 of 255 bytes each.
const MAX_LONG_BODY_BYTES: usize = MAX_BODY_BYTES + 64 * 512;

/// Reads a JSON body, whatever its content type says: the album store (docs/compatibility.md)
/// never looked, and its clients often send none.
pub(crate) async fn json<T: DeserializeOwned>(payload: Payload, limits: &UploadLimits) -> Result<T, Error> {
    read(payload, limits, MAX_BODY_BYTES).await
}

/// The same for a body with a list of owners.
pub(crate) async fn long_json<T: DeserializeOwned>(
    payload: Payload,
    limits: &UploadLimits,
) -> Result<T, Error> {
    read(payload, limits, MAX_LONG_BODY_BYTES).await
}

async fn read<T: DeserializeOwned>(
    payload: Payload,
    limits: &UploadLimits,
    max_bytes: usize,
) -> Result<T, Error> {
    let read = timeout(limits.idle, payload.to_bytes_limited(max_bytes)).await;
    let body = read
        .map_err(|_| BodyError::TooSlow(limits.idle))?
        .map_err(|_| BodyError::TooLarge { max_bytes })?
        .map_err(|_| BodyError::Truncated)?;
    // serde would also take an array with the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(BodyError::Json("it takes an object, `{…}`".to_owned()).into());
    }
    Ok(serde_json::from_slice(&body).map_err(|error| BodyError::Json(error.to_string()))?)
}

/// The visibility that a body names, if it names one.
pub(crate) fn visibility(text: Option<String>) -> Result<Option<Visibility>, BodyError> {
    text.map(|text| text.parse().map_err(BodyError::Visibility)).transpose()
}
