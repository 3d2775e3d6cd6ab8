//! Commands: acknowledged after the disk, carried out once, sessions made once.

use madang_hub::Settings;
use madang_protocol::{ErrorCode, SessionId};
use madang_testkit::{HubClient, Mirror};
use serde_json::{Value, json};

use crate::support::{chat, prompt, run, serve, settings};

fn answers_in(mirror: &Mirror, id: &str) -> Vec<Value> {
    mirror.envelopes.iter().filter(|envelope| envelope["correlation_id"] == id).cloned().collect()
}

fn answers(client: &HubClient, id: &str) -> Vec<Value> {
    client.viewer.look(|mirror| answers_in(mirror, id))
}

#[test]
fn cm1_the_ack_comes_after_the_commit_and_just_before_the_event() {
    run(settings(), async |world| {
        let (author, other) = (world.client(1), world.client(1));
        let session = author.create().await;
        other.follow(session).await.unwrap();
        world.store.hold();
        author.send("say", "chat_message", json!({"session_id": session, "content": "x"})).await;
        world.store.release();
        author.answer("say").await.unwrap();
        assert_eq!(world.count(session, "message_created").await, 1, "on disk before the ack");
        let types: Vec<_> = author
            .viewer
            .look(|mirror| mirror.envelopes.iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect());
        let ack = types.iter().rposition(|kind| kind == "ack").unwrap();
        assert_eq!(types[ack + 1], "message_created");
        let heard =
            other.viewer.wait_for("the event", |m| m.of_type("message_created").next().cloned()).await;
        assert!(heard.get("correlation_id").is_none());
        author.viewer.assert_sound();
        other.viewer.assert_sound();
    });
}

#[test]
fn cm2_a_repeat_gets_the_first_answer_in_flight_later_and_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let say = |session: SessionId, text: &str| json!({"session_id": session, "content": text});
    let (session, first) = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        world.store.hold();
        client.send("once", "chat_message", say(session, "x")).await;
        client.send("once", "chat_message", say(session, "x")).await;
        client.send("once", "chat_message", say(session, "other")).await;
        client.send("last", "chat_message", say(session, "y")).await;
        world.store.release();
        client.answer("last").await.unwrap();
        client.send("once", "chat_message", say(session, "x")).await;
        let got =
            client.viewer.wait_for("four answers", |m| Some(answers_in(m, "once")).filter(|a| a.len() == 4));
        let got = got.await;
        let acks: Vec<_> = got.iter().filter(|answer| answer["type"] == "ack").collect();
        assert_eq!(acks.len(), 3);
        assert!(acks.iter().all(|ack| ack["data"] == acks[0]["data"]));
        let refused = got.iter().find(|answer| answer["type"] == "error").unwrap();
        assert_eq!(refused["data"]["code"], "CONFLICT");
        assert_eq!(world.count(session, "message_created").await, 2);
        (session, acks[0]["data"].clone())
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.send("once", "chat_message", say(session, "x")).await;
        client.answer("once").await.unwrap();
        assert_eq!(answers(&client, "once")[0]["data"], first);
        assert_eq!(world.count(session, "message_created").await, 2);
        let other = world.client(2);
        other.send("once", "create_session", json!({})).await;
        other.answer("once").await.expect("another person's ids are their own");
    });
}

#[test]
fn cm2_a_session_at_rest_has_forgotten_a_command_and_answers_a_repeat_all_the_same() {
    run(Settings { rest_ms: 0, ..settings() }, async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let say = |text: &str| json!({"session_id": session, "content": text});
        world.store.hold();
        client.send("once", "chat_message", say("x")).await;
        client.send("once", "chat_message", say("x")).await;
        world.store.release();
        client.viewer.wait_for("both", |m| (answers_in(m, "once").len() == 2).then_some(())).await;
        client.send("once", "chat_message", say("x")).await;
        client.send("once", "chat_message", say("other")).await;
        client.viewer.wait_for("all", |m| (answers_in(m, "once").len() == 4).then_some(())).await;
        let kinds: Vec<_> = answers(&client, "once").iter().map(|answer| answer["type"].clone()).collect();
        assert_eq!(kinds, ["ack", "ack", "ack", "error"]);
        assert_eq!(world.count(session, "message_created").await, 1);
        client.viewer.assert_sound();
    });
}

#[test]
fn cm2_a_repeat_after_a_failed_write_is_carried_out() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        world.store.fail_next(madang_testkit::Failure::Failed);
        let say = json!({"session_id": session, "content": "x"});
        client.send("try", "chat_message", say.clone()).await;
        assert_eq!(client.answer("try").await.unwrap_err().code, ErrorCode::ServiceUnavailable);
        client.send("try", "chat_message", say).await;
        client.viewer.wait_for("the ack", |m| answers_in(m, "try").get(1).cloned()).await;
        assert_eq!(answers(&client, "try")[1]["type"], "ack");
        assert_eq!(world.count(session, "message_created").await, 1);
        client.viewer.assert_sound();
    });
}

#[test]
fn cm2_two_creates_with_one_id_make_one_session_and_get_one_answer_each() {
    run(settings(), async |world| {
        let (a, b) = (world.client(1), world.client(1));
        for round in 0..10 {
            let id = format!("make-{round}");
            tokio::join!(a.send(&id, "create_session", json!({})), b.send(&id, "create_session", json!({})));
            let (first, second) = tokio::join!(a.answer(&id), b.answer(&id));
            assert_eq!(first.unwrap().session_id, second.unwrap().session_id);
        }
        // Answers of later commands come after all earlier ones.
        a.done("list_sessions", json!({})).await;
        b.done("list_sessions", json!({})).await;
        for round in 0..10 {
            let id = format!("make-{round}");
            assert_eq!((answers(&a, &id).len(), answers(&b, &id).len()), (1, 1));
        }
        let listed = a.viewer.look(|m| m.of_type("sessions").next().unwrap()["data"]["sessions"].clone());
        assert_eq!(listed.as_array().unwrap().len(), 10);
        a.viewer.assert_sound();
    });
}

#[test]
fn tu1_two_tabs_at_once_make_one_default_session() {
    run(settings(), async |world| {
        let (a, b, c) = (world.v1(1), world.v1(1), world.client(1));
        let say = json!({"content": "x"});
        let made = c.create();
        let (first, second, _) =
            tokio::join!(a.done("chat_message", say.clone()), b.done("chat_message", say.clone()), made);
        assert_eq!(first.session_id, second.session_id);
        assert_eq!(world.hub.default_session(madang_testkit::person(1).user).await, first.session_id);
        assert_eq!(c.refused("chat_message", say).await, ErrorCode::InvalidData, "version 2 has no default");
        let again = world.v1(1).done("chat_message", json!({"content": "y"})).await;
        assert_eq!(again.session_id, first.session_id);
    });
}

#[test]
fn tu1_a_store_that_cannot_be_read_is_no_person_without_a_session() {
    run(settings(), async |world| {
        let client = world.v1(1);
        let say = json!({"content": "x"});
        let first = client.done("chat_message", say.clone()).await;
        world.store.fail_reads(1);
        assert_eq!(client.refused("chat_message", say.clone()).await, ErrorCode::ServiceUnavailable);
        assert_eq!(client.done("chat_message", say).await.session_id, first.session_id);
    });
}

#[test]
fn se1_sessions_are_listed_renamed_closed_reopened_and_deleted() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let only = json!({"session_id": session});
        client.done("rename_session", json!({"session_id": session, "title": "Plans"})).await;
        client
            .viewer
            .wait_for("the list's line", |mirror| {
                mirror
                    .of_type("session_changed")
                    .any(|e| e["data"]["summary"]["title"] == "Plans")
                    .then_some(())
            })
            .await;
        client.done("close_session", only.clone()).await;
        assert_eq!(
            client.refused("chat_message", json!({"session_id": session, "content": "x"})).await,
            ErrorCode::Conflict
        );
        client.done("get_history", only.clone()).await;
        client.done("reopen_session", only.clone()).await;
        chat(&client, session, "x").await;
        assert_eq!(world.client(2).refused("session_status", only.clone()).await, ErrorCode::NotFound);
        client.done("delete_session", only.clone()).await;
        assert_eq!(client.refused("session_status", only).await, ErrorCode::InvalidSession);
        client.done("list_sessions", json!({})).await;
        let listed =
            client.viewer.look(|m| m.of_type("sessions").next().unwrap()["data"]["sessions"].clone());
        assert_eq!(listed, json!([]));
        client.viewer.assert_sound();
    });
}

#[test]
fn se6_deleting_a_session_ends_its_running_reply() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "x").await;
        let reply = world.model.next().await;
        reply.say("y");
        client.done("delete_session", json!({"session_id": session})).await;
        reply.dropped().await;
        let log = world.log(session).await;
        assert_eq!(log.last().unwrap().kind, "claude_response");
        assert!(log.last().unwrap().data.contains("cancelled"));
    });
}

#[test]
fn sessions_that_cannot_be_followed_do_not_use_up_a_connections_room() {
    run(settings(), async |world| {
        let (owner, stranger) = (world.client(1), world.client(2));
        let session = owner.create().await;
        for _ in 0..40 {
            assert_eq!(stranger.follow_from(session, None).await.unwrap_err().code, ErrorCode::NotFound);
        }
        stranger.create().await;
    });
}
