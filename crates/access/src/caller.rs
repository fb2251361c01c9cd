//! Who asks.

use domain::Owner;

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Whoever runs the store, who may do everything. Without access control this is
    /// everyone who reaches it.
    Operator,
}

impl Caller {
    /// Whose the things are that the caller adds, and which of several albums of one name
    /// the caller means.
    pub fn owner(&self) -> &Owner {
        match self {
            Self::Operator => &Owner::NOBODY,
        }
    }
}
