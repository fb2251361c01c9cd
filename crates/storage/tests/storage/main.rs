//! Stores: what all promise, and what one in a folder with SQLite does besides.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test looks at files that the store wrote, and one that cannot go on should panic"
)]

mod damage;
mod expiry;
mod folder_and_sqlite;
mod older_folders;
mod suite;
