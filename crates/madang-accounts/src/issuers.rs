//! Outside issuers that say who someone is, as they are configured: embedding applications and identity providers.

use std::path::PathBuf;

use jsonwebtoken::{AlgorithmFamily, DecodingKey};
use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::settings::SettingsError;

/// Bytes of a shared key at least: HS256 is as strong as its key (RFC 7518, 3.2).
const SHARED_KEY_BYTES_MIN: usize = 32;

/// How a token is signed; there is no other way, `none` least of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// With a key that both sides know.
    HS256,
    /// With RSA.
    RS256,
    /// With the elliptic curve P-256.
    ES256,
}

impl Algorithm {
    pub(crate) fn of(self) -> jsonwebtoken::Algorithm {
        match self {
            Algorithm::HS256 => jsonwebtoken::Algorithm::HS256,
            Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

/// An application that embeds this server. Its key is one of `key`, `key_file`, `key_env`, `jwks_url`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedder {
    /// A short name of ours: letters, digits, `-`.
    pub id: String,
    /// `iss` of its tokens, exactly.
    pub issuer: String,
    /// What `aud` of its tokens must contain.
    pub audience: String,
    /// How its tokens are signed; of one family.
    pub algorithm: Algorithm,
    /// The shared key (HS256), or the public key as PEM.
    #[serde(default)]
    pub key: Option<Secret>,
    /// A file that holds it.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// A variable that holds it.
    #[serde(default)]
    pub key_env: Option<String>,
    /// Where its public keys are.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// The claim with the name to show.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Milliseconds from now to `exp` at most; a longer-lived token is refused.
    #[serde(default = "day_ms")]
    pub life_ms_max: u64,
}

fn name_claim() -> String {
    "name".to_owned()
}

fn day_ms() -> u64 {
    24 * 3_600_000
}

/// An identity provider (OpenID Connect).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// A short name of ours, part of the address it answers to: letters, digits, `-`.
    pub id: String,
    /// The name on the button.
    pub name: String,
    /// Its address; `/.well-known/openid-configuration` below it says the rest.
    pub issuer: String,
    /// What it knows us by.
    pub client_id: String,
    /// What we show it; none for a public client.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// A file that holds it.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// A variable that holds it.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// Whether whoever has no account gets one; otherwise only linked people come in.
    #[serde(default)]
    pub sign_up: bool,
    /// Only people whose verified address is of one of these domains; empty: all.
    #[serde(default)]
    pub email_domains: Vec<String>,
}

impl Embedder {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |what: &str| Err(SettingsError(format!("the embedder `{}`: {what}", self.id)));
        check_id("embedder", &self.id)?;
        if self.issuer.is_empty() || self.audience.is_empty() || self.life_ms_max == 0 {
            return wrong("issuer, audience and life_ms_max must be set");
        }
        match (&self.key, &self.jwks_url, self.algorithm) {
            (Some(_), Some(_), _) => wrong("give either a key or jwks_url"),
            (None, None, _) => wrong("it needs a key or jwks_url"),
            (None, Some(_), Algorithm::HS256) => wrong("HS256 has no public keys: use `key_file`"),
            (None, Some(url), _) if !is_safe(url) => wrong("jwks_url must begin with https://"),
            (None, Some(_), _) => Ok(()),
            (Some(key), None, algorithm) => match decoding_key(key, algorithm) {
                Ok(_) => Ok(()),
                Err(what) => wrong(what),
            },
        }
    }
}

/// Reads a configured key as what its algorithm needs; a public key is never taken for a shared one.
pub(crate) fn decoding_key(key: &Secret, algorithm: Algorithm) -> Result<DecodingKey, &'static str> {
    let bytes = key.expose().as_bytes();
    match algorithm {
        Algorithm::HS256 if key.expose().contains("-----BEGIN") => {
            Err("a PEM file is no shared key of HS256")
        }
        Algorithm::HS256 if bytes.len() < SHARED_KEY_BYTES_MIN => Err("a shared key needs at least 32 bytes"),
        Algorithm::HS256 => Ok(DecodingKey::from_secret(bytes)),
        Algorithm::RS256 => {
            DecodingKey::from_rsa_pem(bytes).map_err(|_| "its key is no RSA public key (PEM)")
        }
        Algorithm::ES256 => {
            DecodingKey::from_ec_pem(bytes).map_err(|_| "its key is no P-256 public key (PEM)")
        }
    }
}

/// The family of keys that an algorithm takes.
pub(crate) fn family(algorithm: jsonwebtoken::Algorithm) -> AlgorithmFamily {
    algorithm.family()
}

impl Provider {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |what: &str| Err(SettingsError(format!("the provider `{}`: {what}", self.id)));
        check_id("provider", &self.id)?;
        if self.name.is_empty() || self.client_id.is_empty() {
            return wrong("name and client_id must be set");
        }
        if !is_safe(&self.issuer) {
            return wrong("issuer must begin with https://");
        }
        if self.email_domains.iter().any(|domain| domain.is_empty() || domain.contains('@')) {
            return wrong("email_domains are like `example.com`");
        }
        Ok(())
    }
}

fn check_id(what: &str, id: &str) -> Result<(), SettingsError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > 32 || !id.bytes().all(fits) {
        return Err(SettingsError(format!(
            "the {what} `{}`: an id has 1 to 32 small letters, digits and `-`",
            id.chars().take(40).collect::<String>()
        )));
    }
    Ok(())
}

/// HTTPS, or plain HTTP within this machine: keys that come over an open wire are anybody's.
pub(crate) fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let clean = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    clean && (url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url))
}

pub(crate) fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}
