//! The parts of a multipart body, in the dialects that clients speak.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_multipart::Field;
use actix_web::error::PayloadError;
use actix_web::http::header::{Charset, ExtendedValue};
use bytes::{Bytes, BytesMut};
use domain::{InvalidName, Name};
use futures_util::Stream;
use memchr::memmem;

/// The most that the headers of one part may be.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What a part is.
pub(crate) enum Part {
    /// A file, and the name that the client gave it, if it gave one.
    File(Option<Name>),
    /// The name of an album.
    Album,
    /// Who besides its owner may see the image.
    Visibility,
    /// Something that forms and upload libraries add, which means nothing here.
    Other,
}

impl Part {
    /// A part that is called `file` is the file, and so is one with the name of a file.
    pub(crate) fn of(field: &Field) -> Result<Self, InvalidName> {
        let given = file_name(field);
        match field.name() {
            Some("album") if given.is_none() => Ok(Self::Album),
            Some("visibility") if given.is_none() => Ok(Self::Visibility),
            Some("file") => Ok(Self::File(parse(given)?)),
            // An input for a file that was left empty is sent without a name.
            Some(_) | None => match parse(given)? {
                Some(name) => Ok(Self::File(Some(name))),
                None => Ok(Self::Other),
            },
        }
    }
}

fn file_name(field: &Field) -> Option<String> {
    let disposition = field.content_disposition()?;
    let extended = disposition.get_filename_ext().and_then(decoded);
    extended.or_else(|| disposition.get_filename().map(str::to_owned))
}

/// RFC 8187 has UTF-8 alone, RFC 5987 before it ISO-8859-1 too.
fn decoded(name: &ExtendedValue) -> Option<String> {
    if name.charset == Charset::Iso_8859_1 {
        Some(latin_1(&name.value))
    } else {
        String::from_utf8(name.value.clone()).ok()
    }
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Of a path the last segment counts, whichever way its slashes lean (RFC 7578, 4.2).
fn parse(given: Option<String>) -> Result<Option<Name>, InvalidName> {
    let last = given.as_deref().and_then(|path| path.rsplit(['/', '\\']).next());
    last.filter(|name| !name.is_empty()).map(Name::parse).transpose()
}

/// A multipart body in which no part says its length, and all headers are UTF-8.
///
/// The length that a part says of itself means nothing (RFC 7578, 4.8), and clients write
/// wrong ones; the parser behind this would cut the part there. Names of files in other
/// encodings are taken for Latin-1.
pub(crate) struct Plain<S> {
    stream: S,
    /// What ends a part: a line break, two hyphens and the boundary.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    place: Place,
}

#[derive(PartialEq, Eq)]
enum Place {
    /// Before the first boundary, which needs no line break before it.
    Start,
    Content,
    /// Behind a boundary.
    Head,
    /// The stream is over.
    End,
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Plain<S> {
    pub(crate) fn new(stream: S, boundary: &str) -> Self {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        Self { stream, delimiter, buffer: BytesMut::new(), place: Place::Start }
    }

    /// What can be handed on of what is in the buffer; none if more must come first.
    fn next_piece(&mut self) -> Option<Bytes> {
        match self.place {
            Place::Start => {
                let first = self.delimiter.get(2..).unwrap_or_default();
                let seen = self.buffer.len().min(first.len());
                if self.buffer.get(..seen) != first.get(..seen) {
                    self.place = Place::Content;
                    return self.next_piece();
                }
                (seen == first.len()).then(|| {
                    self.place = Place::Head;
                    self.buffer.split_to(seen).freeze()
                })
            }
            Place::Content => {
                if let Some(at) = memmem::find(&self.buffer, &self.delimiter) {
                    self.place = Place::Head;
                    return Some(self.buffer.split_to(at + self.delimiter.len()).freeze());
                }
                // The end may be the beginning of a delimiter.
                let sure = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
                (sure > 0).then(|| self.buffer.split_to(sure).freeze())
            }
            Place::Head => match memmem::find(&self.buffer, HEAD_END) {
                Some(at) => {
                    self.place = Place::Content;
                    Some(plain_head(&self.buffer.split_to(at + HEAD_END.len())))
                }
                // The last boundary, or nothing that the parser will take.
                None if self.buffer.starts_with(b"--") || self.buffer.len() > MAX_HEAD_BYTES => {
                    self.place = Place::Content;
                    self.next_piece()
                }
                None => None,
            },
            Place::End => (!self.buffer.is_empty()).then(|| self.buffer.split().freeze()),
        }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Plain<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(piece) = self.next_piece() {
                return Poll::Ready(Some(Ok(piece)));
            }
            if self.place == Place::End {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.stream).poll_next(context)) {
                Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.place = Place::End,
            }
        }
    }
}

/// The headers of a part without its length.
fn plain_head(head: &[u8]) -> Bytes {
    let text = std::str::from_utf8(head).map_or_else(|_| latin_1(head), str::to_owned);
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive("\r\n") {
        let name = line.split(':').next().unwrap_or_default();
        if !name.trim().eq_ignore_ascii_case("content-length") {
            plain.push_str(line);
        }
    }
    Bytes::from(plain)
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};

    use super::*;

    async fn plain(body: &[u8], chunk: usize) -> Vec<u8> {
        let chunks: Vec<_> = body.chunks(chunk).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let pieces: Vec<_> = Plain::new(stream::iter(chunks), "b").collect().await;
        pieces.into_iter().flat_map(|piece| piece.unwrap()).collect()
    }

    #[tokio::test]
    async fn lengths_of_parts_are_taken_out_and_nothing_else_however_the_body_comes() {
        let with = b"--b\r\nContent-Length: 3\r\nA: x\r\n\r\nContent-Length: 9\r\n\r\n--\r\n-b\r\n--b\r\nA: \
                     \xe9\r\ncontent-length:1\r\n\r\n\r\n--b--\r\nend";
        let without =
            "--b\r\nA: x\r\n\r\nContent-Length: 9\r\n\r\n--\r\n-b\r\n--b\r\nA: é\r\n\r\n\r\n--b--\r\nend";
        for chunk in [1, 2, 3, 5, 7, 1000] {
            assert_eq!(String::from_utf8(plain(with, chunk).await).unwrap(), without, "by {chunk}");
        }
        for odd in [&b""[..], b"--", b"no boundary", b"--b", b"--b\r\nA: x", b"\r\n--b--"] {
            assert_eq!(plain(odd, 2).await, odd);
        }
    }
}
