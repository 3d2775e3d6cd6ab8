//! What waits for a socket: merged, dropped and bounded, never out of order.

use madang_protocol::{
    Actor, CursorMoved, CursorRemoved, EditorPosition, PartKind, ParticipantLeft, Presence, PresenceChanged,
    PresenceState, ReadMarked, Role, Selection, SessionChanged, SessionStatus, SessionSummary,
};
use serde_json::Value;

use super::*;

fn session(n: u8) -> SessionId {
    SessionId::new(UnixMs(1), [n; 10])
}

fn outgoing(event: Event, of: Option<SessionId>) -> Outgoing {
    Outgoing::new(event, Head { session: of, position: None, correlation_id: None, at: UnixMs(1), unique: 1 })
}

fn delta(reply: u8, n: u32, part: u32, text: &str) -> Outgoing {
    let message = MessageId::new(UnixMs(1), [reply; 10]);
    let mut data =
        ClaudeResponse { stream: true, ..ClaudeResponse::bare(session(1), message, text.to_owned()) };
    (data.n, data.part, data.kind) = (Some(n), Some(part), Some(PartKind::Text));
    outgoing(Event::from(data), Some(session(1)))
}

fn changed(n: u8, title: &str) -> Outgoing {
    let summary = SessionSummary {
        session_id: session(n),
        title: title.to_owned(),
        status: SessionStatus::Idle,
        role: Role::Owner,
        created_at: UnixMs(1),
        last_activity: UnixMs(1),
        participant_count: 1,
        message_count: 1,
        running: false,
        unread: 0,
        unread_mentions: 0,
        present: 0,
    };
    outgoing(Event::from(SessionChanged { summary }), None)
}

/// What comes out, in order.
fn drain(mut backlog: Backlog) -> Vec<Value> {
    let mut out = Vec::new();
    while let Some(envelope) = backlog.pop(UnixMs(2)) {
        out.push(serde_json::from_slice(&envelope).unwrap());
    }
    out
}

fn queue(events: &[Outgoing]) -> Backlog {
    let mut backlog = Backlog::new(ProtocolVersion::V2, Bytes::new());
    events.iter().for_each(|event| backlog.queue(event));
    backlog
}

#[test]
fn dc2_pieces_of_one_part_are_joined_and_others_are_not() {
    let events = [
        delta(1, 1, 0, "a"),
        delta(2, 1, 0, "x"),
        delta(1, 2, 0, "b"),
        delta(1, 3, 1, "c"),
        delta(2, 2, 0, "y"),
        delta(1, 4, 1, "d"),
    ];
    let told: Vec<_> = drain(queue(&events))
        .iter()
        .map(|event| {
            let data = &event["data"];
            (data["content"].as_str().unwrap().to_owned(), data["n"].as_u64(), data["part"].as_u64())
        })
        .collect();
    let expected = [("ab", 2, 0), ("xy", 2, 0), ("cd", 4, 1)];
    assert_eq!(told, expected.map(|(text, n, part)| (text.to_owned(), Some(n), Some(part))));
}

#[test]
fn rs2_text_behind_a_snapshot_does_not_move_before_it() {
    let message = MessageId::new(UnixMs(1), [1; 10]);
    let snapshot = ClaudeResponse { stream: true, ..ClaudeResponse::bare(session(1), message, "ab".into()) };
    let events =
        [delta(1, 1, 0, "a"), outgoing(Event::from(snapshot), Some(session(1))), delta(1, 3, 0, "c")];
    let told: Vec<_> = drain(queue(&events)).iter().map(|event| event["data"]["content"].clone()).collect();
    assert_eq!(told, ["a", "ab", "c"]);
}

#[test]
fn dc3_of_what_may_be_late_the_newest_is_told() {
    let backlog = queue(&[changed(1, "old"), changed(2, "other"), changed(1, "new"), changed(1, "newest")]);
    let titles: Vec<_> =
        drain(backlog).iter().map(|event| event["data"]["summary"]["title"].clone()).collect();
    assert_eq!(titles, ["newest", "other"]);
}

#[test]
fn cm1_answers_are_not_made_void_by_newer_ones() {
    let marked = |id: Option<&str>, unread: u32| {
        let data = ReadMarked {
            session_id: session(1),
            message_id: MessageId::new(UnixMs(1), [1; 10]),
            unread,
            unread_mentions: 0,
        };
        let (session, at) = (Some(session(1)), UnixMs(1));
        Outgoing::new(Event::from(data), Head { session, position: None, correlation_id: id, at, unique: 1 })
    };
    let events = [marked(Some("a"), 3), marked(None, 2), marked(Some("b"), 1), marked(None, 0)];
    let told: Vec<_> = drain(queue(&events)).iter().map(|event| event["correlation_id"].clone()).collect();
    assert_eq!(told, [Value::from("a"), Value::Null, Value::from("b")]);
}

#[test]
fn dc3_of_each_person_the_newest_presence_is_told_and_no_coming_or_going_is_lost() {
    let user = |n: u8| UserId::new(UnixMs(1), [n; 10]);
    let present = |n: u8, devices: u32| {
        let presence = Presence { user_id: user(n), state: PresenceState::Here, devices, typing: false };
        outgoing(Event::from(PresenceChanged { session_id: session(1), presence }), Some(session(1)))
    };
    let left = |n: u8| {
        let data = ParticipantLeft { session_id: session(1), user_id: user(n) };
        outgoing(Event::from(data), Some(session(1)))
    };
    let told: Vec<_> =
        drain(queue(&[present(1, 1), present(2, 1), present(1, 2), left(1), present(1, 3), present(2, 4)]))
            .iter()
            .map(|event| {
                let data = &event["data"];
                let of = if data["presence"].is_null() { data } else { &data["presence"] };
                (of["user_id"] == user(1).to_string(), of["devices"].as_u64())
            })
            .collect();
    assert_eq!(told, [(true, Some(2)), (false, Some(4)), (true, None), (true, Some(3))]);
}

#[test]
fn dc3_of_each_cursor_the_newest_place_is_told() {
    let user_id = |n: u8| Actor::User(UserId::new(UnixMs(1), [n; 10]));
    let moved = |n: u8, document: u32, version: u64| {
        let event = CursorMoved {
            session_id: session(1),
            document: DocumentId(document),
            user_id: user_id(n),
            position: EditorPosition { line: 1, column: 1 },
            selection: Selection { anchor: 0, head: 0 },
            version,
            color: String::new(),
        };
        outgoing(Event::from(event), Some(session(1)))
    };
    let removed = CursorRemoved { session_id: session(1), document: DocumentId(1), user_id: user_id(2) };
    let removed = outgoing(Event::from(removed), Some(session(1)));
    let told: Vec<_> =
        drain(queue(&[moved(1, 1, 1), moved(2, 1, 2), moved(1, 2, 3), moved(1, 1, 4), removed]))
            .iter()
            .map(|event| (event["type"] == "cursor_moved", event["data"]["version"].as_u64()))
            .collect();
    assert_eq!(told, [(true, Some(4)), (false, None), (true, Some(3))]);
}

#[test]
fn dc2_the_bytes_that_wait_are_counted() {
    let mut backlog = queue(&[delta(1, 1, 0, &"x".repeat(100_000)), changed(1, "t")]);
    assert!(backlog.bytes() > 100_000);
    let first = backlog.wire(UnixMs(2)).len();
    backlog.written(first);
    assert!(backlog.bytes() < 1000);
    let rest = backlog.wire(UnixMs(2)).len();
    backlog.written(rest);
    assert!(backlog.wire(UnixMs(2)).is_empty());
    assert_eq!(backlog.bytes(), 0);
}
