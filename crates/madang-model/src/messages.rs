//! A thin typed client of the Messages API, also as local servers and gateways speak it.
//!
//! What is sent and what comes back is kept byte for byte; nothing is added to the conversation and nothing taken from
//! it. `reply` is the way of one reply; `assemble` and `block` say what its events mean.

mod assemble;
mod block;
mod body;
mod body_stream;
mod catalog;
mod failure;
mod headers;
mod history;
mod http;
mod reply;
mod retry;
mod sse;
mod upstream;
mod wire;

use std::sync::Arc;

use madang_protocol::{ModelInfo, Usage};

use crate::{BoxFuture, Model, ModelError, RateLimits, Reply, Request, Settings, SettingsError};
use upstream::Upstream;

/// Claude, or whatever speaks the Messages API at the base URL.
#[derive(Debug, Clone)]
pub struct AnthropicModel {
    upstream: Arc<Upstream>,
}

impl AnthropicModel {
    /// Makes the client. Opens no connection, but reads the system's certificates.
    ///
    /// # Errors
    /// [`SettingsError`] when the settings make no client.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self { upstream: Arc::new(Upstream::new(settings)?) })
    }
}

impl Model for AnthropicModel {
    fn reply(&self, request: Request) -> Reply {
        reply::reply(self.upstream.clone(), request)
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        Box::pin(async {
            let models = self.upstream.catalog.list(&self.upstream.http).await?;
            Ok(models.iter().map(|known| known.info.clone()).collect())
        })
    }

    fn default_model(&self) -> String {
        self.upstream.catalog.default_model()
    }

    fn simulated(&self) -> bool {
        false
    }

    fn price(&self, model: &str, usage: &Usage) -> Option<(u64, String)> {
        let prices = &self.upstream.prices;
        let cost = prices.price(model, usage, self.upstream.settings.prompt_cache)?;
        Some((cost, prices.version().to_owned()))
    }

    fn limits(&self) -> Vec<RateLimits> {
        self.upstream.limits()
    }
}
