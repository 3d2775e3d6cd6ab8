//! Invite links: a code lets in as often as it says, and no more (SE5), and stays its member's name for the session (SE7).

use madang_hub::invite_hash;
use madang_protocol::limits::{INVITE_LIFE_MS, INVITE_LIFE_MS_MAX, INVITE_USES_MAX, INVITES_MAX};
use madang_protocol::{ErrorCode, Role, SessionId, UnixMs, UserId};
use madang_store::{Append, InviteRow, People as _, PersonChange};
use madang_testkit::{Failure, HubClient, person};
use serde_json::json;

use crate::support::{World, agree, chat, invite_code, run, serve, settings, stored_files};

async fn join(client: &HubClient, code: &str) -> Result<serde_json::Value, ErrorCode> {
    client.question("join_collaboration", json!({"session_id": code})).await.map_err(|error| error.code)
}

#[test]
fn se5_of_fifty_who_race_for_the_last_use_one_gets_in() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "collaborator"})).await;
        let racers: Vec<_> = (0..50).map(|n| world.client(100 + n)).collect();
        let results = futures_util::future::join_all(racers.iter().map(|racer| join(racer, &code))).await;
        let winners: Vec<_> = racers.iter().zip(&results).filter(|(_, result)| result.is_ok()).collect();
        assert_eq!(winners.len(), 1);
        assert!(
            results.iter().flat_map(|result| result.as_ref().err()).all(|code| *code == ErrorCode::NotFound)
        );
        chat(&owner, session, "who came?").await;
        let shared = agree(world, session, &[&owner, winners[0].0]).await;
        assert_eq!((shared.people.len(), shared.presence.len()), (3, 2));
        assert_eq!(world.count(session, "member_added").await, 1);
        let row = world.disk.invite(invite_hash(&code)).await.unwrap().unwrap();
        assert_eq!(row.uses_left, 0);
        let left = owner.question("list_invites", json!({"session_id": session})).await.unwrap();
        assert_eq!(left["invites"], json!([]));
    });
}

#[test]
fn se5_a_link_that_was_used_up_elsewhere_lets_nobody_in_and_harms_nobody() {
    run(settings(), async |world| {
        let (owner, late) = (world.client(1), world.client(2));
        let session = owner.create().await;
        let made =
            owner.question("create_invite", json!({"session_id": session, "role": "viewer"})).await.unwrap();
        let code = made["code"].as_str().unwrap();
        let before = world.store.appends();
        world.store.hold();
        late.send("join", "join_collaboration", json!({"session_id": code})).await;
        // The session has looked at the link and found that it holds: the write that counts the use is held.
        world.store.handed_in(before + 1).await;
        let invite = serde_json::from_value(made["invite"]["invite_id"].clone()).unwrap();
        let used = PersonChange::UseInvite(invite, UnixMs(1));
        world.commit(Append { people: vec![used], ..Append::default() }).await.unwrap();
        world.store.release();
        assert_eq!(late.answer("join").await.unwrap_err().code, ErrorCode::NotFound);
        chat(&owner, session, "goes on").await;
        assert_eq!(agree(world, session, &[&owner]).await.people.len(), 2);
        assert_eq!(world.count(session, "member_added").await, 0);
    });
}

#[test]
fn se5_an_entry_that_was_not_saved_uses_nothing_up() {
    run(settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "viewer"})).await;
        for failure in [Failure::Full, Failure::Failed] {
            world.store.fail_next(failure);
            assert_eq!(join(&other, &code).await.unwrap_err(), ErrorCode::ServiceUnavailable);
        }
        join(&other, &code).await.unwrap();
        agree(world, session, &[&owner, &other]).await;
    });
}

#[test]
fn se7_a_code_stays_its_members_name_for_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let (session, code) = serve(dir.path(), settings(), async |world| {
        let (owner, other) = (world.client(1), world.v1(2));
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "collaborator", "expires_in_ms": 1000})).await;
        join(&other, &code).await.unwrap();
        world.clock.advance(2000);
        other.done("chat_message", json!({"session_id": code, "content": "by code"})).await;
        (session, code)
    });
    serve(dir.path(), settings(), async |world| {
        let (owner, other, stranger) = (world.client(1), world.v1(2), world.client(3));
        world.clock.advance(2000);
        other.done("claude_message", json!({"session_id": code, "content": "again", "stream": true})).await;
        world.model.next().await.finish("yes");
        owner.follow(session).await.unwrap();
        assert_eq!(join(&stranger, &code).await.unwrap_err(), ErrorCode::NotFound, "past its time");
        for kind in ["follow_session", "session_status", "chat_message", "get_history"] {
            let data = json!({"session_id": code, "content": "x"});
            assert_eq!(stranger.question(kind, data).await.unwrap_err().code, ErrorCode::NotFound, "{kind}");
        }
        assert_eq!(
            join(&stranger, "mdi1.AAAAAAAAAAAAAAAAAAAAAAAAAAA").await.unwrap_err(),
            ErrorCode::NotFound
        );
        assert_eq!(join(&stranger, "mdi2.x").await.unwrap_err(), ErrorCode::InvalidSession);
    });
}

#[test]
fn se5_links_end_by_time_by_use_and_by_hand() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let link = async |data| {
            let mut data: serde_json::Value = data;
            data["session_id"] = json!(session);
            owner.question("create_invite", data).await.unwrap()
        };
        let twice = link(json!({"role": "viewer", "uses": 2})).await;
        let short = link(json!({"role": "viewer", "expires_in_ms": 10})).await;
        let ended = link(json!({"role": "viewer", "uses": 5})).await;
        let now = ended["invite"]["created_at"].as_u64().unwrap();
        assert_eq!(ended["invite"]["expires_at"], now + INVITE_LIFE_MS);
        owner
            .done("revoke_invite", json!({"session_id": session, "invite_id": ended["invite"]["invite_id"]}))
            .await;
        world.clock.advance(11);
        let code = |link: &serde_json::Value| link["code"].as_str().unwrap().to_owned();
        for (n, link) in [(2, &short), (3, &ended)] {
            assert_eq!(join(&world.client(n), &code(link)).await.unwrap_err(), ErrorCode::NotFound);
        }
        for n in [2, 3] {
            join(&world.client(n), &code(&twice)).await.unwrap();
        }
        assert_eq!(join(&world.client(4), &code(&twice)).await.unwrap_err(), ErrorCode::NotFound);
        // Who left comes back by a link that holds, not by the one that let them in.
        let third = world.client(3);
        third.done("leave_session", json!({"session_id": session})).await;
        assert_eq!(join(&third, &code(&twice)).await.unwrap_err(), ErrorCode::NotFound);
    });
}

#[test]
fn se5_making_links_has_limits_and_is_a_right() {
    run(settings(), async |world| {
        let (owner, other, viewer) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&owner, &[(&other, Role::Collaborator), (&viewer, Role::Viewer)]).await;
        let make = async |client: &HubClient, mut data: serde_json::Value| {
            data["session_id"] = json!(session);
            client.question("create_invite", data).await.map_err(|error| error.code)
        };
        for data in [
            json!({"role": "owner"}),
            json!({"role": "viewer", "uses": 0}),
            json!({"role": "viewer", "uses": INVITE_USES_MAX + 1}),
            json!({"role": "viewer", "expires_in_ms": 0}),
            json!({"role": "viewer", "expires_in_ms": INVITE_LIFE_MS_MAX + 1}),
        ] {
            assert_eq!(make(&owner, data.clone()).await, Err(ErrorCode::InvalidData), "{data}");
        }
        for client in [&other, &viewer] {
            assert_eq!(make(client, json!({"role": "viewer"})).await, Err(ErrorCode::Forbidden));
            let list = client.question("list_invites", json!({"session_id": session})).await;
            assert_eq!(list.unwrap_err().code, ErrorCode::Forbidden);
        }
        let data = json!({"session_id": session, "target_user_id": other.user(), "role": "collaborator", "rights": ["invite"]});
        owner.done("set_role", data).await;
        let own = make(&other, json!({"role": "collaborator"})).await.unwrap();
        let owners = make(&owner, json!({"role": "viewer"})).await.unwrap();
        let revoke = |made: &serde_json::Value| json!({"session_id": session, "invite_id": made["invite"]["invite_id"]});
        assert_eq!(other.refused("revoke_invite", revoke(&owners)).await, ErrorCode::Forbidden);
        other.done("revoke_invite", revoke(&own)).await;
        owner.done("revoke_invite", revoke(&owners)).await;
        for _ in 0..INVITES_MAX {
            make(&owner, json!({"role": "viewer"})).await.unwrap();
        }
        assert_eq!(make(&owner, json!({"role": "viewer"})).await, Err(ErrorCode::Conflict));
        owner.done("close_session", json!({"session_id": session})).await;
        assert_eq!(make(&owner, json!({"role": "viewer"})).await, Err(ErrorCode::Conflict));
    });
}

#[test]
fn se5_no_code_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let code = serve(dir.path(), settings(), async |world| {
        let (owner, other) = (world.client(1), world.client(2));
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "viewer", "uses": 2})).await;
        join(&other, &code).await.unwrap();
        code
    });
    let secret = code.strip_prefix("mdi1.").unwrap().as_bytes();
    let files = stored_files(dir.path());
    assert!(files.iter().any(|(path, _)| path.ends_with("madang.db")));
    for (path, bytes) in files {
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{} has the code", path.display());
    }
}

#[test]
fn se5_the_links_of_someone_who_was_removed_let_nobody_in() {
    run(settings(), async |world| {
        let (owner, second, third) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&owner, &[(&second, Role::Collaborator)]).await;
        let right = json!({"session_id": session, "target_user_id": second.user(), "role": "collaborator", "rights": ["invite"]});
        owner.done("set_role", right).await;
        let code = invite_code(&second, session, json!({"role": "collaborator", "uses": 9})).await;
        owner.done("remove_user", json!({"session_id": session, "target_user_id": second.user()})).await;
        for client in [&second, &third] {
            assert_eq!(join(client, &code).await.unwrap_err(), ErrorCode::NotFound);
        }
    });
}

/// A link that a collaborator made, whom the owner had given the right to.
struct Lent {
    owner: HubClient,
    maker: HubClient,
    session: SessionId,
    code: String,
}

async fn lent(world: &World) -> Lent {
    let (owner, maker) = (world.client(1), world.client(2));
    world.account(2, "mina").await;
    let session = world.shared(&owner, &[(&maker, Role::Collaborator)]).await;
    set_role(&owner, (session, maker.user()), "collaborator", &["invite"]).await;
    let code = invite_code(&maker, session, json!({"role": "collaborator", "uses": 9})).await;
    Lent { owner, maker, session, code }
}

async fn set_role(owner: &HubClient, (session, user): (SessionId, UserId), role: &str, rights: &[&str]) {
    let data = json!({"session_id": session, "target_user_id": user, "role": role, "rights": rights});
    owner.done("set_role", data).await;
}

#[test]
fn se7_a_link_gives_at_most_what_its_maker_could_give_now() {
    run(settings(), async |world| {
        let Lent { owner, maker, session, code } = lent(world).await;
        let set = async |role, rights: &[&str]| set_role(&owner, (session, maker.user()), role, rights).await;
        let refused = async |n| {
            let refusal = world.client(n).question("join_collaboration", json!({"session_id": code})).await;
            let error = refusal.unwrap_err();
            assert_eq!(error.code, ErrorCode::NotFound, "{}", error.message);
            assert!(error.message.contains("link"), "{}", error.message);
        };
        set("collaborator", &[]).await;
        refused(3).await;
        set("viewer", &[]).await;
        refused(4).await;
        set("collaborator", &["invite"]).await;
        world.suspend(2, "mina").await;
        refused(5).await;
        // What was taken is given back: so is the link, which nobody has used.
        world.account(2, "mina").await;
        join(&world.client(6), &code).await.unwrap();
        assert_eq!(world.count(session, "member_added").await, 2);
        let row = world.disk.invite(invite_hash(&code)).await.unwrap().unwrap();
        assert_eq!(row.uses_left, 8);
    });
}

#[test]
fn se5_whether_a_link_stands_is_the_sessions_word_in_memory_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let link = async |world: &World, code: &str| world.disk.invite(invite_hash(code)).await.unwrap().unwrap();
    let (session, code) = serve(dir.path(), settings(), async |world| {
        let Lent { owner, maker, session, code } = lent(world).await;
        let set = async |role, rights: &[&str]| set_role(&owner, (session, maker.user()), role, rights).await;
        let row = link(world, &code).await;
        let stands = async || world.hub.link_stands(&row).await.unwrap();
        assert!(stands().await);
        set("collaborator", &[]).await;
        assert!(!stands().await, "without the right");
        set("viewer", &[]).await;
        assert!(!stands().await, "demoted");
        set("collaborator", &["invite"]).await;
        world.suspend(2, "mina").await;
        assert!(!stands().await, "suspended");
        world.account(2, "mina").await;
        assert!(stands().await, "given back");
        assert_eq!(link(world, &code).await.uses_left, 9);
        set("collaborator", &[]).await;
        (session, code)
    });
    serve(dir.path(), settings(), async |world| {
        let row = link(world, &code).await;
        assert_eq!(world.hub.stats().live_sessions, 0);
        assert!(!world.hub.link_stands(&row).await.unwrap(), "a session that nobody is in");
        let owner = world.client(1);
        let own = invite_code(&owner, session, json!({"role": "viewer"})).await;
        let own = link(world, &own).await;
        assert!(world.hub.link_stands(&own).await.unwrap());
        // A link of a session that is not there, and one that leads to none.
        let elsewhere = world.client(1).create().await;
        let absent = InviteRow { session: Some(elsewhere), by: person(5).user, ..own.clone() };
        assert!(!world.hub.link_stands(&absent).await.unwrap(), "a stranger's");
        let nowhere = SessionId::new(UnixMs(1), [9; 10]);
        let absent = InviteRow { session: Some(nowhere), ..own.clone() };
        assert!(!world.hub.link_stands(&absent).await.unwrap(), "of no session");
        owner.done("delete_session", json!({"session_id": session})).await;
        assert!(!world.hub.link_stands(&own).await.unwrap(), "deleted");
    });
}

#[test]
fn se5_two_devices_of_one_person_use_a_link_once() {
    run(settings(), async |world| {
        let (owner, phone, desk, late) = (world.client(1), world.client(2), world.v1(2), world.client(3));
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "viewer", "uses": 2})).await;
        let (one, other) = futures_util::join!(join(&phone, &code), join(&desk, &code));
        one.unwrap();
        other.unwrap();
        assert_eq!(world.count(session, "member_added").await, 1);
        join(&late, &code).await.unwrap();
        agree(world, session, &[&owner, &phone, &late]).await;
    });
}

#[test]
fn se7_a_request_that_only_looks_lets_nobody_in() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "viewer"})).await;
        let asked = world.account(2, "mina").await;
        owner
            .done("invite_user", json!({"session_id": session, "target_user_id": asked, "role": "viewer"}))
            .await;
        for (n, named) in [(2, session.to_string()), (3, code.clone())] {
            let request = HubClient::pass_by(&world.hub, person(n));
            let look = request.question("follow_session", json!({"session_id": named})).await;
            assert_eq!(look.unwrap_err().code, ErrorCode::NotFound);
        }
        assert_eq!(world.count(session, "member_added").await, 0);
        let request = HubClient::pass_by(&world.hub, person(3));
        request.question("join_collaboration", json!({"session_id": code})).await.unwrap();
    });
}

#[test]
fn tu1_whoever_gave_their_default_session_away_gets_another() {
    run(settings(), async |world| {
        let (v1, heir) = (world.v1(1), world.client(2));
        let said = v1.done("chat_message", json!({"content": "mine"})).await;
        let first = said.session_id.unwrap();
        let code = invite_code(&v1, first, json!({"role": "collaborator"})).await;
        heir.question("join_collaboration", json!({"session_id": code})).await.unwrap();
        v1.done("transfer_ownership", json!({"session_id": first, "target_user_id": heir.user()})).await;
        v1.done("leave_session", json!({"session_id": first})).await;
        let said = v1.done("chat_message", json!({"content": "mine again"})).await;
        assert_ne!(said.session_id.unwrap(), first);
    });
}
