//! Who asks.

use std::fmt;

use domain::{AlbumId, Owner};

use crate::link::Link;
use crate::{KeyId, Scopes};

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Whoever runs the store, who may do everything: the holder of the admin key. Without
    /// access control this is everyone who reaches the store.
    Operator,
    /// Somebody who shows nothing.
    Anonymous,
    /// The subject of a token.
    User(Holder),
    /// The holder of an API key.
    Key {
        /// The key.
        id: KeyId,
        /// Whose it is and what it is good for.
        holder: Holder,
        /// The only album that it is good for, if it is for one.
        album: Option<AlbumId>,
    },
    /// The holder of a signed link, which is good for what it is to.
    Link(Link),
    /// One of our services, which reads for its own callers and changes nothing.
    Service,
}

/// Somebody with a name, and what their credential is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who it is.
    pub owner: Owner,
    /// What the credential is good for.
    pub scopes: Scopes,
}

impl Caller {
    /// Whose the things are that the caller adds, and which of several albums of one name
    /// the caller means.
    pub fn owner(&self) -> &Owner {
        match self {
            Self::User(holder) | Self::Key { holder, .. } => &holder.owner,
            Self::Operator | Self::Anonymous | Self::Link(_) | Self::Service => &Owner::NOBODY,
        }
    }
}

/// For logs: who it was, and nothing that opens anything.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::User(holder) => write!(f, "user:{}", holder.owner),
            Self::Key { id, holder, .. } => write!(f, "key:{id}:{}", holder.owner),
            Self::Link(link) => write!(f, "link:{}:{}", link.kid, link.scope),
            Self::Service => f.write_str("service"),
        }
    }
}
