//! One connection to a broker, from its beginning to its first error.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt as _};
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{Outgoing, Transport};
use tokio::time::{Instant, timeout_at};

use crate::broker::WINDOW;
use crate::error::{BrokerError, Stage};

/// How long the parting words may take.
const PARTING: Duration = Duration::from_secs(1);

/// How long to wait for a broker.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection, from the name's resolution to the broker's consent.
    pub connect: Duration,
    /// For the next acknowledgement.
    pub progress: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), progress: Duration::from_secs(10) }
    }
}

/// One connection, which is made when it is first asked for an event.
///
/// The library's event loop must not be dropped in the middle of a poll: it may then have
/// counted a message as sent that it has not written, or have written one and not flushed
/// it. So the event loop lives inside a stream, and with it the poll that is under way.
/// Whoever waits for an event in a `select!` drops only the wait; the next wait goes on
/// with the same poll. And when the stream is dropped the whole connection is, so nothing
/// half done is ever used again. There is no task that could outlive its owner, and no
/// queue but the library's own, which holds one window.
///
/// The price is that a connection lives only while someone waits for its events. Publisher
/// and subscriber are made to be waited for all the time.
pub(crate) struct Connection {
    client: AsyncClient,
    events: Pin<Box<dyn Stream<Item = Result<Event, ConnectionError>> + Send>>,
    stage: Stage,
    limits: Limits,
    deadline: Option<Instant>,
    begun: bool,
}

impl Connection {
    pub(crate) fn new(options: &MqttOptions, limits: Limits) -> Self {
        let (client, events) = AsyncClient::new(options.clone(), usize::from(WINDOW));
        let tls = matches!(options.transport(), Transport::Tls(_));
        Self {
            client,
            events: Box::pin(polled(events)),
            stage: Stage { accepted: false, tls },
            limits,
            deadline: None,
            begun: false,
        }
    }

    /// Through which to ask for something to be sent. At most [`WINDOW`] requests wait.
    pub(crate) fn client(&self) -> &AsyncClient {
        &self.client
    }

    /// Whether the broker has accepted it.
    pub(crate) fn is_accepted(&self) -> bool {
        self.stage.accepted
    }

    /// Waits until the broker has accepted it.
    pub(crate) async fn accepted(&mut self) -> Result<(), BrokerError> {
        while !self.is_accepted() {
            self.next().await?;
        }
        Ok(())
    }

    /// From here an acknowledgement is due in the time of the limits.
    pub(crate) fn expect_progress(&mut self) {
        self.deadline = Some(Instant::now() + self.limits.progress);
    }

    /// From here nothing is due.
    pub(crate) fn expect_nothing(&mut self) {
        self.deadline = None;
    }

    /// What came or went next. May be dropped while it waits, and called again.
    ///
    /// # Errors
    ///
    /// When the connection fails, or what is due does not come. Then it is of no more use.
    pub(crate) async fn next(&mut self) -> Result<Event, BrokerError> {
        if !self.begun {
            self.begun = true;
            self.deadline = Some(Instant::now() + self.limits.connect);
        }
        let next = self.events.next();
        let next = match self.deadline {
            Some(deadline) => timeout_at(deadline, next).await.map_err(|_| BrokerError::TimedOut)?,
            None => next.await,
        };
        let event = match next {
            Some(Ok(event)) => event,
            Some(Err(error)) => return Err(BrokerError::new(error, self.stage)),
            None => return Err(BrokerError::Lost { reason: "it was used after its end".to_owned() }),
        };
        if matches!(event, Event::Incoming(Packet::ConnAck(_))) {
            self.stage.accepted = true;
            self.expect_nothing();
        }
        Ok(event)
    }

    /// Takes leave of the broker, so that it knows that nothing went wrong.
    pub(crate) async fn end(mut self) {
        if !self.is_accepted() || self.client.try_disconnect().is_err() {
            return;
        }
        let parting = async {
            while let Ok(event) = self.events.next().await.transpose() {
                if matches!(event, None | Some(Event::Outgoing(Outgoing::Disconnect))) {
                    break;
                }
            }
        };
        // A broker that does not listen need not be told.
        let _ = tokio::time::timeout(PARTING, parting).await;
    }
}

/// The events of the event loop until its first error, and then the error. It would
/// connect again after one and send again what it thinks is lost, so it is not asked again.
fn polled(events: EventLoop) -> impl Stream<Item = Result<Event, ConnectionError>> + Send {
    stream::unfold(Some(Polled::Working(Box::new(events))), |polled| async {
        match polled? {
            Polled::Working(mut events) => match events.poll().await {
                Ok(event) => Some((Ok(event), Some(Polled::Working(events)))),
                Err(error) => Some(last(std::mem::take(&mut events.state.events), error)),
            },
            Polled::Failed(left, error) => Some(last(left, error)),
        }
    })
}

enum Polled {
    Working(Box<EventLoop>),
    Failed(VecDeque<Event>, ConnectionError),
}

/// It fails as soon as it cannot write, even if it has read packets that it has not handed
/// out. An acknowledgement among them counts, so they come before the error.
fn last(
    mut left: VecDeque<Event>,
    error: ConnectionError,
) -> (Result<Event, ConnectionError>, Option<Polled>) {
    match left.pop_front() {
        Some(event) => (Ok(event), Some(Polled::Failed(left, error))),
        None => (Err(error), None),
    }
}
