//! Removals that race with what the removed do: whatever the order, they are out, and nothing acknowledged is lost (SE4).

use madang_protocol::{ErrorCode, Role};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{agree, chat, invite_code, run, serve, settings};

async fn out(client: &HubClient) {
    client.viewer.wait_for("removed", |m| m.of_type("removed").next().cloned()).await;
    // The mirror takes anything of the session after `removed` for a fault.
    client.viewer.assert_sound();
}

#[test]
fn se4_what_comes_while_a_removal_is_under_way_comes_too_late() {
    run(settings(), async |world| {
        let (owner, other, device, v1) = (world.client(1), world.client(2), world.client(2), world.v1(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        let here = |data: Value| {
            let mut data = data;
            data["session_id"] = json!(session);
            data
        };
        let said = chat(&owner, session, "read me").await;
        world.store.hold();
        other.send("said", "chat_message", here(json!({"content": "in time"}))).await;
        other.send("mark", "mark_read", here(json!({"message_id": said}))).await;
        let remove = here(json!({"target_user_id": other.user()}));
        owner.send("remove", "remove_user", remove).await;
        // These wait for the disk, and find that the removal has happened.
        device.send("follow", "follow_session", here(json!({}))).await;
        v1.send("join", "join_collaboration", here(json!({}))).await;
        other.send("late", "chat_message", here(json!({"content": "too late"}))).await;
        let fork = device.send("fork", "fork_session", here(json!({"message_id": said})));
        futures_util::join!(fork, async { world.store.release() });
        owner.answer("remove").await.unwrap();
        let kept = other.answer("said").await.unwrap().message_id.unwrap();
        for (client, id) in [(&device, "follow"), (&v1, "join"), (&other, "late")] {
            assert_eq!(client.answer(id).await.unwrap_err().code, ErrorCode::NotFound, "{id}");
        }
        assert_eq!(device.answer("fork").await.unwrap_err().code, ErrorCode::NotFound);
        chat(&owner, session, "among ourselves").await;
        for client in [&other, &device, &v1] {
            out(client).await;
        }
        owner.viewer.wait_for("what was said in time", |m| m.text(session, kept)).await;
        assert_eq!(world.count(session, "message_created").await, 3);
        let shared = agree(world, session, &[&owner]).await;
        assert_eq!((shared.people.len(), shared.presence.len()), (2, 1));
    });
}

#[test]
fn se4_a_link_ends_with_the_removal_of_its_maker_that_is_under_way() {
    run(settings(), async |world| {
        let (owner, maker, late) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&owner, &[(&maker, Role::Collaborator)]).await;
        let right = json!({"session_id": session, "target_user_id": maker.user(), "role": "collaborator", "rights": ["invite"]});
        owner.done("set_role", right).await;
        let code = invite_code(&maker, session, json!({"role": "collaborator", "uses": 9})).await;
        world.store.hold();
        let remove = json!({"session_id": session, "target_user_id": maker.user()});
        owner.send("remove", "remove_user", remove).await;
        late.send("join", "join_collaboration", json!({"session_id": code})).await;
        world.store.release();
        assert_eq!(late.answer("join").await.unwrap_err().code, ErrorCode::NotFound);
        owner.answer("remove").await.unwrap();
        assert_eq!(world.count(session, "member_added").await, 1);
    });
}

#[test]
fn se4_a_removed_person_finds_nothing_of_it_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (session, code, said) = serve(dir.path(), settings(), async |world| {
        let (owner, v1) = (world.client(1), world.v1(2));
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "collaborator", "uses": 9})).await;
        v1.question("join_collaboration", json!({"session_id": code})).await.unwrap();
        let said = chat(&v1, session, "marmalade").await;
        v1.done("chat_message", json!({"content": "in my own session"})).await;
        owner.done("remove_user", json!({"session_id": session, "target_user_id": v1.user()})).await;
        out(&v1).await;
        (session, code, said)
    });
    serve(dir.path(), settings(), async |world| {
        let (owner, v1) = (world.client(1), world.v1(2));
        assert_eq!(world.hub.joined_session(v1.user()).await, None);
        owner.follow(session).await.unwrap();
        for named in [json!(session), json!(code)] {
            for (kind, data) in [
                ("join_collaboration", json!({})),
                ("claude_message", json!({"content": "x", "stream": true})),
                ("get_history", json!({"all": true})),
                ("get_revisions", json!({"message_id": said})),
                ("mark_read", json!({"message_id": said})),
                ("session_status", json!({})),
                ("remove_user", json!({"target_user_id": owner.user()})),
            ] {
                let mut data = data;
                data["session_id"] = named.clone();
                assert_eq!(v1.question(kind, data).await.unwrap_err().code, ErrorCode::NotFound, "{kind}");
            }
        }
        let found = v1.question("search", json!({"query": "marmalade"})).await.unwrap();
        assert_eq!(found["hits"], json!([]));
        let lines = v1.question("list_sessions", json!({})).await.unwrap();
        assert_eq!(lines["sessions"].as_array().unwrap().len(), 1, "their own");
        assert_eq!(agree(world, session, &[&owner]).await.presence.len(), 1);
    });
}
