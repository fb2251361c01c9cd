//! The messages of some events: what is to be sent, is on its way, is acknowledged.

use std::collections::VecDeque;

use api::events::CloudEvent;
use domain::Event;

use crate::broker::{Topic, WINDOW};

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: Topic,
    pub(crate) payload: Vec<u8>,
}

/// Events on their way. Their messages leave in order, and at most a window of them is on
/// its way at once.
pub(crate) struct Batch<'a> {
    events: &'a [Event],
    /// How many events have been taken apart into messages.
    taken: usize,
    /// Messages of the last event taken, not yet sent.
    ready: VecDeque<Message>,
    /// From the first message that is not acknowledged to the last that was sent.
    under_way: VecDeque<Delivery>,
}

struct Delivery {
    /// Which of the events it belongs to.
    event: usize,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    /// Given to the library, which has not said under which id it goes.
    Queued,
    Sent(u16),
    Acknowledged,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(events: &'a [Event]) -> Self {
        Self { events, taken: 0, ready: VecDeque::new(), under_way: VecDeque::new() }
    }

    /// The next message to send, unless the window is full or there is none.
    ///
    /// # Errors
    ///
    /// When an event cannot be written as JSON.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, serde_json::Error> {
        if self.under_way.len() >= usize::from(WINDOW) {
            return Ok(None);
        }
        if self.ready.is_empty()
            && let Some(event) = self.events.get(self.taken)
        {
            self.ready = messages(event)?;
            self.taken += 1;
        }
        let message = self.ready.pop_front();
        if message.is_some() {
            self.under_way.push_back(Delivery { event: self.taken - 1, state: State::Queued });
        }
        Ok(message)
    }

    /// The library has sent the first message that it had not, under this id.
    pub(crate) fn sent(&mut self, id: u16) {
        if let Some(delivery) = self.under_way.iter_mut().find(|delivery| delivery.state == State::Queued) {
            delivery.state = State::Sent(id);
        }
    }

    /// The broker has the message with this id. Ids are used again as soon as they are
    /// acknowledged, and brokers need not acknowledge in order.
    pub(crate) fn acknowledge(&mut self, id: u16) {
        if let Some(delivery) = self.under_way.iter_mut().find(|delivery| delivery.state == State::Sent(id)) {
            delivery.state = State::Acknowledged;
        }
        while self.under_way.front().is_some_and(|delivery| delivery.state == State::Acknowledged) {
            self.under_way.pop_front();
        }
    }

    /// Whether the broker has all messages of all events.
    pub(crate) fn is_done(&self) -> bool {
        self.acknowledged() == self.events.len()
    }

    /// Of how many events, from the first on, the broker has all messages.
    pub(crate) fn acknowledged(&self) -> usize {
        match self.under_way.front() {
            Some(delivery) => delivery.event,
            // The messages of the last event taken that are still to be sent.
            None if !self.ready.is_empty() => self.taken - 1,
            None => self.taken,
        }
    }
}

/// The sentences of an event, and then the event itself.
fn messages(event: &Event) -> Result<VecDeque<Message>, serde_json::Error> {
    let sentences = event.change.sentences().into_iter();
    let mut messages: VecDeque<_> = sentences
        .map(|sentence| Message { topic: Topic::Notifier, payload: sentence.into_bytes() })
        .collect();
    let payload = serde_json::to_vec(&CloudEvent::from(event))?;
    messages.push_back(Message { topic: Topic::Events, payload });
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use domain::{Change, EventId, ImageId, Name, Owner, Place};
    use uuid::Uuid;

    use super::*;

    fn event(change: Change) -> Event {
        Event { id: EventId::BEGINNING, time: UNIX_EPOCH, owner: Owner::NOBODY, change }
    }

    fn created(count: usize) -> Vec<Event> {
        let change = |number| Change::AlbumCreated { album: Name::parse(&format!("a{number}")).unwrap() };
        (0..count).map(|number| event(change(number))).collect()
    }

    /// Sends what may be sent, with ids from `first` on, and says how many messages that was.
    fn send(batch: &mut Batch<'_>, first: u16) -> u16 {
        let mut id = first;
        while batch.next().unwrap().is_some() {
            batch.sent(id);
            id += 1;
        }
        id - first
    }

    #[test]
    fn an_event_is_acknowledged_when_all_its_messages_and_all_events_before_it_are() {
        let events = created(2);
        let mut batch = Batch::new(&events);
        assert_eq!(send(&mut batch, 1), 4);
        for (id, acknowledged) in [(1, 0), (3, 0), (4, 0), (2, 2)] {
            batch.acknowledge(id);
            assert_eq!(batch.acknowledged(), acknowledged, "after {id}");
        }
        assert!(batch.is_done());
    }

    #[test]
    fn no_more_than_a_window_is_on_its_way() {
        let events = created(40);
        let mut batch = Batch::new(&events);
        assert_eq!(send(&mut batch, 1), WINDOW);
        batch.acknowledge(2);
        assert_eq!(send(&mut batch, 2), 0, "the first is still on its way");
        batch.acknowledge(1);
        assert_eq!(batch.acknowledged(), 1);
        assert_eq!(send(&mut batch, 1), 2, "ids are used again");
    }

    #[test]
    fn an_event_that_is_half_sent_is_not_acknowledged() {
        let events = created(1);
        let mut batch = Batch::new(&events);
        assert_eq!(batch.next().unwrap().unwrap().topic, Topic::Notifier);
        batch.sent(1);
        batch.acknowledge(1);
        assert_eq!(batch.acknowledged(), 0);
        assert!(!batch.is_done());
        assert_eq!(send(&mut batch, 2), 1);
        batch.acknowledge(2);
        assert!(batch.is_done());
    }

    #[test]
    fn an_event_without_a_sentence_is_still_an_event() {
        let at = Place { album: None, name: "x".to_owned() };
        let image = ImageId::from_uuid(Uuid::nil());
        let events = [event(Change::ImageDeleted { image, at, with_album: true })];
        let mut batch = Batch::new(&events);
        assert_eq!(batch.next().unwrap().unwrap().topic, Topic::Events);
        assert_eq!(batch.next().unwrap(), None);
        assert!(Batch::new(&[]).is_done());
    }
}
