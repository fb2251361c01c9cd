//! The crate as the services use it.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod examples;
mod links;
mod policy;
mod tokens;
