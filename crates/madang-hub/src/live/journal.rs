//! The journal of a running reply: after a kill its text is there, at most one interval short, and always a prefix (RS5).

use futures_util::FutureExt;
use madang_protocol::{Part, PartKind};
use madang_store::{Append, Commit, JournalEntry, JournaledReply};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Live;
use crate::meter::Meter;
use crate::turn::Piece;

/// A piece as it is journalled.
#[derive(Debug, Serialize, Deserialize)]
struct JournalPiece {
    part: u32,
    kind: PartKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool_use_id: Option<String>,
    content: String,
}

/// One line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Piece(JournalPiece),
    Meter { meter: Meter },
}

/// What the journal does not have yet.
#[derive(Default)]
pub(super) struct Journal {
    waiting: Vec<Line>,
    /// Pieces on their way to the disk. If they don't arrive they are written again before all later ones: a journal with
    /// a hole would be no prefix.
    under_way: Option<(Commit, Vec<Line>)>,
    due: Option<Instant>,
}

impl Journal {
    /// When it is to be written next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Adds a piece, to be written by `tick`; pieces of one part become one.
    pub(super) fn add(&mut self, piece: &Piece, tick: impl FnOnce() -> Instant) {
        self.due.get_or_insert_with(tick);
        match self.waiting.last_mut() {
            Some(Line::Piece(last)) if last.part == piece.part => last.content.push_str(&piece.content),
            Some(Line::Piece(_) | Line::Meter { .. }) | None => {
                let Piece { part, kind, name, tool_use_id, content } = piece.clone();
                self.waiting.push(Line::Piece(JournalPiece { part, kind, name, tool_use_id, content }));
            }
        }
    }

    /// Notes what a request to the upstream used so far, to be written by `tick`; the newest counts.
    pub(super) fn note(&mut self, meter: Meter, tick: impl FnOnce() -> Instant) {
        self.due.get_or_insert_with(tick);
        self.waiting.retain(|line| !matches!(line, Line::Meter { meter: old } if old.number == meter.number));
        self.waiting.push(Line::Meter { meter });
    }

    /// Whether what was written last is still on its way; if it failed, it waits again.
    fn is_under_way(&mut self) -> bool {
        let Some((commit, _)) = &mut self.under_way else { return false };
        let Some(done) = commit.now_or_never() else { return true };
        if let Some((_, mut pieces)) = self.under_way.take()
            && done.is_err()
        {
            pieces.append(&mut self.waiting);
            self.waiting = pieces;
        }
        false
    }
}

impl Live {
    /// Writes what the journal does not have yet; a kill from now on loses none of it.
    pub(super) async fn journal(&mut self) {
        let tick = self.hub.journal_tick();
        let Some(reply) = self.reply.as_mut() else { return };
        let journal = &mut reply.journal;
        journal.due = None;
        if journal.is_under_way() {
            journal.due = Some(tick);
            return;
        }
        if journal.waiting.is_empty() {
            return;
        }
        let text = serde_json::to_string(&journal.waiting).expect("pieces are plain data");
        let entry = JournalEntry::Piece { message: reply.message_id, n: reply.n, pieces: text };
        let append = Append { journal: vec![(self.session.id(), entry)], ..Append::default() };
        // If the disk is full the reply goes on; it is tried again with all that came meanwhile.
        let submitted = self.hub.inner.store.submit(append).await;
        journal.due = Some(tick);
        match submitted {
            Ok(commit) => journal.under_way = Some((commit, std::mem::take(&mut journal.waiting))),
            Err(error) => {
                tracing::warn!(session.id = %self.session.id(), error = &error as &dyn std::error::Error, "a reply could not be journalled");
            }
        }
    }
}

/// Adds a piece to the parts.
pub(super) fn add_piece(parts: &mut Vec<Part>, piece: Piece) {
    match parts.iter_mut().rev().find(|part| part.index == piece.part) {
        Some(part) => part.content.push_str(&piece.content),
        None => parts.push(Part {
            index: piece.part,
            kind: piece.kind,
            content: piece.content,
            name: piece.name,
            tool_use_id: piece.tool_use_id,
            citations: None,
            duration_ms: None,
        }),
    }
}

/// The parts of a journalled reply, and its requests to the upstream.
pub(super) fn replay(journal: &JournaledReply) -> (Vec<Part>, Vec<Meter>) {
    let (mut parts, mut meters) = (Vec::new(), Vec::<Meter>::new());
    for text in &journal.pieces {
        // Written by us; an unreadable one ends the text there, as a kill a moment earlier would have.
        let Ok(lines) = serde_json::from_str::<Vec<Line>>(text) else { break };
        for line in lines {
            match line {
                Line::Piece(JournalPiece { part, kind, name, tool_use_id, content }) => {
                    add_piece(&mut parts, Piece { part, kind, name, tool_use_id, content });
                }
                Line::Meter { meter } => {
                    meters.retain(|old| old.number != meter.number);
                    meters.push(meter);
                }
            }
        }
    }
    (parts, meters)
}
