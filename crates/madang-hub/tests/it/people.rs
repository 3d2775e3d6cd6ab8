//! Several people in one session: who belongs, who may do what, who is put out (SE1-SE4, SE7).

use std::collections::BTreeSet;

use madang_protocol::{Actor, Command, ErrorCode, Role, Scope, SessionId};
use madang_store::{Append, PersonChange, Subject};
use madang_testkit::{HubClient, person};
use serde_json::{Value, json};

use crate::support::{agree, chat, ended, prompt, run, serve, settings};

fn here(session: SessionId, mut data: Value) -> Value {
    data["session_id"] = json!(session);
    data
}

async fn join(client: &HubClient, session: SessionId) {
    client.question("join_collaboration", here(session, json!({}))).await.unwrap();
}

#[test]
fn se1_several_people_come_speak_and_see_the_same() {
    run(settings(), async |world| {
        let (owner, second, third) = (world.client(1), world.client(2), world.client(3));
        world.account(2, "mina").await;
        world.account(3, "jun").await;
        let session = owner.create().await;
        for (name, role) in [("mina", "collaborator"), ("jun", "viewer")] {
            owner.done("invite_user", here(session, json!({"target_user_id": name, "role": role}))).await;
        }
        let asked =
            second.viewer.wait_for("invited", |m| m.of_type("invited").next().cloned()).await["data"].clone();
        assert_eq!(
            (&asked["role"], &asked["by"]["display_name"]),
            (&json!("collaborator"), &json!("Person 1"))
        );
        join(&second, session).await;
        join(&third, session).await;
        join(&third, session).await;
        chat(&second, session, "hello").await;
        prompt(&second, session, "and Claude?").await;
        world.model.next().await.finish("Here.");
        ended(&second, session, madang_protocol::ReplyStatus::Complete, "Here.").await;
        let shared = agree(world, session, &[&owner, &second, &third]).await;
        let roles: Vec<_> = shared.people.values().map(|known| known.role).collect();
        assert_eq!(roles, [Role::Owner, Role::Collaborator, Role::Viewer, Role::Collaborator]);
        assert_eq!((shared.messages.len(), shared.invited.len(), shared.presence.len()), (3, 0, 3));
        assert_eq!(world.count(session, "member_added").await, 2);
        let lines = third.question("list_sessions", json!({})).await.unwrap();
        let line = &lines["sessions"][0];
        assert_eq!((&line["role"], &line["participant_count"]), (&json!("viewer"), &json!(3)));
        assert_eq!(line["present"], 3);
    });
}

#[test]
fn se1_a_person_is_named_by_id_login_name_or_subject() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let (second, third) = (world.account(2, "mina").await, world.account(3, "jun").await);
        world.client(4).create().await;
        let subject = |user, issuer: &str, name: &str| {
            PersonChange::Subject(user, Subject { issuer: issuer.into(), subject: name.into() })
        };
        let people = vec![
            subject(third, "https://one", "u-3"),
            subject(second, "https://one", "same"),
            subject(third, "https://two", "same"),
        ];
        world.commit(Append { people, ..Append::default() }).await.unwrap();
        for name in [second.to_string(), "MINA".into(), "u-3".into(), person(4).user.to_string()] {
            owner.done("invite_user", here(session, json!({"target_user_id": name, "role": "viewer"}))).await;
        }
        let invited = agree(world, session, &[&owner]).await.invited;
        assert_eq!(invited.into_iter().collect::<Vec<_>>(), [second, third, person(4).user]);
        for name in ["", "same", "nobody", &person(9).user.to_string(), &"x".repeat(300)] {
            let data = here(session, json!({"target_user_id": name, "role": "viewer"}));
            assert_eq!(owner.refused("invite_user", data).await, ErrorCode::NotFound, "{name:?}");
        }
        owner.done("remove_user", here(session, json!({"target_user_id": "jun"}))).await;
        assert_eq!(agree(world, session, &[&owner]).await.invited.len(), 2);
    });
}

/// Somebody chose as their login name what an embedding application calls somebody else, and the other way round.
#[test]
fn se1_a_login_name_is_no_subject_and_a_subject_no_login_name() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let (impostor, meant) = (world.account(2, "u-7").await, world.account(3, "jun").await);
        let subject = |user, name: &str| {
            PersonChange::Subject(user, Subject { issuer: "https://one".into(), subject: name.into() })
        };
        let people = vec![subject(meant, "u-7"), subject(impostor, "jun"), subject(meant, "JUN")];
        world.commit(Append { people, ..Append::default() }).await.unwrap();
        let invite = |name: &str| here(session, json!({"target_user_id": name, "role": "viewer"}));
        for both in ["u-7", "jun"] {
            assert_eq!(owner.refused("invite_user", invite(both)).await, ErrorCode::NotFound, "{both}");
        }
        // Of one person it is one name, and each name space can be meant.
        owner.done("invite_user", invite("JUN")).await;
        assert_eq!(agree(world, session, &[&owner]).await.invited.into_iter().collect::<Vec<_>>(), [meant]);
        owner.done("remove_user", here(session, json!({"target_user_id": "sub:u-7"}))).await;
        owner.done("invite_user", invite("sub:jun")).await;
        assert_eq!(
            agree(world, session, &[&owner]).await.invited.into_iter().collect::<Vec<_>>(),
            [impostor]
        );
        assert_eq!(owner.refused("invite_user", invite("sub:nobody")).await, ErrorCode::NotFound);
    });
}

/// A command of each type that names a session.
fn every_command(session: SessionId, message: &str, invite: &str) -> Vec<(&'static str, Value)> {
    let data = json!({
        "session_id": session, "message_id": message, "content": "x", "title": "t", "target_user_id": person(1).user,
        "role": "viewer", "rights": [], "invite_id": invite, "emoji": "👍", "on": true, "typing": true,
        "budget": null, "command_id": "x", "model": "claude-scripted-1", "name": "x", "version": 1,
    });
    let own = ["hello", "auth", "ping", "create_session", "list_sessions", "list_models", "search"];
    let theirs = Command::TYPES.iter().filter(|kind| !own.contains(kind));
    theirs.map(|kind| (*kind, data.clone())).collect()
}

#[test]
fn se2_for_a_stranger_there_is_no_session_whatever_they_send() {
    run(settings(), async |world| {
        let (owner, stranger, removed, asked) =
            (world.client(1), world.client(2), world.client(3), world.client(4));
        let session = world.shared(&owner, &[(&removed, Role::Collaborator)]).await;
        let message = chat(&owner, session, "secret").await.to_string();
        world.account(4, "asked").await;
        owner.done("invite_user", here(session, json!({"target_user_id": "asked", "role": "viewer"}))).await;
        let link = owner.question("create_invite", here(session, json!({"role": "viewer"}))).await.unwrap();
        owner.done("remove_user", here(session, json!({"target_user_id": removed.user()}))).await;
        let before = world.log(session).await;
        for (kind, data) in every_command(session, &message, link["invite"]["invite_id"].as_str().unwrap()) {
            for client in [&stranger, &removed] {
                let refusal = client.question(kind, data.clone()).await.unwrap_err();
                assert_eq!(refusal.code, ErrorCode::NotFound, "{kind}");
                assert!(!refusal.message.contains("secret"));
            }
            let entry = ["join_collaboration", "follow_session", "claude_message", "chat_message"];
            if !entry.contains(&kind) {
                let refusal = asked.question(kind, data).await.unwrap_err();
                assert_eq!(refusal.code, ErrorCode::NotFound, "asked in, one knows of nothing: {kind}");
            }
        }
        assert_eq!(world.log(session).await, before);
        assert!(stranger.viewer.look(|mirror| mirror.sessions.is_empty()));
    });
}

#[test]
fn se2_a_demotion_counts_at_the_next_command() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        let role = |role: &str, rights: &[&str]| {
            here(session, json!({"target_user_id": other.user(), "role": role, "rights": rights}))
        };
        let say = || here(session, json!({"content": "x"}));
        chat(&other, session, "may").await;
        prompt(&other, session, "runs").await;
        let running = world.model.next().await;
        prompt(&other, session, "waits").await;
        // The demotion is not even on disk when the next command comes.
        world.store.hold();
        owner.send("demote", "set_role", role("viewer", &[])).await;
        other.send("late", "chat_message", say()).await;
        world.store.release();
        owner.answer("demote").await.unwrap();
        assert_eq!(other.answer("late").await.unwrap_err().code, ErrorCode::Forbidden);
        assert_eq!(other.refused("claude_message", say()).await, ErrorCode::Forbidden);
        assert_eq!(
            other.refused("rename_session", here(session, json!({"title": "t"}))).await,
            ErrorCode::Forbidden
        );
        owner.done("set_role", role("viewer", &["chat"])).await;
        chat(&other, session, "may again").await;
        assert_eq!(other.refused("claude_message", say()).await, ErrorCode::Forbidden);
        assert_eq!(owner.refused("set_role", role("viewer", &["stop"])).await, ErrorCode::InvalidData);
        assert_eq!(owner.refused("set_role", role("owner", &[])).await, ErrorCode::InvalidData);
        running.finish("done");
        ended(&other, session, madang_protocol::ReplyStatus::Complete, "done").await;
        assert!(world.model.try_next().is_none(), "the prompt that waited was taken back");
        agree(world, session, &[&owner, &other]).await;
    });
}

#[test]
fn se2_a_credential_reaches_as_far_as_its_scope() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let token = HubClient::connect(&world.hub, madang_hub::Caller { scope: Scope::Read, ..person(1) });
        token.follow(session).await.unwrap();
        token.question("list_sessions", json!({})).await.unwrap();
        for (kind, data) in [
            ("chat_message", json!({"content": "x"})),
            ("rename_session", json!({"title": "x"})),
            ("join_collaboration", json!({})),
            ("create_invite", json!({"role": "viewer"})),
            ("leave_session", json!({})),
        ] {
            let refusal = token.question(kind, here(session, data)).await.unwrap_err();
            assert_eq!(refusal.code, ErrorCode::Forbidden, "{kind}");
        }
        assert_eq!(token.refused("create_session", json!({})).await, ErrorCode::Forbidden);
        let message = chat(&owner, session, "x").await;
        assert_eq!(
            token.refused("fork_session", here(session, json!({"message_id": message}))).await,
            ErrorCode::Forbidden
        );
        let v1 = madang_hub::Caller { scope: Scope::Read, ..person(7) };
        let v1 = HubClient::connect_as(&world.hub, v1, madang_protocol::ProtocolVersion::V1);
        assert_eq!(v1.refused("session_status", json!({})).await, ErrorCode::Forbidden, "it would make one");
    });
}

#[test]
fn se3_a_newer_name_reaches_the_session_with_the_person() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        let renamed = madang_hub::Caller { display_name: "Mina".into(), color: "red".into(), ..person(2) };
        let renamed = HubClient::connect(&world.hub, renamed);
        renamed.follow(session).await.unwrap();
        let what = "the new name";
        let known = |m: &madang_testkit::Mirror| {
            let known = m.session(session)?.people.get(&Actor::User(other.user()))?.clone();
            (known.display_name == "Mina").then_some(known)
        };
        let known = owner.viewer.wait_for(what, known).await;
        assert_eq!((known.color.as_str(), known.role), ("red", Role::Viewer));
        agree(world, session, &[&owner, &other, &renamed]).await;
        assert_eq!(world.count(session, "member_changed").await, 1);
    });
}

#[test]
fn se4_who_is_removed_in_the_middle_of_a_stream_is_out_at_once() {
    run(settings(), async |world| {
        let (owner, other, device, v1) = (world.client(1), world.client(2), world.client(2), world.v1(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        join(&v1, session).await;
        prompt(&owner, session, "go").await;
        let reply = world.model.next().await;
        reply.say("one ");
        for client in [&owner, &other] {
            client.viewer.wait_for("a delta", |m| m.of_type("claude_response").next().map(|_| ())).await;
        }
        owner.done("remove_user", here(session, json!({"target_user_id": other.user()}))).await;
        for client in [&other, &device, &v1] {
            let told = client.viewer.wait_for("removed", |m| m.of_type("removed").next().cloned()).await;
            assert_eq!(
                told["data"],
                json!({"session_id": session, "by": {"user_id": owner.user(), "display_name": "Person 1"}})
            );
        }
        reply.finish("two");
        ended(&owner, session, madang_protocol::ReplyStatus::Complete, "one two").await;
        chat(&owner, session, "alone").await;
        for client in [&other, &device, &v1] {
            assert_eq!(client.refused("session_status", here(session, json!({}))).await, ErrorCode::NotFound);
            assert!(client.follow(session).await.is_err());
            // The last word about the session was `removed`; the mirror takes anything later for a fault.
            client.viewer.assert_sound();
            assert!(client.viewer.look(|m| m.of_type("member_removed").next().is_none()));
        }
        let shared = agree(world, session, &[&owner]).await;
        assert_eq!((shared.people.len(), shared.presence.len()), (2, 1));
        owner.viewer.look(|m| assert_eq!(m.of_type("participant_left").count(), 1));
        let lines = other.question("list_sessions", json!({})).await.unwrap();
        assert_eq!(lines["sessions"], json!([]));
    });
}

#[test]
fn se4_who_leaves_hears_the_answer_and_then_no_more() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        assert_eq!(owner.refused("leave_session", here(session, json!({}))).await, ErrorCode::Conflict);
        other.send("bye", "leave_session", here(session, json!({}))).await;
        other.answer("bye").await.unwrap();
        other.viewer.wait_for("removed", |m| m.of_type("removed").next().cloned()).await;
        chat(&owner, session, "alone").await;
        let last: Vec<_> = other.viewer.look(|m| {
            m.envelopes.iter().rev().take(2).map(|e| e["type"].as_str().unwrap().to_owned()).collect()
        });
        assert_eq!(last, ["removed", "ack"]);
        owner.done("transfer_ownership", here(session, json!({"target_user_id": owner.user()}))).await;
        let gone = here(session, json!({"target_user_id": other.user()}));
        assert_eq!(owner.refused("transfer_ownership", gone).await, ErrorCode::NotFound);
        agree(world, session, &[&owner]).await;
    });
}

#[test]
fn se4_a_removal_that_was_not_saved_removes_nobody() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        world.store.fail_next(madang_testkit::Failure::Full);
        let remove = here(session, json!({"target_user_id": other.user()}));
        assert_eq!(owner.refused("remove_user", remove.clone()).await, ErrorCode::ServiceUnavailable);
        chat(&owner, session, "still two").await;
        let shared = agree(world, session, &[&owner, &other]).await;
        assert_eq!((shared.people.len(), shared.presence.len()), (3, 2));
        owner.done("remove_user", remove).await;
        other.viewer.wait_for("removed", |m| m.of_type("removed").next().cloned()).await;
        other.viewer.assert_sound();
    });
}

#[test]
fn se7_naming_a_session_that_one_may_enter_is_the_entry() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let entries = [
            ("join_collaboration", json!({})),
            ("follow_session", json!({})),
            ("chat_message", json!({"content": "x"})),
            ("claude_message", json!({"content": "x"})),
        ];
        let mut all = vec![];
        for (n, (kind, data)) in (2..).zip(entries) {
            let name = format!("person-{n}");
            world.account(n, &name).await;
            let role = json!({"target_user_id": name, "role": "collaborator"});
            owner.done("invite_user", here(session, role)).await;
            let client = world.client(n);
            client.question(kind, here(session, data)).await.unwrap();
            assert!(client.viewer.look(|m| m.session(session).is_some_and(|s| s.states == 1)), "{kind}");
            all.push(client);
        }
        let clients: Vec<_> = all.iter().chain([&owner]).collect();
        let shared = agree(world, session, &clients).await;
        assert_eq!((shared.people.len(), shared.invited.len()), (6, 0));
        // A closed session takes nobody new.
        world.account(9, "late").await;
        owner.done("invite_user", here(session, json!({"target_user_id": "late", "role": "viewer"}))).await;
        owner.done("close_session", here(session, json!({}))).await;
        let late = world.client(9);
        let refusal = late.question("join_collaboration", here(session, json!({}))).await.unwrap_err();
        assert_eq!(refusal.code, ErrorCode::Conflict);
    });
}

#[test]
fn se1_who_belongs_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (session, before) = serve(dir.path(), settings(), async |world| {
        let (owner, other, third) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&owner, &[(&other, Role::Viewer), (&third, Role::Collaborator)]).await;
        let data = json!({"target_user_id": other.user(), "role": "viewer", "rights": ["prompt", "chat"]});
        owner.done("set_role", here(session, data)).await;
        owner.done("transfer_ownership", here(session, json!({"target_user_id": third.user()}))).await;
        world.account(4, "asked").await;
        third.done("invite_user", here(session, json!({"target_user_id": "asked", "role": "viewer"}))).await;
        (session, agree(world, session, &[&owner, &other, &third]).await)
    });
    serve(dir.path(), settings(), async |world| {
        let clients = [world.client(1), world.client(2), world.client(3)];
        for client in &clients {
            client.follow(session).await.unwrap();
        }
        let [owner, other, third] = &clients;
        let after = agree(world, session, &[owner, other, third]).await;
        assert_eq!((&after.people, &after.invited, after.seq), (&before.people, &before.invited, before.seq));
        assert_eq!(after.presence.len(), 3);
        chat(other, session, "granted").await;
        let asked = world.client(4);
        join(&asked, session).await;
        assert_eq!(agree(world, session, &[owner, third, &asked]).await.people.len(), 5);
    });
}

#[test]
fn se7_who_was_asked_in_while_away_is_told_at_the_next_connection() {
    let dir = tempfile::tempdir().unwrap();
    let sessions = serve(dir.path(), settings(), async |world| {
        let owner = world.client(1);
        world.account(4, "asked").await;
        let mut sessions = vec![];
        for _ in 0..4 {
            let session = owner.create().await;
            let data = json!({"target_user_id": "asked", "role": "viewer"});
            owner.done("invite_user", here(session, data)).await;
            sessions.push(session);
        }
        owner.done("remove_user", here(sessions[1], json!({"target_user_id": "asked"}))).await;
        owner.done("delete_session", here(sessions[2], json!({}))).await;
        sessions
    });
    serve(dir.path(), settings(), async |world| {
        let told = async || {
            let asked = world.client(4);
            asked.link.offer_invitations().await;
            let ids = asked
                .viewer
                .look(|m| m.of_type("invited").map(|e| e["data"]["session_id"].clone()).collect::<Vec<_>>());
            (asked, ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>())
        };
        let of = |ids: &[SessionId]| ids.iter().map(|id| json!(id).to_string()).collect::<BTreeSet<_>>();
        let (asked, offered) = told().await;
        assert_eq!(offered, of(&[sessions[3], sessions[0]]), "neither what was withdrawn nor what is gone");
        join(&asked, sessions[0]).await;
        assert_eq!(told().await.1, of(&[sessions[3]]));
    });
}
