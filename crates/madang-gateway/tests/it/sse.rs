//! HT2: a session as server-sent events; RS1, DC2, CN8 and SE4 hold there too.

use madang_gateway::Settings;
use serde_json::json;

use crate::accounts::Browser;
use crate::http::{Person, Sse, send};
use crate::server::{TestServer, with_guests};

#[tokio::test]
async fn ht2_a_stream_begins_with_the_state_and_goes_on_without_a_gap() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let mut stream = Sse::open(&server, &ann, &session, None).await;
    assert_eq!(stream.status, 200);
    assert!(stream.head.to_ascii_lowercase().contains("content-type: text/event-stream"), "{}", stream.head);
    let state = stream.event("session_state").await;
    let epoch = state.envelope["data"]["epoch"].as_str().unwrap().to_owned();
    let seq = state.envelope["data"]["seq"].as_u64().unwrap();
    assert_eq!(state.id, Some(format!("{epoch}:{seq}")));
    let path = format!("/api/v1/sessions/{session}/commands/claude_message");
    ann.post(&server, &path, &json!({"content": "hi", "stream": true})).await;
    let created = stream.event("message_created").await;
    assert_eq!(created.id, Some(format!("{epoch}:{}", seq + 1)));
    let reply = server.model.next().await;
    reply.say("one ");
    reply.finish("two");
    let mut text = String::new();
    loop {
        let piece = stream.event("claude_response").await;
        if piece.envelope["data"]["completed"] == true {
            assert_eq!(piece.envelope["data"]["content"], text);
            assert!(piece.id.is_some());
            break;
        }
        assert_eq!(piece.id, None, "a delta is in no log");
        text.push_str(piece.envelope["data"]["content"].as_str().unwrap());
    }
    assert_eq!(text, "one two");
}

#[tokio::test]
async fn rs1_last_event_id_gets_exactly_what_was_missed() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let mut stream = Sse::open(&server, &ann, &session, None).await;
    let at = stream.event("session_state").await.id.unwrap();
    drop(stream);
    for n in 0..5 {
        ann.command(&server, "chat_message", json!({"session_id": session, "content": n.to_string()})).await;
    }
    let mut stream = Sse::open(&server, &ann, &session, Some(&at)).await;
    let first = stream.next().await.unwrap();
    assert_eq!((first.kind.as_str(), first.envelope["data"]["recovered"].clone()), ("resumed", json!(true)));
    for n in 0..5 {
        let said = stream.event("message_created").await;
        assert_eq!(said.envelope["data"]["message"]["content"], n.to_string());
    }
    for foreign in
        ["", "-1", "0000000000000000:1", "x", &"9".repeat(4000), "0000000000000000:18446744073709551615"]
    {
        let mut stream = Sse::open(&server, &ann, &session, Some(foreign)).await;
        assert_eq!(stream.next().await.unwrap().kind, "session_state", "{foreign:?}");
    }
}

#[tokio::test]
async fn ht2_a_stranger_finds_nothing_and_nobody_is_let_in() {
    let server = TestServer::start(with_guests()).await;
    let (ann, eve) = (Person::guest(&server).await, Person::guest(&server).await);
    let session = ann.session(&server).await;
    let stream = Sse::open(&server, &eve, &session, None).await;
    assert_eq!((stream.status, stream.refusal().await["code"].clone()), (404, json!("NOT_FOUND")));
    let path = format!("/api/v1/sessions/{session}/events");
    assert_eq!(Sse::open_at(&server, &path, &[]).await.status, 401);
    assert_eq!(Sse::open_at(&server, &format!("{path}?token={}", ann.token), &[]).await.status, 401);
    let evil = [ann.bearer(), "Origin: https://evil.example".into()];
    assert_eq!(Sse::open_at(&server, &path, &evil).await.status, 403);
    // A ticket opens one stream, once.
    let ticket = send(&server, "POST", "/api/v1/tickets", &[&ann.bearer()], "").await.json();
    let path = format!("{path}?ticket={}", ticket["ticket"].as_str().unwrap());
    assert_eq!(Sse::open_at(&server, &path, &[]).await.status, 200);
    assert_eq!(Sse::open_at(&server, &path, &[]).await.status, 401);
}

#[tokio::test]
async fn ht2_silence_is_filled_with_comments() {
    let server = TestServer::start(Settings { comment_ms: 30, ..with_guests() }).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let mut stream = Sse::open(&server, &ann, &session, None).await;
    stream.event("session_state").await;
    stream.comment().await;
    stream.comment().await;
}

#[tokio::test]
async fn ht2_streams_are_counted_per_person_and_in_all() {
    let settings = Settings { streams_per_person_max: 2, streams_max: 3, ..with_guests() };
    let server = TestServer::start(settings).await;
    let (ann, ben) = (Person::guest(&server).await, Person::guest(&server).await);
    let (hers, his) = (ann.session(&server).await, ben.session(&server).await);
    let held = [Sse::open(&server, &ann, &hers, None).await, Sse::open(&server, &ann, &hers, None).await];
    let third = Sse::open(&server, &ann, &hers, None).await;
    assert_eq!((third.status, third.refusal().await["code"].clone()), (429, json!("RATE_LIMITED")));
    let other = Sse::open(&server, &ben, &his, None).await;
    assert_eq!(other.status, 200);
    let full = Sse::open(&server, &ben, &his, None).await;
    assert_eq!((full.status, full.refusal().await["code"].clone()), (503, json!("SERVICE_UNAVAILABLE")));
    drop((held, other));
    // Places come back when the server sees the goodbye.
    while Sse::open(&server, &ann, &hers, None).await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn cn8_a_drain_tells_streams_and_ends_them() {
    let mut server =
        TestServer::start(Settings { drain_window_ms: 50, drain_ms: 100, ..with_guests() }).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let mut stream = Sse::open(&server, &ann, &session, None).await;
    stream.event("session_state").await;
    server.stop();
    let rest = stream.rest().await;
    let last = rest.last().unwrap();
    assert_eq!((last.kind.as_str(), last.envelope["data"]["code"].clone()), ("disconnected", json!(4200)));
    server.stopped().await;
}

#[tokio::test]
async fn dc2_a_stream_that_falls_behind_is_told_and_ended() {
    let settings = Settings { backlog_bytes: 64 * 1024, chat_burst: 1000, ..with_guests() };
    let server = TestServer::start(settings).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let mut stream = Sse::open(&server, &ann, &session, None).await;
    stream.event("session_state").await;
    // Far more than the kernel takes for a reader that does not read.
    let content = "x".repeat(150_000);
    for _ in 0..120 {
        ann.command(&server, "chat_message", json!({"session_id": session, "content": content})).await;
    }
    let rest = stream.rest().await;
    let last = rest.last().unwrap();
    assert_eq!((last.kind.as_str(), last.envelope["data"]["code"].clone()), ("disconnected", json!(4102)));
    assert!(rest.len() < 120, "{} events came all the same", rest.len());
}

#[tokio::test]
async fn ht2_a_deleted_session_ends_its_streams() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let mut stream = Sse::open(&server, &ann, &session, None).await;
    stream.event("session_state").await;
    ann.command(&server, "delete_session", json!({"session_id": session})).await;
    let kinds: Vec<_> = stream.rest().await.into_iter().map(|event| event.kind).collect();
    assert!(kinds.ends_with(&["session_deleted".into(), "disconnected".into()]), "{kinds:?}");
    assert_eq!(Sse::open(&server, &ann, &session, None).await.status, 410);
}

/// A page of another site gets nothing that rests on the cookie: not by an address it lets the browser load, for which
/// no `Origin` is sent.
#[tokio::test]
async fn ht4_what_rests_on_the_cookie_is_not_for_another_sites_page() {
    let server = TestServer::start(with_guests()).await;
    let browser = Browser::new(&server, "mina", true).await;
    let made = browser.ask(&server, "POST", "/sessions", &json!({"title": "Room"})).await.json();
    let session = made["session_id"].as_str().unwrap().to_owned();
    let cookie = format!("Cookie: {}", browser.cookie);
    let paths = [
        format!("/sessions/{session}/events"),
        format!("/sessions/{session}/export"),
        format!("/sessions/{session}/messages"),
        format!("/sessions/{session}"),
        "/sessions".into(),
        "/me".into(),
        "/me/logins".into(),
        "/admin/users".into(),
        "/admin/health".into(),
    ];
    for path in paths {
        let path = format!("/api/v1{path}");
        for site in ["cross-site", "same-site", "nonsense"] {
            let head = [cookie.as_str(), &format!("Sec-Fetch-Site: {site}"), "Sec-Fetch-Mode: navigate"];
            let answer = send(&server, "GET", &path, &head, "").await;
            assert_eq!(answer.status, 403, "{path} {site}");
        }
        for own in [&["Sec-Fetch-Site: same-origin"][..], &["Sec-Fetch-Site: none"], &[]] {
            let mut head = vec![cookie.clone()];
            head.extend(own.iter().map(|&line| line.to_owned()));
            assert_eq!(Sse::open_at(&server, &path, &head).await.status, 200, "{path} {own:?}");
        }
    }
    // Nobody's own data, and a credential that no page of another site can add.
    for open in ["/site", "/openapi.json", "/docs"] {
        let head = [cookie.as_str(), "Sec-Fetch-Site: cross-site"];
        assert_eq!(send(&server, "GET", &format!("/api/v1{open}"), &head, "").await.status, 200, "{open}");
    }
    let bearer = format!("Authorization: Bearer {}", browser.token());
    let head = [cookie.as_str(), &bearer, "Sec-Fetch-Site: cross-site"];
    assert_eq!(send(&server, "GET", "/api/v1/me", &head, "").await.status, 200);
}
