//! Secrets: those that are configured, and the opaque tokens that this server gives out.
//!
//! A token is shown once and stored as a hash; it must never be in a log, an error or a file of ours.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madang_store::SecretHash;
use serde::{Deserialize, Serialize, Serializer};

/// What the token of a login starts with, so that a leaked one is recognised by scanners.
pub const LOGIN_PREFIX: &str = "mdl1.";
/// What a personal API token starts with.
pub const TOKEN_PREFIX: &str = "mdp1.";
/// What the code of an invite link starts with.
pub const INVITE_PREFIX: &str = "mdi1.";
/// What the one-use token of the first administrator starts with.
pub const BOOTSTRAP_PREFIX: &str = "mdb1.";
/// Bytes of the longest opaque token that is looked at; ours have 48.
pub const OPAQUE_BYTES_MAX: usize = 64;

/// A secret of the configuration. It can be used, but not printed: shown or serialised it is `(hidden)`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret; spaces and line ends around it are dropped, as files tend to have them.
    #[must_use]
    pub fn new(text: &str) -> Secret {
        Secret(text.trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.trim()
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(hidden)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A new token of 256 random bits.
#[must_use]
pub fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::<32>()))
}

/// What is stored of a token, and by what it is found again: BLAKE3 of its whole text.
#[must_use]
pub fn hash_of(token: &str) -> SecretHash {
    *blake3::hash(token.as_bytes()).as_bytes()
}

/// So many random bytes.
///
/// # Panics
/// When the operating system has no randomness to give: no secret of ours would be one then.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// A password for someone to be told: 20 letters and digits that are hard to mistake for one another, 99 bits.
#[must_use]
pub fn generated_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<u8> = random::<20>().iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
    let groups: Vec<_> = letters.chunks(5).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown_and_tokens_differ() {
        let secret = Secret::new(" hush\n");
        assert_eq!(secret.expose(), "hush");
        assert_eq!(
            format!("{secret:?} {}", serde_json::to_string(&secret).unwrap()),
            "Secret(…) \"(hidden)\""
        );
        let (one, two) = (fresh(LOGIN_PREFIX), fresh(LOGIN_PREFIX));
        assert_ne!(one, two);
        assert_eq!(one.len(), 5 + 43);
        assert_ne!(hash_of(&one), hash_of(&two));
        assert_eq!(generated_password().len(), 23);
    }
}
