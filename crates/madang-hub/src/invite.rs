//! Invite codes: made here, shown once, kept as a hash alone (SE5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madang_store::SecretHash;

/// What every code begins with, so that people and scanners tell it from other secrets; `1` is the kind's version.
const PREFIX: &str = "mdi1.";
/// Random bytes of a code: 160 bits can't be guessed, and the link stays short.
const RANDOM_BYTES: usize = 20;
/// Bytes of the longest text that is looked up as a code; ours have 32.
const CODE_BYTES_MAX: usize = 64;

/// Makes a code of random bytes.
pub(crate) fn code(random: [u8; RANDOM_BYTES]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))
}

/// Whether a text has the shape of a code; whether it lets anybody in is the store's knowledge.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() <= CODE_BYTES_MAX && text.strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty())
}

/// What is stored of a code: its BLAKE3 hash. A code has 160 random bits, so no salt and no slow hash is needed.
#[must_use]
pub fn invite_hash(code: &str) -> SecretHash {
    *blake3::hash(code.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn se5_a_code_has_one_shape() {
        let code = code([255; RANDOM_BYTES]);
        assert_eq!(code, "mdi1.__________________________8");
        assert!(is_code(&code));
        for other in ["", "mdi1.", "mdi2.x", "ses_1", &code[1..], &format!("mdi1.{}", "x".repeat(60))] {
            assert!(!is_code(other), "{other:?}");
        }
        assert_ne!(invite_hash(&code), invite_hash("mdi1.AAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }
}
