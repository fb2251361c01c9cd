//! One breaker for every call to image-cache: while it is away nobody waits for it.
//!
//! A call that is answered, with whatever status, shows that image-cache lives. One that is
//! refused a connection shows that it is away. One that waits for long makes the breaker look:
//! it asks for image-cache's health, one question at a time, and if that is not answered
//! either, everyone who waits is told at once. From then on it asks again and again until it
//! is answered, and until then lets nobody through.

use std::sync::Arc;
use std::time::Duration;

use client::{ClientError, ImageCacheClient};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// How long a call may wait before the breaker looks whether image-cache lives, and again.
const SUSPECT_AFTER: Duration = Duration::from_millis(80);
const SUSPECT_AGAIN: Duration = Duration::from_secs(1);
/// How long the question for its health may wait before everyone is told. Counted in ticks
/// and not by the clock: where this process itself gets no time, neither does image-cache
/// beside it, and that is no reason to take it for dead.
const TICK: Duration = Duration::from_millis(15);
const TICKS: u32 = 12;
/// How long one question may take, and the pause before the next.
const QUESTION: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// Whether image-cache is taken to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Down,
}

/// The breaker. Cloning it gives another handle.
#[derive(Clone)]
pub(crate) struct Breaker {
    shared: Arc<Shared>,
}

struct Shared {
    client: ImageCacheClient,
    state: watch::Sender<State>,
    /// Where its health is asked for, since the runtime of a caller may end before.
    runtime: Handle,
    /// Held by the one who asks for its health.
    asking: Semaphore,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("image-cache cannot be reached")]
    Away,
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Breaker {
    pub(crate) fn new(client: ImageCacheClient) -> Self {
        let state = watch::Sender::new(State::Up);
        let shared = Shared { client, state, runtime: Handle::current(), asking: Semaphore::new(1) };
        Self { shared: Arc::new(shared) }
    }

    /// The client whose calls this breaker guards.
    pub(crate) fn client(&self) -> &ImageCacheClient {
        &self.shared.client
    }

    /// Waits for the answer of a call, as long as image-cache is there.
    pub(crate) async fn call<T>(
        &self,
        answer: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, CallError> {
        let mut state = self.shared.state.subscribe();
        if *state.borrow_and_update() == State::Down {
            return Err(CallError::Away);
        }
        let mut answer = std::pin::pin!(answer);
        let mut patience = SUSPECT_AFTER;
        loop {
            tokio::select! {
                answer = &mut answer => return self.note(answer),
                _ = state.wait_for(|state| *state == State::Down) => return Err(CallError::Away),
                () = sleep(patience) => {
                    patience = SUSPECT_AGAIN;
                    self.look();
                }
            }
        }
    }

    /// Whether image-cache answers, for readiness. Waits no longer than `within`.
    pub(crate) async fn is_there(&self, within: Duration) -> Result<(), CallError> {
        timeout(within, self.call(self.shared.client.health())).await.unwrap_or(Err(CallError::Away))
    }

    fn note<T>(&self, answer: Result<T, ClientError>) -> Result<T, CallError> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(ClientError::Unreachable(error)) => {
                log::debug!("call image-cache: {error}");
                self.look();
                Err(CallError::Away)
            }
            Err(error) => Err(CallError::Client(error)),
        }
    }

    /// Asks for image-cache's health in the background, unless somebody is at it.
    fn look(&self) {
        let shared = Arc::clone(&self.shared);
        self.shared.runtime.spawn(async move {
            let Ok(_asking) = shared.asking.try_acquire() else { return };
            shared.ask_until_answered().await;
        });
    }
}

impl Shared {
    async fn ask_until_answered(&self) {
        while !self.ask().await {
            sleep(PAUSE).await;
        }
        if self.state.send_replace(State::Up) == State::Down {
            log::info!("image-cache is back");
        }
    }

    /// Asks once whether image-cache lives. Everyone is told that it is away as soon as the
    /// answer is overdue.
    async fn ask(&self) -> bool {
        let mut health = std::pin::pin!(timeout(QUESTION, self.client.health()));
        let overdue = async {
            for _ in 0..TICKS {
                sleep(TICK).await;
            }
        };
        let answer = tokio::select! {
            answer = &mut health => answer,
            () = overdue => {
                self.note_away();
                health.await
            }
        };
        match answer {
            // A refusal is an answer too.
            Ok(Ok(()) | Err(ClientError::Refused { .. })) => true,
            Ok(Err(_)) | Err(_) => {
                self.note_away();
                false
            }
        }
    }

    fn note_away(&self) {
        if self.state.send_replace(State::Down) == State::Up {
            log::warn!("image-cache is away; what is known is served stale, and the rest is 503");
        }
    }
}
