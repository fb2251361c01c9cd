//! image-cache over real HTTP, on the production composition.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test looks at files that the service wrote, and one that cannot go on should panic"
)]

mod access;
mod albums;
mod connections;
mod contract;
mod cors;
mod crash;
mod documents;
mod errors;
mod events;
mod images;
mod model;
mod names;
mod notifications;
mod stop;
mod storage_faults;
mod test_app;
mod typed_client;
mod uploads;
