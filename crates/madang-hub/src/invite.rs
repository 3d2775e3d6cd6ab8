//! Invite codes: made here, shown once, kept as a hash alone (SE5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madang_protocol::ErrorCode;
use madang_session::Rejection;
use madang_store::{InviteRow, SecretHash};
use tokio::sync::oneshot;

use crate::Hub;
use crate::hub::store_rejection;
use crate::live::ToLive;

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

impl Hub {
    /// Whether the maker of a link may still let people in with its role: asked of its session, as joining by it is, so
    /// that whoever looks at it or signs up by it is told the same. That the link holds was looked at before. Of a link
    /// that leads to no session there is nothing to ask here.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE when the session can't be opened or the store can't be read.
    pub async fn link_stands(&self, link: &InviteRow) -> Result<bool, Rejection> {
        let Some(session) = link.session else { return Ok(true) };
        if self.is_suspended(link.by).await.map_err(|error| store_rejection(&error))? {
            return Ok(false);
        }
        let (reply, wait) = oneshot::channel();
        self.send(session, ToLive::LinkStands { by: link.by, role: link.role, reply }).await?;
        let lost = || {
            Err(Rejection::new(ErrorCode::ServiceUnavailable, "The session could not be read. Try again."))
        };
        match wait.await.unwrap_or_else(|_| lost()) {
            // The session is gone: so is all that leads there.
            Err(rejection) if rejection.code == ErrorCode::NotFound => Ok(false),
            told => told,
        }
    }
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
