//! What people do to messages afterwards, and what Claude hears of it (TU5, TU6).

use madang_protocol::{ErrorCode, MessageId, ReplyStatus, Role, SessionId};
use madang_store::{Store as _, Stream};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{World, agree, chat, ended, prompt, run, serve, settings, stored_files};

fn on(session: SessionId, message: MessageId, mut data: Value) -> Value {
    data["session_id"] = json!(session);
    data["message_id"] = json!(message);
    data
}

/// Whether a text is in any stored record or snapshot of the session that clients may see.
async fn is_stored(world: &World, session: SessionId, text: &str) -> bool {
    let parts = world.disk.snapshot(session).await.unwrap();
    let log = world.log(session).await;
    log.iter().any(|record| record.data.contains(text)) || parts.iter().any(|part| part.data.contains(text))
}

#[test]
fn tu5_edits_reactions_and_deletions_look_the_same_to_all() {
    run(settings(), async |world| {
        let (owner, other, late) = (world.client(1), world.client(2), world.client(1));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        let said = chat(&other, session, "teh first").await;
        let gone = chat(&other, session, "a mistake").await;
        let edit = on(session, said, json!({"content": "the first"}));
        assert_eq!(owner.refused("edit_message", edit.clone()).await, ErrorCode::Forbidden);
        other.done("edit_message", edit.clone()).await;
        other.done("edit_message", on(session, said, json!({"content": "the first @Person 1"}))).await;
        for (client, emoji) in [(&owner, "👍"), (&other, "👍"), (&owner, "🎉")] {
            client.done("react", on(session, said, json!({"emoji": emoji, "on": true}))).await;
        }
        owner.done("react", on(session, said, json!({"emoji": "🎉", "on": false}))).await;
        owner.done("delete_message", on(session, gone, json!({}))).await;
        assert_eq!(
            other.refused("edit_message", on(session, gone, json!({"content": "back"}))).await,
            ErrorCode::Conflict
        );
        late.follow(session).await.unwrap();
        let shared = agree(world, session, &[&owner, &other, &late]).await;
        let (text, _, reactions, _) = &shared.messages[&said];
        assert_eq!((text.as_str(), reactions.len(), reactions[0].users.len()), ("the first @Person 1", 1, 2));
        assert_eq!(shared.messages[&gone], (String::new(), None, Vec::new(), true));
        let told = owner.question("get_revisions", on(session, said, json!({}))).await.unwrap();
        let texts: Vec<_> =
            told["revisions"].as_array().unwrap().iter().map(|one| one["content"].clone()).collect();
        assert_eq!(texts, ["teh first", "the first", "the first @Person 1"]);
    });
}

#[test]
fn tu5_a_deleted_text_is_in_nothing_that_is_stored_or_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let (owner, old) = (world.client(1), world.client(1));
        let session = owner.create().await;
        old.follow(session).await.unwrap();
        let secret = chat(&owner, session, "the zanzibar plan").await;
        old.viewer.wait_for("it", |m| m.text(session, secret)).await;
        let before = old.viewer.look(|m| m.session(session).unwrap().clone());
        old.done("unfollow_session", json!({"session_id": session})).await;
        owner
            .done("edit_message", on(session, secret, json!({"content": "the zanzibar plan, second"})))
            .await;
        let kept = chat(&owner, session, "something else").await;
        // Enough for a snapshot, which has the text.
        for n in 0..2_100 {
            owner
                .send(&format!("s{n}"), "chat_message", json!({"session_id": session, "content": "x"}))
                .await;
        }
        owner.answer("s2099").await.unwrap();
        while world.disk.snapshot(session).await.unwrap().is_empty() {
            chat(&owner, session, "one more").await;
        }
        assert!(is_stored(world, session, "zanzibar").await);
        owner.done("delete_message", on(session, secret, json!({}))).await;
        assert!(!is_stored(world, session, "zanzibar").await);
        let found = owner.question("search", json!({"query": "zanzibar"})).await.unwrap();
        assert_eq!(found["hits"], json!([]));
        let revisions = owner.question("get_revisions", on(session, secret, json!({}))).await.unwrap();
        assert_eq!(revisions["revisions"], json!([]));
        // A client that stood before all of it gets the erased records, and ends up like everyone.
        let back = world.client(1);
        let point = madang_protocol::ResumePoint {
            epoch: before.epoch.parse().unwrap(),
            seq: 1,
            streams: std::collections::BTreeMap::new(),
        };
        back.follow_from(session, Some(point)).await.unwrap();
        back.viewer.look(|mirror| {
            assert!(mirror.envelopes.iter().all(|envelope| !envelope.to_string().contains("zanzibar")));
            assert!(mirror.envelopes.iter().any(|envelope| envelope.to_string().contains("something else")));
        });
        let whole = owner.viewer.look(|mirror| mirror.text(session, kept));
        assert_eq!(whole.as_deref(), Some("something else"));
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        chat(&client, session, "it loads").await;
        agree(world, session, &[&client]).await;
    });
    let files = stored_files(dir.path());
    assert!(files.iter().any(|(path, _)| path.ends_with("madang.db")));
    for (path, bytes) in files {
        let found = bytes.windows(8).any(|window| window == b"zanzibar");
        // The write-ahead log keeps old pages until it is used again; the database itself does not.
        assert!(
            !found || path.extension().is_some_and(|name| name.to_string_lossy().contains("wal")),
            "{}",
            path.display()
        );
    }
}

#[test]
fn tu5_what_was_deleted_is_in_no_title() {
    let dir = tempfile::tempdir().unwrap();
    serve(dir.path(), settings(), async |world| {
        let owner = world.client(1);
        world.account(4, "asked").await;
        let session = owner.create().await;
        let secret = prompt(&owner, session, "the zanzibar plan").await;
        world.model.next().await.finish("yes");
        let reply = ended(&owner, session, ReplyStatus::Complete, "yes").await;
        let asked = json!({"session_id": session, "target_user_id": "asked", "role": "viewer"});
        owner.done("invite_user", asked).await;
        let forked = owner.done("fork_session", on(session, reply, json!({}))).await.session_id.unwrap();
        let list = async || {
            let lines = owner.question("list_sessions", json!({})).await.unwrap();
            let titles = lines["sessions"].as_array().unwrap().iter();
            titles.filter(|line| line["title"].as_str().unwrap().contains("zanzibar")).count()
        };
        assert_eq!(list().await, 2);
        // A name given meanwhile hides the words, and does not keep them.
        owner.done("rename_session", json!({"session_id": forked, "title": "a good name"})).await;
        for session in [session, forked] {
            owner.done("delete_message", on(session, secret, json!({}))).await;
            assert!(!is_stored(world, session, "zanzibar").await);
        }
        assert_eq!(list().await, 0);
        let found = owner.question("list_sessions", json!({"query": "good"})).await.unwrap();
        assert_eq!(found["sessions"].as_array().unwrap().len(), 1, "what a person gave stays");
        let asked = world.client(4);
        asked.link.offer_invitations().await;
        asked.viewer.look(|m| {
            assert_eq!(m.of_type("invited").next().unwrap()["data"]["title"], "");
        });
        // What Claude was told stays told (decision 8): of the words only that is left.
        let model = world.disk.read(session, Stream::MODEL, 0, 100).await.unwrap();
        assert!(model[0].data.contains("zanzibar"));
        owner.follow(forked).await.unwrap();
        agree(world, session, &[&owner]).await;
        agree(world, forked, &[&owner]).await;
    });
}

#[test]
fn tu5_a_deletion_is_whole_or_not_at_all() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let secret = chat(&owner, session, "still here").await;
        world.store.fail_reads(1);
        assert_eq!(
            owner.refused("delete_message", on(session, secret, json!({}))).await,
            ErrorCode::ServiceUnavailable
        );
        world.store.fail_next(madang_testkit::Failure::Full);
        assert_eq!(
            owner.refused("delete_message", on(session, secret, json!({}))).await,
            ErrorCode::ServiceUnavailable
        );
        assert!(is_stored(world, session, "still here").await);
        assert_eq!(agree(world, session, &[&owner]).await.messages[&secret].0, "still here");
        owner.done("delete_message", on(session, secret, json!({}))).await;
        assert!(!is_stored(world, session, "still here").await);
    });
}

/// The text blocks of the newest message that the model was sent.
fn told(world: &World) -> Vec<String> {
    let last: Value = serde_json::from_str(world.model.last_messages().last().unwrap()).unwrap();
    let blocks = last["content"].as_array().unwrap().iter();
    blocks.map(|block| block["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tu6_claude_hears_what_people_said_as_it_reads_now_author_by_author() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        chat(&owner, session, "kept").await;
        let wrong = chat(&other, session, "wrogn").await;
        let gone = chat(&other, session, "regretted").await;
        other.done("edit_message", on(session, wrong, json!({"content": "right"}))).await;
        other.done("delete_message", on(session, gone, json!({}))).await;
        prompt(&owner, session, "well?").await;
        let reply = world.model.next().await;
        assert_eq!(told(world), ["[Person 1] kept", "[Person 2] right", "[Person 1] well?"]);
        reply.finish("yes");
        ended(&owner, session, ReplyStatus::Complete, "yes").await;
        // A chat message that calls Claude asks; of one who may only chat it does not.
        chat(&other, session, "@Claude, and now?").await;
        world.model.next().await.finish("now");
        assert_eq!(told(world), ["[Person 2] @Claude, and now?"]);
        ended(&owner, session, ReplyStatus::Complete, "now").await;
        let role = json!({"session_id": session, "target_user_id": other.user(), "role": "viewer", "rights": ["chat"]});
        owner.done("set_role", role).await;
        chat(&other, session, "@claude?").await;
        assert!(world.model.try_next().is_none());
        agree(world, session, &[&owner, &other]).await;
    });
}

#[test]
fn tu5_a_prompt_that_is_being_answered_is_stopped_before_it_is_deleted() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let asked = prompt(&owner, session, "secret question").await;
        let reply = world.model.next().await;
        assert_eq!(owner.refused("delete_message", on(session, asked, json!({}))).await, ErrorCode::Conflict);
        reply.finish("answer");
        let answer = ended(&owner, session, ReplyStatus::Complete, "answer").await;
        owner.done("delete_message", on(session, asked, json!({}))).await;
        // Asked anew, it says that it was deleted; what Claude was told stays told (decision 8).
        owner.done("regenerate", on(session, answer, json!({}))).await;
        world.model.next().await.finish("again");
        assert_eq!(told(world), ["(The message that stood here was deleted by its author.)"]);
        ended(&owner, session, ReplyStatus::Complete, "again").await;
        let model = world.disk.read(session, Stream::MODEL, 0, 100).await.unwrap();
        assert!(model[0].data.contains("secret question"));
        agree(world, session, &[&owner]).await;
    });
}

#[test]
fn tu5_everyone_stops_or_edits_only_what_their_role_lets_them() {
    run(settings(), async |world| {
        let (owner, other, third) = (world.client(1), world.client(2), world.client(3));
        let roles = [(&other, Role::Collaborator), (&third, Role::Collaborator)];
        let session = world.shared(&owner, &roles).await;
        prompt(&other, session, "mine").await;
        let running = world.model.next().await;
        let waiting = prompt(&other, session, "later").await;
        let cancel = async |client: &HubClient| {
            let message = client.viewer.look(|m| {
                let messages = &m.session(session).unwrap().messages;
                messages
                    .iter()
                    .find(|(_, text)| text.status == Some(ReplyStatus::Streaming))
                    .map(|(id, _)| *id)
            });
            client
                .ask("cancel", json!({"session_id": session, "message_id": message}))
                .await
                .map_err(|e| e.code)
        };
        third.viewer.wait_for("the start", |m| m.of_type("turn_started").next().map(|_| ())).await;
        assert_eq!(cancel(&third).await.unwrap_err(), ErrorCode::Forbidden);
        let edit = on(session, waiting, json!({"content": "changed"}));
        assert_eq!(third.refused("edit_queued", edit.clone()).await, ErrorCode::Forbidden);
        other.done("edit_queued", edit).await;
        let role = json!({"session_id": session, "target_user_id": third.user(), "role": "collaborator", "rights": ["stop"]});
        owner.done("set_role", role).await;
        running.say("partial");
        third.viewer.wait_for("text", |m| m.of_type("claude_response").next().map(|_| ())).await;
        cancel(&third).await.unwrap();
        let stopped = ended(&owner, session, ReplyStatus::Cancelled, "partial").await;
        let last = crate::support::final_of(&owner, stopped);
        assert_eq!(last["stopped_by"]["user_id"], json!(third.user()));
        world.model.next().await.finish("next");
        ended(&owner, session, ReplyStatus::Complete, "next").await;
        agree(world, session, &[&owner, &other, &third]).await;
    });
}
