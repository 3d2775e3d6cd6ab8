//! TU1, TU2, TU4, TU7, RS2 as version-1 clients see them: the design document's class keeps one streaming message.

use madang_gateway::Settings;
use madang_protocol::{ErrorCode, PartKind};
use serde_json::{Value, json};

use crate::raw::RawClient;
use crate::server::{TestServer, with_guests};

/// What the document's React hook would show: it appends to the last streaming message, whatever its id.
#[derive(Debug, Default)]
struct Hook {
    messages: Vec<(String, String)>,
    streaming: bool,
    finals: usize,
    mixed: bool,
}

impl Hook {
    fn take(&mut self, event: &Value) {
        if event["type"] != "claude_response" {
            return;
        }
        let data = &event["data"];
        let (id, content) = (data["message_id"].as_str().unwrap(), data["content"].as_str().unwrap());
        if data["stream"] == true {
            if self.streaming {
                let last = self.messages.last_mut().unwrap();
                self.mixed |= last.0 != id;
                last.1.push_str(content);
            } else {
                self.messages.push((id.to_owned(), content.to_owned()));
                self.streaming = true;
            }
        } else {
            self.streaming = false;
            self.finals += usize::from(data["completed"] == true);
        }
    }

    /// Reads until so many finals have come, and shows what there is.
    async fn finals(&mut self, client: &mut RawClient, count: usize) -> Vec<&str> {
        while self.finals < count {
            self.take(&client.next().await);
        }
        assert!(!self.mixed, "two replies were mixed: {:?}", self.messages);
        self.messages.iter().map(|message| message.1.as_str()).collect()
    }
}

async fn prompt(client: &mut RawClient, id: &str, data: Value) {
    client.command(id, "claude_message", data).await;
}

#[tokio::test]
async fn tu2_a_reply_is_deltas_and_one_final_with_the_full_text() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"session_id": null, "content": "hi", "stream": true})).await;
    let reply = server.model.next().await;
    reply.say("Hello");
    reply.finish(", you");
    let mut hook = Hook::default();
    let last = loop {
        let event = client.event("claude_response").await;
        hook.take(&event);
        if event["data"]["completed"] == true {
            break event;
        }
    };
    assert_eq!(hook.messages.iter().map(|message| message.1.as_str()).collect::<String>(), "Hello, you");
    assert_eq!(last["data"]["content"], "Hello, you");
    assert_eq!(
        (last["data"]["stream"].clone(), last["data"]["status"].clone()),
        (json!(false), json!("complete"))
    );
    client.must_live().await;
}

#[tokio::test]
async fn tu1_a_prompt_without_a_session_makes_one_and_says_so() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    for (id, data) in [
        ("1", json!({"content": "a", "stream": true})),
        ("2", json!({"content": "b", "stream": true, "session_id": ""})),
    ] {
        prompt(&mut client, id, data).await;
    }
    let created = client.event("session_created").await;
    assert!(created["data"]["session_id"].as_str().unwrap().starts_with("ses_"));
    server.model.next().await.finish("one");
    server.model.next().await.finish("two");
    assert_eq!(Hook::default().finals(&mut client, 2).await, ["one", "two"]);
    assert_eq!(server.hub.stats().live_sessions, 1, "both went to the same session");
}

#[tokio::test]
async fn tu2_without_an_id_and_on_version_1_too() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    client.text(r#"{"type":"claude_message","data":{"content":"no id","stream":true}}"#).await;
    server.model.next().await.finish("answered");
    assert_eq!(Hook::default().finals(&mut client, 1).await, ["answered"]);
}

#[tokio::test]
async fn tu2_asked_without_stream_the_final_alone_comes() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"content": "hi", "stream": false})).await;
    let reply = server.model.next().await;
    reply.say("not ");
    reply.finish("streamed");
    let only = client.event("claude_response").await;
    assert_eq!(
        (only["data"]["content"].clone(), only["data"]["completed"].clone()),
        (json!("not streamed"), json!(true))
    );
}

#[tokio::test]
async fn tu2_every_refused_prompt_ends_in_a_delta_with_the_sentence_and_a_final() {
    let server = TestServer::start(Settings { chat_burst: 4, chat_per_second: 1, ..with_guests() }).await;
    let mut client = RawClient::v1(&server).await;
    let refused = [
        (json!({"content": "x", "stream": true, "session_id": "not-a-session"}), "INVALID_SESSION"),
        (json!({"content": 5, "stream": true}), "INVALID_DATA"),
        (json!({"stream": true}), "INVALID_DATA"),
        (json!({"content": "", "stream": true}), "INVALID_DATA"),
        (json!({"content": "x".repeat(250_000), "stream": true}), "INVALID_DATA"),
        (
            json!({"content": "x", "stream": true, "session_id": format!("ses_{}", "0".repeat(32))}),
            "NOT_FOUND",
        ),
        (json!({"content": "over the rate", "stream": true}), "RATE_LIMITED"),
    ];
    for (index, (data, code)) in refused.into_iter().enumerate() {
        let id = format!("r{index}");
        prompt(&mut client, &id, data).await;
        let error = client.event("error").await;
        assert_eq!(
            (error["correlation_id"].as_str(), error["data"]["code"].as_str()),
            (Some(id.as_str()), Some(code))
        );
        let (delta, last) = (client.next().await, client.next().await);
        assert_eq!(
            (delta["type"].as_str(), delta["data"]["stream"].clone()),
            (Some("claude_response"), json!(true))
        );
        assert_eq!(delta["data"]["content"], error["data"]["message"]);
        assert_eq!(
            (last["data"]["completed"].clone(), last["data"]["status"].clone()),
            (json!(true), json!("error"))
        );
        assert_eq!(last["data"]["message_id"], delta["data"]["message_id"]);
    }
    assert!(server.model.try_next().is_none());
}

#[tokio::test]
async fn tu2_a_failed_reply_says_so_before_its_final() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    let mut hook = Hook::default();
    prompt(&mut client, "1", json!({"content": "one", "stream": true})).await;
    server.model.next().await.fail(ErrorCode::ModelUnavailable, "Claude is away.");
    assert_eq!(hook.finals(&mut client, 1).await, ["Claude is away."]);
    prompt(&mut client, "2", json!({"content": "two", "stream": true})).await;
    let reply = server.model.next().await;
    reply.say("Half");
    reply.fail(ErrorCode::ModelUnavailable, "Claude is away.");
    assert_eq!(hook.finals(&mut client, 2).await, ["Claude is away.", "Half\n\nClaude is away."]);
    prompt(&mut client, "3", json!({"content": "three", "stream": false})).await;
    server.model.next().await.fail(ErrorCode::ModelUnavailable, "Claude is away.");
    let last = client.event("claude_response").await;
    assert_eq!(
        (last["data"]["content"].clone(), last["data"]["completed"].clone()),
        (json!("Claude is away."), json!(true))
    );
}

#[tokio::test]
async fn tu2_a_reply_without_text_is_shown_all_the_same() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"content": "think", "stream": true})).await;
    let reply = server.model.next().await;
    reply.part(PartKind::Thinking, None, None);
    reply.say("hmm");
    reply.end("end_turn");
    let mut hook = Hook::default();
    assert_eq!(hook.finals(&mut client, 1).await, [""]);
}

#[tokio::test]
async fn tu7_version_1_gets_the_text_parts_alone() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"content": "hi", "stream": true})).await;
    let reply = server.model.next().await;
    reply.part(PartKind::Thinking, None, None);
    reply.say("secret thought");
    reply.part(PartKind::Text, None, None);
    reply.say("A");
    reply.part(PartKind::ToolUse, Some("tool"), Some("t1"));
    reply.say("{}");
    reply.part(PartKind::Text, None, None);
    reply.finish("B");
    let mut all = Vec::new();
    loop {
        let event = client.event("claude_response").await;
        all.push(event.to_string());
        if event["data"]["completed"] == true {
            assert_eq!(event["data"]["content"], "AB");
            break;
        }
    }
    assert!(!all.concat().contains("secret thought"), "{all:?}");
}

#[tokio::test]
async fn tu4_two_replies_are_never_mixed() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    let mut sessions = Vec::new();
    for id in ["s1", "s2"] {
        client.command(id, "create_session", json!({})).await;
        sessions.push(client.answer_to(id).await["data"]["session_id"].clone());
    }
    for (id, session) in ["1", "2"].iter().zip(&sessions) {
        prompt(&mut client, id, json!({"content": id, "stream": true, "session_id": session})).await;
    }
    let (one, two) = (server.model.next().await, server.model.next().await);
    let mut hook = Hook::default();
    one.say("a");
    while hook.messages.is_empty() {
        hook.take(&client.next().await);
    }
    for (first, second) in [("b", "1"), ("c", "2"), ("d", "3")] {
        two.say(second);
        one.say(first);
    }
    // A refusal comes at once as an error, and in its turn as a reply.
    prompt(&mut client, "3", json!({"content": "x", "stream": true, "session_id": "nonsense"})).await;
    two.finish("4");
    client.event("error").await;
    one.finish("e");
    let shown = hook.finals(&mut client, 3).await.join("|");
    // Texts that came before the first reply was known to be on the air are in it all the same.
    assert!(
        shown.ends_with("1234|This is not a session id.")
            || shown.ends_with("This is not a session id.|1234"),
        "{shown}"
    );
    client.must_live().await;
}

#[tokio::test]
async fn rs2_a_running_reply_begins_anew_for_a_version_1_client_that_comes_back() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"content": "long", "stream": true})).await;
    let reply = server.model.next().await;
    reply.say("So ");
    reply.say("far");
    let mut hook = Hook::default();
    while hook.messages.first().is_none_or(|message| message.1 != "So far") {
        hook.take(&client.next().await);
    }
    let path = format!("/ws?token={}", client.token());
    drop(client);
    let mut again = RawClient::connect(&server, &path, &[]).await;
    let state = again.event("session_state").await;
    assert_eq!(state["data"]["messages"].as_array().unwrap().len(), 1, "the prompt alone: {state}");
    let (first, second) = (again.next().await, again.next().await);
    let shape = |event: &Value| {
        (
            event["data"]["content"].clone(),
            event["data"]["stream"].clone(),
            event["data"]["completed"].clone(),
        )
    };
    assert_eq!(shape(&first), (json!(""), json!(false), json!(false)));
    assert_eq!(shape(&second), (json!("So far"), json!(true), json!(false)));
    reply.finish(", so good");
    let mut hook = Hook::default();
    hook.take(&first);
    hook.take(&second);
    assert_eq!(hook.finals(&mut again, 1).await, ["So far, so good"]);
}

#[tokio::test]
async fn rs3_a_version_1_client_that_leaves_does_not_stop_its_reply() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"content": "go on", "stream": true})).await;
    let reply = server.model.next().await;
    reply.say("on ");
    client.event("claude_response").await;
    let path = format!("/ws?token={}", client.token());
    drop(client);
    reply.finish("and on");
    let mut again = RawClient::connect(&server, &path, &[]).await;
    let state = again.event("session_state").await;
    let messages = state["data"]["messages"].as_array().unwrap();
    let mut hook = Hook::default();
    if messages.len() == 2 {
        assert_eq!(messages[1]["content"], "on and on");
    } else {
        assert_eq!(hook.finals(&mut again, 1).await, ["on and on"]);
    }
}

#[tokio::test]
async fn tu2_replies_of_a_session_that_is_left_or_deleted_end() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    let mut hook = Hook::default();
    for (count, kind) in [(1, "unfollow_session"), (2, "delete_session")] {
        let id = format!("s{count}");
        client.command(&id, "create_session", json!({})).await;
        let session = client.answer_to(&id).await["data"]["session_id"].clone();
        prompt(&mut client, kind, json!({"content": "x", "stream": true, "session_id": session})).await;
        let reply = server.model.next().await;
        reply.say("begun");
        while hook.messages.len() < count {
            hook.take(&client.next().await);
        }
        client.command("go", kind, json!({"session_id": session})).await;
        hook.finals(&mut client, count).await;
    }
    prompt(&mut client, "last", json!({"content": "x", "stream": true})).await;
    let mut reply = server.model.next().await;
    while reply.is_dropped() {
        reply = server.model.next().await;
    }
    reply.finish("after");
    assert_eq!(hook.finals(&mut client, 3).await.last(), Some(&"after"));
}

#[tokio::test]
async fn tu4_a_prompt_taken_back_while_it_waits_ends_too() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    prompt(&mut client, "1", json!({"content": "one", "stream": true})).await;
    prompt(&mut client, "2", json!({"content": "two", "stream": true})).await;
    let session = client.event("session_created").await["data"]["session_id"].clone();
    client.event("turn_queued").await;
    client.command("3", "cancel", json!({"session_id": session, "command_id": "2"})).await;
    client.event("turn_dequeued").await;
    server.model.next().await.finish("first");
    let mut hook = Hook::default();
    let shown = hook.finals(&mut client, 2).await.join("|");
    assert!(shown.contains("first") && shown.contains("taken back"), "{shown}");
}
