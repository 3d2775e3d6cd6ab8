//! What may be set about the model, and which model the settings choose.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::{AnthropicModel, Model, PriceTable, PricesError, SimulatedModel};

/// A secret key. It can be used, but not printed: shown or serialised it is `(hidden)`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key; spaces and line ends around it are dropped, as files tend to have them.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.trim()
    }
}

impl From<String> for ApiKey {
    fn from(key: String) -> Self {
        Self::new(&key)
    }
}

impl Serialize for ApiKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(hidden)")
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

/// How long the upstream keeps the prompt in its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PromptCache {
    /// Nothing is marked for the cache.
    #[serde(rename = "off")]
    Off,
    /// Five minutes from each use; writing costs a quarter more than reading anew.
    #[default]
    #[serde(rename = "5m")]
    FiveMinutes,
    /// An hour; writing costs twice as much. For sessions of people who take their time.
    #[serde(rename = "1h")]
    OneHour,
}

/// Settings of the model. Times are in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The key of the Messages API. Without one the simulated model answers. Local servers take any.
    pub api_key: Option<ApiKey>,
    /// Where the Messages API is, without `/v1`.
    pub base_url: String,
    /// The model used when none is chosen; without it a current one that the upstream offers.
    pub model: Option<String>,
    /// Whether and how long the upstream should cache the prompt.
    pub prompt_cache: PromptCache,
    /// A price table to use instead of the built-in one (TOML, as `data/prices.toml`).
    pub prices_path: Option<PathBuf>,
    /// Certificates (PEM) that are trusted beside the system's, for a gateway with its own.
    pub ca_path: Option<PathBuf>,
    /// To open a connection; then the try has failed.
    pub connect_timeout_ms: u64,
    /// From the request to the first byte of the answer; then the try has failed.
    pub header_timeout_ms: u64,
    /// Between two pieces of an answer, pings included; then the reply breaks off. Their real cadence is not
    /// documented, so this is generous.
    pub idle_timeout_ms: u64,
    /// For a whole reply; then it breaks off. Only keeps a reply from lasting for ever.
    pub reply_timeout_ms: u64,
    /// Between probes of an idle TCP or HTTP/2 connection.
    pub keepalive_ms: u64,
    /// Tries after the first, all before anything of the reply was shown.
    pub retries: u32,
    /// From the first try; no wait that would end later is begun.
    pub retry_budget_ms: u64,
    /// The longest wait before the second try; doubled with each further one, and a random part of it is waited.
    pub retry_base_ms: u64,
    /// The longest wait that is our own choice; the upstream may ask for more, within the budget.
    pub retry_cap_ms: u64,
    /// Bytes of a request; a larger one is not sent, because the upstream refuses it.
    pub request_bytes_max: usize,
    /// Bytes of one event of a reply; then the reply breaks off. A result of a web search is one event.
    pub event_bytes_max: usize,
    /// Bytes of all events of a reply; then it breaks off. 128,000 tokens take about 20 MB.
    pub reply_bytes_max: usize,
    /// After which the list of models is asked for anew.
    pub models_ttl_ms: u64,
    /// For asking for the list of models; then a reply does without it, asking for nothing that a model may refuse.
    pub models_timeout_ms: u64,
    /// Until the simulated model's first piece.
    pub simulated_first_piece_ms: u64,
    /// Pieces (about a word each) that the simulated model writes in a second; 0 writes without pause.
    pub simulated_pieces_per_second: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: "https://api.anthropic.com".to_owned(),
            model: None,
            prompt_cache: PromptCache::default(),
            prices_path: None,
            ca_path: None,
            connect_timeout_ms: 5_000,
            header_timeout_ms: 120_000,
            idle_timeout_ms: 90_000,
            reply_timeout_ms: 3_600_000,
            keepalive_ms: 60_000,
            retries: 2,
            retry_budget_ms: 60_000,
            retry_base_ms: 500,
            retry_cap_ms: 8_000,
            request_bytes_max: 32_000_000,
            event_bytes_max: 16 * 1024 * 1024,
            reply_bytes_max: 64 * 1024 * 1024,
            models_ttl_ms: 3_600_000,
            models_timeout_ms: 5_000,
            simulated_first_piece_ms: 300,
            simulated_pieces_per_second: 30,
        }
    }
}

/// Settings that no model can be made from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The base URL is not one.
    #[error(
        "the base URL of the Messages API must be http:// or https:// with a host, and without a user, `?` or `#`"
    )]
    BaseUrl,
    /// The key has characters that a header can't have.
    #[error("the key of the Messages API has characters that no key has")]
    ApiKey,
    /// A number that would stop everything.
    #[error("the setting `{0}` of the model must not be 0")]
    Zero(&'static str),
    /// The price table can't be used.
    #[error("the price table can't be used")]
    Prices(#[source] PricesError),
    /// The file of further certificates can't be read.
    #[error("the file of further certificates can't be read")]
    Certificates(#[source] std::io::Error),
    /// The HTTP client can't be made, for example because the system has no certificates.
    #[error("the HTTP client for the Messages API can't be made")]
    Client(#[source] reqwest::Error),
}

impl Settings {
    /// The key, when there is one that is not empty.
    pub(crate) fn key(&self) -> Option<&ApiKey> {
        self.api_key.as_ref().filter(|key| !key.expose().is_empty())
    }

    /// Whether the simulated model would answer.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.key().is_none()
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let times = [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("header_timeout_ms", self.header_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("reply_timeout_ms", self.reply_timeout_ms),
            ("keepalive_ms", self.keepalive_ms),
            ("models_timeout_ms", self.models_timeout_ms),
            ("request_bytes_max", self.request_bytes_max as u64),
            ("event_bytes_max", self.event_bytes_max as u64),
            ("reply_bytes_max", self.reply_bytes_max as u64),
        ];
        match times.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(SettingsError::Zero(name)),
            None => Ok(()),
        }
    }

    pub(crate) fn prices(&self) -> Result<PriceTable, SettingsError> {
        match &self.prices_path {
            Some(path) => PriceTable::read(path).map_err(SettingsError::Prices),
            None => Ok(PriceTable::built_in()),
        }
    }
}

/// Milliseconds as a duration.
pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The model that the settings choose: the simulated one when there is no key.
///
/// Reads the price table, if one is set, and nothing else; opens no connection.
///
/// # Errors
/// [`SettingsError`], whose sentence is meant for whoever runs the server.
pub fn from_settings(settings: &Settings) -> Result<Arc<dyn Model>, SettingsError> {
    settings.check()?;
    if settings.is_simulated() {
        return Ok(Arc::new(SimulatedModel::new(settings)));
    }
    Ok(Arc::new(AnthropicModel::new(settings)?))
}
