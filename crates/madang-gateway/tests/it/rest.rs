//! HT1, HT3, CM2: commands over HTTP, as on the socket.

use madang_gateway::Settings;
use serde_json::{Value, json};

use crate::http::{Person, send};
use crate::raw::RawClient;
use crate::server::{TestServer, with_guests};

#[tokio::test]
async fn ht1_a_session_is_driven_with_requests_alone() {
    // It asks until the reply has ended, however often that is.
    let server = TestServer::start(Settings { control_burst: 100_000, ..with_guests() }).await;
    let ann = Person::guest(&server).await;
    let made = ann.post(&server, "/api/v1/sessions", &json!({"title": "Tea"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let session = made.json()["session_id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("/api/v1/sessions/{session}")));
    assert_eq!(made.header("cache-control").as_deref(), Some("no-store"));

    let listed = ann.get(&server, "/api/v1/sessions?query=te&limit=5").await.json();
    assert_eq!(listed["sessions"][0]["session_id"], session);
    let said = json!({"session_id": session, "content": "hello"});
    let ack = ann.command(&server, "chat_message", said).await;
    let path = format!("/api/v1/sessions/{session}/commands/claude_message");
    let asked = ann.post(&server, &path, &json!({"content": "What is tea?", "stream": true})).await;
    assert_eq!((asked.status, asked.json()["type"].clone()), (200, json!("ack")), "{asked:?}");
    server.model.next().await.finish("A drink.");
    let state = loop {
        let state = ann.get(&server, &format!("/api/v1/sessions/{session}")).await.json();
        if state["running"].is_null() && state["messages"].as_array().unwrap().len() == 3 {
            break state;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(state["messages"][0]["message_id"], ack["message_id"]);
    assert_eq!(state["messages"][2]["content"], "A drink.");
    assert_eq!(state["presence"], json!([]), "a request is nobody's presence");
    let before = state["messages"][1]["message_id"].as_str().unwrap();
    let page =
        ann.get(&server, &format!("/api/v1/sessions/{session}/messages?before={before}&limit=1")).await;
    assert_eq!(page.json()["messages"][0]["content"], "hello");
}

#[tokio::test]
async fn cm2_a_repeat_with_the_same_key_is_answered_and_makes_nothing() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let post = async |key: &str, title: &str| {
        let key = format!("Idempotency-Key: {key}");
        let body = json!({ "title": title }).to_string();
        send(&server, "POST", "/api/v1/commands/create_session", &[&ann.bearer(), &key], &body).await
    };
    let first = post("k1", "a").await.json();
    assert_eq!(post("k1", "a").await.json(), first);
    let other = post("k1", "b").await;
    assert_eq!((other.status, other.json()["code"].clone()), (409, json!("CONFLICT")));
    assert_ne!(post("k2", "a").await.json(), first);
    // The same id and content on the socket is the same command.
    let mut socket =
        RawClient::connect(&server, &format!("/ws?token={}", ann.token), &[crate::raw::V2]).await;
    socket.hello().await;
    socket.text(r#"{"type":"create_session","id":"k1","data":{"title":"a"}}"#).await;
    assert_eq!(socket.answer_to("k1").await["data"]["session_id"], first["data"]["session_id"]);
    for wrong in ["", &"x".repeat(129)] {
        assert_eq!(post(wrong, "a").await.status, 422, "{wrong:?}");
    }
}

#[tokio::test]
async fn ht3_every_refusal_has_a_code_and_a_status() {
    let server = TestServer::start(with_guests()).await;
    let (ann, eve) = (Person::guest(&server).await, Person::guest(&server).await);
    let session = ann.session(&server).await;
    let check = async |answer: crate::raw::Answer, status: u16, code: &str| {
        assert_eq!((answer.status, answer.json()["code"].clone()), (status, json!(code)), "{answer:?}");
        assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    };
    let path = format!("/api/v1/sessions/{session}");
    check(eve.get(&server, &path).await, 404, "NOT_FOUND").await;
    check(eve.get(&server, "/api/v1/sessions/ses_x").await, 410, "INVALID_SESSION").await;
    check(send(&server, "GET", &path, &[], "").await, 401, "INVALID_AUTH").await;
    check(send(&server, "GET", &format!("{path}?token={}", ann.token), &[], "").await, 401, "INVALID_AUTH")
        .await;
    check(send(&server, "PUT", &path, &[&ann.bearer()], "").await, 405, "INVALID_DATA").await;
    check(ann.get(&server, "/api/v1/nowhere").await, 404, "NOT_FOUND").await;
    check(ann.get(&server, "/api/v1/sessions/%ff").await, 400, "INVALID_DATA").await;
    check(ann.get(&server, "/api/v1/sessions?limit=x").await, 422, "INVALID_DATA").await;
    check(ann.get(&server, "/api/v1/sessions?cursor=forged").await, 422, "INVALID_DATA").await;
    let command = "/api/v1/commands/chat_message";
    let raw = async |headers: &[&str], body: &str| {
        let headers: Vec<_> = headers.iter().copied().chain([ann.bearer().leak() as &str]).collect();
        send(&server, "POST", command, &headers, body).await
    };
    check(raw(&["Content-Type: text/plain"], "{}").await, 415, "UNSUPPORTED_FORMAT").await;
    check(raw(&["Content-Type: multipart/form-data"], "{}").await, 415, "UNSUPPORTED_FORMAT").await;
    check(raw(&[], "{").await, 400, "INVALID_JSON").await;
    for body in ["null", "[]", "7", "\"x\"", "{}", r#"{"content":7}"#] {
        check(raw(&[], body).await, 422, "INVALID_DATA").await;
    }
    check(raw(&[], &format!("\"{}\"", "x".repeat(256 * 1024))).await, 413, "FILE_TOO_LARGE").await;
    check(send(&server, "POST", command, &[], &"x".repeat(5000)).await, 413, "FILE_TOO_LARGE").await;
    check(ann.post(&server, "/api/v1/commands/nonsense", &json!({})).await, 404, "UNKNOWN_TYPE").await;
    let hello = json!({"client": {"name": "x", "version": "1"}});
    check(ann.post(&server, "/api/v1/commands/hello", &hello).await, 400, "UNKNOWN_TYPE").await;
    let other = json!({"session_id": "ses_other", "content": "x"});
    check(ann.post(&server, &format!("{path}/commands/chat_message"), &other).await, 422, "INVALID_DATA")
        .await;
}

#[tokio::test]
async fn cm5_requests_and_sockets_share_a_persons_rate() {
    let server =
        TestServer::start(Settings { control_per_second: 1, control_burst: 3, ..with_guests() }).await;
    let ann = Person::guest(&server).await;
    for _ in 0..3 {
        assert_eq!(ann.get(&server, "/api/v1/sessions").await.status, 200);
    }
    let refused = ann.get(&server, "/api/v1/sessions").await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (429, json!("RATE_LIMITED")));
    assert_eq!(refused.header("retry-after").as_deref(), Some("1"));
    let metrics = send(&server, "GET", "/metrics", &[], "").await.body;
    for line in [
        r#"madang_commands_total{type="list_sessions",outcome="OK"} 3"#,
        r#"madang_commands_total{type="list_sessions",outcome="RATE_LIMITED"} 1"#,
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[tokio::test]
async fn cm5_signals_that_come_too_fast_are_conflated_and_answered() {
    let server =
        TestServer::start(Settings { awareness_per_second: 20, awareness_burst: 2, ..with_guests() }).await;
    let mut socket = RawClient::v2(&server).await;
    socket.command("c", "create_session", json!({})).await;
    let session = socket.answer_to("c").await["data"]["session_id"].clone();
    for n in 0..30 {
        let data = json!({"session_id": session, "typing": n % 2 == 0});
        socket.command(&format!("t{n}"), "set_typing", data).await;
    }
    let mut refused: Vec<Value> = Vec::new();
    let mut answered = 0;
    while answered < 30 {
        let event = socket.next().await;
        if event["correlation_id"].as_str().is_some_and(|id| id.starts_with('t')) {
            answered += 1;
            refused.extend((event["data"]["code"] == "RATE_LIMITED").then_some(event));
        }
    }
    assert_eq!(refused, Vec::<Value>::new());
}

#[tokio::test]
async fn se7_an_address_with_an_invite_code_in_it_leads_nowhere() {
    let server = TestServer::start(with_guests()).await;
    let (ann, ben) = (Person::guest(&server).await, Person::guest(&server).await);
    let session = ann.session(&server).await;
    let link = json!({"session_id": session, "role": "viewer"});
    let code = ann.command(&server, "create_invite", link).await["code"].as_str().unwrap().to_owned();
    for person in [&ann, &ben] {
        for path in ["", "/messages", "/export", "/events"] {
            let answer = person.get(&server, &format!("/api/v1/sessions/{code}{path}")).await;
            assert_eq!(answer.json()["code"], "INVALID_SESSION", "{path}: {answer:?}");
        }
        let path = format!("/api/v1/sessions/{code}/commands/join_collaboration");
        assert_eq!(person.post(&server, &path, &json!({})).await.json()["code"], "INVALID_SESSION");
    }
    let state = ann.get(&server, &format!("/api/v1/sessions/{session}")).await.json();
    assert_eq!(state["participants"].as_array().unwrap().len(), 2, "Ann, and Claude");
    ben.command(&server, "join_collaboration", json!({"session_id": code})).await;
}
