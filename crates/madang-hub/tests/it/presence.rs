//! Who is here: derived from connections, told when it changes, by person (RS4).

use std::time::Duration;

use madang_hub::Settings;
use madang_protocol::{Actor, Presence, PresenceState, Role, SessionId, UserId};
use madang_testkit::{HubClient, Mirror, person};
use serde_json::{Value, json};

use crate::support::{agree, chat, run, serve, settings};

fn presence(mirror: &Mirror, session: SessionId, user: UserId) -> Option<Presence> {
    mirror.session(session)?.presence.get(&user).cloned()
}

async fn sees(
    client: &HubClient,
    session: SessionId,
    user: UserId,
    state: Option<(PresenceState, u32, bool)>,
) {
    let look = |mirror: &Mirror| {
        let now = presence(mirror, session, user).map(|now| (now.state, now.devices, now.typing));
        (now == state).then_some(())
    };
    client.viewer.wait_for(&format!("{user} as {state:?}"), look).await;
}

fn kinds(client: &HubClient, user: UserId) -> Vec<String> {
    client.viewer.look(|mirror| {
        let about = |data: &Value| {
            data["user_id"] == user.to_string() || data["presence"]["user_id"] == user.to_string()
        };
        let of = mirror.envelopes.iter().filter(|envelope| about(&envelope["data"]));
        of.map(|envelope| envelope["type"].as_str().unwrap().to_owned()).collect()
    })
}

/// Waits until the client was told this of someone, however short a time it held.
async fn told(client: &HubClient, user: UserId, state: PresenceState, typing: bool) {
    let look = |mirror: &Mirror| {
        let it = |data: &Value| {
            data["presence"]["user_id"] == json!(user)
                && data["presence"]["state"] == json!(state)
                && data["presence"]["typing"] == typing
        };
        mirror.of_type("presence_changed").any(|envelope| it(&envelope["data"])).then_some(())
    };
    client.viewer.wait_for(&format!("the news of {user}: {state:?}, typing: {typing}"), look).await;
}

#[test]
fn rs4_one_is_here_once_however_many_connections() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        let user = other.user();
        sees(&owner, session, user, Some((PresenceState::Here, 1, false))).await;
        let device = world.client(2);
        device.follow(session).await.unwrap();
        device.follow(session).await.unwrap();
        sees(&owner, session, user, Some((PresenceState::Here, 2, false))).await;
        device.done("leave_collaboration", json!({"session_id": session})).await;
        sees(&owner, session, user, Some((PresenceState::Here, 1, false))).await;
        other.done("unfollow_session", json!({"session_id": session})).await;
        sees(&owner, session, user, None).await;
        let expected = [
            "member_added",
            "participant_joined",
            "presence_changed",
            "presence_changed",
            "participant_left",
        ];
        let told = kinds(&owner, user);
        assert_eq!(told[told.len() - 4..], expected[1..]);
        // Membership is another thing.
        device.follow(session).await.unwrap();
        let shared = agree(world, session, &[&owner, &device]).await;
        assert_eq!((shared.people.len(), shared.presence.len()), (3, 2));
        let lines = other.question("list_sessions", json!({})).await.unwrap();
        assert_eq!(
            (&lines["sessions"][0]["present"], &lines["sessions"][0]["status"]),
            (&json!(2), &json!("active"))
        );
    });
}

#[test]
fn rs4_who_vanishes_is_away_at_once_and_has_left_after_a_while() {
    run(Settings { away_ms: 50, ..settings() }, async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        let user = other.user();
        drop(other);
        told(&owner, user, PresenceState::Away, false).await;
        sees(&owner, session, user, None).await;
        let told = kinds(&owner, user);
        assert_eq!(told[told.len() - 2..], ["presence_changed", "participant_left"]);
        owner.viewer.assert_sound();
    });
}

#[test]
fn rs4_who_is_back_in_time_has_not_left() {
    run(Settings { away_ms: 3_600_000, ..settings() }, async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        let user = other.user();
        sees(&owner, session, user, Some((PresenceState::Here, 1, false))).await;
        let back = other.reconnect(&world.hub);
        drop(other);
        sees(&owner, session, user, Some((PresenceState::Away, 0, false))).await;
        back.follow(session).await.unwrap();
        sees(&owner, session, user, Some((PresenceState::Here, 1, false))).await;
        assert!(!kinds(&owner, user).contains(&"participant_left".to_owned()));
        assert_eq!(kinds(&owner, user).iter().filter(|kind| *kind == "participant_joined").count(), 1);
        agree(world, session, &[&owner, &back]).await;
    });
}

#[test]
fn rs4_typing_is_shown_and_ends_by_itself_or_by_speaking() {
    run(Settings { typing_ms: 50, ..settings() }, async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        let user = other.user();
        let typing = json!({"session_id": session, "typing": true});
        other.done("set_typing", typing.clone()).await;
        told(&owner, user, PresenceState::Here, true).await;
        sees(&owner, session, user, Some((PresenceState::Here, 1, false))).await;
        agree(world, session, &[&owner, &other]).await;
    });
    run(Settings { typing_ms: 3_600_000, ..settings() }, async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        let user = other.user();
        let typing = json!({"session_id": session, "typing": true});
        for _ in 0..3 {
            other.done("set_typing", typing.clone()).await;
        }
        sees(&owner, session, user, Some((PresenceState::Here, 1, true))).await;
        chat(&other, session, "said").await;
        sees(&owner, session, user, Some((PresenceState::Here, 1, false))).await;
        assert_eq!(kinds(&owner, user).iter().filter(|kind| *kind == "presence_changed").count(), 2);
        // Nothing of it is in the log.
        assert_eq!(world.count(session, "presence_changed").await, 0);
    });
}

#[test]
fn rs4_a_request_over_http_is_nobodys_presence() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&other, Role::Collaborator)]).await;
        other.done("leave_collaboration", json!({"session_id": session})).await;
        let request = HubClient::pass_by(&world.hub, person(2));
        request.done("chat_message", json!({"session_id": session, "content": "from curl"})).await;
        request.question("join_collaboration", json!({"session_id": session})).await.unwrap();
        let shared = agree(world, session, &[&owner]).await;
        assert_eq!(shared.presence.keys().copied().collect::<Vec<_>>(), [owner.user()]);
    });
}

#[test]
fn se3_a_version_1_client_is_told_of_each_person_here_and_of_claude() {
    run(settings(), async |world| {
        let (owner, second, v1) = (world.client(1), world.client(2), world.v1(3));
        let session = world.shared(&owner, &[(&second, Role::Viewer)]).await;
        let code = crate::support::invite_code(&owner, session, json!({"role": "viewer"})).await;
        v1.question(
            "join_collaboration",
            json!({"session_id": code, "user_id": "somebody", "role": "owner"}),
        )
        .await
        .unwrap();
        let joined = |mirror: &Mirror| -> Vec<Value> {
            mirror.of_type("participant_joined").map(|envelope| envelope["data"].clone()).collect()
        };
        let told =
            v1.viewer.wait_for("four people", |m| Some(joined(m)).filter(|told| told.len() >= 4)).await;
        let who: Vec<_> = told.iter().map(|data| data["user_id"].clone()).collect();
        assert_eq!(who, [json!(owner.user()), json!(second.user()), json!(v1.user()), json!(Actor::Claude)]);
        assert_eq!(told[2]["role"], "viewer", "the role in the data decides nothing");
        let own = |e: &&Value| e["type"] == "session_state" || e["type"] == "participant_joined";
        let first = v1.viewer.look(|m| m.envelopes.iter().find(own).cloned()).unwrap();
        assert_eq!(first["type"], "session_state");
        // A component that mounts again asks again, and is not locked out by having left.
        v1.done("leave_collaboration", json!({"session_id": code, "user_id": "somebody"})).await;
        sees(&owner, session, v1.user(), None).await;
        v1.question("join_collaboration", json!({"session_id": code})).await.unwrap();
        v1.question("join_collaboration", json!({"session_id": code})).await.unwrap();
        sees(&owner, session, v1.user(), Some((PresenceState::Here, 1, false))).await;
        assert_eq!(v1.viewer.look(|m| m.session(session).unwrap().states), 3);
        agree(world, session, &[&owner, &second, &v1]).await;
    });
}

#[test]
fn se3_a_version_1_connection_follows_the_last_session_it_joined() {
    run(settings(), async |world| {
        let v1 = world.v1(1);
        v1.done("chat_message", json!({"content": "in the default one"})).await;
        let default = world.hub.default_session(v1.user()).await.unwrap();
        let (first, second) = (world.client(1), world.client(1));
        let (one, two) = (first.create().await, second.create().await);
        for session in [one, two] {
            v1.question("join_collaboration", json!({"session_id": session})).await.unwrap();
        }
        sees(&first, one, v1.user(), Some((PresenceState::Here, 1, false))).await;
        sees(&second, two, v1.user(), Some((PresenceState::Here, 2, false))).await;
        assert_eq!(world.hub.joined_session(v1.user()).await, Some(two));
        let third = world.client(1);
        third.follow(default).await.unwrap();
        sees(&third, default, v1.user(), Some((PresenceState::Here, 2, false))).await;
        v1.done("leave_collaboration", json!({"session_id": two})).await;
        assert_eq!(world.hub.joined_session(v1.user()).await, None);
    });
}

#[test]
fn se3_a_version_1_connection_hears_that_it_joined_when_that_is_on_disk() {
    run(settings(), async |world| {
        let (owner, v1) = (world.client(1), world.v1(1));
        let session = owner.create().await;
        let before = world.store.appends();
        world.store.hold();
        v1.send("join", "join_collaboration", json!({"session_id": session})).await;
        world.store.handed_in(before + 1).await;
        let answered = |mirror: &Mirror| mirror.envelopes.iter().any(|e| e["correlation_id"] == "join");
        assert!(!v1.viewer.look(answered), "a server that ends now has forgotten it");
        world.store.release();
        v1.answer("join").await.unwrap();
        assert_eq!(world.hub.joined_session(v1.user()).await, Some(session));
    });
}

#[test]
fn cn8_what_a_version_1_client_joined_is_known_after_a_restart_while_it_belongs() {
    let dir = tempfile::tempdir().unwrap();
    let (session, default) = serve(dir.path(), settings(), async |world| {
        let (owner, v1) = (world.client(1), world.v1(2));
        v1.done("chat_message", json!({"content": "in the default one"})).await;
        let default = world.hub.default_session(v1.user()).await.unwrap();
        let session = world.shared(&owner, &[(&v1, Role::Viewer)]).await;
        (session, default)
    });
    serve(dir.path(), settings(), async |world| {
        let (owner, user) = (world.client(1), person(2).user);
        assert_eq!(world.hub.default_session(user).await, Some(default));
        assert_eq!(world.hub.joined_session(user).await, Some(session));
        owner.done("remove_user", json!({"session_id": session, "target_user_id": user})).await;
        assert_eq!(world.hub.joined_session(user).await, None);
    });
}

#[test]
fn rs4_among_many_people_arrivals_are_told_in_batches() {
    let slow = Settings { presence_batch_ms: 100, away_ms: 3_600_000, ..settings() };
    run(slow, async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let code = crate::support::invite_code(&owner, session, json!({"role": "viewer", "uses": 200})).await;
        let people: Vec<_> = (2..102).map(|n| world.client(n)).collect();
        for client in &people {
            client.question("join_collaboration", json!({"session_id": code})).await.unwrap();
        }
        let all = |m: &Mirror| (m.session(session)?.presence.len() == 101).then_some(());
        owner.viewer.wait_for("everyone", all).await;
        let before = owner.viewer.batches();
        let begun = tokio::time::Instant::now();
        let mut devices = Vec::new();
        for round in 0..900 {
            let device = world.client(2 + round % 100);
            device.follow(session).await.unwrap();
            devices.push(device);
        }
        let ten = |m: &Mirror| {
            let people = &m.session(session)?.presence;
            people.iter().all(|(user, now)| *user == owner.user() || now.devices == 10).then_some(())
        };
        owner.viewer.wait_for("ten devices each", ten).await;
        let told = owner.viewer.batches() - before;
        let passed = begun.elapsed().as_millis() / 100;
        // One batch each 100 ms, besides the lines of the list.
        let bound = u64::try_from(passed).unwrap() * 2 + 5;
        assert!(told <= bound, "{told} batches in {passed} tenths of a second");
        tokio::time::timeout(Duration::from_secs(20), async {
            agree(world, session, &[&owner, &people[0], &devices[0]]).await;
        })
        .await
        .unwrap();
    });
}
