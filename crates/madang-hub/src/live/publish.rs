//! From the disk to everyone: answers and events in the order of the log, after the commit (CM1, DC1).

use madang_protocol::Event;
use madang_store::StoreError;
use tokio::time::Instant;

use super::documents::DocumentNews;
use super::write::{Cause, Pending, Tell};
use super::{Born, Live, SUMMARY_DELAY};
use crate::{Batch, Outgoing};

/// What the writes of a group tell.
#[derive(Default)]
struct News {
    shared: Vec<Outgoing>,
    answers: Vec<Cause>,
    born: Vec<Born>,
    tells: Vec<Tell>,
    /// Changes of documents, and the answers to what made nothing else.
    documents: Vec<DocumentNews>,
    document_answers: Vec<Cause>,
}

impl Live {
    /// The oldest write is done: so may be others of the same group. Tells everyone, in order.
    pub(super) async fn front_done(&mut self, first: Result<(), StoreError>) {
        let mut result = Some(first);
        let mut news = News::default();
        while let Some(done) = result.take() {
            let Some(write) = self.pending.pop_front() else { break };
            if let Err(error) = done {
                self.publish(news);
                return Box::pin(self.failed(&error, write)).await;
            }
            if !write.cuts.is_empty() {
                self.publish(std::mem::take(&mut news));
                self.cut_off_people(&write);
            }
            news.tells.extend(write.tells);
            let document_alone = write.events.is_empty() && write.documents.is_some();
            news.shared.extend(write.events);
            news.documents.extend(write.documents);
            let cut = |cause: &Cause| write.cuts.iter().any(|(user, _)| *user == cause.user);
            let answers = if document_alone { &mut news.document_answers } else { &mut news.answers };
            answers.extend(write.causes.into_iter().filter(|cause| !cut(cause)));
            news.born.extend(write.born);
            news.shared.extend(write.after);
            if let Some(message) = write.starts {
                news.shared.extend(self.started(message));
            }
            result = self.pending.front_mut().and_then(|next| next.done());
        }
        self.publish(news);
        self.tell_presence();
        if self.pending.is_empty() {
            self.write_snapshot().await;
        }
    }

    fn publish(&mut self, news: News) {
        let News { shared, answers, born, tells, documents, document_answers } = news;
        self.note_changes(&shared);
        let id = self.session.id();
        if !shared.is_empty() {
            self.round.add(Batch::new(shared), &self.watchers);
        }
        for cause in answers {
            let answer = cause.instead.unwrap_or_else(|| Event::from(cause.answer));
            let ack = self.hub.outgoing(Some(id), Some(&cause.id), answer);
            let connection = cause.viewer.connection_id();
            if self.watchers.iter().any(|watcher| watcher.connection == connection) {
                self.round.answer(connection, ack, &self.watchers);
            } else {
                cause.viewer.deliver(&[Batch::new(vec![ack])]);
            }
        }
        self.publish_documents(documents, document_answers);
        self.tell(tells);
        if !born.is_empty() {
            self.finish_round();
        }
        for born in born {
            // Its maker's connection may be gone; the session stays.
            drop(born.send(Ok(())));
        }
        if self.over {
            self.hub.inner.summaries.deleted(id);
            self.unwatch_all();
        }
    }

    /// Those who go hear what was before, then the answer if they asked for it themselves, and then no more (SE4).
    fn cut_off_people(&mut self, write: &Pending) {
        let id = self.session.id();
        for (user, by) in &write.cuts {
            self.tell_before(|watcher| watcher.user == *user);
            for cause in write.causes.iter().filter(|cause| cause.user == *user) {
                let ack = self.hub.outgoing(Some(id), Some(&cause.id), Event::from(cause.answer.clone()));
                cause.viewer.deliver(&[Batch::new(vec![ack])]);
            }
            self.cut(*user, by.clone());
        }
    }

    /// Tells people what concerns them alone, on all their connections.
    pub(super) fn tell(&mut self, tells: Vec<Tell>) {
        for Tell { user, event, except } in tells {
            // They may know of it already what they are told here.
            self.tell_before(|watcher| watcher.user == user);
            let batch = Batch::new(vec![self.hub.outgoing(Some(self.session.id()), None, event)]);
            let viewers = self.hub.inner.people.viewers(user);
            let others = viewers.iter().filter(|viewer| Some(viewer.connection_id()) != except);
            others.for_each(|viewer| viewer.deliver(std::slice::from_ref(&batch)));
        }
    }

    /// What committed events mean beyond the session: the lists of its people, and its own end.
    fn note_changes(&mut self, events: &[Outgoing]) {
        if events.is_empty() {
            return;
        }
        self.over |= events.iter().any(|event| event.kind == "session_deleted");
        let quiet = |event: &Outgoing| event.piece.is_some() || is_mere_talk(&event.kind);
        if events.iter().all(quiet) {
            self.summary_due.get_or_insert_with(|| Instant::now() + SUMMARY_DELAY);
        } else {
            self.summary_due = Some(Instant::now());
            self.tell_people();
        }
    }
}

/// Whether an event leaves all of a list's line as it is but the activity and the counts.
fn is_mere_talk(kind: &str) -> bool {
    matches!(
        kind,
        "message_created" | "message_edited" | "message_deleted" | "reaction_changed" | "prompt_edited"
    )
}
