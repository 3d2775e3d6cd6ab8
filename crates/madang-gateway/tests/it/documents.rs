//! Shared documents over real sockets: both versions, rates, large messages, HTTP (DO3-DO6, CM5, EN5).

use madang_gateway::Settings;
use serde_json::{Value, json};

use crate::http::Person;
use crate::raw::{RawClient, V2};
use crate::server::{TestServer, with_guests};

/// A session of the client's, with `main` open.
async fn session(client: &mut RawClient) -> Value {
    client.command("create", "create_session", json!({})).await;
    let session = client.answer_to("create").await["data"]["session_id"].clone();
    client.command("open", "open_document", json!({"session_id": session})).await;
    assert_eq!(client.answer_to("open").await["type"], "document_state");
    session
}

/// Another connection of the same person.
async fn another(server: &TestServer, token: &str, headers: &[&str]) -> RawClient {
    RawClient::connect(server, &format!("/ws?token={token}"), headers).await
}

fn edit(session: &Value, base: u64, op_id: &str, change: Value) -> Value {
    json!({"session_id": session, "base_version": base, "op_id": op_id, "change": change})
}

#[tokio::test]
async fn do3_a_change_is_acked_and_told_in_one_write() {
    let server = TestServer::start(with_guests()).await;
    let mut one = RawClient::v2(&server).await;
    let token = one.token();
    let session = session(&mut one).await;
    let mut two = another(&server, &token, &[V2]).await;
    two.hello().await;
    two.command("open", "open_document", json!({"session_id": session})).await;
    // Opening attaches the connection to the session too.
    assert_eq!(two.event("session_state").await["data"]["documents"][0]["name"], "main");
    assert_eq!(two.answer_to("open").await["data"]["version"], 0);
    one.command("e", "code_change", edit(&session, 0, "op", json!([[0, "한글 🙂", ""]]))).await;
    let ack = one.answer_to("e").await;
    assert_eq!((&ack["type"], &ack["data"]["version"]), (&json!("ack"), &json!(1)));
    let event = one.event("code_changed").await;
    assert_eq!(event["session_id"], session);
    assert_eq!(event["data"]["change"], json!([[0, "한글 🙂", ""]]));
    assert!(event.get("seq").is_none(), "its place is its version");
    assert_eq!(two.event("code_changed").await, event, "the same bytes");
    two.command("c", "cursor_update", json!({"session_id": session, "position": {"line": 1, "column": 2}}))
        .await;
    two.answer_to("c").await;
    // One person's cursor is not told to the same person.
    two.command("e", "code_change", edit(&session, 1, "op2", json!([6, [0, "x"]]))).await;
    assert_eq!(one.event("code_changed").await["data"]["version"], 2);
    one.must_live().await;
}

#[tokio::test]
async fn do4_the_design_documents_client_edits_with_ours() {
    let server = TestServer::start(with_guests()).await;
    let mut new = RawClient::v2(&server).await;
    let token = new.token();
    let session = session(&mut new).await;
    new.command("e", "code_change", edit(&session, 0, "op", json!([[0, "one", "two"]]))).await;
    new.answer_to("e").await;
    let mut old = another(&server, &token, &[]).await;
    old.event("connected").await;
    old.command("j", "join_collaboration", json!({"session_id": session, "user_id": "me", "role": "owner"}))
        .await;
    let state = old.event("session_state").await;
    assert_eq!(state["data"]["current_code"], "one\ntwo");
    assert_eq!(state["data"]["cursor_positions"], json!({}));
    // As `handleLocalCodeChange` sends it.
    let range = json!({"startLineNumber": 2, "startColumn": 1, "endLineNumber": 2, "endColumn": 4});
    let changes = json!([{"range": range, "text": "TWO", "rangeLength": 3}]);
    old.command("c", "code_change", json!({"session_id": session, "changes": changes, "timestamp": 1})).await;
    // Version 2 is told of its own changes too.
    assert_eq!(new.event("code_changed").await["data"]["version"], 1);
    assert_eq!(new.event("code_changed").await["data"]["change"], json!([4, [3, "TWO"]]));
    old.command("m", "cursor_update", json!({"session_id": session, "position": {"line": 2, "column": 4}}))
        .await;
    new.command("f", "code_change", edit(&session, 2, "op3", json!([[0, "// "], 7]))).await;
    let told = loop {
        let event = old.event("code_changed").await;
        if event["data"]["version"] == 3 {
            break event["data"].clone();
        }
    };
    assert_eq!((&told["change"]["text"], &told["changes"]), (&json!("// "), &json!([told["change"]])));
    assert_eq!(told["change"]["position"], json!({"line": 1, "column": 4}));
    old.must_live().await;
}

#[tokio::test]
async fn en5_a_version_1_paste_of_a_megabyte_is_taken() {
    let server = TestServer::start(with_guests()).await;
    let mut old = RawClient::v1(&server).await;
    let text = "a line of text\n".repeat(70_000);
    let range = json!({"startLineNumber": 1, "startColumn": 1, "endLineNumber": 1, "endColumn": 1});
    let data = json!({"changes": [{"range": range, "text": text, "rangeLength": 0}]});
    // Without a session it is the default one, which is made (TU1).
    // The type comes first, as the design document's client writes it: by it the message may be large.
    old.text(&format!(r#"{{"type":"code_change","data":{data},"timestamp":1,"id":"p"}}"#)).await;
    let ack = old.answer_to("p").await;
    assert_eq!(ack["type"], "ack", "{ack}");
    let open = json!({"session_id": ack["data"]["session_id"]});
    old.command("o", "open_document", open).await;
    assert_eq!(old.answer_to("o").await["data"]["text"].as_str().map(str::len), Some(text.len()));
    old.must_live().await;
}

#[tokio::test]
async fn cm5_changes_have_a_rate_of_their_own() {
    let settings = Settings { code_per_second: 1, code_burst: 3, ..with_guests() };
    let server = TestServer::start(settings).await;
    let mut client = RawClient::v2(&server).await;
    let session = session(&mut client).await;
    for n in 0..4 {
        let change = if n == 0 { json!([[0, "x"]]) } else { json!([n, [0, "x"]]) };
        client.command(&n.to_string(), "code_change", edit(&session, n, &n.to_string(), change)).await;
    }
    // What is refused is refused before the others are on disk.
    let (mut versions, mut refused) = (Vec::new(), None);
    while versions.len() < 3 || refused.is_none() {
        let event = client.next().await;
        match event["type"].as_str() {
            Some("ack") => versions.push(event["data"]["version"].as_u64().unwrap()),
            Some("error") => refused = Some(event),
            _ => {}
        }
    }
    let refused = refused.unwrap();
    assert_eq!((&refused["correlation_id"], &refused["data"]["code"]), (&json!("3"), &json!("RATE_LIMITED")));
    assert!(refused["data"]["retry_after"].as_u64().unwrap() > 0);
    assert_eq!(versions, [1, 2, 3]);
    client.command("chat", "chat_message", json!({"session_id": session, "content": "and we talk"})).await;
    assert_eq!(client.answer_to("chat").await["type"], "ack");
}

#[tokio::test]
async fn ht1_documents_are_opened_and_changed_over_http() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let session = ann.command(&server, "create_session", json!({})).await["session_id"].clone();
    let made = json!({"session_id": session, "name": "a.md", "text": "# A"});
    let made = ann.command(&server, "create_document", made).await;
    assert_eq!((&made["document"], &made["version"]), (&json!(2), &json!(1)));
    let change = json!({
        "session_id": session, "document": "a.md", "base_version": 1, "op_id": "x", "change": [3, [0, "!"]],
    });
    for _ in 0..2 {
        assert_eq!(ann.command(&server, "code_change", change.clone()).await["version"], 2, "done once");
    }
    let opened = ann.command(&server, "open_document", json!({"session_id": session, "document": 2})).await;
    assert_eq!((&opened["text"], &opened["name"]), (&json!("# A!"), &json!("a.md")));
}
