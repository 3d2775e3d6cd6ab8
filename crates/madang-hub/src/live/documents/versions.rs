//! Versions of a document: kept by name and by themselves, looked at, and restored by a new change (DO7).

use madang_protocol::{Actor, DocumentId, DocumentVersion, Event, SaveVersion, UnixMs, VersionOnly};
use madang_session::{ChangeSet, Hand, Keep, Rejection};

use super::super::write::Draft;
use super::super::{Live, Request};
use super::load::row;

/// After this long without a change, the text as it was is kept before the next one.
const PAUSE_MS: u64 = 10 * 60 * 1000;
/// So many changes after the last version that was kept, one is kept: what is looked at later is read from there.
const CHANGES_APART: u64 = 1_000;

impl Live {
    /// Keeps the text as it is now, under a name.
    pub(super) async fn save_version(
        &mut self,
        request: &Request,
        data: &SaveVersion,
    ) -> Result<(), Rejection> {
        if self.answered(request)? {
            return Ok(());
        }
        let id = self.found(request, &data.document)?;
        self.may_edit(request, id)?;
        let by = Actor::User(request.caller.user);
        let mut draft = self.document_draft();
        let kept = self.keep(&mut draft, id, by, Some(&data.name)).await;
        let done = kept.map(|version| Some(self.document_ack(id, Some(version))));
        self.settle(request, draft, done).await
    }

    /// Keeps the text by itself before a change, where that is due.
    pub(super) async fn keep_before(&mut self, draft: &mut Draft, id: DocumentId) -> Result<(), Rejection> {
        let at = draft.at;
        let open = self.loaded_document(id).await?;
        let (version, changed_at) = (open.document.version(), open.changed_at);
        let kept = self.session.kept_versions(id).last().map_or(0, |kept| kept.saved.version);
        let paused = |changed: UnixMs| at.0.saturating_sub(changed.0) >= PAUSE_MS;
        let due = version >= kept + CHANGES_APART || changed_at.is_some_and(paused);
        if version > kept && due {
            self.keep(draft, id, Actor::Server, None).await?;
        }
        Ok(())
    }

    /// Adds the version that is now to a write: the word of it, and its text.
    async fn keep(
        &mut self,
        draft: &mut Draft,
        id: DocumentId,
        by: Actor,
        name: Option<&str>,
    ) -> Result<u64, Rejection> {
        let version = self.loaded_document(id).await?.document.version();
        let keep = Keep { by, document: id, version, name };
        let applied = self.session.keep_version(draft.at, &mut rand::rng(), keep)?;
        draft.events.extend(applied.events);
        let kept = self.session.kept_versions(id).iter().find(|kept| kept.saved.version == version);
        if let (Some(kept), Some(open)) = (kept, self.documents.get(id)) {
            draft.append.snapshots.push((self.session.id(), row(id, kept.part, &open.document)));
        }
        Ok(version)
    }

    pub(super) async fn get_version(
        &mut self,
        request: &Request,
        data: &VersionOnly,
    ) -> Result<(), Rejection> {
        let id = self.found(request, &data.document)?;
        let text = self.text_at(id, data.version).await?.to_string();
        let session_id = self.session.id();
        let told = DocumentVersion { session_id, document: id, version: data.version, text };
        self.reply_to(request, Event::from(told));
        Ok(())
    }

    /// Gives a document the text that it once had; what it says now is kept before.
    pub(super) async fn restore_version(
        &mut self,
        request: &Request,
        data: &VersionOnly,
    ) -> Result<(), Rejection> {
        if self.answered(request)? {
            return Ok(());
        }
        let id = self.found(request, &data.document)?;
        self.may_edit(request, id)?;
        let text = self.text_at(id, data.version).await?.to_string();
        let open = self.loaded_document(id).await?;
        let change = ChangeSet::diff(open.document.text(), &text)?;
        let mut draft = self.document_draft();
        let by = Hand::of(Actor::User(request.caller.user));
        let done = self.replace_text(&mut draft, id, by, change).await;
        let done = done.map(|version| Some(self.document_ack(id, Some(version))));
        self.settle(request, draft, done).await
    }

    /// Applies a change of the newest version, and keeps the text that was before; the version that is then.
    async fn replace_text(
        &mut self,
        draft: &mut Draft,
        id: DocumentId,
        by: Hand,
        change: ChangeSet,
    ) -> Result<u64, Rejection> {
        let version = self.loaded_document(id).await?.document.version();
        if change.is_unchanged() {
            return Ok(version);
        }
        let kept = self.session.kept_versions(id).iter().any(|kept| kept.saved.version == version);
        if version > 0 && !kept {
            self.keep(draft, id, Actor::Server, None).await?;
        }
        self.submit_pieces(draft, id, (by, None), change)
    }
}
