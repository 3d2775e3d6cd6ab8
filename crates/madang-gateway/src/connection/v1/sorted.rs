//! What a batch comes to on one version-1 connection: usually the bytes that all of them share.

use std::sync::Arc;

use bytes::Bytes;
use madang_hub::{Batch, Form, Outgoing};
use madang_protocol::{Event, UnixMs};

use crate::codec::{Opcode, frame_len, write_frame};
use crate::connection::backlog::{Backlog, encode};

/// Envelopes in order: events of the batch as they are, and others made for this connection.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    sent: Vec<Sent>,
}

#[derive(Debug)]
enum Sent {
    Event(usize),
    Made(Bytes),
}

impl Sorted {
    pub(super) fn pass(&mut self, index: usize) {
        self.sent.push(Sent::Event(index));
    }

    pub(super) fn made(&mut self, envelope: Bytes) {
        self.sent.push(Sent::Made(envelope));
    }

    /// Whether it is the batch as it is.
    fn is_whole(&self, batch: &Batch) -> bool {
        let in_place = |(at, sent): (usize, &Sent)| matches!(sent, Sent::Event(index) if *index == at);
        self.sent.len() == batch.events().len() && self.sent.iter().enumerate().all(in_place)
    }

    /// The frames, one envelope each.
    pub(crate) fn frames(&self, batch: &Batch) -> Bytes {
        if self.is_whole(batch) {
            return batch.form(Form::SocketV1, frames_v1).clone();
        }
        let envelopes = self.sent.iter().map(|sent| match sent {
            Sent::Event(index) => envelope_v1(&batch.events()[*index]),
            Sent::Made(envelope) => envelope.clone(),
        });
        frames(envelopes)
    }

    /// Queues the envelopes for a socket that is full.
    pub(crate) fn queue(&self, batch: &Batch, backlog: &mut Backlog) {
        for sent in &self.sent {
            match sent {
                Sent::Made(envelope) => backlog.queue_envelope(envelope.clone()),
                Sent::Event(index) => {
                    let event = &batch.events()[*index];
                    if event.piece.is_some() {
                        backlog.queue(event);
                    } else if has_parts(event) {
                        backlog.queue_envelope(envelope_v1(event));
                    } else {
                        backlog.queue(event);
                    }
                }
            }
        }
    }
}

fn frames_v1(events: &[Arc<Outgoing>]) -> Bytes {
    frames(events.iter().map(|event| envelope_v1(event)))
}

fn frames(envelopes: impl Iterator<Item = Bytes>) -> Bytes {
    let envelopes: Vec<Bytes> = envelopes.collect();
    let mut out = Vec::with_capacity(envelopes.iter().map(|envelope| frame_len(envelope.len())).sum());
    envelopes.iter().for_each(|envelope| write_frame(&mut out, Opcode::Text, envelope));
    Bytes::from(out)
}

/// Whether an event is a final with typed parts, which version 1 is not sent (TU7).
fn has_parts(event: &Outgoing) -> bool {
    matches!(&event.event, Some(Event::ClaudeResponse(response)) if response.parts.is_some())
}

/// An event as version 1 gets it.
fn envelope_v1(event: &Outgoing) -> Bytes {
    match &event.event {
        Some(Event::ClaudeResponse(response)) if response.parts.is_some() => {
            let mut response = response.clone();
            response.parts = None;
            let at = response.ended_at.unwrap_or(UnixMs(0));
            Bytes::from(encode(&Event::ClaudeResponse(response), event.session, at))
        }
        _ => event.envelope.clone(),
    }
}
