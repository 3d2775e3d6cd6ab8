//! One identity provider: what it says of itself, and what it says of a person.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madang_protocol::{ErrorCode, UnixMs};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::fetch::{FetchError, Fetcher, Form};
use crate::issuers::{Provider, is_safe};
use crate::jwt::{Bad, Claims, Verifier};
use crate::keys::RemoteKeys;
use crate::{Refusal, Settings};

/// What a provider says of itself (OpenID Connect Discovery, 3), as far as we need it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// One provider.
pub(super) struct Remote {
    pub(super) settings: Provider,
    fetcher: Fetcher,
    keys: RemoteKeys,
    life: Duration,
    found: Mutex<Option<(Arc<Discovery>, Instant)>>,
}

/// What the tokens are had for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange<'a> {
    pub(super) code: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) verifier: &'a str,
    pub(super) nonce: &'a str,
}

/// Who somebody is.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) subject: String,
    /// Good for making a login name.
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
}

/// Why nobody was identified.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("asking the provider failed")]
    Fetch(#[source] FetchError),
    #[error("the provider's ID token is not good")]
    Token(#[source] Bad),
    #[error("the provider gave no ID token")]
    NoToken,
    #[error("the person's address is not of an allowed domain, or not verified")]
    Domain,
    #[error("the provider speaks of two different people")]
    Subject,
}

impl Failure {
    pub(super) fn refusal(self) -> Refusal {
        match self {
            Failure::Fetch(FetchError::Status(400..=499)) | Failure::Token(Bad::Invalid(_) | Bad::RanOut) => {
                Refusal::new(
                    ErrorCode::InvalidAuth,
                    "The identity provider's answer can't be accepted. Begin again.",
                )
            }
            Failure::NoToken | Failure::Subject => Refusal::new(
                ErrorCode::InvalidAuth,
                "The identity provider's answer can't be accepted. Begin again.",
            ),
            Failure::Domain => {
                Refusal::new(ErrorCode::Forbidden, "People with this address can't sign in here.")
            }
            Failure::Fetch(_) | Failure::Token(Bad::Keys(_)) => Refusal::new(
                ErrorCode::ServiceUnavailable,
                "The identity provider can't be reached. Try again.",
            ),
        }
    }
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    id_token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

impl Remote {
    pub(super) fn new(provider: &Provider, settings: &Settings, fetcher: &Fetcher) -> Remote {
        Remote {
            settings: provider.clone(),
            fetcher: fetcher.clone(),
            keys: RemoteKeys::new(settings, fetcher),
            life: Duration::from_millis(settings.keys_ms),
            found: Mutex::default(),
        }
    }

    /// What the provider says of itself, asked anew now and then.
    pub(super) async fn discovery(&self) -> Result<Arc<Discovery>, FetchError> {
        let mut held = self.found.lock().await;
        if let Some((found, at)) = held.as_ref()
            && at.elapsed() < self.life
        {
            return Ok(Arc::clone(found));
        }
        let issuer = &self.settings.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = self.fetcher.get(&url).await?;
        if found.issuer != *issuer {
            return Err(FetchError::Form("it is of another issuer".to_owned()));
        }
        let named = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
        if !named.into_iter().chain(&found.userinfo_endpoint).all(|url| is_safe(url)) {
            return Err(FetchError::Form("it names an address that is not https".to_owned()));
        }
        let found = Arc::new(found);
        *held = Some((Arc::clone(&found), Instant::now()));
        Ok(found)
    }

    /// Has the code's tokens, and tells whom they are of.
    pub(super) async fn identify(&self, exchange: Exchange<'_>, now: UnixMs) -> Result<Identity, Failure> {
        let found = self.discovery().await.map_err(Failure::Fetch)?;
        let tokens = self.tokens(&found, exchange).await.map_err(Failure::Fetch)?;
        let id_token = tokens.id_token.ok_or(Failure::NoToken)?;
        let verifier = Verifier::of_provider(&self.settings.issuer, &self.settings.client_id);
        let checked = verifier.verify(&id_token, (&found.jwks_uri, &self.keys), exchange.nonce, now).await;
        let mut claims = checked.map_err(Failure::Token)?;
        let more = found.userinfo_endpoint.as_ref().zip(tokens.access_token.as_ref());
        if let Some((url, token)) = more.filter(|_| self.lacks(&claims)) {
            let said: Map<String, Value> = self.fetcher.get_with(url, token).await.map_err(Failure::Fetch)?;
            // It answers for the token it was shown, which need not be of this person (Core, 5.3.2).
            if said.get("sub").and_then(Value::as_str) != Some(claims.subject.as_str()) {
                return Err(Failure::Subject);
            }
            for (name, value) in said {
                claims.all.entry(name).or_insert(value);
            }
        }
        if !self.is_of_an_allowed_domain(&claims) {
            return Err(Failure::Domain);
        }
        let email = claims.text("email").filter(|_| claims.email_verified());
        let name = claims.text("preferred_username").or(email).map(str::to_owned);
        let display_name = claims.text("name").map(str::to_owned).or_else(|| name.clone());
        Ok(Identity { subject: claims.subject.clone(), name, display_name })
    }

    async fn tokens(&self, found: &Discovery, exchange: Exchange<'_>) -> Result<Tokens, FetchError> {
        let client_id = self.settings.client_id.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", exchange.code),
            ("redirect_uri", exchange.redirect_uri),
            ("code_verifier", exchange.verifier),
        ];
        let basic = found.token_endpoint_auth_methods_supported.as_ref();
        let basic = basic.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        let mut authorization = None;
        match &self.settings.client_secret {
            // Both parts are form-encoded first (RFC 6749, 2.3.1).
            Some(secret) if basic => {
                let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
                authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
            }
            Some(secret) => fields.extend([("client_id", client_id), ("client_secret", secret.expose())]),
            None => fields.push(("client_id", client_id)),
        }
        self.fetcher.post(&found.token_endpoint, Form { fields, authorization }).await
    }

    /// Whether the ID token leaves out what we want to know.
    fn lacks(&self, claims: &Claims) -> bool {
        claims.text("name").is_none()
            || !self.settings.email_domains.is_empty() && claims.text("email").is_none()
    }

    fn is_of_an_allowed_domain(&self, claims: &Claims) -> bool {
        let domain = claims.text("email").and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        let allowed =
            |domain: &str| self.settings.email_domains.iter().any(|one| one.eq_ignore_ascii_case(domain));
        self.settings.email_domains.is_empty() || claims.email_verified() && domain.is_some_and(allowed)
    }
}

/// A text as it stands in a form.
fn encoded(text: &str) -> String {
    let mut url = reqwest::Url::parse("form:").expect("this is an address");
    url.query_pairs_mut().append_pair("x", text);
    url.query().unwrap_or_default().trim_start_matches("x=").to_owned()
}
