//! Signing in at an identity provider: OpenID Connect, authorization code with PKCE.
//!
//! What has begun is kept in the browser, signed, so that nobody can fill this server's memory with logins.

mod provider;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use madang_protocol::{AuditKind, ErrorCode, LoginId, UnixMs, UserId};
use madang_store::Subject;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::accounts::{Accounts, By, Step};
use crate::embedded::Newcomer;
use crate::fetch::Fetcher;
use crate::login::LoggedIn;
use crate::{Refusal, Settings, names};
use provider::{Identity, Remote};

/// Bytes of what the browser brings back at most.
const STARTED_BYTES_MAX: usize = 4096;
/// Bytes of a path to return to at most; a longer one is dropped.
const RETURN_BYTES_MAX: usize = 1024;

/// The providers, and the key that signs what has begun.
pub(crate) struct Oidc {
    providers: Vec<Remote>,
    key: [u8; 32],
    life_ms: u64,
}

/// What a login needs to begin.
#[derive(Debug, Clone, Default)]
pub struct Begin {
    /// The address of ours that the provider sends the browser back to.
    pub redirect_uri: String,
    /// The path of ours to go to in the end; one that leaves this server is dropped.
    pub return_to: String,
    /// A guest, whose id a new account takes.
    pub guest: Option<UserId>,
    /// A person who adds this identity to their account.
    pub link: Option<UserId>,
}

/// A login that has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where the browser goes.
    pub location: String,
    /// What it keeps meanwhile, in a cookie.
    pub kept: String,
    /// For so many milliseconds.
    pub life_ms: u64,
}

/// What the provider sends the browser back with.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Returned {
    /// Tells this login from others.
    #[serde(default)]
    pub state: String,
    /// What the tokens are had for.
    #[serde(default)]
    pub code: String,
    /// Why there is no code.
    #[serde(default)]
    pub error: Option<String>,
    /// Who sends it (RFC 9207).
    #[serde(default)]
    pub iss: Option<String>,
}

/// A login that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The login; none when an identity was added to an account.
    pub logged_in: Option<LoggedIn>,
    /// The path to go to.
    pub return_to: String,
}

/// What has begun, as the browser keeps it.
#[derive(Serialize, Deserialize)]
struct Started {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    redirect_uri: String,
    return_to: String,
    guest: Option<UserId>,
    link: Option<UserId>,
    until: UnixMs,
}

impl Oidc {
    pub(crate) fn new(settings: &Settings, fetcher: &Fetcher) -> Oidc {
        let providers = settings.oidc.iter().map(|one| Remote::new(one, settings, fetcher)).collect();
        Oidc { providers, key: crate::secret::random(), life_ms: settings.oidc_ms }
    }

    fn provider(&self, id: &str) -> Result<&Remote, Refusal> {
        let found = self.providers.iter().find(|one| one.settings.id == id);
        found.ok_or_else(|| Refusal::nothing_here("There is no such identity provider."))
    }

    fn seal(&self, started: &Started) -> String {
        let text = B64.encode(serde_json::to_vec(started).unwrap_or_default());
        let mac = blake3::keyed_hash(&self.key, text.as_bytes());
        format!("{text}.{}", B64.encode(mac.as_bytes()))
    }

    fn open(&self, kept: &str) -> Option<Started> {
        let (text, mac) = kept.split_once('.').filter(|_| kept.len() <= STARTED_BYTES_MAX)?;
        let mac: [u8; 32] = B64.decode(mac).ok()?.try_into().ok()?;
        // `blake3::Hash` compares in constant time.
        if blake3::keyed_hash(&self.key, text.as_bytes()) != blake3::Hash::from(mac) {
            return None;
        }
        serde_json::from_slice(&B64.decode(text).ok()?).ok()
    }
}

impl Accounts {
    /// Begins a login at a provider.
    ///
    /// # Errors
    /// NOT_FOUND for a provider that is not configured, SERVICE_UNAVAILABLE for one that can't be reached.
    pub async fn begin_oidc(&self, provider: &str, begin: Begin, by: &By) -> Result<Begun, Refusal> {
        self.inner.attempts.knock(by.address, self.now().0)?;
        let oidc = &self.inner.oidc;
        let remote = oidc.provider(provider)?;
        let found = remote.discovery().await.map_err(unreachable)?;
        let random = || B64.encode(crate::secret::random::<32>());
        let Begin { redirect_uri, return_to, guest, link } = begin;
        let started = Started {
            provider: provider.to_owned(),
            state: random(),
            nonce: random(),
            verifier: random(),
            redirect_uri,
            return_to: path_of_ours(&return_to),
            guest,
            link,
            until: UnixMs(self.now().0 + oidc.life_ms),
        };
        let challenge = B64.encode(Sha256::digest(started.verifier.as_bytes()));
        let mut location = reqwest::Url::parse(&found.authorization_endpoint).map_err(unreachable)?;
        location
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &remote.settings.client_id)
            .append_pair("redirect_uri", &started.redirect_uri)
            .append_pair("scope", "openid profile email")
            .append_pair("state", &started.state)
            .append_pair("nonce", &started.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Begun { location: location.into(), kept: oidc.seal(&started), life_ms: oidc.life_ms })
    }

    /// Ends a login at a provider: `kept` is what the browser kept, `now_user` who it is logged in as already.
    ///
    /// # Errors
    /// INVALID_AUTH when it is not the login that this browser began, or the provider's word is not good; FORBIDDEN for
    /// someone who has no account here and gets none.
    pub async fn finish_oidc(
        &self,
        provider: &str,
        (returned, kept): (Returned, &str),
        (now_user, before): (Option<UserId>, Option<LoginId>),
        by: &By,
    ) -> Result<Finished, Refusal> {
        self.inner.attempts.knock(by.address, self.now().0)?;
        let remote = self.inner.oidc.provider(provider)?;
        let started = self.inner.oidc.open(kept).ok_or_else(not_begun)?;
        // The state is compared by hash: time tells nothing of it (AU-19).
        let same = blake3::hash(started.state.as_bytes()) == blake3::hash(returned.state.as_bytes());
        if started.provider != provider || !same || self.now() >= started.until {
            return Err(not_begun());
        }
        if returned.iss.as_ref().is_some_and(|iss| *iss != remote.settings.issuer) {
            return Err(not_begun());
        }
        if returned.error.is_some() || returned.code.is_empty() {
            return Err(Refusal::new(ErrorCode::InvalidAuth, "The identity provider did not sign you in."));
        }
        let exchange = provider::Exchange {
            code: &returned.code,
            redirect_uri: &started.redirect_uri,
            verifier: &started.verifier,
            nonce: &started.nonce,
        };
        let identity = remote.identify(exchange, self.now()).await.map_err(|failure| {
            tracing::warn!(
                provider,
                error = &failure as &dyn std::error::Error,
                "a login at a provider failed"
            );
            failure.refusal()
        })?;
        let subject = Subject { issuer: remote.settings.issuer.clone(), subject: identity.subject.clone() };
        if let Some(user) = started.link {
            if now_user != Some(user) {
                return Err(not_begun());
            }
            self.link(user, subject, by).await?;
            return Ok(Finished { logged_in: None, return_to: started.return_to });
        }
        let account = match self.inner.store.account_of_subject(&subject).await? {
            Some(account) => account,
            None => self.newcomer(remote, identity, (subject, started.guest), by).await?,
        };
        let _guard = self.lock(account.user).await;
        let account = self.in_force(account.user).await?;
        let logged_in = self.begin_login(account, by, before, Step::default()).await?;
        Ok(Finished { logged_in: Some(logged_in), return_to: started.return_to })
    }

    async fn newcomer(
        &self,
        remote: &Remote,
        identity: Identity,
        (subject, guest): (Subject, Option<UserId>),
        by: &By,
    ) -> Result<madang_store::AccountRow, Refusal> {
        if !remote.settings.sign_up {
            let line = self.line(
                by,
                AuditKind::LoginFailed,
                None,
                &serde_json::json!({ "provider": remote.settings.id }),
            );
            self.carry_out(Step { audit: vec![line], ..Step::default() }).await?;
            return Err(Refusal::new(
                ErrorCode::Forbidden,
                "There is no account for you here: ask an administrator to link one.",
            ));
        }
        let name = identity.name.as_deref().unwrap_or(&identity.subject);
        let newcomer = Newcomer {
            name: names::made_of(name),
            display_name: identity.display_name.as_deref().and_then(names::tidied),
            subject,
            guest,
        };
        self.welcome(newcomer, by).await
    }
}

/// A path on this server: what would lead elsewhere becomes the first page.
fn path_of_ours(path: &str) -> String {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= RETURN_BYTES_MAX
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain { path.to_owned() } else { "/".to_owned() }
}

fn not_begun() -> Refusal {
    Refusal::new(ErrorCode::InvalidAuth, "This login was not begun here, or took too long. Begin again.")
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Refusal {
    Refusal::new(ErrorCode::ServiceUnavailable, "The identity provider can't be reached. Try again.")
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_returned_to() {
        for good in ["/", "/s/ses_1?x=1#y"] {
            assert_eq!(path_of_ours(good), good);
        }
        for bad in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/é"] {
            assert_eq!(path_of_ours(bad), "/", "{bad:?}");
        }
    }
}
