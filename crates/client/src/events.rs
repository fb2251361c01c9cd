//! Listening to the changes of an image-cache: server-sent events.

use std::time::Duration;

use api::{CloudEvent, paths};
use domain::EventId;
use reqwest::header::{ACCEPT, HeaderName};
use reqwest::{Client, Response, StatusCode};

use crate::{BaseUrl, ClientError, Credential, builder, transport};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// image-cache sends something every 15 seconds; three silences are a dead connection.
const SILENCE: Duration = Duration::from_secs(45);
/// More than the longest event there can be, two album names and two image names.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// What a listener is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something changed.
    Event(Box<CloudEvent>),
    /// Something changed that is not kept any more, since the listener was away for too long.
    Gap,
}

/// Listens to one image-cache and knows where to go on after a break.
pub struct Listener {
    url: String,
    http: Client,
    last: Option<EventId>,
    stream: Option<Stream>,
}

/// An open connection and what has come on it but is not whole yet.
struct Stream {
    response: Response,
    buffer: Vec<u8>,
    message: Message,
}

/// The lines of a message so far.
#[derive(Default)]
struct Message {
    id: Option<EventId>,
    name: String,
    data: String,
}

impl Listener {
    /// A listener to all that happens behind an event; without one, to what happens from
    /// the first connection on. It shows this credential. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the TLS of the system cannot be set up.
    pub fn new(
        base: &BaseUrl,
        connect: Duration,
        last: Option<EventId>,
        credential: Option<&Credential>,
    ) -> Result<Self, ClientError> {
        let http = builder(connect, SILENCE, credential).build().map_err(ClientError::Unreachable)?;
        Ok(Self { url: format!("{}{}", base.root(), paths::EVENTS), http, last, stream: None })
    }

    /// Waits for the next notice, connecting if need be. Asked again after an error it
    /// connects again and goes on where it was; the caller waits in between. May be
    /// dropped while it waits.
    ///
    /// # Errors
    ///
    /// When the connection cannot be made or breaks.
    pub async fn next(&mut self) -> Result<Notice, ClientError> {
        let result = self.advance().await;
        if result.is_err() {
            self.stream = None;
        }
        result
    }

    async fn advance(&mut self) -> Result<Notice, ClientError> {
        loop {
            let stream = match &mut self.stream {
                Some(stream) => stream,
                None => {
                    let response = self.connect().await?;
                    let stream = Stream { response, buffer: Vec::new(), message: Message::default() };
                    self.stream.insert(stream)
                }
            };
            while let Some(line) = stream.take_line() {
                if let Some(notice) = stream.message.read(&line, &mut self.last)? {
                    return Ok(notice);
                }
            }
            let unreadable = |reason: &str| ClientError::Unreadable { reason: reason.to_owned() };
            if stream.buffer.len() > MAX_EVENT_BYTES {
                return Err(unreadable("an event is too long"));
            }
            let chunk = stream.response.chunk().await.map_err(transport)?;
            stream.buffer.extend_from_slice(&chunk.ok_or_else(|| unreadable("the stream of events ended"))?);
        }
    }

    async fn connect(&self) -> Result<Response, ClientError> {
        let mut request = self.http.get(&self.url).header(ACCEPT, "text/event-stream");
        if let Some(last) = self.last {
            request = request.header(LAST_EVENT_ID, last.to_string());
        }
        let response = request.send().await.map_err(transport)?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(ClientError::Refused { status, message: String::new() }),
        }
    }
}

impl Stream {
    /// The first whole line, without its end. Our server ends lines with a line feed;
    /// a proxy in between may have added a carriage return.
    fn take_line(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line);
        Some(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}

impl Message {
    /// Reads one line, as the HTML standard, section 9.2.6 says; the empty one ends a message.
    fn read(&mut self, line: &str, last: &mut Option<EventId>) -> Result<Option<Notice>, ClientError> {
        if line.is_empty() {
            let message = std::mem::take(self);
            // An id counts also where no data comes with it.
            *last = message.id.or(*last);
            return message.notice();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = value.parse().ok(),
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push_str(value),
            // Comments keep the connection alive; `retry` is for browsers.
            _ => {}
        }
        Ok(None)
    }

    fn notice(self) -> Result<Option<Notice>, ClientError> {
        match self.name.as_str() {
            _ if self.data.is_empty() => Ok(None),
            "" | "message" => serde_json::from_str(&self.data)
                .map(|event| Some(Notice::Event(Box::new(event))))
                .map_err(|error| ClientError::Unreadable { reason: error.to_string() }),
            "gap" => Ok(Some(Notice::Gap)),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";

    fn read(lines: &[&str]) -> (Vec<Notice>, Option<EventId>) {
        let (mut message, mut last) = (Message::default(), None);
        let notices = lines.iter().filter_map(|line| message.read(line, &mut last).unwrap()).collect();
        (notices, last)
    }

    #[test]
    fn an_id_without_data_says_where_to_go_on() {
        let (notices, last) = read(&["retry: 1000", &format!("id: {ID}"), ""]);
        assert_eq!((notices, last), (vec![], Some(ID.parse().unwrap())));
    }

    #[test]
    fn a_message_counts_only_when_it_is_whole() {
        let (notices, last) = read(&["event: gap", "data: {}", "", ":", "", &format!("id: {ID}"), "data: {"]);
        assert_eq!((notices, last), (vec![Notice::Gap], None));
    }

    #[test]
    fn what_is_not_an_event_is_an_error() {
        let mut message = Message::default();
        message.read("data: nonsense", &mut None).unwrap();
        assert!(matches!(message.read("", &mut None), Err(ClientError::Unreadable { .. })));
    }
}
