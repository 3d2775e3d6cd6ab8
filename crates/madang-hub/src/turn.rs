//! The stream processor: one task per running reply reads the model and rolls its pieces up (TU3).

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use madang_model::{Model, ModelError, Reply, Request, StreamItem};
use madang_protocol::{ErrorCode, PartKind, Usage};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

/// Updates between a turn's task and its session's; a full queue slows the reading of the upstream.
const UPDATES: usize = 64;
/// Times that a reply paused by the upstream is continued in one turn.
const CONTINUATIONS_MAX: u32 = 8;

/// More of a reply.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) part: u32,
    pub(crate) kind: PartKind,
    pub(crate) name: Option<String>,
    pub(crate) tool_use_id: Option<String>,
    pub(crate) content: String,
}

/// What a turn's task tells its session.
#[derive(Debug)]
pub(crate) enum Update {
    Waiting { code: ErrorCode, retry_after_ms: u64, attempt: u32 },
    Started { upstream_id: Option<String>, request_id: Option<String>, model: String },
    Piece(Piece),
    Citation { part: u32, json: String },
    PartEnded { part: u32, raw: Box<RawValue>, duration_ms: u64 },
    Usage { usage: Usage, raw: Box<RawValue> },
    Ended { stop_reason: String, explanation: Option<String> },
    Failed(ModelError),
}

/// A running reply's task; dropping it stops the upstream.
pub(crate) struct TurnTask {
    pub(crate) updates: mpsc::Receiver<Update>,
    _task: AbortOnDropHandle<()>,
}

/// Starts to answer a request once one of the server's `permits` is free.
pub(crate) fn start(
    model: Arc<dyn Model>,
    request: Request,
    permits: Arc<Semaphore>,
    rollup_ms: u64,
) -> TurnTask {
    let (sender, updates) = mpsc::channel(UPDATES);
    let task = tokio::spawn(async move {
        // Closed only with the process.
        let Ok(_permit) = permits.acquire_owned().await else { return };
        let mut run = Run::new(sender, rollup_ms);
        // A send fails when the session no longer listens: the turn was stopped.
        let _stopped = run.answer(model.as_ref(), request).await;
    });
    TurnTask { updates, _task: AbortOnDropHandle::new(task) }
}

/// The session stopped listening.
struct Stopped;

struct Run {
    sender: mpsc::Sender<Update>,
    rollup: Duration,
    /// What waits to be sent, and until when.
    waiting: Option<(Piece, Instant)>,
    first_sent: bool,
    /// The open part: kind and beginning.
    open: Option<(u32, PartKind, Option<String>, Option<String>, Instant)>,
    /// Where the parts of the current request begin.
    offset: u32,
    parts: u32,
    usage: Usage,
}

impl Run {
    fn new(sender: mpsc::Sender<Update>, rollup_ms: u64) -> Self {
        Run {
            sender,
            rollup: Duration::from_millis(rollup_ms),
            waiting: None,
            first_sent: false,
            open: None,
            offset: 0,
            parts: 0,
            usage: Usage::default(),
        }
    }

    /// Reads the reply to its end; goes on after a pause of the upstream.
    async fn answer(&mut self, model: &dyn Model, mut request: Request) -> Result<(), Stopped> {
        for round in 1.. {
            let mut blocks = Vec::new();
            let ended = self.read(model.reply(request.clone()), &mut blocks).await?;
            let Some((stop_reason, explanation)) = ended else { return Ok(()) };
            let goes_on = stop_reason == "pause_turn" && round < CONTINUATIONS_MAX;
            let message = crate::history::assistant_message(&blocks).filter(|_| goes_on);
            let Some(message) = message else {
                return self.send(Update::Ended { stop_reason, explanation }).await;
            };
            request.messages.push(Arc::from(message));
            self.offset = self.parts;
        }
        Ok(())
    }

    /// Reads one upstream reply; none when it failed, which has been told.
    async fn read(
        &mut self,
        mut reply: Reply,
        blocks: &mut Vec<Box<RawValue>>,
    ) -> Result<Option<(String, Option<String>)>, Stopped> {
        let mut request_usage = Usage::default();
        loop {
            let item = match self.waiting.as_ref().map(|(_, due)| *due) {
                None => reply.next().await,
                Some(due) => tokio::select! {
                    biased;
                    item = reply.next() => item,
                    () = sleep_until(due) => { self.flush().await?; continue }
                },
            };
            match item {
                Some(Ok(StreamItem::Ended { stop_reason, explanation })) => {
                    self.flush().await?;
                    self.usage = sum(self.usage, request_usage);
                    return Ok(Some((stop_reason, explanation)));
                }
                Some(Ok(StreamItem::Usage { usage, raw })) => {
                    request_usage = usage;
                    self.send(Update::Usage { usage: sum(self.usage, usage), raw }).await?;
                }
                Some(Ok(StreamItem::PartEnded { index, raw })) => {
                    blocks.push(raw.clone());
                    self.end_part(self.offset + index, raw).await?;
                }
                Some(Ok(item)) => self.item(item).await?,
                Some(Err(error)) => {
                    self.flush().await?;
                    self.send(Update::Failed(error)).await?;
                    return Ok(None);
                }
                None => {
                    self.flush().await?;
                    self.send(Update::Failed(unfinished())).await?;
                    return Ok(None);
                }
            }
        }
    }

    async fn item(&mut self, item: StreamItem) -> Result<(), Stopped> {
        match item {
            StreamItem::Waiting { code, retry_after_ms, attempt } => {
                self.send(Update::Waiting { code, retry_after_ms, attempt }).await
            }
            StreamItem::Started { upstream_id, request_id, model } => {
                self.send(Update::Started { upstream_id, request_id, model }).await
            }
            StreamItem::PartStarted { index, kind, name, tool_use_id } => {
                self.flush().await?;
                let part = self.offset + index;
                self.parts = self.parts.max(part + 1);
                self.open = Some((part, kind, name.clone(), tool_use_id.clone(), Instant::now()));
                if matches!(kind, PartKind::Text | PartKind::Thinking) {
                    return Ok(());
                }
                // A tool's call is worth seeing before its input is written.
                self.send(Update::Piece(Piece { part, kind, name, tool_use_id, content: String::new() }))
                    .await
            }
            StreamItem::Delta { index, content } => self.delta(self.offset + index, content).await,
            StreamItem::Citation { index, json } => {
                self.send(Update::Citation { part: self.offset + index, json }).await
            }
            // Handled by the caller.
            StreamItem::PartEnded { .. } | StreamItem::Usage { .. } | StreamItem::Ended { .. } => Ok(()),
        }
    }

    async fn delta(&mut self, part: u32, content: String) -> Result<(), Stopped> {
        if let Some((piece, _)) = self.waiting.as_mut().filter(|(piece, _)| piece.part == part) {
            piece.content.push_str(&content);
            return Ok(());
        }
        self.flush().await?;
        let Some((_, kind, name, tool_use_id, _)) = self.open.clone().filter(|(open, ..)| *open == part)
        else {
            return Ok(());
        };
        let piece = Piece { part, kind, name, tool_use_id, content };
        if !self.first_sent || self.rollup.is_zero() {
            self.first_sent = true;
            return self.send(Update::Piece(piece)).await;
        }
        self.waiting = Some((piece, Instant::now() + self.rollup));
        Ok(())
    }

    async fn end_part(&mut self, part: u32, raw: Box<RawValue>) -> Result<(), Stopped> {
        self.flush().await?;
        let begun = self.open.take().map(|(.., begun)| begun);
        let duration_ms =
            begun.map_or(0, |begun| u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        self.send(Update::PartEnded { part, raw, duration_ms }).await
    }

    async fn flush(&mut self) -> Result<(), Stopped> {
        match self.waiting.take() {
            Some((piece, _)) => self.send(Update::Piece(piece)).await,
            None => Ok(()),
        }
    }

    async fn send(&self, update: Update) -> Result<(), Stopped> {
        self.sender.send(update).await.map_err(|_| Stopped)
    }
}

fn sum(a: Usage, b: Usage) -> Usage {
    Usage {
        input_tokens: a.input_tokens + b.input_tokens,
        output_tokens: a.output_tokens + b.output_tokens,
        cache_read_input_tokens: a.cache_read_input_tokens + b.cache_read_input_tokens,
        cache_creation_input_tokens: a.cache_creation_input_tokens + b.cache_creation_input_tokens,
        estimated: a.estimated || b.estimated,
    }
}

/// A model that ends its stream without saying so broke its contract; the person is told what it means for them.
fn unfinished() -> ModelError {
    ModelError {
        code: ErrorCode::ModelUnavailable,
        message: "Claude's reply broke off.".into(),
        retry_after_ms: None,
        detail: "the model's stream ended without an end".into(),
        request_id: None,
    }
}
