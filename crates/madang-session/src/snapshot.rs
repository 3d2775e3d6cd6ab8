//! A session in parts, as it is written down from time to time: the head, which is small, and the transcript in chunks, of
//! which only those are written that changed since they were written last.

use madang_protocol::UserId;
use serde::{Deserialize, Serialize};

use crate::{Session, Transcript};

/// How the parts are written. Parts of another number are not read: the log says the same.
const FORMAT: u32 = 2;

/// A part of a session as it stood at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPart {
    /// Which one: 0 is the head, the others are the transcript in order.
    pub part: u32,
    /// The position of the snapshot that it was written with.
    pub position: u64,
    /// What it says.
    pub data: String,
}

/// Why parts are not a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// There is no head.
    #[error("there is no head")]
    NoHead,
    /// The head is not one, or another program's.
    #[error("the head can't be read: {0}")]
    Head(String),
    /// A part is not there, or another one than the head names.
    #[error("part {0} is not the head's")]
    Missing(u32),
    /// A part is not what this program writes.
    #[error("part {0} can't be read")]
    Unreadable(u32),
}

/// The head as it is written.
#[derive(Serialize)]
struct HeadOut<'a> {
    format: u32,
    messages: usize,
    parts: Vec<u64>,
    session: &'a Session,
}

/// The head as it is read.
#[derive(Deserialize)]
struct HeadIn {
    messages: usize,
    /// Where each of the other parts was written.
    parts: Vec<u64>,
    session: Session,
}

/// The head's first words, which say whether the rest can be read.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Session {
    /// The head, and those other parts that changed since they were written last. They count as written from now on.
    pub fn take_snapshot(&mut self) -> Vec<SnapshotPart> {
        let position = self.seq;
        let mut parts = vec![SnapshotPart { part: 0, position, data: String::new() }];
        for number in self.transcript.changed() {
            let concerns = self.concerned_in(number);
            let data = self.transcript.pack(number, &self.turns, &concerns);
            self.transcript.set_written(number, Some(position));
            parts.push(SnapshotPart { part: part_of(number), position, data });
        }
        let written = self.transcript.written();
        let head = HeadOut { format: FORMAT, messages: self.transcript.len(), parts: written, session: self };
        parts[0].data = serde_json::to_string(&head).expect("a head is plain data");
        parts
    }

    /// These parts of a snapshot were not written after all: the next one has them.
    pub fn snapshot_failed(&mut self, parts: impl IntoIterator<Item = u32>) {
        for part in parts.into_iter().filter(|part| *part > 0) {
            self.transcript.set_written(part as usize - 1, None);
        }
    }

    /// A session from the parts of its newest snapshot, in order. What is beyond those that the head names is ignored.
    ///
    /// # Errors
    /// [`SnapshotError`] when they are not one session as it stood at one moment: its log says the same.
    pub fn restore(parts: Vec<SnapshotPart>) -> Result<Session, SnapshotError> {
        let mut parts = parts.into_iter();
        let head = parts.next().filter(|head| head.part == 0).ok_or(SnapshotError::NoHead)?;
        let unreadable = |error: serde_json::Error| SnapshotError::Head(error.to_string());
        let Format { format } = serde_json::from_str(&head.data).map_err(unreadable)?;
        if format != FORMAT {
            return Err(SnapshotError::Head(format!("it is of format {format}")));
        }
        let HeadIn { messages, parts: written, mut session } =
            serde_json::from_str(&head.data).map_err(unreadable)?;
        if session.seq != head.position {
            return Err(SnapshotError::Head("it stands somewhere else".to_owned()));
        }
        session.transcript = Transcript::with_room(messages);
        for (number, at) in written.iter().enumerate() {
            let wanted = part_of(number);
            let found = parts.next().filter(|found| found.part == wanted && found.position == *at);
            let part = found.ok_or(SnapshotError::Missing(wanted))?;
            let read = session.transcript.add_packed(part.data, *at, &mut session.turns);
            read.ok_or(SnapshotError::Unreadable(wanted))?;
        }
        if session.transcript.len() != messages {
            return Err(SnapshotError::Missing(part_of(written.len())));
        }
        // Everything else waits until somebody wants it.
        if !session.transcript.decode_newest() {
            return Err(SnapshotError::Unreadable(part_of(written.len() - 1)));
        }
        Ok(session)
    }

    /// Whom messages concern, by their places, in order of the messages.
    pub fn concerns(&self) -> impl Iterator<Item = (u32, UserId)> {
        (0..self.transcript.chunks()).flat_map(|number| self.concerned_in(number))
    }

    fn concerned_in(&self, number: usize) -> Vec<(u32, UserId)> {
        if let Some(known) = self.transcript.known_concerns(number) {
            return known.to_vec();
        }
        let (first, messages) = self.transcript.chunk(number);
        let concerned = |(place, message)| self.concerned(message).into_iter().map(move |user| (place, user));
        (first..).zip(messages).flat_map(concerned).collect()
    }
}

/// The part that a chunk of the transcript is.
fn part_of(number: usize) -> u32 {
    u32::try_from(number + 1).unwrap_or(u32::MAX)
}
