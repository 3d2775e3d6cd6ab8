//! The stream processor: one task per running reply reads the model and rolls its pieces up (TU3).

mod estimate;
mod line;
mod run;

use std::sync::Arc;

use madang_model::{Model, ModelError, Request, assistant_message};
use madang_protocol::{ErrorCode, PartKind, Usage};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::budget::{Budgets, Claim, Payer};
use crate::pool::Door;
pub(crate) use estimate::{input_tokens, weight};

use run::Run;
pub(crate) use run::unfinished;

/// Updates between a turn's task and its session's; a full queue slows the reading of the upstream.
const UPDATES: usize = 64;

/// More of a reply.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// The part as clients count them: from 0 without gaps, blocks that show nothing left out.
    pub(crate) part: u32,
    pub(crate) kind: PartKind,
    pub(crate) name: Option<String>,
    pub(crate) tool_use_id: Option<String>,
    pub(crate) content: String,
}

/// A whole block of a reply, verbatim.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Its place in its message.
    pub(crate) index: u32,
    /// The part that shows it; none when nothing of it is shown.
    pub(crate) part: Option<u32>,
    pub(crate) raw: Box<RawValue>,
}

/// What a turn's task tells its session.
#[derive(Debug)]
pub(crate) enum Update {
    Waiting {
        code: ErrorCode,
        /// Requests before this one in our own queue, when it waits there.
        ahead: Option<u32>,
        retry_after_ms: u64,
        attempt: u32,
    },
    /// A request is made to the upstream.
    Asked {
        model: String,
        /// Tokens that it sends, estimated.
        sent_tokens: u64,
    },
    Started {
        upstream_id: Option<String>,
        request_id: Option<String>,
        model: String,
    },
    Piece(Piece),
    Citation {
        part: u32,
        json: String,
    },
    BlockEnded {
        block: Block,
        duration_ms: u64,
    },
    /// What the current request to the upstream used so far.
    Usage {
        usage: Usage,
        raw: Box<RawValue>,
    },
    /// The upstream paused and is asked to go on in a request of its own: a message is whole, another one begins.
    Continued {
        message: Arc<RawValue>,
    },
    End(End),
}

/// How the model's stream ended.
#[derive(Debug)]
pub(crate) enum End {
    Done { stop_reason: String, explanation: Option<String> },
    Failed(ModelError),
}

/// A running reply's task; dropping it stops the upstream, gives the place in the pool back and what was set aside.
pub(crate) struct TurnTask {
    pub(crate) updates: mpsc::Receiver<Update>,
    /// What is set aside for its requests, as long as they are not charged.
    _claims: Claims,
    task: AbortOnDropHandle<()>,
}

impl TurnTask {
    /// Waits for the task's end, after its updates have ended without a last word. Never returns when the task was taken
    /// away: only the end of the runtime does that, and the reply is then cut off as by a kill, not failed.
    pub(crate) async fn fault(&mut self) {
        if let Err(error) = (&mut self.task).await
            && error.is_cancelled()
        {
            std::future::pending::<()>().await;
        }
    }
}

/// What is set aside for the requests of a turn.
type Claims = Arc<Mutex<Vec<Claim>>>;

/// What a turn is answered with.
pub(crate) struct Work {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) request: Request,
    pub(crate) door: Door,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) payer: Payer,
    pub(crate) rollup_ms: u64,
}

/// Starts to answer a request once the pool lets it through and the budgets allow it.
pub(crate) fn start(work: Work) -> TurnTask {
    let (sender, updates) = mpsc::channel(UPDATES);
    let claims = Claims::default();
    let mut run = Run::new(sender, work.rollup_ms, claims.clone());
    let task = tokio::spawn(async move {
        // A send fails when the session no longer listens: the turn was stopped.
        let _stopped = run.answer(work).await;
    });
    TurnTask { updates, _claims: claims, task: AbortOnDropHandle::new(task) }
}

/// The message that whole blocks make, in the upstream's order.
pub(crate) fn message_of(blocks: &mut [Block]) -> Option<Arc<RawValue>> {
    blocks.sort_by_key(|block| block.index);
    assistant_message(blocks.iter().map(|block| &*block.raw))
}
