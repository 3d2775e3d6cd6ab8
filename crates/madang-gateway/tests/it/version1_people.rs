//! Several people through version-1 clients, with the commands of the design document's collaboration component as it
//! sends them: `user_id` and `role` in the data decide nothing (SE1, SE3, SE4).

use serde_json::{Value, json};

use crate::raw::{RawClient, user};
use crate::server::{TestServer, with_guests};

/// A guest with a session of their own, and its id.
async fn host(server: &TestServer) -> (RawClient, Value) {
    let mut host = RawClient::v1(server).await;
    host.command("say", "chat_message", json!({"session_id": null, "content": "welcome"})).await;
    let session = host.answer_to("say").await["data"]["session_id"].clone();
    (host, session)
}

/// A guest who was asked in by user id and has joined, as the document's hook does.
async fn guest(server: &TestServer, host: &mut RawClient, session: &Value) -> (RawClient, Value) {
    let mut guest = RawClient::v1(server).await;
    let id = guest.event("connected").await["data"]["user_id"].clone();
    let data = json!({"session_id": session, "target_user_id": id, "role": "collaborator"});
    host.command("invite", "invite_user", data).await;
    assert_eq!(host.answer_to("invite").await["type"], "ack");
    let invited = guest.event("invited").await;
    assert_eq!((&invited["data"]["session_id"], &invited["data"]["role"]), (session, &json!("collaborator")));
    guest.command("join", "join_collaboration", json!({"session_id": session, "user_id": "somebody"})).await;
    (guest, id)
}

async fn left(client: &mut RawClient) -> Value {
    client.event("participant_left").await["data"]["user_id"].clone()
}

#[tokio::test]
async fn se3_the_documents_component_joins_sees_everyone_and_comes_back() {
    let server = TestServer::start(with_guests()).await;
    let (mut host, session) = host(&server).await;
    let (mut guest, id) = guest(&server, &mut host, &session).await;
    let state = guest.event("session_state").await;
    assert_eq!((&state["correlation_id"], &state["data"]["session_id"]), (&Value::Null, &session));
    let data = &state["data"];
    assert_eq!(
        (&data["current_code"], &data["cursor_positions"], &data["files"]),
        (&json!(""), &json!({}), &json!([]))
    );
    let message = data["messages"][0].as_object().unwrap();
    assert_eq!(message.keys().collect::<Vec<_>>(), ["content", "id", "timestamp", "type", "user_id"]);
    assert!(message["timestamp"].as_str().unwrap().ends_with('Z'));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let joined = guest.event("participant_joined").await["data"].clone();
        seen.push((joined["user_id"].clone(), joined["role"].clone()));
    }
    assert!(seen.contains(&(id.clone(), json!("collaborator"))), "{seen:?}");
    assert_eq!(seen.last().unwrap(), &(json!("claude"), json!("collaborator")));
    let told = loop {
        let told = host.event("participant_joined").await["data"].clone();
        if told["user_id"] == id {
            break told;
        }
    };
    assert_eq!((&told["role"], &told["session_id"]), (&json!("collaborator"), &session));
    // The component goes and is mounted again: nobody is locked out.
    guest.command("bye", "leave_collaboration", json!({"session_id": session, "user_id": id})).await;
    assert_eq!(guest.answer_to("bye").await["type"], "ack");
    assert_eq!(left(&mut host).await, id);
    guest
        .command(
            "again",
            "join_collaboration",
            json!({"session_id": session, "user_id": id, "role": "owner"}),
        )
        .await;
    guest.event("session_state").await;
    assert_eq!(host.event("participant_joined").await["data"]["role"], "collaborator");
    guest.must_live().await;
}

#[tokio::test]
async fn se4_a_version_1_client_that_is_removed_gets_an_end_of_its_reply_and_no_more() {
    let server = TestServer::start(with_guests()).await;
    let (mut host, session) = host(&server).await;
    let (mut guest, id) = guest(&server, &mut host, &session).await;
    guest.event("session_state").await;
    let ask = json!({"session_id": session, "content": "tell me", "stream": true});
    guest.command("ask", "claude_message", ask.clone()).await;
    let reply = server.model.next().await;
    reply.say("So ");
    assert_eq!(guest.event("claude_response").await["data"]["content"], "So ");
    host.command("out", "remove_user", json!({"session_id": session, "target_user_id": id})).await;
    assert_eq!(host.answer_to("out").await["type"], "ack");
    assert_eq!(left(&mut host).await, id);
    let end = guest.event("claude_response").await;
    assert_eq!(end["data"]["completed"], true, "its input must be unlocked: {end}");
    // Nobody goes on paying for what they asked for; the session goes on without them.
    reply.dropped().await;
    host.command("on", "chat_message", json!({"session_id": session, "content": "it goes on."})).await;
    assert_eq!(host.answer_to("on").await["type"], "ack");
    // What it sends now is answered as a stranger's, and its input is unlocked again.
    guest.command("ask-2", "claude_message", ask).await;
    let mut answers = Vec::new();
    loop {
        let event = guest.next().await;
        assert!(!event.to_string().contains("goes on"), "{event}");
        answers.push(event["type"].clone());
        if event["type"] == "claude_response" && event["data"]["completed"] == true {
            break;
        }
    }
    assert!(answers.contains(&json!("error")), "{answers:?}");
    guest.must_live().await;
}

#[tokio::test]
async fn cn8_a_version_1_client_comes_back_to_what_it_had_joined() {
    let server = TestServer::start(with_guests()).await;
    let (mut host, session) = host(&server).await;
    let (mut guest, id) = guest(&server, &mut host, &session).await;
    guest.event("session_state").await;
    guest.command("own", "chat_message", json!({"content": "to myself"})).await;
    let own = guest.answer_to("own").await["data"]["session_id"].clone();
    let path = format!("/ws?token={}", guest.token());
    drop(guest);
    let mut again = RawClient::connect(&server, &path, &[]).await;
    assert_eq!(json!(user(&again.event("connected").await)), id);
    let states = [again.event("session_state").await, again.event("session_state").await];
    let states = states.map(|state| state["data"]["session_id"].clone());
    assert!(states.contains(&own) && states.contains(&session), "{states:?}");
    host.command("hear", "chat_message", json!({"session_id": session, "content": "still here?"})).await;
    assert_eq!(again.event("message_created").await["data"]["message"]["content"], "still here?");
}
