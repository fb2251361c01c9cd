//! Bodies about presets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The presets of an image-processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresetList {
    /// The options of each, as in a query, by its name.
    #[schema(example = json!({"card": "width=300&height=200"}))]
    pub presets: BTreeMap<String, String>,
}
