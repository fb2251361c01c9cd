//! Bodies about health.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The process is alive.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    pub status: String,
}

/// Whether the process can do its work, with one entry for each thing it depends on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// `ready`, or `unavailable` when a needed check fails or the process is stopping.
    #[schema(example = "ready")]
    pub status: String,
    /// The checks by name.
    pub checks: BTreeMap<String, CheckResult>,
}

/// The result of one check.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckResult {
    /// `ok`, `degraded` (work goes on without it) or `failed`.
    #[schema(example = "ok")]
    pub status: String,
    /// What is wrong; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
