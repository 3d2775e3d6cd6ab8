//! Envelopes into frames: one a frame on version 1, arrays on version 2 (EN3).

use std::sync::Arc;

use bytes::Bytes;
use madang_hub::Outgoing;
use madang_protocol::limits::{BATCH_BYTES_MAX, BATCH_ENVELOPES_MAX};

use crate::codec::{Opcode, frame_len, write_frame, write_header};

/// The frames of a batch for version 2: the bytes that every connection shares.
pub(crate) fn frames_v2(events: &[Arc<Outgoing>]) -> Bytes {
    let mut envelopes = events.iter().map(|event| &event.envelope[..]).peekable();
    let mut out = Vec::with_capacity(events.iter().map(|event| frame_len(event.envelope.len()) + 1).sum());
    while envelopes.peek().is_some() {
        let mut bytes = 0;
        let mut group = Vec::new();
        while let Some(envelope) = envelopes.next_if(|next| fits(group.len(), bytes, next.len())) {
            bytes += envelope.len() + 1;
            group.push(envelope);
        }
        write_group(&mut out, &group);
    }
    Bytes::from(out)
}

/// Whether another envelope still goes into a frame of so many envelopes and bytes.
pub(crate) fn fits(envelopes: usize, bytes: usize, next: usize) -> bool {
    envelopes == 0 || (envelopes < BATCH_ENVELOPES_MAX && bytes + next + 2 <= BATCH_BYTES_MAX)
}

/// Appends one frame with one envelope, or with an array of several.
pub(crate) fn write_group(out: &mut Vec<u8>, group: &[impl AsRef<[u8]>]) {
    if let [only] = group {
        return write_frame(out, Opcode::Text, only.as_ref());
    }
    let length = group.iter().map(|envelope| envelope.as_ref().len()).sum::<usize>() + group.len() + 1;
    write_header(out, Opcode::Text, length);
    for (index, envelope) in group.iter().enumerate() {
        out.push(if index == 0 { b'[' } else { b',' });
        out.extend_from_slice(envelope.as_ref());
    }
    out.push(b']');
}
