//! A group of appends as the redo log's files have it.

use madang_protocol::SessionId;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize};

use crate::{
    Append, CommandRow, JournalEntry, LedgerRow, MemberRow, MentionRow, ReadRow, Record, SessionRow,
    SnapshotRow, TextRow, UserRow,
};

/// Makes a checksum that nobody else can make, and that no other database's log has.
pub(crate) type Key = [u8; 32];

/// What every group begins with; the number is the form's.
const MAGIC: [u8; 4] = *b"MdR1";
/// Bytes before the appends: magic, their length (4), position (8), checksum of all that (32).
pub(crate) const HEAD_BYTES: usize = 48;
/// Where the checksum begins.
const CHECKSUM_AT: usize = 16;

/// The rows of an append that the redo log takes. A newer program reads what an older one left when it was killed: rows
/// may gain fields that have a default, and lose none. People's changes, lines of the audit log and redactions never come here.
macro_rules! kept {
    ($($field:ident: $row:ty,)*) => {
        #[derive(Serialize)]
        struct Written<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            command: &'a Option<CommandRow>,
            $(#[serde(skip_serializing_if = "<[_]>::is_empty")] $field: &'a [$row],)*
        }

        #[derive(Deserialize)]
        struct Read {
            command: Option<CommandRow>,
            $(#[serde(default)] $field: Vec<$row>,)*
        }

        impl<'a> Written<'a> {
            fn of(append: &'a Append) -> Self {
                // Whole, so that a new kind of row is not forgotten here.
                let Append { command, $($field,)* people: _, audit: _, redactions: _ } = append;
                Written { command, $($field,)* }
            }
        }

        impl From<Read> for Append {
            fn from(read: Read) -> Append {
                let Read { command, $($field,)* } = read;
                Append { command, $($field,)* ..Append::default() }
            }
        }
    };
}

kept! {
    records: (SessionId, Record),
    sessions: SessionRow,
    members: (SessionId, MemberRow),
    users: UserRow,
    journal: (SessionId, JournalEntry),
    ledger: LedgerRow,
    snapshots: (SessionId, SnapshotRow),
    reads: (SessionId, ReadRow),
    mentions: (SessionId, MentionRow),
    texts: (SessionId, TextRow),
}

/// Writes a group into `buffer`, in place of what it had.
pub(crate) fn write<'a>(
    buffer: &mut Vec<u8>,
    key: &Key,
    position: u64,
    appends: impl Iterator<Item = &'a Append>,
) -> serde_json::Result<()> {
    buffer.clear();
    buffer.resize(HEAD_BYTES, 0);
    let written: Vec<Written<'_>> = appends.map(Written::of).collect();
    serde_json::to_writer(&mut *buffer, &written)?;
    let length = u32::try_from(buffer.len() - HEAD_BYTES).map_err(serde_json::Error::custom)?;
    buffer[..4].copy_from_slice(&MAGIC);
    buffer[4..8].copy_from_slice(&length.to_le_bytes());
    buffer[8..CHECKSUM_AT].copy_from_slice(&position.to_le_bytes());
    let checksum = checksum(key, buffer);
    buffer[CHECKSUM_AT..HEAD_BYTES].copy_from_slice(checksum.as_bytes());
    Ok(())
}

/// A group's position, its appends, and what follows it.
type Found<'a> = (u64, Vec<Append>, &'a [u8]);

/// The group that `bytes` begin with, its position, and what follows it; none where no whole one is.
///
/// # Errors
/// When it is whole and can't be understood: it was acked, so it must not be taken for one that was half written.
pub(crate) fn read<'a>(bytes: &'a [u8], key: &Key) -> serde_json::Result<Option<Found<'a>>> {
    let Some((position, appends, rest)) = whole(bytes, key) else { return Ok(None) };
    let read: Vec<Read> = serde_json::from_slice(appends)?;
    Ok(Some((position, read.into_iter().map(Append::from).collect(), rest)))
}

/// A whole group's position, its appends as they are written, and what follows it.
fn whole<'a>(bytes: &'a [u8], key: &Key) -> Option<(u64, &'a [u8], &'a [u8])> {
    let head = bytes.get(..HEAD_BYTES)?;
    let length = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
    let (frame, rest) = bytes.split_at_checked(HEAD_BYTES.checked_add(length)?)?;
    if head[..4] != MAGIC || checksum(key, frame) != head[CHECKSUM_AT..] {
        return None;
    }
    let position = u64::from_le_bytes(head[8..CHECKSUM_AT].try_into().ok()?);
    Some((position, &frame[HEAD_BYTES..], rest))
}

fn checksum(key: &Key, frame: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&frame[..CHECKSUM_AT]).update(&frame[HEAD_BYTES..]).finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = [7; 32];

    fn written(position: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, &KEY, position, [Append::default()].iter()).unwrap();
        bytes
    }

    #[test]
    fn a_group_reads_back_and_any_change_of_it_is_none() {
        let bytes = [written(3), written(4)].concat();
        let (position, appends, rest) = read(&bytes, &KEY).unwrap().unwrap();
        assert_eq!((position, appends.len(), rest), (3, 1, written(4).as_slice()));
        for at in 0..written(3).len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(read(&changed, &KEY).unwrap().is_none(), "byte {at}");
        }
        assert!(read(&bytes[..written(3).len() - 1], &KEY).unwrap().is_none(), "half written");
        assert!(read(&bytes, &[8; 32]).unwrap().is_none(), "another database's");
    }

    #[test]
    fn a_whole_group_that_cannot_be_understood_is_an_error() {
        let mut bytes = written(1);
        bytes.truncate(HEAD_BYTES);
        bytes.extend_from_slice(b"[{\"records\":7}]");
        let length = (bytes.len() - HEAD_BYTES) as u32;
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        let right = checksum(&KEY, &bytes);
        bytes[CHECKSUM_AT..HEAD_BYTES].copy_from_slice(right.as_bytes());
        assert!(read(&bytes, &KEY).is_err());
    }
}
