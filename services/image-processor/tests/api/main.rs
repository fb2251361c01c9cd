//! image-processor over real HTTP, on the production composition, with a real image-cache.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test looks at files that the service wrote, and one that cannot go on should panic"
)]

mod caching;
mod description;
mod documents;
mod fake_cache;
mod following;
mod lies;
mod load;
mod names;
mod negotiation;
mod options;
mod outages;
mod rates;
mod test_app;
mod tracing;
mod transforms;
