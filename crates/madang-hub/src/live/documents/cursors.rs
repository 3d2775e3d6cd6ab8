//! Where people are: said by them, mapped through every change, told a few times a second, never stored (DO5).

use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{
    Actor, AnyPosition, AnySelection, CursorMoved, CursorRemoved, CursorUpdate, DocumentId, EditorRange,
    ErrorCode, Event, Selection, UserId,
};
use madang_session::{Action, Cursor, LineColumn, Rejection, Text};
use tokio::time::Instant;

use super::super::{Live, Request};
use super::OpenDocument;
use super::readers::position;
use crate::{Batch, Outgoing};

/// Who moved is told at most this often: each person's newest place alone, all of them in one write.
const CURSORS_APART: Duration = Duration::from_millis(50);

impl Live {
    pub(super) async fn cursor_update(
        &mut self,
        request: &Request,
        data: &CursorUpdate,
    ) -> Result<(), Rejection> {
        self.session.check(&request.caller.in_session(), Action::Signal)?;
        let connection = request.viewer.connection_id();
        let id = match self.read_by_version1(connection) {
            Some(id) => id,
            None => self.session.document(&data.document)?.document,
        };
        let who = Actor::User(request.caller.user);
        let open = self.documents.get_mut(id).filter(|open| open.reader(connection).is_some());
        let not_open = || Rejection::new(ErrorCode::Conflict, "Open the document first.");
        let open = open.ok_or_else(not_open)?;
        let (base, text) = open.seen_by(connection, data.version);
        let cursor = cursor_of(data, &text)?;
        let before = open.cursor(who);
        let placed = open.document.place_cursor(who, base, cursor)?;
        if before != Some(placed) {
            self.note_moved(id, who);
        }
        self.answer_document(request, id, None);
        Ok(())
    }

    /// It is told where someone is, with what else comes by then.
    pub(super) fn note_moved(&mut self, id: DocumentId, who: Actor) {
        let Some(open) = self.documents.get_mut(id) else { return };
        if !open.moved.contains(&who) {
            open.moved.push(who);
        }
        if let Some(open) = &mut self.documents.0 {
            open.cursors_due.get_or_insert_with(|| Instant::now() + CURSORS_APART);
        }
    }

    pub(super) fn cursors_due(&self) -> Option<Instant> {
        self.documents.0.as_ref()?.cursors_due
    }

    /// Tells everyone who has a document open where those are who moved, but not them themselves.
    pub(super) fn tell_cursors(&mut self) {
        let Some(all) = &mut self.documents.0 else { return };
        all.cursors_due = None;
        let moved: Vec<_> =
            all.list.iter_mut().map(|open| (open.id, std::mem::take(&mut open.moved))).collect();
        for (id, moved) in moved.into_iter().filter(|(_, moved)| !moved.is_empty()) {
            let Some(open) = self.documents.get(id) else { continue };
            let news: Vec<_> =
                moved.into_iter().filter_map(|who| Some((who, self.moved(open, who)?))).collect();
            tell_others(open, &news);
        }
    }

    fn moved(&self, open: &OpenDocument, user_id: Actor) -> Option<Arc<Outgoing>> {
        let cursor = open.cursor(user_id)?;
        let session_id = self.session.id();
        let event = CursorMoved {
            session_id,
            document: open.id,
            user_id,
            position: position(open.document.text(), cursor.head),
            selection: Selection { anchor: cursor.anchor, head: cursor.head },
            version: open.document.version(),
            color: self.color_of(user_id),
        };
        Some(Arc::new(self.hub.outgoing(Some(session_id), None, Event::from(event))))
    }

    /// A person's connection has closed a document: with the last one their cursor goes.
    pub(super) fn gone_from(&mut self, id: DocumentId, user: UserId) {
        let session_id = self.session.id();
        let user_id = Actor::User(user);
        let event = Event::from(CursorRemoved { session_id, document: id, user_id });
        let Some(open) = self.documents.get_mut(id) else { return };
        if open.readers.iter().any(|reader| reader.user == user) || open.cursor(user_id).is_none() {
            return;
        }
        open.document.remove_cursor(user_id);
        let removed = self.hub.outgoing(Some(session_id), None, event);
        if let Some(open) = self.documents.get(id) {
            tell_others(open, &[(user_id, Arc::new(removed))]);
        }
    }
}

/// Hands news of people to all who have a document open; nobody is told of themselves.
fn tell_others(open: &OpenDocument, news: &[(Actor, Arc<Outgoing>)]) {
    if news.is_empty() {
        return;
    }
    let all = Batch::shared(news.iter().map(|(_, event)| event.clone()).collect());
    for reader in &open.readers {
        let own = |(who, _): &&(Actor, Arc<Outgoing>)| *who == Actor::User(reader.user);
        if !news.iter().any(|told| own(&told)) {
            reader.viewer.deliver(std::slice::from_ref(&all));
            continue;
        }
        let others: Vec<_> = news.iter().filter(|told| !own(told)).map(|(_, event)| event.clone()).collect();
        if !others.is_empty() {
            reader.viewer.deliver(&[Batch::shared(others)]);
        }
    }
}

impl OpenDocument {
    /// Where someone is.
    pub(super) fn cursor(&self, who: Actor) -> Option<Cursor> {
        self.document.cursors().find(|(known, _)| *known == who).map(|(_, cursor)| cursor)
    }
}

/// What a client says of where its person is, in units of the text that it sees.
fn cursor_of(data: &CursorUpdate, text: &Text) -> Result<Cursor, Rejection> {
    match (&data.selection, data.position) {
        (Some(AnySelection::Units(at)), _) => Ok(Cursor { anchor: at.anchor, head: at.head }),
        (Some(AnySelection::Range(range)), position) => {
            let (start, end) = ends(*range);
            let (start, end) = (text.nearest(start), text.nearest(end));
            // The cursor is at one of its ends; behind, where nothing else is said.
            let at_start = position.is_some_and(|at| text.nearest(place(at)) == start);
            Ok(if at_start {
                Cursor { anchor: end, head: start }
            } else {
                Cursor { anchor: start, head: end }
            })
        }
        (None, Some(at)) => Ok(Cursor::at(text.nearest(place(at)))),
        (None, None) => Err(Rejection::invalid("position", "is missing")),
    }
}

fn place(at: AnyPosition) -> LineColumn {
    match at {
        AnyPosition::Editor(at) => from_one(at.line, at.column),
        AnyPosition::Lines(at) => LineColumn { line: at.line, column: at.character },
    }
}

fn ends(range: EditorRange) -> (LineColumn, LineColumn) {
    match range {
        EditorRange::Monaco { start_line_number, start_column, end_line_number, end_column } => {
            (from_one(start_line_number, start_column), from_one(end_line_number, end_column))
        }
        EditorRange::Lines { start, end } => (
            LineColumn { line: start.line, column: start.character },
            LineColumn { line: end.line, column: end.character },
        ),
    }
}

fn from_one(line: u32, column: u32) -> LineColumn {
    LineColumn { line: line.saturating_sub(1), column: column.saturating_sub(1) }
}
