//! DC, EN3 and RS over real sockets: batches, resume, slow readers.

use madang_gateway::Settings;
use serde_json::{Value, json};

use crate::frames::text;
use crate::raw::{Frame, RawClient, V2, soon};
use crate::server::{TestServer, with_guests};

/// Makes a session and returns its id.
async fn create(client: &mut RawClient) -> Value {
    client.command("create", "create_session", json!({})).await;
    client.answer_to("create").await["data"]["session_id"].clone()
}

/// Another connection of the same person.
async fn second(server: &TestServer, token: &str) -> RawClient {
    let mut client = RawClient::connect(server, &format!("/ws?token={token}"), &[V2]).await;
    client.hello().await;
    client
}

/// As [`second`], with room for little on its way.
async fn slow_reader(server: &TestServer, token: &str) -> RawClient {
    let mut client = RawClient::connect_narrow(server, &format!("/ws?token={token}"), &[V2]).await;
    client.hello().await;
    client
}

#[tokio::test]
async fn cm1_an_ack_comes_just_before_the_commands_own_event() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v2(&server).await;
    let session = create(&mut client).await;
    client.command("m", "chat_message", json!({"session_id": session, "content": "hi"})).await;
    let ack = client.answer_to("m").await;
    assert_eq!(ack["type"], "ack");
    let event = client.next().await;
    assert_eq!((event["type"].as_str(), &event["seq"]), (Some("message_created"), &ack["data"]["seq"]));
}

#[tokio::test]
async fn dc4_every_connection_gets_the_same_bytes() {
    let server = TestServer::start(with_guests()).await;
    let mut author = RawClient::v2(&server).await;
    let token = author.token();
    let session = create(&mut author).await;
    let mut viewers = Vec::new();
    for _ in 0..3 {
        let mut viewer = second(&server, &token).await;
        viewer.command("f", "follow_session", json!({"session_id": session})).await;
        viewer.answer_to("f").await;
        viewers.push(viewer);
    }
    author.command("m", "chat_message", json!({"session_id": session, "content": "to all"})).await;
    let own = author.event("message_created").await;
    for mut viewer in viewers {
        assert_eq!(viewer.event("message_created").await, own);
    }
}

#[tokio::test]
async fn rs1_hello_resumes_exactly_what_was_missed() {
    let server = TestServer::start(with_guests()).await;
    let mut author = RawClient::v2(&server).await;
    let token = author.token();
    let session = create(&mut author).await;
    author.command("0", "chat_message", json!({"session_id": session, "content": "seen"})).await;
    let seen = author.event("message_created").await;
    for n in 0..70 {
        author.command(&format!("m{n}"), "edit_missing", json!({})).await;
        author.answer_to(&format!("m{n}")).await;
    }
    let mut contents = Vec::new();
    for n in 1..8 {
        let content = format!("missed {n}");
        author.command(&content, "chat_message", json!({"session_id": session, "content": content})).await;
        author.event("message_created").await;
        contents.push(content);
    }
    let mut back = RawClient::connect(&server, &format!("/ws?token={token}"), &[V2]).await;
    let point = json!({"epoch": seen["epoch"], "seq": seen["seq"]});
    let resume = json!({"sessions": {session.as_str().unwrap(): point}});
    back.command("h", "hello", json!({"client": {"name": "x", "version": "1"}, "resume": resume})).await;
    assert_eq!(back.next().await["type"], "connected");
    let resumed = back.event("resumed").await;
    assert_eq!(resumed["data"]["recovered"], true);
    for content in contents {
        assert_eq!(back.event("message_created").await["data"]["message"]["content"], content);
    }
}

#[tokio::test]
async fn rs1_a_resume_point_of_another_log_gets_the_whole_state() {
    let server = TestServer::start(with_guests()).await;
    let mut author = RawClient::v2(&server).await;
    let (token, session) = (author.token(), create(&mut author).await);
    for (epoch, seq) in [("0000000000000000", 1), ("ffffffffffffffff", u64::MAX)] {
        let mut back = RawClient::connect(&server, &format!("/ws?token={token}"), &[V2]).await;
        let resume = json!({"sessions": {session.as_str().unwrap(): {"epoch": epoch, "seq": seq}}});
        back.command("h", "hello", json!({"client": {"name": "x", "version": "1"}, "resume": resume})).await;
        assert_eq!(back.event("session_state").await["data"]["recovered"], false);
    }
}

#[tokio::test]
async fn cm2_the_same_id_is_answered_and_not_carried_out_again() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v2(&server).await;
    let session = create(&mut client).await;
    let data = json!({"session_id": session, "content": "once"});
    client.command("same", "chat_message", data.clone()).await;
    let first = client.answer_to("same").await["data"].clone();
    client.command("same", "chat_message", data).await;
    assert_eq!(client.answer_to("same").await["data"], first);
    client.command("same", "chat_message", json!({"session_id": session, "content": "twice"})).await;
    assert_eq!(client.answer_to("same").await["data"]["code"], "CONFLICT");
}

/// Asks for a reply and returns it, with the reader of it attached.
async fn streaming(server: &TestServer, author: &mut RawClient) -> (Value, madang_testkit::ScriptedReply) {
    let session = create(author).await;
    author
        .command("p", "claude_message", json!({"session_id": session, "content": "long", "stream": true}))
        .await;
    author.answer_to("p").await;
    (session, server.model.next().await)
}

#[tokio::test]
async fn dc2_a_slow_reader_misses_no_text_and_hears_merged_deltas() {
    let settings = Settings { chat_burst: 200, backlog_bytes: 64 << 20, ..with_guests() };
    let server = TestServer::start(settings).await;
    let mut author = RawClient::v2(&server).await;
    let token = author.token();
    let (session, reply) = streaming(&server, &mut author).await;
    let mut slow = slow_reader(&server, &token).await;
    slow.command("f", "follow_session", json!({"session_id": session})).await;
    slow.answer_to("f").await;
    // The slow one reads nothing now, while others are served; what people say fills its socket.
    flood(&mut author, &session).await;
    let piece = "0123456789".repeat(10);
    let mut expected = String::new();
    for n in 0..600 {
        let text = format!("{n}:{piece}");
        reply.say(&text);
        expected.push_str(&text);
        while author.event("claude_response").await["data"]["n"].as_u64().unwrap() < n + 1 {}
    }
    reply.finish("end");
    expected.push_str("end");
    let (mut heard, mut deltas) = (String::new(), 0);
    loop {
        let event = slow.event("claude_response").await;
        if event["data"]["completed"] == true {
            assert_eq!(event["data"]["content"].as_str().unwrap().len(), expected.len());
            break;
        }
        deltas += 1;
        heard.push_str(event["data"]["content"].as_str().unwrap());
    }
    assert!(heard == expected, "{} of {} bytes", heard.len(), expected.len());
    assert!(deltas < 600, "{deltas} deltas: nothing was merged, so the socket was never full");
}

/// Says so much in a session that no socket holds it.
async fn flood(author: &mut RawClient, session: &Value) {
    let content = "x".repeat(150_000);
    for n in 0..100 {
        let id = format!("flood-{n}");
        author.command(&id, "chat_message", json!({"session_id": session, "content": content})).await;
        assert_eq!(author.answer_to(&id).await["type"], "ack");
    }
}

#[tokio::test]
async fn dc2_a_reader_that_is_too_slow_is_closed_with_4102_and_nobody_waits_for_it() {
    let server = TestServer::start(Settings { chat_burst: 200, ..with_guests() }).await;
    let mut author = RawClient::v2(&server).await;
    let (token, session) = (author.token(), create(&mut author).await);
    let mut slow = slow_reader(&server, &token).await;
    slow.command("f", "follow_session", json!({"session_id": session})).await;
    slow.answer_to("f").await;
    flood(&mut author, &session).await;
    let (code, said) = soon("the close", drain(&mut slow)).await;
    assert_eq!((code, said), (Some(4102), Some(4102)));
    author.must_live().await;
}

#[tokio::test]
async fn rs1_what_a_slow_reader_missed_may_be_more_than_may_wait_for_it() {
    let settings = Settings { backlog_bytes: 64 << 10, ..with_guests() };
    let server = TestServer::start(settings).await;
    let mut author = RawClient::v2(&server).await;
    let (token, session) = (author.token(), create(&mut author).await);
    let content = "x".repeat(150_000);
    let mut epoch = Value::Null;
    for n in 0..10 {
        let id = format!("m{n}");
        author.command(&id, "chat_message", json!({"session_id": session, "content": content})).await;
        epoch = author.event("message_created").await["epoch"].clone();
    }
    let mut slow = slow_reader(&server, &token).await;
    let resume = json!({"epoch": epoch, "seq": 1});
    slow.command("f", "follow_session", json!({"session_id": session, "resume": resume})).await;
    slow.command("g", "follow_session", json!({"session_id": session, "resume": resume})).await;
    for asked in ["f", "g"] {
        let resumed = slow.answer_to(asked).await;
        assert_eq!((resumed["type"].as_str(), &resumed["data"]["to"]), (Some("resumed"), &json!(11)));
        for seq in 2..=11 {
            assert_eq!(slow.event("message_created").await["seq"], seq);
        }
    }
}

/// Reads all, to the close; the codes of the close frame and of `disconnected`.
async fn drain(client: &mut RawClient) -> (Option<u16>, Option<u16>) {
    let mut said = None;
    loop {
        match client.frame().await {
            Frame::Text(text) => {
                if let Some(code) =
                    text.contains("\"disconnected\"").then(|| serde_json::from_str::<Value>(&text).unwrap())
                {
                    said = code["data"]["code"].as_u64().map(|code| code as u16);
                }
            }
            Frame::Close(code) => return (code, said),
            Frame::End => return (None, said),
            Frame::Ping(_) | Frame::Pong(_) => {}
        }
    }
}

#[tokio::test]
async fn dc3_a_full_socket_that_takes_nothing_is_dropped_in_time() {
    let settings = Settings {
        chat_burst: 200,
        backlog_bytes: 64 << 20,
        write_stall_ms: 200,
        close_ms: 60,
        ..with_guests()
    };
    let server = TestServer::start(settings).await;
    let mut author = RawClient::v2(&server).await;
    let (token, session) = (author.token(), create(&mut author).await);
    let mut stuck = slow_reader(&server, &token).await;
    stuck.command("f", "follow_session", json!({"session_id": session})).await;
    stuck.answer_to("f").await;
    flood(&mut author, &session).await;
    soon("the stuck one to be dropped", async {
        while server.gateway.connections() != 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    author.must_live().await;
}

#[tokio::test]
async fn en3_one_frame_a_message_on_version_1_and_never_an_array() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    let mut bytes = Vec::new();
    for n in 0..20 {
        bytes.extend(text(
            &json!({"type": "chat_message", "id": format!("c{n}"), "data": {"content": "x"}}).to_string(),
        ));
    }
    client.bytes(&bytes).await;
    let mut answered = 0;
    while answered < 20 {
        let Frame::Text(frame) = client.frame().await else { panic!("no text") };
        let event: Value = serde_json::from_str(&frame).unwrap();
        assert!(event.is_object(), "{frame}");
        answered += usize::from(event["correlation_id"].as_str().is_some_and(|id| id.starts_with('c')));
    }
}

#[tokio::test]
async fn en3_arrays_of_version_2_keep_to_their_bounds() {
    let server = TestServer::start(Settings { chat_burst: 200, ..with_guests() }).await;
    let mut author = RawClient::v2(&server).await;
    let token = author.token();
    let session = create(&mut author).await;
    author.command("0", "chat_message", json!({"session_id": session, "content": "first"})).await;
    let first = author.event("message_created").await;
    for n in 0..150 {
        let id = format!("m{n}");
        author
            .command(&id, "chat_message", json!({"session_id": session, "content": "y".repeat(n * 10 + 1)}))
            .await;
        author.answer_to(&id).await;
    }
    let mut back = RawClient::connect(&server, &format!("/ws?token={token}"), &[V2]).await;
    let resume =
        json!({"sessions": {session.as_str().unwrap(): {"epoch": first["epoch"], "seq": first["seq"]}}});
    back.command("h", "hello", json!({"client": {"name": "x", "version": "1"}, "resume": resume})).await;
    let mut replayed = 0;
    while replayed < 150 {
        let Frame::Text(frame) = back.frame().await else { panic!("no text") };
        let items = match serde_json::from_str(&frame).unwrap() {
            Value::Array(items) => {
                assert!(items.len() > 1 && items.len() <= 64 && frame.len() <= 64 << 10);
                items
            }
            one => vec![one],
        };
        replayed += items.iter().filter(|event| event["type"] == "message_created").count();
    }
    assert_eq!(replayed, 150);
}
