//! Names what is not taken, so that the answer to a mistake can say what the file is.

use super::signature::brands;

/// What these first bytes of a file look like, if it can be told.
pub(super) fn guess(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("an empty file");
    }
    by_signature(bytes).or_else(|| by_brand(bytes)).or_else(|| by_text(bytes))
}

fn by_signature(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"%PDF-", "PDF"),
        (b"%!PS", "PostScript"),
        (b"\x00\x00\x02\x00", "a Windows cursor"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"8BPS", "Photoshop"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PK\x05\x06", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"\x7fELF", "an executable"),
        (b"MZ", "an executable"),
        (b"\xca\xfe\xba\xbe", "an executable"),
        (b"RIFF", "a RIFF file that is not WebP"),
        (b"OggS", "Ogg"),
        (b"ID3", "MP3"),
        (b"\x1aE\xdf\xa3", "a Matroska video"),
        (b"DDS ", "DDS"),
        (b"icns", "an Apple icon"),
        (b"v/1\x01", "OpenEXR"),
        (b"#?RADIANCE", "Radiance HDR"),
        (b"qoif", "QOI"),
    ];
    SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)).map(|(_, name)| *name)
}

/// Containers of pictures that are taken are no longer here.
fn by_brand(bytes: &[u8]) -> Option<&'static str> {
    brands(bytes)?.next().map(|_| "a video")
}

fn by_text(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Some("text");
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // The window may cut the last character in two.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c')) {
        return None;
    }
    let lower = text.trim_start().to_ascii_lowercase();
    let svg = lower.starts_with("<svg") || lower.contains("<!doctype svg");
    Some(if svg {
        "SVG"
    } else if lower.starts_with("<!doctype html") || lower.contains("<html") || lower.contains("<script") {
        "HTML"
    } else if lower.contains("<svg") {
        "SVG"
    } else if lower.starts_with("<?xml") || lower.starts_with("<!") {
        "XML"
    } else {
        "text"
    })
}
