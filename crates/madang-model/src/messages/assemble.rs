//! Turns the upstream's events into [`StreamItem`]s, one reply at a time.
//!
//! A state machine without I/O: an event in, items out, or the reason why the stream makes no sense.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use madang_protocol::Usage;

use super::block::Block;
use super::wire::{
    BlockDelta, ErrorReport, Frame, KindOnly, MessageDelta, MessageStart, Object, StopDetails,
};
use crate::StreamItem;

/// Parts a reply may have; a real one has tens. More is garbage.
const PARTS_MAX: u32 = 10_000;

/// Why a stream cannot go on.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The upstream reported an error after it had begun to answer.
    Reported {
        /// What it says.
        report: ErrorReport,
        /// Its id of the request.
        request_id: Option<String>,
    },
    /// It sent what no such stream has; the text is for the log.
    Garbage(String),
}

/// One reply being put together.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    started: bool,
    ended: bool,
    shown: bool,
    /// The open block by the upstream's index.
    open: Option<(u64, Block)>,
    /// Blocks that the next one's start ended, and whose own end is still to come.
    ended_early: Vec<u64>,
    parts: u32,
    usage: Object,
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
    request_id: Option<String>,
}

impl Assembler {
    /// A reply to the request that the upstream calls `request_id`.
    pub(crate) fn new(request_id: Option<String>) -> Self {
        Self { request_id, ..Self::default() }
    }

    /// Whether something of the reply's content came out; from then on it can't be started over.
    pub(crate) fn has_shown(&self) -> bool {
        self.shown
    }

    /// Whether the upstream said that the message is complete.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes the data of one event.
    ///
    /// # Errors
    /// [`Fault`] when the stream cannot go on.
    pub(crate) fn take(&mut self, data: &[u8], out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        let text = std::str::from_utf8(data).map_err(|error| garbage("an event", &error))?;
        if text.is_empty() {
            return Ok(());
        }
        let frame: Frame<'_> = serde_json::from_str(text).map_err(|error| garbage("an event", &error))?;
        match frame.kind.as_ref() {
            "content_block_delta" => self.block_delta(&frame, out),
            "content_block_start" => self.block_start(&frame, out),
            "content_block_stop" => self.block_stop(&frame, out),
            "message_start" => self.message_start(&frame, out),
            "message_delta" => self.message_delta(&frame, out),
            "message_stop" => self.message_stop(out),
            "error" => Err(reported(frame)),
            // Pings, and what was added to the API after this was written.
            _ => Ok(()),
        }
    }

    fn message_start(&mut self, frame: &Frame<'_>, out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        if self.started {
            return Err(Fault::Garbage("a second message_start".to_owned()));
        }
        let message = frame.message.ok_or_else(|| missing("message"))?;
        let message: MessageStart<'_> =
            serde_json::from_str(message.get()).map_err(|error| garbage("message_start", &error))?;
        self.started = true;
        out.push_back(StreamItem::Started {
            upstream_id: message.id,
            request_id: self.request_id.clone(),
            model: message.model.unwrap_or_default(),
        });
        self.use_up(message.usage.and_then(Object::parse), out);
        Ok(())
    }

    fn block_start(&mut self, frame: &Frame<'_>, out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        let index = self.index_in_message(frame)?;
        let is_open = self.open.as_ref().is_some_and(|(open, _)| *open == index);
        if is_open || self.parts == PARTS_MAX {
            return Err(Fault::Garbage(format!("block {index} begins twice, or there are too many")));
        }
        // Claude's blocks come one after the other, and parts must; another server's may overlap at their ends.
        if let Some((open, block)) = self.open.take() {
            self.ended_early.push(open);
            self.shown = true;
            block.end(out);
        }
        let raw = frame.content_block.ok_or_else(|| missing("content_block"))?;
        let block =
            Block::start(self.parts, raw, out).ok_or_else(|| Fault::Garbage("no block".to_owned()))?;
        self.shown |= block.is_whole_at_start();
        self.parts += 1;
        self.open = Some((index, block));
        Ok(())
    }

    fn block_delta(&mut self, frame: &Frame<'_>, out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        let index = self.index_in_message(frame)?;
        let raw = frame.delta.ok_or_else(|| missing("delta"))?.get();
        let (_, block) =
            self.open.as_mut().filter(|(open, _)| *open == index).ok_or_else(|| not_open(index))?;
        let delta: BlockDelta<'_> = match serde_json::from_str(raw) {
            Ok(delta) => delta,
            Err(error) if is_known_delta(raw) => return Err(garbage("a delta", &error)),
            Err(_) => return Ok(()),
        };
        let before = out.len();
        block.grow(delta, out).map_err(|_| Fault::Garbage(format!("block {index} can't have this delta")))?;
        self.shown |= out.len() > before;
        Ok(())
    }

    fn block_stop(&mut self, frame: &Frame<'_>, out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        let index = self.index_in_message(frame)?;
        if let Some((_, block)) = self.open.take_if(|(open, _)| *open == index) {
            self.shown = true;
            block.end(out);
        } else if let Some(position) = self.ended_early.iter().position(|early| *early == index) {
            self.ended_early.swap_remove(position);
        } else {
            return Err(not_open(index));
        }
        Ok(())
    }

    fn message_delta(&mut self, frame: &Frame<'_>, out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        self.in_message()?;
        if let Some(raw) = frame.delta {
            let delta: MessageDelta =
                serde_json::from_str(raw.get()).map_err(|error| garbage("message_delta", &error))?;
            self.stop_reason = delta.stop_reason.or(self.stop_reason.take());
            self.stop_details = delta.stop_details.or(self.stop_details.take());
        }
        self.use_up(frame.usage.and_then(Object::parse), out);
        Ok(())
    }

    fn message_stop(&mut self, out: &mut VecDeque<StreamItem>) -> Result<(), Fault> {
        self.in_message()?;
        // Every block is closed by now; a server that forgets to is forgiven, for its message is complete.
        if let Some((_, block)) = self.open.take() {
            block.end(out);
        }
        self.ended = true;
        self.shown = true;
        let details = self.stop_details.take().unwrap_or_default();
        out.push_back(StreamItem::Ended {
            stop_reason: self.stop_reason.take().unwrap_or_else(|| "end_turn".to_owned()),
            explanation: details.explanation.or(details.category),
        });
        Ok(())
    }

    /// Usage is cumulative: what is said replaces what was said, and is never added to it.
    fn use_up(&mut self, usage: Option<Object>, out: &mut VecDeque<StreamItem>) {
        let Some(usage) = usage else { return };
        self.usage.merge(usage);
        let number = |name| self.usage.number(name).unwrap_or(0);
        let usage = Usage {
            input_tokens: number("input_tokens"),
            output_tokens: number("output_tokens"),
            cache_read_input_tokens: number("cache_read_input_tokens"),
            cache_creation_input_tokens: number("cache_creation_input_tokens"),
            estimated: false,
        };
        out.push_back(StreamItem::Usage { usage, raw: self.usage.to_raw() });
    }

    fn in_message(&self) -> Result<(), Fault> {
        if self.started { Ok(()) } else { Err(Fault::Garbage("content before message_start".to_owned())) }
    }

    fn index_in_message(&self, frame: &Frame<'_>) -> Result<u64, Fault> {
        self.in_message()?;
        frame.index.ok_or_else(|| missing("index"))
    }
}

fn is_known_delta(raw: &str) -> bool {
    const KNOWN: [&str; 6] = [
        "text_delta",
        "thinking_delta",
        "input_json_delta",
        "signature_delta",
        "citations_delta",
        "compaction_delta",
    ];
    serde_json::from_str(raw).map_or(true, |delta: KindOnly<'_>| KNOWN.contains(&delta.kind.as_ref()))
}

fn reported(frame: Frame<'_>) -> Fault {
    let report = frame.error.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    Fault::Reported { report, request_id: frame.request_id }
}

fn garbage(what: &str, error: &dyn std::fmt::Display) -> Fault {
    Fault::Garbage(format!("{what} can't be read: {error}"))
}

fn missing(field: &str) -> Fault {
    Fault::Garbage(format!("an event without {field}"))
}

fn not_open(index: u64) -> Fault {
    Fault::Garbage(format!("block {index} is not open"))
}
