//! `GET /sessions/{session_id}/export`: all branches as JSON that can be imported again, or the shown one as Markdown.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use madang_protocol::limits::HISTORY_PAGE_MAX;
use madang_protocol::{
    Command, ErrorCode, Event, FollowSession, GetHistory, Message, SessionRef, SessionState,
};
use serde::Deserialize;
use serde_json::json;

use super::markdown;
use crate::codec::Reservation;
use crate::error::ApiError;
use crate::gateway::Shared;
use crate::router::rest::{Asked, Asking, Parameters, Person, session_in_path};

/// The version of the JSON form. 1 had the shown branch alone; 2 has all, and says which is shown.
const FORMAT: u32 = 2;

/// The wanted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Markdown,
    Json,
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    format: Format,
}

pub(super) async fn export(
    Person { shared, caller }: Person,
    Path(session): Path<String>,
    Parameters(Wanted { format }): Parameters<Wanted>,
) -> Result<Response, ApiError> {
    let asking = Asking::begin(&shared, caller);
    let session = session_in_path(&session)?;
    let look = Command::FollowSession(FollowSession { session_id: session.clone(), resume: None });
    let Event::SessionState(state) = asking.ask(Asked::look(look)).await? else {
        return Err(ApiError::of(ErrorCode::ServiceUnavailable));
    };
    let mut pages = Pages { shared: &shared, held: Reservation::new(Arc::clone(&shared.budget)), bytes: 0 };
    let written = pages.collect(&asking, &session, &state, format).await?;
    let (name, kind, body) = match format {
        Format::Markdown => ("md", "text/markdown; charset=utf-8", markdown::whole(&state, &written)),
        Format::Json => ("json", "application/json", whole(&state, &written)),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // The id and not the title: a name that others chose has no business in a header.
    let disposition = format!("attachment; filename=\"{}.{name}\"", state.session_id);
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The pages of a transcript, within the budget for what is large.
struct Pages<'a> {
    shared: &'a Shared,
    held: Reservation,
    bytes: usize,
}

impl Pages<'_> {
    /// Every entry in the wanted form, oldest first: of all branches, or as text of the shown one.
    async fn collect(
        &mut self,
        asking: &Asking,
        session: &SessionRef,
        state: &SessionState,
        format: Format,
    ) -> Result<Vec<String>, ApiError> {
        let mut newest_first = Vec::new();
        let all = format == Format::Json;
        let (mut before, mut more) = (None, true);
        if !all {
            self.add(&state.messages, format, &mut newest_first)?;
            before = state.messages.first().map(|message| message.message_id);
            more = state.has_more;
        }
        while more && (all || before.is_some()) {
            let page = GetHistory {
                session_id: session.clone(),
                before,
                limit: Some(HISTORY_PAGE_MAX as u32),
                all: Some(all),
            };
            // One export is one request: its pages passed the filters with the first.
            let page = Asked { way: None, ..Asked::look(Command::GetHistory(page)) };
            let Event::History(page) = asking.ask(page).await? else {
                return Err(ApiError::of(ErrorCode::ServiceUnavailable));
            };
            self.add(&page.messages, format, &mut newest_first)?;
            (before, more) = (page.messages.first().map(|message| message.message_id), page.has_more);
        }
        newest_first.reverse();
        Ok(newest_first)
    }

    fn add(&mut self, page: &[Message], format: Format, to: &mut Vec<String>) -> Result<(), ApiError> {
        for message in page.iter().rev() {
            let text = match format {
                Format::Markdown => markdown::entry(message),
                Format::Json => serde_json::to_string(message).map_err(ApiError::internal)?,
            };
            self.bytes += text.len();
            if self.bytes > self.shared.settings.export_bytes {
                let sentence = "This session is too large to export at once.";
                return Err(ApiError::new(ErrorCode::FileTooLarge, sentence));
            }
            // Twice: the pieces, and the whole that is made of them.
            if !self.held.grow_to(self.bytes * 2) {
                return Err(ApiError::of(ErrorCode::ServiceUnavailable).retry_after(1000));
            }
            to.push(text);
        }
        Ok(())
    }
}

/// Our JSON: what it is, the session, its messages.
fn whole(state: &SessionState, messages: &[String]) -> String {
    let head = json!({ "format": FORMAT, "version": env!("CARGO_PKG_VERSION") });
    let session = json!({
        "session_id": state.session_id,
        "title": state.summary.title,
        "created_at": state.summary.created_at,
        "model": state.model,
        "effort": state.effort,
        "participants": state.participants,
        "head": state.head,
    });
    format!("{{\"madang\":{head},\"session\":{session},\"messages\":[\n{}\n]}}\n", messages.join(",\n"))
}
