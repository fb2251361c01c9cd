//! What a user of the cache would notice, on real files.
#![expect(clippy::disallowed_methods, reason = "the tests damage the files of the cache")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where it fails, in its helpers too"
)]

mod made_once;
mod memory;
mod remote;
mod removal;
mod shelf;
mod support;
mod tiers;
mod volume_bound;
mod volume_damage;
