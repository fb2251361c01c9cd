//! Publishing to a real mosquitto and listening to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod certificates;
mod hanging;
mod listening;
mod publishing;
mod refusals;
mod support;
