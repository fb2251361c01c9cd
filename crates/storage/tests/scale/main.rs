//! Stores on real servers: what all stores promise, and what those on a bucket do besides.
//! `make test-scale` runs them, and `make setup-scale` installs the servers.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test looks at files that the server wrote, and one that cannot go on should panic"
)]

mod bucket_and_sqlite;
mod starts;
#[path = "../storage/suite/mod.rs"]
mod suite;
