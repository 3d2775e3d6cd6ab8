//! From the disk to those who have a document open: answers first, then changes, in the order of versions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use madang_protocol::{ConnectionId, DocumentId, Event};
use tokio::time::Instant;

use super::super::Live;
use super::super::write::Cause;
use super::{OpenDocument, Reader};
use crate::{Batch, Outgoing};

/// What a write tells those who have a document open.
pub(in super::super) struct DocumentNews {
    document: DocumentId,
    /// In the order of their versions.
    pub(super) changes: Vec<Told>,
}

/// One change on its way out.
pub(super) struct Told {
    pub(super) version: u64,
    pub(super) event: Outgoing,
    /// The same for version 1; nothing while no such client follows.
    pub(super) version1: Vec<Arc<Outgoing>>,
    /// The connection that made it.
    pub(super) author: Option<ConnectionId>,
}

impl DocumentNews {
    pub(super) fn of(document: DocumentId) -> DocumentNews {
        DocumentNews { document, changes: Vec::new() }
    }

    /// Whether a version is among what it tells.
    pub(super) fn has(&self, document: DocumentId, version: u64) -> bool {
        self.document == document && self.changes.iter().any(|told| told.version == version)
    }
}

impl Live {
    /// Tells the changes of writes that are on disk; the answers to them come first, in the same write.
    pub(in super::super) fn publish_documents(&mut self, news: Vec<DocumentNews>, answers: Vec<Cause>) {
        self.drop_deleted();
        self.tell_readers_before(&news, &answers);
        let mut acks: HashMap<ConnectionId, (Cause, Vec<Outgoing>)> = HashMap::new();
        for cause in answers {
            let answer = cause.instead.clone().unwrap_or_else(|| Event::from(cause.answer.clone()));
            let ack = self.hub.outgoing(Some(self.session.id()), Some(&cause.id), answer);
            acks.entry(cause.viewer.connection_id()).or_insert_with(|| (cause, Vec::new())).1.push(ack);
        }
        for (document, changes) in by_document(news) {
            if let Some(open) = self.documents.get_mut(document) {
                open.tell(changes, &mut acks);
            }
        }
        for (cause, acks) in acks.into_values() {
            cause.viewer.deliver(&[Batch::new(acks)]);
        }
    }

    /// Who is told of documents has all that came before.
    fn tell_readers_before(&mut self, news: &[DocumentNews], answers: &[Cause]) {
        if !self.round.is_on() || (news.is_empty() && answers.is_empty()) {
            return;
        }
        let open = news.iter().filter_map(|news| self.documents.get(news.document));
        let readers = open.flat_map(|open| open.readers.iter().map(|reader| reader.connection));
        let asked = answers.iter().map(|cause| cause.viewer.connection_id());
        let meant: HashSet<ConnectionId> = readers.chain(asked).collect();
        self.tell_before(|watcher| meant.contains(&watcher.connection));
    }

    /// Nobody has a document open that is no longer there.
    fn drop_deleted(&mut self) {
        let session = &self.session;
        let named = |open: &OpenDocument| madang_protocol::DocumentRef::Id(open.id);
        self.documents.retain(|open| session.document(&named(open)).is_ok());
    }
}

/// The changes of each document.
fn by_document(news: Vec<DocumentNews>) -> Vec<(DocumentId, Vec<Told>)> {
    let mut all: Vec<(DocumentId, Vec<Told>)> = Vec::new();
    for DocumentNews { document, changes } in news {
        match all.iter_mut().find(|(known, _)| *known == document) {
            Some((_, before)) => before.extend(changes),
            None => all.push((document, changes)),
        }
    }
    all
}

impl OpenDocument {
    /// Hands changes to everyone who has it open, with the answers of those who wait for one.
    fn tell(&mut self, changes: Vec<Told>, acks: &mut HashMap<ConnectionId, (Cause, Vec<Outgoing>)>) {
        let Some(last) = changes.last().map(|told| told.version) else { return };
        self.told = last;
        let (mut shared, mut version1) = (Vec::with_capacity(changes.len()), Vec::new());
        for Told { event, version1: forms, author, version } in changes {
            shared.push(event);
            version1.push((version, author, forms));
        }
        let shared = Batch::new(shared);
        let now = Instant::now();
        for reader in &mut self.readers {
            let own = acks.remove(&reader.connection).map(|(_, acks)| Batch::new(acks));
            let news = match &mut reader.version1 {
                None => Some(shared.clone()),
                Some(known) => {
                    let others = others(&version1, reader.connection);
                    if let Some((newest, _)) = others.last() {
                        known.heard(*newest, now);
                    }
                    of_version1(&others)
                }
            };
            deliver(reader, own, news);
        }
    }
}

type Forms = (u64, Option<ConnectionId>, Vec<Arc<Outgoing>>);

/// What a version-1 connection is told: all but what it sent itself.
fn others(all: &[Forms], connection: ConnectionId) -> Vec<(u64, &[Arc<Outgoing>])> {
    let others = all.iter().filter(|(_, author, _)| *author != Some(connection));
    others.map(|(version, _, forms)| (*version, forms.as_slice())).collect()
}

fn of_version1(told: &[(u64, &[Arc<Outgoing>])]) -> Option<Arc<Batch>> {
    let events: Vec<_> = told.iter().flat_map(|(_, forms)| forms.iter().cloned()).collect();
    (!events.is_empty()).then(|| Batch::shared(events))
}

fn deliver(reader: &Reader, own: Option<Arc<Batch>>, news: Option<Arc<Batch>>) {
    match (own, news) {
        (Some(own), Some(news)) => reader.viewer.deliver(&[own, news]),
        (Some(batch), None) | (None, Some(batch)) => reader.viewer.deliver(&[batch]),
        (None, None) => {}
    }
}
