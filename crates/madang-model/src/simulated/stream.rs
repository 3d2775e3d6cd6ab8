//! Plays a script at its pace, in the task of whoever polls it. Dropping the stream is all it takes to stop.

use std::time::Duration;

use futures_util::Stream;
use madang_protocol::{ErrorCode, Usage};
use serde_json::json;
use serde_json::value::to_raw_value;
use tokio::time::Instant;

use super::script::{End, Script};
use crate::{ModelError, StreamItem};

/// Milliseconds of the pretended wait.
const WAIT_MS: u64 = 1_500;

/// Bytes of a piece that has no space in it.
const PIECE_BYTES_MAX: usize = 16;

/// A script that is being played.
pub(crate) struct Playing {
    script: Script,
    model: String,
    per_piece: Duration,
    first_piece: Duration,
    next_at: Instant,
    part: usize,
    offset: usize,
    pieces: u64,
    step: Step,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Wait,
    Start,
    UsageAtStart,
    PartStart,
    Piece,
    UsageAtEnd,
    End,
    Over,
}

impl Playing {
    /// Begins when it is first polled.
    pub(crate) fn new(script: Script, model: String, first_piece: Duration, per_piece: Duration) -> Self {
        let step = if script.waits { Step::Wait } else { Step::Start };
        let next_at = Instant::now();
        Self { script, model, per_piece, first_piece, next_at, part: 0, offset: 0, pieces: 0, step }
    }

    /// The script as a reply.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<StreamItem, ModelError>> + Send {
        futures_util::stream::unfold(Box::new(self), |mut playing| async {
            let item = playing.next().await?;
            Some((item, playing))
        })
    }

    async fn next(&mut self) -> Option<Result<StreamItem, ModelError>> {
        let item = match self.step {
            Step::Wait => {
                self.step = Step::Start;
                self.next_at = Instant::now() + Duration::from_millis(WAIT_MS);
                StreamItem::Waiting { code: ErrorCode::ModelOverloaded, retry_after_ms: WAIT_MS, attempt: 2 }
            }
            Step::Start => {
                // A reader that has waited already waits no longer.
                self.next_at = self.next_at.max(Instant::now()) + self.first_piece;
                self.pause().await;
                self.step = Step::UsageAtStart;
                StreamItem::Started { upstream_id: None, request_id: None, model: self.model.clone() }
            }
            Step::UsageAtStart => {
                self.step = self.part_or_end();
                self.usage()
            }
            Step::PartStart => {
                self.step = Step::Piece;
                let part = &self.script.parts[self.part];
                let (kind, name, tool_use_id) = (part.kind, part.name.clone(), part.tool_use_id.clone());
                StreamItem::PartStarted { index: self.part as u32, kind, name, tool_use_id }
            }
            Step::Piece => return Some(self.piece().await),
            Step::UsageAtEnd => {
                self.step = Step::End;
                self.usage()
            }
            Step::End => {
                self.step = Step::Over;
                let (stop_reason, explanation) = match self.script.end {
                    End::Stop(reason, explanation) => (reason, explanation),
                    End::Failure(message) => return Some(Err(failure(message))),
                };
                let explanation = explanation.map(str::to_owned);
                StreamItem::Ended { stop_reason: stop_reason.to_owned(), explanation }
            }
            Step::Over => return None,
        };
        Some(Ok(item))
    }

    async fn piece(&mut self) -> Result<StreamItem, ModelError> {
        let part = &self.script.parts[self.part];
        let index = self.part as u32;
        let rest = &part.content[self.offset..];
        let is_last = self.part + 1 == self.script.parts.len();
        if let (End::Failure(message), true) =
            (&self.script.end, is_last && rest.len() * 2 < part.content.len())
        {
            self.step = Step::Over;
            return Err(failure(message));
        }
        if rest.is_empty() {
            let raw = part.raw.clone();
            self.part += 1;
            self.offset = 0;
            self.step = self.part_or_end();
            return Ok(StreamItem::PartEnded { index, raw });
        }
        let content = rest[..piece_end(rest)].to_owned();
        self.offset += content.len();
        self.pieces += 1;
        self.pause().await;
        Ok(StreamItem::Delta { index, content })
    }

    fn part_or_end(&self) -> Step {
        if self.part < self.script.parts.len() { Step::PartStart } else { Step::UsageAtEnd }
    }

    /// Waits for the next piece's moment. Moments are absolute, so that a late one does not delay those after it.
    async fn pause(&mut self) {
        // Without a pace there is no wait, and so this is where other tasks get their turn.
        tokio::task::coop::consume_budget().await;
        if self.next_at > Instant::now() {
            tokio::time::sleep_until(self.next_at).await;
        }
        self.next_at += self.per_piece;
    }

    fn usage(&self) -> StreamItem {
        let usage =
            Usage { input_tokens: self.script.input_tokens, output_tokens: self.pieces, ..Usage::default() };
        let raw = json!({ "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens });
        StreamItem::Usage { usage, raw: to_raw_value(&raw).expect("a value is JSON") }
    }
}

fn failure(message: &str) -> ModelError {
    ModelError {
        code: ErrorCode::ModelUnavailable,
        message: message.to_owned(),
        retry_after_ms: None,
        detail: "simulated".to_owned(),
        request_id: None,
    }
}

/// Where the first piece of a text ends: after a word and its space, or where it grows too long.
fn piece_end(text: &str) -> usize {
    let mut word_ended = false;
    for (at, letter) in text.char_indices() {
        if at >= PIECE_BYTES_MAX || (word_ended && !letter.is_whitespace()) {
            return at;
        }
        word_ended |= letter.is_whitespace();
    }
    text.len()
}
