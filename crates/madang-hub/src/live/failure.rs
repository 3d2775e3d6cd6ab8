//! When a write fails: memory is ahead of the disk, so the session is read again; what can't be lost is tried again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use madang_protocol::{Ack, Author, ErrorCode, Event, Invitation, UserId};
use madang_session::Rejection;
use madang_store::StoreError;
use tokio::time::Instant;

use super::ending::Ending;
use super::suspension::forget_departure;
use super::write::{Cause, Pending, Tell};
use super::{Live, Request};
use crate::hub::store_rejection;
use crate::link::repeat;
use crate::{Batch, Viewer};

/// Milliseconds after which a sender who was told nothing certain may ask again: the store is opened anew meanwhile.
const UNKNOWN_RETRY_MS: u64 = 1_000;

/// What writes that failed would have told.
struct Untold {
    /// The position that everyone was told up to.
    told: u64,
    /// Whom they cut off, and who did that.
    cuts: Vec<(UserId, Author)>,
    /// What they tell people on all their connections.
    tells: Vec<Tell>,
}

impl Live {
    /// A write failed. Everything uncommitted is refused and the session read again; a running reply whose start is on
    /// disk goes on, and an end that was not saved will be.
    pub(super) async fn failed(&mut self, error: &StoreError, write: Box<Pending>) {
        let rejection = store_rejection(error);
        if write.enters {
            // The link was used up meanwhile, by someone whom this session did not let in: it holds no more.
            let gone = matches!(error, StoreError::Taken);
            let refused = if gone { Rejection::not_found("session") } else { rejection.clone() };
            self.refused_entry = Some(Box::new(refused));
        }
        let untold = self.untold(&write);
        self.lose(write, &rejection).await;
        while let Some(write) = self.pending.pop_front() {
            self.lose(write, &rejection).await;
        }
        let version1 = self.close_documents();
        let read = match self.reload().await {
            // Its first event was not saved: there is no session.
            Ok(()) if self.over => return self.unwatch_all(),
            Ok(()) => {
                let told = self.tell_what_is_stored(untold).await;
                self.reopen_documents(version1).await;
                told
            }
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            tracing::error!(session.id = %self.session.id(), error = &error as &dyn std::error::Error, "a session can't be read again and is dropped");
            self.over = true;
            self.reply = None;
            self.unsaved = None;
            self.abandon();
        }
        self.summary_due = Some(Instant::now());
        self.facts.running.store(self.session.running_reply().is_some(), Ordering::Relaxed);
    }

    /// What the writes from this one on would have told.
    fn untold(&self, write: &Pending) -> Untold {
        let all = || std::iter::once(write).chain(self.pending.iter().map(AsRef::as_ref));
        let first = all().find_map(|write| write.events.first()?.position);
        let told = first.map_or(self.session.seq(), |position| position.seq - 1);
        let cuts = all().flat_map(|write| write.cuts.iter().cloned()).collect();
        Untold { told, cuts, tells: all().flat_map(|write| write.tells.iter().cloned()).collect() }
    }

    /// A write that seemed to fail may be on disk all the same: then it has happened, and everyone is told from there.
    async fn tell_what_is_stored(&mut self, untold: Untold) -> Result<(), StoreError> {
        for (user, by) in untold.cuts {
            if self.session.role(user).is_none() {
                self.cut(user, by);
            }
        }
        let events = self.stored_after(untold.told).await?;
        self.broadcast(events);
        let tells = untold.tells.into_iter().filter(|tell| self.is_stored(tell)).collect();
        self.tell(tells);
        Ok(())
    }

    /// Whether what a person is to be told has happened.
    #[expect(clippy::wildcard_enum_match_arm, reason = "these two are told to one person alone")]
    fn is_stored(&self, tell: &Tell) -> bool {
        match &tell.event {
            Event::Invited(data) => {
                let same = |asked: &Invitation| asked.user_id == tell.user && asked.role == data.role;
                self.session.invitations().iter().any(same)
            }
            Event::ReadMarked(data) => self.marks.get(tell.user) == Some(&data.message_id),
            _ => false,
        }
    }

    async fn lose(&mut self, write: Box<Pending>, rejection: &Rejection) {
        if self.reply.as_ref().is_some_and(|reply| Some(reply.message_id) == write.starts) {
            self.reply = None;
        }
        if let Some(mut ending) = write.ends {
            forget_departure(&mut ending);
            // The first alone: a later one belongs to a turn whose start was in a write that is lost too.
            self.keep_unsaved(*ending);
        }
        let mut born = write.born;
        for cause in &write.causes {
            self.recent.forget(cause);
            let answer = self.lost_answer(cause, rejection).await;
            match (born.take(), answer) {
                // Whoever made the session answers the refusal.
                (Some(born), Err(refusal)) => drop(born.send(Err(refusal))),
                (born, Ok(ack)) => {
                    self.answer_to(cause.viewer.as_ref(), &cause.id, Event::from(ack));
                    if let Some(born) = born {
                        drop(born.send(Ok(())));
                    }
                }
                (None, Err(refusal)) => {
                    self.answer_to(cause.viewer.as_ref(), &cause.id, Event::from(refusal.to_error()));
                }
            }
        }
        if let Some(born) = born {
            drop(born.send(Err(rejection.clone())));
        }
    }

    /// The answer to a command whose write failed: if the very command is stored already, its first answer.
    async fn lost_answer(&mut self, cause: &Cause, rejection: &Rejection) -> Result<Ack, Rejection> {
        let stored = match cause.digest {
            Some(digest) => match self.hub.inner.store.command(cause.user, &cause.id).await {
                Ok(row) => row.map(|row| (row, digest)),
                Err(_) => return Err(unknown_outcome()),
            },
            None => None,
        };
        stored.map_or_else(|| Err(rejection.clone()), |(row, digest)| repeat(&row, &digest))
    }

    fn answer_to(&self, viewer: &dyn Viewer, id: &str, event: Event) {
        let answer = self.hub.outgoing(Some(self.session.id()), Some(id), event);
        viewer.deliver(&[Batch::new(vec![answer])]);
    }

    /// Adds a waiting answer to a write that is under way: the same command came twice.
    pub(super) fn answer_with(
        &mut self,
        request: &Request,
        digest: &[u8; 16],
        answer: &Ack,
    ) -> Result<bool, Rejection> {
        if *digest != request.submission.digest {
            return Err(Rejection::new(ErrorCode::Conflict, "This id was used for another command."));
        }
        let same = |cause: &Cause| cause.user == request.caller.user && cause.id == request.submission.id;
        let under_way = self.pending.iter_mut().find(|write| write.causes.iter().any(same));
        let Some(write) = under_way else { return Ok(false) };
        write.causes.push(Cause { digest: None, ..Cause::of(request, answer.clone()) });
        Ok(true)
    }

    /// Keeps the end of a reply until it can be saved.
    pub(super) fn keep_unsaved(&mut self, ending: Ending) {
        let wait = Duration::from_millis(self.hub.inner.settings.save_retry_ms);
        self.unsaved.get_or_insert_with(|| (Box::new(ending), Instant::now() + wait));
    }

    /// Tries again to save the end of a reply.
    pub(super) async fn save_again(&mut self) {
        if let Some((ending, _)) = self.unsaved.take() {
            self.end_reply(*ending).await;
        }
    }
}

/// What was asked for may be on disk or not, and nobody can look now. Whoever asks again with the same id gets the first
/// answer if it is, and has it done if it is not (CM2).
fn unknown_outcome() -> Rejection {
    let sentence =
        "The server can't tell whether this was saved. Send it again with the same id: it is done once.";
    let rejection = Rejection::new(ErrorCode::ServiceUnavailable, sentence).details("outcome_unknown");
    Rejection { retry_after_ms: Some(UNKNOWN_RETRY_MS), ..rejection }
}
