//! Checking an issuer's signed token: its key comes from the configuration alone, its algorithm from a list.
//!
//! Nothing in a token is believed before its signature was checked, and no address in it is ever called (AU-04).

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use madang_protocol::UnixMs;
use serde_json::{Map, Value};

use crate::fetch::{FetchError, Fetcher};
use crate::issuers::{Algorithm, Embedder, decoding_key};
use crate::keys::RemoteKeys;
use crate::{Settings, SettingsError};

/// Bytes of a token that is looked at; a header line has about as many.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Milliseconds by which an issuer's clock may be ahead of ours, for `nbf`; `exp` has none.
const AHEAD_MS: u64 = 30_000;
/// Characters of a subject at most (OpenID Connect Core, 2).
const SUBJECT_CHARS_MAX: usize = 255;

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Bad {
    /// Not a token of this issuer for us.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// It was, and has run out.
    #[error("the token has run out")]
    RanOut,
    /// It can't be told, because the issuer's keys can't be had.
    #[error("the issuer's keys can't be had")]
    Keys(#[source] FetchError),
}

/// What a good token says.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) until: UnixMs,
    pub(crate) all: Map<String, Value>,
}

impl Claims {
    /// A claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str)
    }
}

enum Keys {
    Fixed(DecodingKey),
    /// At this address.
    Remote(String, RemoteKeys),
}

/// Checks the tokens of one issuer.
pub(crate) struct Verifier {
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) name_claim: String,
    audience: String,
    algorithms: Vec<Algorithm>,
    life_ms_max: u64,
    keys: Keys,
}

impl Verifier {
    pub(crate) fn of_embedder(
        embedder: &Embedder,
        settings: &Settings,
        fetcher: &Fetcher,
    ) -> Result<Verifier, SettingsError> {
        let wrong = |what: &str| SettingsError(format!("the embedder `{}`: {what}", embedder.id));
        let keys = match (&embedder.key, &embedder.jwks_url) {
            (Some(key), _) => Keys::Fixed(decoding_key(key, embedder.algorithm).map_err(wrong)?),
            (None, Some(url)) => Keys::Remote(url.clone(), RemoteKeys::new(settings, fetcher)),
            (None, None) => return Err(wrong("it needs a key or jwks_url")),
        };
        Ok(Verifier {
            id: embedder.id.clone(),
            issuer: embedder.issuer.clone(),
            name_claim: embedder.name_claim.clone(),
            audience: embedder.audience.clone(),
            algorithms: vec![embedder.algorithm],
            life_ms_max: embedder.life_ms_max,
            keys,
        })
    }

    /// Checks a token in full.
    pub(crate) async fn verify(&self, token: &str, now: UnixMs) -> Result<Claims, Bad> {
        match &self.keys {
            Keys::Fixed(key) => {
                let (algorithm, _) = self.header(token)?;
                self.read(token, key, algorithm, now)
            }
            Keys::Remote(url, keys) => {
                let (algorithm, kid) = self.header(token)?;
                let key = keys.find(url, kid.as_deref(), algorithm).await.map_err(Bad::Keys)?;
                let key = key.ok_or(Bad::Invalid("no such key"))?;
                self.read(token, &key, algorithm, now)
            }
        }
    }

    /// An ID token of an identity provider, whose keys are kept elsewhere.
    pub(crate) fn of_provider(issuer: &str, client_id: &str) -> IdTokens {
        IdTokens { issuer: issuer.to_owned(), audience: client_id.to_owned() }
    }

    fn header(&self, token: &str) -> Result<(jsonwebtoken::Algorithm, Option<String>), Bad> {
        let algorithms: Vec<_> = self.algorithms.iter().map(|algorithm| algorithm.of()).collect();
        header(token, &algorithms)
    }

    fn read(
        &self,
        token: &str,
        key: &DecodingKey,
        algorithm: jsonwebtoken::Algorithm,
        now: UnixMs,
    ) -> Result<Claims, Bad> {
        let claims = signed(token, key, algorithm)?;
        let claims = judge(claims, (&self.issuer, &self.audience), now)?;
        if claims.until.since(now) > self.life_ms_max {
            return Err(Bad::Invalid("its `exp` is too far away"));
        }
        Ok(claims)
    }
}

/// Checks ID tokens of one provider.
#[derive(Debug)]
pub(crate) struct IdTokens {
    issuer: String,
    audience: String,
}

impl IdTokens {
    /// Checks an ID token with the provider's keys. `nonce` binds it to the login that was begun.
    pub(crate) async fn verify(
        &self,
        token: &str,
        (url, keys): (&str, &RemoteKeys),
        nonce: &str,
        now: UnixMs,
    ) -> Result<Claims, Bad> {
        let (algorithm, kid) =
            header(token, &[jsonwebtoken::Algorithm::RS256, jsonwebtoken::Algorithm::ES256])?;
        let key = keys.find(url, kid.as_deref(), algorithm).await.map_err(Bad::Keys)?;
        let claims = signed(token, &key.ok_or(Bad::Invalid("no such key"))?, algorithm)?;
        let claims = judge(claims, (&self.issuer, &self.audience), now)?;
        if claims.text("nonce") != Some(nonce) {
            return Err(Bad::Invalid("its `nonce` is another login's"));
        }
        // With several audiences it must say to whom it was given (OpenID Connect Core, 3.1.3.7).
        let azp = claims.all.get("azp");
        let several = claims.all.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
        if azp.map_or(several, |azp| azp.as_str() != Some(self.audience.as_str())) {
            return Err(Bad::Invalid("it was given to another client"));
        }
        Ok(claims)
    }
}

/// The issuer that a token claims to be of: good for choosing whom to ask, and for nothing else.
pub(crate) fn claimed_issuer(token: &str) -> Option<String> {
    use base64::Engine as _;
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
    claims.get("iss").and_then(Value::as_str).map(str::to_owned)
}

/// The algorithm and key id of a token, when it is signed in a way that is allowed (AU-01).
fn header(
    token: &str,
    allowed: &[jsonwebtoken::Algorithm],
) -> Result<(jsonwebtoken::Algorithm, Option<String>), Bad> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Bad::Invalid("it is too long"));
    }
    let header = decode_header(token).map_err(|_| Bad::Invalid("its header"))?;
    if !allowed.contains(&header.alg) {
        return Err(Bad::Invalid("its algorithm"));
    }
    if header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(Bad::Invalid("its type"));
    }
    // What it says must be understood, and we understand no extension (RFC 7515, 4.1.11).
    let raw = token.split('.').next().and_then(|head| {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
    });
    if raw.is_none_or(|raw| raw.contains_key("crit")) {
        return Err(Bad::Invalid("an extension"));
    }
    Ok((header.alg, header.kid))
}

/// The claims under a good signature; none of them is judged here.
fn signed(
    token: &str,
    key: &DecodingKey,
    algorithm: jsonwebtoken::Algorithm,
) -> Result<Map<String, Value>, Bad> {
    let mut validation = Validation::new(algorithm);
    // Judged by us, with our clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let token = decode::<Map<String, Value>>(token, key, &validation);
    token.map(|token| token.claims).map_err(|_| Bad::Invalid("its signature"))
}

/// Issuer, audience, times and subject (AU-03).
fn judge(all: Map<String, Value>, (issuer, audience): (&str, &str), now: UnixMs) -> Result<Claims, Bad> {
    if all.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(Bad::Invalid("its `iss`"));
    }
    let for_us = match all.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(some)) => some.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    };
    if !for_us {
        return Err(Bad::Invalid("its `aud`"));
    }
    let subject = all.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.is_empty()
        || subject.chars().count() > SUBJECT_CHARS_MAX
        || subject.chars().any(char::is_control)
    {
        return Err(Bad::Invalid("its `sub`"));
    }
    let until = moment(&all, "exp")?.ok_or(Bad::Invalid("it has no `exp`"))?;
    if now >= until {
        return Err(Bad::RanOut);
    }
    if moment(&all, "nbf")?.is_some_and(|from| from.0 > now.0 + AHEAD_MS) {
        return Err(Bad::Invalid("its `nbf` is in the future"));
    }
    Ok(Claims { issuer: issuer.to_owned(), subject: subject.to_owned(), until, all })
}

/// A time in seconds since 1970, whole or not; of any other form it is refused, not passed over.
fn moment(all: &Map<String, Value>, name: &str) -> Result<Option<UnixMs>, Bad> {
    /// The year 10000: what is beyond is no date.
    const SECONDS_MAX: f64 = 253_402_300_800.0;
    let Some(value) = all.get(name) else { return Ok(None) };
    match value.as_f64() {
        Some(seconds) if (0.0..SECONDS_MAX).contains(&seconds) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the range was checked"
            )]
            let ms = (seconds * 1000.0) as u64;
            Ok(Some(UnixMs(ms)))
        }
        _ => Err(Bad::Invalid("a time has the wrong form")),
    }
}
