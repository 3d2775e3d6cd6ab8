//! Suspended accounts, and people who no longer belong: nothing goes on in their name (SE4).

use madang_protocol::{ErrorCode, ReplyStatus, Role, SessionId};
use madang_testkit::{Failure, HubClient};
use serde_json::{Value, json};

use crate::support::{World, agree, ended, final_of, prompt, reads, run, serve, settings};

/// The prompts that were taken back, and by whom.
async fn taken_back(client: &HubClient, number: usize) -> Vec<Value> {
    client
        .viewer
        .wait_for("what was taken back", |m| {
            let all: Vec<_> = m.of_type("turn_dequeued").map(|event| event["data"].clone()).collect();
            (all.len() == number).then_some(all)
        })
        .await
}

async fn two_people(world: &World) -> (HubClient, HubClient, SessionId) {
    let (owner, other) = (world.client(1), world.client(2));
    world.account(2, "mina").await;
    let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
    (owner, other, session)
}

#[test]
fn se4_a_suspended_persons_replies_stop_and_their_prompts_do_not_wait() {
    run(settings(), async |world| {
        let (owner, other, session) = two_people(world).await;
        prompt(&other, session, "running").await;
        let reply = world.model.next().await;
        let waiting = prompt(&other, session, "waits").await;
        prompt(&owner, session, "the owner's").await;
        reply.say("so far");
        owner.viewer.wait_for("text", |m| m.of_type("claude_response").next().map(|_| ())).await;
        // Another session, in which they are not the one who asked, and a word about someone who is not suspended.
        let elsewhere = owner.create().await;
        prompt(&owner, elsewhere, "alone").await;
        let alone = world.model.next().await;
        world.hub.look_at_account(owner.user());
        world.suspend(2, "mina").await;
        world.hub.look_at_account(other.user());
        reply.dropped().await;
        let stopped = ended(&owner, session, ReplyStatus::Cancelled, "so far").await;
        let last = final_of(&owner, stopped);
        assert_eq!(
            (&last["stopped_by"]["user_id"], &last["error"]["code"]),
            (&json!("server"), &json!("FORBIDDEN"))
        );
        assert!(last["error"]["message"].as_str().unwrap().contains("suspended"));
        let gone = taken_back(&owner, 1).await;
        assert_eq!((&gone[0]["prompt_id"], &gone[0]["by"]["user_id"]), (&json!(waiting), &json!("server")));
        world.model.next().await.finish("answered");
        ended(&owner, session, ReplyStatus::Complete, "answered").await;
        // What was on its way in from them is refused.
        for (kind, data) in
            [("claude_message", json!({"content": "more"})), ("chat_message", json!({"content": "@claude"}))]
        {
            let data = json!({"session_id": session, "content": data["content"]});
            assert_eq!(other.refused(kind, data).await, ErrorCode::InvalidAuth);
        }
        alone.finish("goes on");
        ended(&owner, elsewhere, ReplyStatus::Complete, "goes on").await;
        agree(world, session, &[&owner]).await;
    });
}

#[test]
fn se4_a_turn_of_someone_suspended_does_not_start_even_where_nobody_heard_of_it() {
    run(settings(), async |world| {
        let (owner, other, session) = two_people(world).await;
        prompt(&owner, session, "running").await;
        let reply = world.model.next().await;
        prompt(&other, session, "waits").await;
        prompt(&other, session, "waits too").await;
        prompt(&owner, session, "the owner's").await;
        world.suspend(2, "mina").await;
        reply.finish("one");
        taken_back(&owner, 2).await;
        world.model.next().await.finish("two");
        ended(&owner, session, ReplyStatus::Complete, "two").await;
        assert_eq!(world.count(session, "turn_started").await, 2);
        agree(world, session, &[&owner]).await;
    });
}

#[test]
fn se4_a_session_that_is_loaded_starts_nothing_for_someone_suspended() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let (owner, other, session) = two_people(world).await;
        prompt(&owner, session, "cut off").await;
        let reply = world.model.next().await;
        reply.say("so");
        prompt(&other, session, "waits").await;
        // The queue is held while the server drains, and survives it (CN8).
        world.hub.drain(0).await;
        world.suspend(2, "mina").await;
        session
    });
    serve(dir.path(), settings(), async |world| {
        let owner = world.client(1);
        owner.follow(session).await.unwrap();
        assert_eq!(world.count(session, "turn_dequeued").await, 1);
        assert_eq!(world.count(session, "turn_started").await, 1);
        prompt(&owner, session, "and now?").await;
        world.model.next().await.finish("now");
        ended(&owner, session, ReplyStatus::Complete, "now").await;
    });
}

#[test]
fn se4_the_reply_of_someone_who_no_longer_belongs_stops_and_the_next_begins() {
    run(settings(), async |world| {
        let (owner, removed, leaver) = (world.client(1), world.client(2), world.v1(3));
        let roles = [(&removed, Role::Collaborator), (&leaver, Role::Collaborator)];
        let session = world.shared(&owner, &roles).await;
        let here = |data: Value| {
            let mut data = data;
            data["session_id"] = json!(session);
            data
        };
        let told = |message| {
            let last = final_of(&owner, message);
            assert_eq!(
                (&last["stopped_by"]["user_id"], &last["error"]["code"]),
                (&json!("server"), &json!("FORBIDDEN"))
            );
            assert!(last["error"]["message"].as_str().unwrap().contains("belong"), "{last}");
        };
        prompt(&removed, session, "of the removed").await;
        let reply = world.model.next().await;
        prompt(&leaver, session, "of the one who leaves").await;
        prompt(&owner, session, "the owner's").await;
        reply.say("spends");
        owner.viewer.wait_for("text", |m| m.of_type("claude_response").next().map(|_| ())).await;
        owner.done("remove_user", here(json!({"target_user_id": removed.user()}))).await;
        reply.dropped().await;
        told(ended(&owner, session, ReplyStatus::Cancelled, "spends").await);
        removed.viewer.wait_for("removed", |m| m.of_type("removed").next().cloned()).await;
        let reply = world.model.next().await;
        reply.say("too");
        reads(&owner, session, "too").await;
        leaver.done("leave_session", here(json!({}))).await;
        reply.dropped().await;
        told(ended(&owner, session, ReplyStatus::Cancelled, "too").await);
        world.model.next().await.finish("answered");
        ended(&owner, session, ReplyStatus::Complete, "answered").await;
        for client in [&removed, &leaver] {
            client.viewer.assert_sound();
        }
        agree(world, session, &[&owner]).await;
    });
}

#[test]
fn se4_a_removal_that_was_not_saved_says_of_no_reply_that_its_asker_is_gone() {
    run(settings(), async |world| {
        let (owner, other, session) = two_people(world).await;
        prompt(&other, session, "running").await;
        let reply = world.model.next().await;
        reply.say("so far");
        world.journalled("so far").await;
        world.store.fail_next(Failure::Full);
        let remove = json!({"session_id": session, "target_user_id": other.user()});
        assert_eq!(owner.refused("remove_user", remove).await, ErrorCode::ServiceUnavailable);
        let broken = ended(&other, session, ReplyStatus::Interrupted, "so far").await;
        assert_eq!(final_of(&other, broken)["error"], Value::Null);
        agree(world, session, &[&owner, &other]).await;
    });
}
