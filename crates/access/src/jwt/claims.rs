//! What a token must say, and what is taken from it.

use domain::Owner;
use serde_json::Value;

use super::InvalidToken;
use super::json::Object;
use crate::{Holder, Scopes};

/// The last second that is counted with, in the year 9999, so that sums stay small.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// What a token must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Who may have issued it; if none, it is not asked, and then the key alone says.
    pub issuers: Vec<String>,
    /// For whom it must be; if none, it must be for nobody in particular.
    pub audiences: Vec<String>,
    /// By how many seconds clocks may differ.
    pub leeway: u64,
    /// For how many seconds it may be valid, from its beginning to its end.
    pub max_lifetime: u64,
    /// The claim that says whose it is.
    pub owner_claim: String,
    /// The claim that says what it is good for.
    pub scope_claim: String,
}

/// What is taken from a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is and what it is good for.
    pub holder: Holder,
    /// Until when, in seconds since 1970, without leeway.
    pub expires: u64,
}

impl Rules {
    /// Checks the claims of a token whose signature is right.
    pub(super) fn check(&self, claims: &Object, now: u64) -> Result<Claims, InvalidToken> {
        let expires = seconds(claims, "exp")?.ok_or(InvalidToken::Claim("exp"))?;
        if now >= expires.saturating_add(self.leeway) {
            return Err(InvalidToken::Expired);
        }
        let not_before = seconds(claims, "nbf")?;
        let issued = seconds(claims, "iat")?;
        let begins = [not_before, issued].into_iter().flatten().max();
        if begins.is_some_and(|begins| begins > now.saturating_add(self.leeway)) {
            return Err(InvalidToken::NotYetValid);
        }
        // Without a beginning, it may be valid for so long from now on.
        let longest = issued.or(not_before).unwrap_or(now).saturating_add(self.max_lifetime);
        if expires > longest.saturating_add(self.leeway) {
            return Err(InvalidToken::Lifetime);
        }
        let issuer = self.check_issuer(claims)?;
        self.check_audience(claims)?;
        Ok(Claims {
            holder: Holder { owner: self.owner(claims, issuer)?, scopes: self.scopes(claims)? },
            expires,
        })
    }

    fn check_issuer<'a>(&self, claims: &'a Object) -> Result<&'a str, InvalidToken> {
        let issuer = match claims.get("iss") {
            Some(Value::String(issuer)) => issuer,
            None if self.issuers.is_empty() => "",
            Some(_) | None => return Err(InvalidToken::Claim("iss")),
        };
        if self.issuers.is_empty() || self.issuers.iter().any(|known| known == issuer) {
            Ok(issuer)
        } else {
            Err(InvalidToken::Issuer)
        }
    }

    /// RFC 7519, section 4.1.3: a token for an audience is for nobody else.
    fn check_audience(&self, claims: &Object) -> Result<(), InvalidToken> {
        let named: Vec<&str> = match claims.get("aud") {
            Some(Value::String(audience)) => vec![audience],
            Some(Value::Array(audiences)) => {
                let texts: Option<Vec<&str>> = audiences.iter().map(Value::as_str).collect();
                texts.ok_or(InvalidToken::Claim("aud"))?
            }
            None if self.audiences.is_empty() => return Ok(()),
            Some(_) | None => return Err(InvalidToken::Claim("aud")),
        };
        if self.audiences.iter().any(|us| named.contains(&us.as_str())) {
            Ok(())
        } else {
            Err(InvalidToken::Audience)
        }
    }

    /// The owner; with more than one issuer `issuer|subject`, since two may mean different
    /// people by one subject.
    fn owner(&self, claims: &Object, issuer: &str) -> Result<Owner, InvalidToken> {
        // The name of the claim is a setting, so it is not told.
        let invalid = InvalidToken::Claim("sub");
        let subject = claims.get(&self.owner_claim).and_then(Value::as_str).ok_or(invalid)?;
        let owner = if self.issuers.len() > 1 {
            // The empty subject must not become somebody by the issuer before it.
            Owner::parse(subject).and_then(|_| Owner::parse(&format!("{issuer}|{subject}")))
        } else {
            Owner::parse(subject)
        };
        owner.map_err(|_| invalid)
    }

    /// The scopes: all that an owner has if the token says nothing, else those that it says
    /// and no more.
    fn scopes(&self, claims: &Object) -> Result<Scopes, InvalidToken> {
        let invalid = InvalidToken::Claim("scope");
        match claims.get(&self.scope_claim) {
            None => Ok(Scopes::OWNER),
            Some(Value::String(words)) => Ok(Scopes::known_in(words)),
            Some(Value::Array(words)) => {
                let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
                Ok(Scopes::known_in(&words.ok_or(invalid)?.join(" ")))
            }
            Some(_) => Err(invalid),
        }
    }
}

/// A point in time (RFC 7519, section 2, NumericDate), rounded down to seconds.
fn seconds(claims: &Object, name: &'static str) -> Result<Option<u64>, InvalidToken> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = match value {
        Value::Number(number) => number.as_f64(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match seconds {
        Some(seconds) if (0.0..=LAST_SECOND).contains(&seconds) => Ok(Some(whole(seconds))),
        Some(_) | None => Err(InvalidToken::Claim(name)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to LAST_SECOND fits")]
fn whole(seconds: f64) -> u64 {
    seconds as u64
}
