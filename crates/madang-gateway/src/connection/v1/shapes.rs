//! The design document's shapes of what version 2 says otherwise.

use std::collections::BTreeMap;

use madang_protocol::{
    Actor, EditorPosition, Head, Message, MessageKind, Part, PartKind, Participant, ReplyStatus, SessionId,
    SessionState, SessionSummary, UnixMs, encode_stored,
};
use serde::Serialize;

/// `session_state` as the document's Go types have it, with what version-1 clients may want besides.
#[derive(Serialize)]
struct StateV1<'a> {
    session_id: SessionId,
    current_code: &'a str,
    cursor_positions: BTreeMap<Actor, EditorPosition>,
    messages: Vec<MessageV1<'a>>,
    files: [Empty; 0],
    participants: &'a [Participant],
    summary: &'a SessionSummary,
}

#[derive(Serialize)]
struct Empty {}

/// `SharedMessage`.
#[derive(Serialize)]
struct MessageV1<'a> {
    id: String,
    user_id: String,
    content: &'a str,
    r#type: &'static str,
    timestamp: String,
}

/// The text that version 1 is shown of a reply: its text parts alone (TU7).
pub(super) fn text_of(parts: &[Part]) -> String {
    parts.iter().filter(|part| part.kind == PartKind::Text).map(|part| part.content.as_str()).collect()
}

/// A `session_state` envelope. A reply that is still being written is left out: it is attached to just after (RS2); and
/// what was deleted, because these clients know no tombstones.
pub(super) fn session_state(state: &SessionState, now: UnixMs) -> String {
    let whole = |message: &&Message| {
        let ended = message.reply.as_ref().is_none_or(|reply| reply.status != ReplyStatus::Streaming);
        ended && message.deleted_at.is_none()
    };
    let document = state.document.as_ref();
    let cursors = document.map_or(&[][..], |document| &document.cursors).iter();
    let data = StateV1 {
        session_id: state.session_id,
        current_code: document.map_or("", |document| &document.text),
        cursor_positions: cursors.map(|cursor| (cursor.user_id, cursor.position)).collect(),
        messages: state.messages.iter().filter(whole).map(message).collect(),
        files: [],
        participants: &state.participants,
        summary: &state.summary,
    };
    let data = serde_json::to_string(&data).expect("strings and numbers are always JSON");
    envelope("session_state", &data, Some(state.session_id), now)
}

/// An envelope around data that no [`madang_protocol::Event`] has.
pub(super) fn envelope(kind: &str, data: &str, session: Option<SessionId>, now: UnixMs) -> String {
    let head = Head { session, position: None, correlation_id: None, at: now, unique: crate::ids::unique() };
    encode_stored(kind, data, head)
}

fn message(message: &Message) -> MessageV1<'_> {
    MessageV1 {
        id: message.message_id.to_string(),
        user_id: message.author.user_id.to_string(),
        content: &message.content,
        r#type: match message.kind {
            MessageKind::Prompt | MessageKind::Chat => "user",
            MessageKind::Reply => "assistant",
        },
        timestamp: rfc3339(message.created_at),
    }
}

/// A time as Go writes it in JSON, in UTC. (Days to date: Howard Hinnant, "chrono-compatible low-level date algorithms".)
pub(super) fn rfc3339(at: UnixMs) -> String {
    let (days, of_day) = (at.0 / 86_400_000, at.0 % 86_400_000);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", of_day % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cn8_times_in_a_version_1_state_are_rfc_3339() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (1_795_348_852_000, "2026-11-22T12:00:52.000Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(UnixMs(at)), text);
        }
    }
}
