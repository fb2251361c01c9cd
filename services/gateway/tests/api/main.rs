//! The gateway over real HTTP, in front of real services and in front of bad ones.

#![expect(clippy::disallowed_methods, reason = "a test writes the files that it is about")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod abuses;
mod access;
mod bad_upstreams;
mod console;
mod documents;
mod everything;
mod nginx;
mod processors;
mod test_app;
mod uploads;
