//! Disks that fail: nothing acknowledged is lost, nothing lost is acknowledged, running replies go on.

use madang_protocol::{ErrorCode, ReplyStatus, Role, SessionId};
use madang_testkit::{Failure, HubClient};
use serde_json::json;

use crate::support::{World, agree, chat, ended, prompt, reads, run, serve, settings};

#[test]
fn a_full_disk_refuses_commands_reads_on_and_recovers() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let say = json!({"session_id": session, "content": "x"});
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        reply.say("on and ");
        reads(&client, session, "on and ").await;
        world.store.fail_all(Some(Failure::Full));
        assert_eq!(client.refused("chat_message", say.clone()).await, ErrorCode::ServiceUnavailable);
        assert_eq!(client.refused("create_session", json!({})).await, ErrorCode::ServiceUnavailable);
        client.done("get_history", json!({"session_id": session})).await;
        reply.say("on");
        reads(&client, session, "on and on").await;
        reply.end("end_turn");
        reply.dropped().await;
        // Its end is not saved: whoever comes sees it as it stands.
        let late = world.client(1);
        late.follow(session).await.unwrap();
        reads(&late, session, "on and on").await;
        assert_eq!(client.refused("chat_message", say.clone()).await, ErrorCode::ServiceUnavailable);
        world.store.fail_all(None);
        ended(&client, session, ReplyStatus::Complete, "on and on").await;
        ended(&late, session, ReplyStatus::Complete, "on and on").await;
        client.done("chat_message", say).await;
        assert_eq!(world.count(session, "message_created").await, 2);
        assert_eq!(world.upstream(session).await.len(), 2);
        client.viewer.assert_sound();
        late.viewer.assert_sound();
    });
}

#[test]
fn a_failed_write_of_another_command_does_not_touch_the_running_reply() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        reply.say("a");
        reads(&client, session, "a").await;
        // The journal writes too: until a command was refused, and then once more.
        world.store.fail_all(Some(Failure::Failed));
        let say = json!({"session_id": session, "content": "x"});
        assert_eq!(client.refused("chat_message", say).await, ErrorCode::ServiceUnavailable);
        reply.say("b");
        reads(&client, session, "ab").await;
        world.store.fail_all(None);
        assert!(!reply.is_dropped());
        let id = reads(&client, session, "ab").await;
        client.done("cancel", json!({"session_id": session, "message_id": id})).await;
        ended(&client, session, ReplyStatus::Cancelled, "ab").await;
        client.viewer.assert_sound();
        assert_eq!(world.upstream(session).await.len(), 2);
    });
}

#[test]
fn rs5_the_journal_has_no_holes_after_failed_writes() {
    let dir = tempfile::tempdir().unwrap();
    let (session, _upstream) = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        reply.say("one ");
        world.journalled("one ").await;
        let before = world.store.appends();
        world.store.fail_all(Some(Failure::Full));
        reply.say("two ");
        world.store.handed_in(before + 3).await;
        world.store.fail_all(None);
        reply.say("three");
        world.journalled("three").await;
        (session, reply)
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        ended(&client, session, ReplyStatus::Interrupted, "one two three").await;
    });
}

/// Answers whatever is asked until the reply has ended like this; requests of turns that were lost are asked in vain.
async fn answer(world: &World, client: &HubClient, session: SessionId, text: &str) {
    let answering = async {
        loop {
            world.model.next().await.finish(text);
        }
    };
    tokio::select! {
        _ = ended(client, session, ReplyStatus::Complete, text) => {}
        () = answering => {}
    }
}

#[test]
fn a_turn_whose_start_is_not_saved_never_was() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        world.store.fail_next(Failure::Failed);
        let ask = json!({"session_id": session, "content": "lost"});
        assert_eq!(client.refused("claude_message", ask).await, ErrorCode::ServiceUnavailable);
        prompt(&client, session, "kept").await;
        answer(world, &client, session, "1").await;
        assert_eq!(world.model.last_messages().len(), 1, "what was lost is not history");
        assert!(world.model.last_messages()[0].contains("kept"));
        client.viewer.assert_sound();
    });
}

#[test]
fn an_end_that_is_not_saved_is_saved_later_and_the_queue_goes_on() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        prompt(&client, session, "two").await;
        let reply = world.model.next().await;
        world.store.fail_next(Failure::Failed);
        reply.finish("1");
        ended(&client, session, ReplyStatus::Complete, "1").await;
        answer(world, &client, session, "2").await;
        assert_eq!(world.count(session, "turn_started").await, 2);
        client.viewer.assert_sound();
    });
}

#[test]
fn a_history_that_cannot_be_read_refuses_the_prompt_and_strands_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        chat(&client, session, "x").await;
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        world.store.fail_reads(1);
        let ask = json!({"session_id": session, "content": "one"});
        assert_eq!(client.refused("claude_message", ask.clone()).await, ErrorCode::ServiceUnavailable);
        client.done("claude_message", ask).await;
        world.model.next().await.finish("1");
        ended(&client, session, ReplyStatus::Complete, "1").await;
        client.viewer.assert_sound();
    });
}

#[test]
fn a_log_that_cannot_be_read_again_sends_its_viewers_back_and_keeps_the_text() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        reply.say("journalled");
        world.journalled("journalled").await;
        world.store.fail_all(Some(Failure::Failed));
        world.store.fail_reads(1);
        let say = json!({"session_id": session, "content": "x"});
        assert_eq!(client.refused("chat_message", say).await, ErrorCode::ServiceUnavailable);
        client.viewer.wait_for("the word to come back", |mirror| mirror.invalidated.then_some(())).await;
        world.store.fail_all(None);
        let back = client.reconnect(&world.hub);
        back.follow(session).await.unwrap();
        ended(&back, session, ReplyStatus::Interrupted, "journalled").await;
        back.viewer.assert_sound();
    });
}

#[test]
fn cm2_what_was_saved_though_the_store_said_no_has_happened_for_everyone() {
    run(settings(), async |world| {
        let (owner, other, gone) = (world.client(1), world.client(2), world.client(3));
        let roles = [(&other, Role::Collaborator), (&gone, Role::Collaborator)];
        let session = world.shared(&owner, &roles).await;
        world.store.fail_next(Failure::Late);
        let said = chat(&owner, session, "it is there").await;
        let text = other.viewer.wait_for("the text", |m| m.text(session, said)).await;
        assert_eq!(text, "it is there");
        agree(world, session, &[&owner, &other, &gone]).await;
        // Whoever was removed by it is out.
        world.store.fail_next(Failure::Late);
        owner.done("remove_user", json!({"session_id": session, "target_user_id": gone.user()})).await;
        gone.viewer.wait_for("removed", |m| m.of_type("removed").next().cloned()).await;
        chat(&other, session, "among us").await;
        agree(world, session, &[&owner, &other]).await;
        gone.viewer.assert_sound();
    });
}

#[test]
fn cm2_a_session_that_was_made_though_the_store_said_no_is_there_for_its_maker() {
    run(settings(), async |world| {
        let maker = world.client(1);
        world.store.fail_next(Failure::Late);
        let session = maker.done("create_session", json!({})).await.session_id.unwrap();
        // They follow it as they would any that they made.
        let said = chat(&maker, session, "mine").await;
        assert_eq!(maker.viewer.wait_for("the text", |m| m.text(session, said)).await, "mine");
        maker.viewer.look(|m| assert_eq!(m.of_type("session_created").count(), 1));
        agree(world, session, &[&maker]).await;
        world.store.fail_next(Failure::Full);
        assert_eq!(maker.refused("create_session", json!({})).await, ErrorCode::ServiceUnavailable);
        let lines = maker.question("list_sessions", json!({})).await.unwrap();
        assert_eq!(lines["sessions"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn cm2_who_was_asked_in_though_the_store_said_no_is_told() {
    run(settings(), async |world| {
        let (owner, asked) = (world.client(1), world.client(2));
        world.account(2, "mina").await;
        let session = owner.create().await;
        let ask = json!({"session_id": session, "target_user_id": "mina", "role": "viewer"});
        for failure in [Failure::Full, Failure::Late] {
            world.store.fail_next(failure);
            owner.send(&format!("{failure:?}"), "invite_user", ask.clone()).await;
            let answer = owner.answer(&format!("{failure:?}")).await;
            assert_eq!(answer.is_ok(), failure == Failure::Late);
        }
        let told = asked.viewer.wait_for("invited", |m| m.of_type("invited").next().cloned()).await;
        assert_eq!(told["data"]["session_id"], json!(session));
        asked.viewer.look(|m| assert_eq!(m.of_type("invited").count(), 1));
    });
}

#[test]
fn cm2_an_outcome_that_nobody_knows_is_said_and_asking_again_does_it_once() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        for (failure, text) in [(Failure::Late, "saved"), (Failure::Failed, "not saved")] {
            let say = json!({"session_id": session, "content": text});
            // It is under way before looking it up begins to fail.
            world.store.hold();
            owner.send(text, "chat_message", say.clone()).await;
            world.store.fail_next(failure);
            world.store.fail_commands(1);
            world.store.release();
            let error = owner.answer(text).await.unwrap_err();
            assert_eq!(
                (error.code, error.details.as_deref()),
                (ErrorCode::ServiceUnavailable, Some("outcome_unknown"))
            );
            assert!(error.recoverable && error.retry_after.is_some());
            let again = world.client(1);
            again.send(text, "chat_message", say).await;
            let message = again.answer(text).await.unwrap().message_id.unwrap();
            other.viewer.wait_for(text, |m| m.text(session, message)).await;
        }
        assert_eq!(world.count(session, "message_created").await, 2);
        agree(world, session, &[&owner, &other]).await;
    });
}
