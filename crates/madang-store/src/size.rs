//! How much room an append takes up.

use std::mem::size_of;

use crate::{Append, JournalEntry};

/// How much of the queue an append takes up: its texts, and its rows' own size.
pub(crate) fn bytes_of(append: &Append) -> usize {
    let records: usize =
        append.records.iter().map(|(_, r)| r.data.len() + r.kind.len() + size_of_val(r)).sum();
    let command = append.command.as_ref().map_or(0, |c| c.answer.len() + c.id.len());
    let journal: usize = append.journal.iter().map(|(_, entry)| journal_bytes(entry)).sum();
    let snapshots: usize = append.snapshots.iter().map(|(_, s)| s.data.len()).sum();
    let ledger: usize = append.ledger.iter().map(|l| l.usage.len() + size_of_val(l)).sum();
    let sessions: usize = append.sessions.iter().map(|s| s.title.len() + size_of_val(s)).sum();
    let users: usize = append.users.iter().map(|u| u.display_name.len() + size_of_val(u)).sum();
    let all = size_of::<Append>() + records + command + journal + snapshots + ledger + sessions + users;
    all + bytes_of_people(append)
}

fn bytes_of_people(append: &Append) -> usize {
    let people = size_of_val(append.people.as_slice());
    let audit: usize = append.audit.iter().map(|row| row.details.len() + size_of_val(row)).sum();
    let reads = size_of_val(append.reads.as_slice()) + size_of_val(append.mentions.as_slice());
    let text_bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let texts: usize = append.texts.iter().map(|(_, row)| text_bytes(&row.text) + size_of_val(row)).sum();
    let redactions: usize = append.redactions.iter().map(|row| row.3.len() + size_of_val(row)).sum();
    people + audit + reads + texts + redactions
}

fn journal_bytes(entry: &JournalEntry) -> usize {
    size_of_val(entry)
        + match entry {
            JournalEntry::Piece { pieces, .. } => pieces.len(),
            JournalEntry::Begin { .. } | JournalEntry::End { .. } => 0,
        }
}
