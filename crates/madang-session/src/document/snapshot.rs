//! A document as it is written down: its text and who wrote it. The changes are in its log.

use serde::{Deserialize, Serialize};

use super::blame::Blame;
use super::{Cursors, Document, Hand, Window};
use crate::Text;

/// How it is written. Another number is not read: the log says the same.
const FORMAT: u32 = 1;

/// A document at one version.
///
/// What it remembers to take stale bases is not in it: after [`Document::restore`], [`Document::recall`] takes that from
/// the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSnapshot {
    format: u32,
    version: u64,
    text: String,
    /// Everyone whose hand is in it.
    hands: Vec<Hand>,
    /// Units, and whose: a place in `hands`.
    runs: Vec<(u32, u32)>,
}

/// Why a snapshot is not a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentSnapshotError {
    /// It was written by another program.
    #[error("it is of format {0}")]
    Format(u32),
    /// Its text is not a document's.
    #[error("its text is too large, or its lines don't end at LF")]
    Text,
    /// Who wrote it does not fit its text.
    #[error("its authors do not fit its text")]
    Authors,
}

impl DocumentSnapshot {
    /// The version that it is of.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl Document {
    /// What is to be written of it.
    #[must_use]
    pub fn snapshot(&self) -> DocumentSnapshot {
        let mut snapshot = DocumentSnapshot {
            format: FORMAT,
            version: self.version,
            text: self.text.to_string(),
            hands: Vec::new(),
            runs: Vec::new(),
        };
        let mut numbers = std::collections::BTreeMap::new();
        for range in self.blame.ranges() {
            let number = *numbers.entry(range.by).or_insert_with(|| {
                snapshot.hands.push(range.by);
                crate::text::measure(snapshot.hands.len() - 1)
            });
            snapshot.runs.push((range.to - range.from, number));
        }
        snapshot
    }

    /// The document that was written.
    ///
    /// # Errors
    /// [`DocumentSnapshotError`] when it is not one: its log says the same.
    pub fn restore(snapshot: DocumentSnapshot) -> Result<Document, DocumentSnapshotError> {
        if snapshot.format != FORMAT {
            return Err(DocumentSnapshotError::Format(snapshot.format));
        }
        let text = Text::new(&snapshot.text).map_err(|_| DocumentSnapshotError::Text)?;
        if snapshot.text.contains('\r') {
            return Err(DocumentSnapshotError::Text);
        }
        let units: u64 = snapshot.runs.iter().map(|(units, _)| u64::from(*units)).sum();
        let known = |(_, hand): &(u32, u32)| (*hand as usize) < snapshot.hands.len();
        if units != u64::from(text.units()) || !snapshot.runs.iter().all(known) {
            return Err(DocumentSnapshotError::Authors);
        }
        let ranges = snapshot.runs.iter().map(|(units, hand)| (*units, snapshot.hands[*hand as usize]));
        let blame = Blame::of(ranges);
        let (version, window, cursors) =
            (snapshot.version, Window::after(snapshot.version), Cursors::default());
        Ok(Document { text, version, window, blame, cursors })
    }
}
