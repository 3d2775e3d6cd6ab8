//! The stream processor: one task per running reply reads the model and rolls its pieces up (TU3).

mod run;

use std::sync::Arc;

use madang_model::{Model, ModelError, Request, assistant_message};
use madang_protocol::{ErrorCode, PartKind, Usage};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::AbortOnDropHandle;

use run::Run;

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
        retry_after_ms: u64,
        attempt: u32,
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
    Usage {
        usage: Usage,
        raw: Box<RawValue>,
    },
    /// The upstream paused and was asked to go on: a message is whole, another one begins.
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

/// The message that whole blocks make, in the upstream's order.
pub(crate) fn message_of(blocks: &mut [Block]) -> Option<Arc<RawValue>> {
    blocks.sort_by_key(|block| block.index);
    assistant_message(blocks.iter().map(|block| &*block.raw))
}
