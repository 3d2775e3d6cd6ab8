//! The last position of every stream lately written, and the rule that the next one follows it.
//!
//! The writer is the only one who writes, so what it remembers is what is stored; after a failed commit it
//! forgets everything.

use std::collections::{HashMap, HashSet};

use madang_protocol::limits::{EVENT_BYTES_MAX, TYPE_BYTES_MAX};
use madang_protocol::{SessionId, UserId};

use crate::audit::Tail;
use crate::bind::Row;
use crate::connection::Connection;
use crate::fault::said;
use crate::statements::HEADS;
use crate::{Append, Record, StoreError, Stream, changes};

/// Streams remembered (some 100 bytes each); beyond, all are forgotten and asked for again.
const STREAMS_MAX: usize = 32 * 1024;

/// A stream of a session.
type Place = (SessionId, Stream);

/// The last position of streams (0 before the first), and the end of the audit log.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    known: HashMap<Place, u64>,
    /// Sessions that have a line.
    there: HashSet<SessionId>,
    audit: Option<Tail>,
}

/// What the appends of one group have claimed so far.
#[derive(Debug, Default)]
pub(crate) struct Claims<'a> {
    heads: HashMap<Place, u64>,
    sessions: HashSet<SessionId>,
    commands: HashSet<(UserId, &'a str)>,
    audit: Option<Tail>,
}

/// What one append would claim.
pub(crate) struct Claim<'a> {
    append: &'a Append,
    heads: HashMap<Place, u64>,
    command: Option<(UserId, &'a str)>,
}

impl<'a> Claims<'a> {
    /// The audit log is going to end here.
    pub(crate) fn end_audit(&mut self, tail: Tail) {
        self.audit = Some(tail);
    }

    /// The append is going to be written.
    pub(crate) fn take(&mut self, claim: Claim<'a>) {
        self.heads.extend(claim.heads);
        self.sessions.extend(sessions_of(claim.append));
        self.commands.extend(claim.command);
    }
}

impl Heads {
    /// Learns the heads of all streams that these appends write to.
    pub(crate) async fn learn(
        &mut self,
        connection: &mut Connection,
        appends: &[Append],
    ) -> Result<(), sqlx::Error> {
        if self.known.len() > STREAMS_MAX {
            self.known.clear();
            self.there.clear();
        }
        if self.audit.is_none() && appends.iter().any(|append| !append.audit.is_empty()) {
            self.audit = Some(Tail::stored(connection).await?);
        }
        let places = appends
            .iter()
            .flat_map(|append| &append.records)
            .map(|(session, record)| (*session, record.stream));
        let unknown: HashSet<Place> = places.filter(|place| !self.known.contains_key(place)).collect();
        let unknown: Vec<Place> = unknown.into_iter().collect();
        let mut rest = unknown.as_slice();
        while !rest.is_empty() {
            let (taken, text) = HEADS.taking(rest.len());
            let (now, later) = rest.split_at(taken);
            let mut row = Row::default();
            for (session, Stream(stream)) in now {
                row.id(session);
                row.signed(*stream);
            }
            for found in connection.fetch(text.as_str(), row).await? {
                let session: SessionId =
                    found.text(0)?.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
                let head = found.try_get::<Option<i64>>(2)?.unwrap_or_default();
                self.known.insert((session, Stream(found.try_get(1)?)), head.unsigned_abs());
            }
            rest = later;
        }
        Ok(())
    }

    /// Whether it can be decided without the database that an append is written: every session that it names is known to
    /// be there, and so is the head of every stream.
    pub(crate) fn knows(&self, append: &Append) -> bool {
        let known =
            |(session, record): &(SessionId, Record)| self.known.contains_key(&(*session, record.stream));
        append.records.iter().all(known) && sessions_of(append).all(|session| self.there.contains(&session))
    }

    /// Where the audit log ends after `claims`; only of use to those who have lines for it.
    pub(crate) fn audit_tail(&self, claims: &Claims<'_>) -> Tail {
        claims.audit.or(self.audit).unwrap_or_default()
    }

    /// What the append would claim after `claims`, or why it cannot be written.
    pub(crate) fn claim<'a>(&self, claims: &Claims<'a>, append: &'a Append) -> Result<Claim<'a>, StoreError> {
        check_sizes(append)?;
        changes::check(&append.people)?;
        let mut heads: HashMap<Place, u64> = HashMap::new();
        for (session, record) in &append.records {
            let place = (*session, record.stream);
            let head =
                heads.get(&place).or_else(|| claims.heads.get(&place)).or_else(|| self.known.get(&place));
            if head.copied().unwrap_or_default().checked_add(1) != Some(record.position) {
                return Err(StoreError::Conflict);
            }
            heads.insert(place, record.position);
        }
        let command = append.command.as_ref().map(|command| (command.user, command.id.as_str()));
        match command {
            Some(id) if claims.commands.contains(&id) => Err(StoreError::Conflict),
            Some(_) | None => Ok(Claim { append, heads, command }),
        }
    }

    /// Takes over what was claimed and is now on disk.
    pub(crate) fn committed(&mut self, claims: Claims<'_>) {
        self.known.extend(claims.heads);
        self.there.extend(claims.sessions);
        self.audit = claims.audit.or(self.audit);
    }

    /// Forgets everything, when it is no longer certain what is on disk.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
        self.there.clear();
        self.audit = None;
    }
}

/// The sessions that an append's rows name: each has to have a line.
fn sessions_of(append: &Append) -> impl Iterator<Item = SessionId> {
    let Append { records, command, members, journal, snapshots, reads, mentions, texts, .. } = append;
    let named = records.iter().map(|row| row.0).chain(command.iter().map(|row| row.session));
    let named = named.chain(members.iter().map(|row| row.0)).chain(journal.iter().map(|row| row.0));
    let named = named.chain(snapshots.iter().map(|row| row.0)).chain(reads.iter().map(|row| row.0));
    named.chain(mentions.iter().map(|row| row.0)).chain(texts.iter().map(|row| row.0))
}

/// What is being done.
const CHECKING: &str = "checking the size of an event";
/// Why it is not.
const TOO_LARGE: &str = "it is larger than the limit";

fn check_sizes(append: &Append) -> Result<(), StoreError> {
    for (_, record) in &append.records {
        if record.data.len() > EVENT_BYTES_MAX || record.kind.len() > TYPE_BYTES_MAX {
            return Err(said(CHECKING, TOO_LARGE));
        }
    }
    if append.redactions.iter().any(|(_, _, _, data)| data.len() > EVENT_BYTES_MAX) {
        return Err(said(CHECKING, TOO_LARGE));
    }
    Ok(())
}
