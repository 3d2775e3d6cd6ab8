//! An issuer's public keys: fetched when they are needed, kept a while. Each issuer has its own, so that a key id of one
//! says nothing about another (AU-05).

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Settings;
use crate::fetch::{FetchError, Fetcher};

/// For so many times their life, keys are used when new ones can't be fetched.
const STALE_LIVES: u32 = 144;
/// Keys of one issuer that are looked at.
const KEYS_MAX: usize = 100;

/// The keys at one address.
pub(crate) struct RemoteKeys {
    fetcher: Fetcher,
    life: Duration,
    retry: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    set: Option<(Arc<JwkSet>, Instant)>,
    /// When they were last asked for, with or without success.
    tried: Option<Instant>,
}

impl RemoteKeys {
    pub(crate) fn new(settings: &Settings, fetcher: &Fetcher) -> RemoteKeys {
        RemoteKeys {
            fetcher: fetcher.clone(),
            life: Duration::from_millis(settings.keys_ms),
            retry: Duration::from_millis(settings.keys_retry_ms),
            held: Mutex::default(),
        }
    }

    /// The key that a token names; none when the issuer has no such key for this algorithm.
    pub(crate) async fn find(
        &self,
        url: &str,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Option<DecodingKey>, FetchError> {
        // Held while fetching: many tokens at once make one request.
        let mut held = self.held.lock().await;
        let age = held.set.as_ref().map(|(_, at)| at.elapsed());
        if age.is_none_or(|age| age >= self.life) {
            self.refresh(&mut held, url).await?;
        }
        let pick = |held: &Held| held.set.as_ref().and_then(|(set, _)| choose(set, kid, algorithm));
        if let Some(key) = pick(&held) {
            return Ok(Some(key));
        }
        // A key we don't know may be a new one; who makes key ids up gets a request out of us now and then, no more.
        if held.tried.is_none_or(|at| at.elapsed() >= self.retry) {
            self.refresh(&mut held, url).await?;
        }
        Ok(pick(&held))
    }

    async fn refresh(&self, held: &mut Held, url: &str) -> Result<(), FetchError> {
        let usable = held.set.as_ref().is_some_and(|(_, at)| at.elapsed() < self.life * STALE_LIVES);
        if held.tried.is_some_and(|at| at.elapsed() < self.retry.min(self.life)) {
            return if usable { Ok(()) } else { Err(FetchError::Form("it failed a moment ago".to_owned())) };
        }
        held.tried = Some(Instant::now());
        match self.fetcher.get::<JwkSet>(url).await {
            Ok(mut set) => {
                set.keys.truncate(KEYS_MAX);
                held.set = Some((Arc::new(set), Instant::now()));
                Ok(())
            }
            Err(error) if usable => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an issuer's keys could not be renewed"
                );
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// The one key that may have signed: by its id, or the only one that fits when the token names none.
fn choose(set: &JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let mut fitting = set.keys.iter().filter(|key| {
        kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid)) && fits(key, algorithm)
    });
    let key = fitting.next()?;
    if kid.is_none() && fitting.next().is_some() {
        return None;
    }
    DecodingKey::from_jwk(key).ok()
}

/// Whether a key is for checking signatures of this very algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let for_signing = common.public_key_use.as_ref().is_none_or(|one| *one == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|ops| ops.contains(&KeyOperations::Verify));
    let named = common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    let family =
        DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == crate::issuers::family(algorithm));
    for_signing && verifies && named && family
}
