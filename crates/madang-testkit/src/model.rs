//! A model whose replies a test writes word by word.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use madang_model::{BoxFuture, Model, ModelError, Reply, Request};
use madang_protocol::{Effort, ModelInfo, Usage};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::reply::{ScriptedReply, pair};

/// How long [`ScriptedModel::next`] waits; a test that is right never comes near.
const WAIT: Duration = Duration::from_secs(20);

/// A model that says what a test tells it to: take each reply with [`next`](ScriptedModel::next) and drive it.
#[derive(Debug, Default)]
pub struct ScriptedModel {
    waiting: Mutex<VecDeque<ScriptedReply>>,
    arrived: Notify,
    requests: Mutex<Vec<Request>>,
    real: AtomicBool,
}

impl ScriptedModel {
    /// The model's id.
    pub const ID: &'static str = "claude-scripted-1";
    /// Version of its price table: one micro-dollar a token.
    pub const PRICE_TABLE: &'static str = "scripted-1";

    /// Makes one that says of itself that it is simulated.
    #[must_use]
    pub fn new() -> Arc<ScriptedModel> {
        Arc::new(ScriptedModel::default())
    }

    /// Makes it pass for the real thing.
    pub fn pretend_real(&self) {
        self.real.store(true, Ordering::Relaxed);
    }

    /// The next reply that was asked for, in order; waits for it.
    ///
    /// # Panics
    /// When none comes in 20 seconds.
    pub async fn next(&self) -> ScriptedReply {
        tokio::time::timeout(WAIT, self.next_ever()).await.expect("the model was asked")
    }

    /// The next reply that is asked for, however late that is: for a task that answers beside the test.
    pub async fn next_ever(&self) -> ScriptedReply {
        loop {
            let arrived = self.arrived.notified();
            if let Some(reply) = self.waiting.lock().pop_front() {
                return reply;
            }
            arrived.await;
        }
    }

    /// The next reply if it was asked for already.
    pub fn try_next(&self) -> Option<ScriptedReply> {
        self.waiting.lock().pop_front()
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().clone()
    }

    /// The last request's messages, as they would be sent.
    #[must_use]
    pub fn last_messages(&self) -> Vec<String> {
        let requests = self.requests.lock();
        requests.last().map_or_else(Vec::new, |last| {
            last.messages.iter().map(|message| message.get().to_owned()).collect()
        })
    }
}

impl Model for ScriptedModel {
    fn reply(&self, request: Request) -> Reply {
        self.requests.lock().push(request.clone());
        let (handle, reply) = pair(request);
        self.waiting.lock().push_back(handle);
        self.arrived.notify_one();
        reply
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        let model = ModelInfo {
            id: Self::ID.into(),
            display_name: "Scripted".into(),
            simulated: self.simulated(),
            deprecated: false,
            efforts: vec![Effort::Low, Effort::High],
            default_effort: Some(Effort::High),
            max_input_tokens: Some(200_000),
            max_output_tokens: Some(32_000),
            thinking: true,
            image_input: false,
            pdf_input: false,
        };
        Box::pin(std::future::ready(Ok(vec![model])))
    }

    fn default_model(&self) -> String {
        Self::ID.into()
    }

    fn simulated(&self) -> bool {
        !self.real.load(Ordering::Relaxed)
    }

    fn price(&self, _model: &str, usage: &Usage) -> Option<(u64, String)> {
        Some((usage.input_tokens + usage.output_tokens, Self::PRICE_TABLE.into()))
    }
}
