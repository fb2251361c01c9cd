//! What a credential is good for.

use std::fmt;
use std::str::FromStr;

/// One thing that a credential may be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// Reading and listing.
    Read = 1,
    /// Uploading, renaming, moving, changing visibility.
    Write = 2,
    /// Deleting.
    Delete = 4,
    /// Making links and API keys.
    Share = 8,
    /// Reading metrics.
    Metrics = 16,
    /// Everything, of every owner.
    Admin = 32,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Write, Self::Delete, Self::Share, Self::Metrics, Self::Admin];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Share => "share",
            Self::Metrics => "metrics",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of scopes, written as words between spaces.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

/// A word is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a scope; the scopes are read, write, delete, share, metrics and admin")]
pub struct InvalidScopes {
    word: String,
}

impl Scopes {
    /// None.
    pub const NONE: Self = Self(0);
    /// What an owner may do with what is theirs: read, write, delete and share.
    pub const OWNER: Self =
        Self(Scope::Read as u8 | Scope::Write as u8 | Scope::Delete as u8 | Scope::Share as u8);

    /// Whether `scope` is among them. [`Scope::Admin`] stands for all.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (scope as u8 | Scope::Admin as u8) != 0
    }

    /// Whether `scope` itself is among them, and not only stood for.
    pub fn names(self, scope: Scope) -> bool {
        self.0 & scope as u8 != 0
    }

    /// With `scope` among them.
    #[must_use]
    pub fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope as u8)
    }

    /// Whether each of these is among `others` too.
    pub fn within(self, others: Self) -> bool {
        Scope::ALL.into_iter().all(|scope| self.0 & scope as u8 == 0 || others.has(scope))
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes among words between spaces; words that are no scope are passed over, as
    /// in a token that is for several services.
    pub fn known_in(text: &str) -> Self {
        text.split_ascii_whitespace().filter_map(scope).fold(Self::NONE, Self::with)
    }
}

impl FromStr for Scopes {
    type Err = InvalidScopes;

    /// Reads words between spaces or commas, each of which must be a scope.
    fn from_str(text: &str) -> Result<Self, InvalidScopes> {
        text.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|word| !word.is_empty()).try_fold(
            Self::NONE,
            |scopes, word| {
                scope(word)
                    .map(|scope| scopes.with(scope))
                    .ok_or_else(|| InvalidScopes { word: word.chars().take(64).collect() })
            },
        )
    }
}

fn scope(word: &str) -> Option<Scope> {
    Scope::ALL.into_iter().find(|scope| scope.as_str() == word)
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for scope in Scope::ALL {
            if self.0 & scope as u8 != 0 {
                write!(f, "{space}{scope}")?;
                space = " ";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_survive_the_round_trip_through_text() {
        let scopes = "write,read metrics".parse::<Scopes>().unwrap();
        assert_eq!(scopes.to_string(), "read write metrics");
        assert_eq!(scopes.to_string().parse(), Ok(scopes));
        assert!(scopes.has(Scope::Read) && !scopes.has(Scope::Delete) && !scopes.is_empty());
    }

    #[test]
    fn a_word_that_is_no_scope_is_refused_or_passed_over() {
        assert!("read Read".parse::<Scopes>().unwrap_err().to_string().starts_with("`Read` is not a scope"));
        assert_eq!(Scopes::known_in("openid read profile email"), Scopes::NONE.with(Scope::Read));
        assert!(Scopes::known_in("openid profile").is_empty());
    }

    #[test]
    fn admin_has_every_scope_and_lies_in_no_other() {
        let admin = Scopes::NONE.with(Scope::Admin);
        assert!(Scope::ALL.into_iter().all(|scope| admin.has(scope)));
        assert!(Scopes::OWNER.within(admin) && !admin.within(Scopes::OWNER));
        assert!(!Scopes::NONE.with(Scope::Metrics).within(Scopes::OWNER));
    }
}
