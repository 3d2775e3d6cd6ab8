//! A guest's credential: an id, a date and a keyed hash over both. Nothing is stored for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madang_protocol::{UnixMs, UserId};

/// What the text form starts with, so that a leaked one is recognised by scanners.
const PREFIX: &str = "mdg1";
/// Separates this use of the server's key from any other.
const CONTEXT: &str = "madang 2026-11 guest credential v1";
/// Bytes of the longest text that is looked at.
const TEXT_BYTES_MAX: usize = 128;

/// Why a credential is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours.
    #[error("the credential is not valid")]
    Invalid,
    /// One of ours, too old.
    #[error("the credential has run out")]
    Expired,
}

/// Signs and checks guests' credentials.
pub struct GuestKey {
    key: [u8; 32],
    life_ms: u64,
}

impl GuestKey {
    /// Derives the key from the server's secret; credentials hold for `life_ms`.
    #[must_use]
    pub fn new(secret: &[u8; 32], life_ms: u64) -> GuestKey {
        GuestKey { key: blake3::derive_key(CONTEXT, secret), life_ms }
    }

    /// How long a credential holds, in milliseconds.
    #[must_use]
    pub fn life_ms(&self) -> u64 {
        self.life_ms
    }

    /// Whether a text claims to be a guest's credential.
    #[must_use]
    pub fn is_ours(text: &str) -> bool {
        text.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Makes a credential: `mdg1.ID.DATE.SIGNATURE`, safe in headers, cookies and queries.
    #[must_use]
    pub fn sign(&self, user: UserId, now: UnixMs) -> String {
        let id = user.to_string();
        let signed = format!("{PREFIX}.{}.{:x}", id.trim_start_matches(UserId::PREFIX), now.0);
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&signed).as_bytes());
        format!("{signed}.{mac}")
    }

    /// Checks a credential, in time that does not depend on how wrong it is.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] unless it was signed with this key, [`TokenError::Expired`] after its time.
    pub fn verify(&self, token: &str, now: UnixMs) -> Result<UserId, TokenError> {
        if token.len() > TEXT_BYTES_MAX {
            return Err(TokenError::Invalid);
        }
        let (signed, mac) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        // `blake3::Hash` compares in constant time.
        if self.mac(signed) != blake3::Hash::from(mac.ok_or(TokenError::Invalid)?) {
            return Err(TokenError::Invalid);
        }
        let mut fields = signed.split('.');
        let (Some(PREFIX), Some(id), Some(date), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(TokenError::Invalid);
        };
        let user = format!("{}{id}", UserId::PREFIX).parse().map_err(|_| TokenError::Invalid)?;
        let date = u64::from_str_radix(date, 16).map_err(|_| TokenError::Invalid)?;
        if now.since(UnixMs(date)) > self.life_ms { Err(TokenError::Expired) } else { Ok(user) }
    }

    fn mac(&self, signed: &str) -> blake3::Hash {
        blake3::keyed_hash(&self.key, signed.as_bytes())
    }
}
