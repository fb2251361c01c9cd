//! Multipart bodies by hand, so that tests can also make malformed ones.

/// The boundary of [`body`].
pub const BOUNDARY: &str = "safelight-test-boundary";

/// The content type of [`body`].
pub fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// One part: its headers after `form-data`, and its bytes.
pub struct Part<'a> {
    /// What follows `Content-Disposition: form-data`, such as `; name="file"`.
    pub disposition: &'a str,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// A part as a browser sends a file.
pub fn file<'a>(bytes: &'a [u8]) -> Part<'a> {
    Part { disposition: "; name=\"file\"; filename=\"photo.jpg\"", bytes }
}

/// The whole body.
pub fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data{}\r\n", part.disposition).as_bytes(),
        );
        body.extend(b"Content-Type: application/octet-stream\r\n\r\n");
        body.extend(part.bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}
