//! What tests share: images made in code, multipart bodies, waiting for a condition,
//! running processes, a broker, a gate in front of it, an S3 server, a server that misbehaves. For tests only.

#![expect(clippy::expect_used, reason = "a test that cannot go on should panic")]
#![expect(clippy::disallowed_methods, reason = "tests look at files that services wrote")]

pub mod bad_upstream;
pub mod gate;
pub mod images;
pub mod mosquitto;
pub mod multipart;
mod port;
pub mod process;
pub mod redis;
pub mod versitygw;
pub mod wait;
