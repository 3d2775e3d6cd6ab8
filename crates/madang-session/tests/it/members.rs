//! Who belongs: invitations, links, roles, removal, the owner (SE1, SE4, SE7).

use madang_protocol::{Actor, ErrorCode, InviteId, ReplyStatus, Role, UnixMs};
use madang_session::{Door, Effect, Place, Stopper};
use serde_json::json;

use crate::support::{Bench, person};

#[test]
fn se1_an_invitation_lets_one_person_in_with_its_role() {
    let mut bench = Bench::new();
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
    bench.let_in(2, "viewer");
    assert_eq!(bench.session.role(person(2).user), Some(Role::Viewer));
    assert_eq!(bench.session.invitations(), []);
    assert!(
        bench
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::TellInvited { user, .. } if *user == person(2).user))
    );
    assert_eq!(bench.by(3, "join_collaboration", json!({})), Err(ErrorCode::NotFound), "it was not for them");
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Ok(vec![]), "coming again changes nothing");
}

#[test]
fn se1_data_never_decides_who_acts_or_as_what() {
    let mut bench = Bench::new();
    bench.let_in(2, "viewer");
    let owner = person(1).user;
    let claim = json!({"role": "owner", "user_id": owner});
    assert_eq!(bench.by(2, "join_collaboration", claim), Ok(vec![]));
    assert_eq!(bench.session.role(person(2).user), Some(Role::Viewer));
}

#[test]
fn se5_a_link_lets_in_and_is_named_in_the_log() {
    let mut bench = Bench::new();
    let invite_id = InviteId::new(UnixMs(1), [9; 10]);
    bench.door = Some(Door { invite_id, role: Role::Collaborator });
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Ok(vec!["member_added"]));
    let (_, _, event) = bench.log.last().unwrap();
    assert!(event.data_json().contains(&invite_id.to_string()));
    // A link opens the door, and nothing else before one has come in.
    assert_eq!(bench.by(3, "claude_message", json!({"content": "hi"})), Err(ErrorCode::NotFound));
}

#[test]
fn se7_nobody_gives_what_they_do_not_have() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let invite = |role: &str| json!({"target_user_id": "P3", "role": role});
    assert_eq!(bench.by(2, "invite_user", invite("viewer")), Err(ErrorCode::Forbidden));
    let grant = json!({"target_user_id": "P2", "role": "collaborator", "rights": ["invite"]});
    assert_eq!(bench.by(1, "set_role", grant), Ok(vec!["role_changed"]));
    assert_eq!(bench.by(2, "invite_user", invite("viewer")), Ok(vec!["user_invited"]));
    assert_eq!(bench.by(1, "invite_user", invite("owner")), Err(ErrorCode::InvalidData), "one owner");
    for (n, data) in [
        (2, json!({"target_user_id": "P2", "role": "owner"})),
        (2, json!({"target_user_id": "P1", "role": "viewer"})),
    ] {
        assert_eq!(bench.by(n, "set_role", data), Err(ErrorCode::Forbidden));
    }
    let own = json!({"target_user_id": "P1", "role": "viewer"});
    assert_eq!(bench.by(1, "set_role", own), Err(ErrorCode::Conflict), "the last owner stays");
    let odd = json!({"target_user_id": "P2", "role": "collaborator", "rights": ["prompt"]});
    assert_eq!(bench.by(1, "set_role", odd), Err(ErrorCode::InvalidData), "they may prompt anyway");
}

#[test]
fn se7_a_granted_right_counts_at_the_next_command() {
    let mut bench = Bench::new();
    bench.let_in(2, "viewer");
    let say = || json!({"content": "hello"});
    assert_eq!(bench.by(2, "chat_message", say()), Err(ErrorCode::Forbidden));
    assert_eq!(bench.by(2, "claude_message", say()), Err(ErrorCode::Forbidden));
    let role =
        |rights: serde_json::Value| json!({"target_user_id": "P2", "role": "viewer", "rights": rights});
    assert_eq!(bench.by(1, "set_role", role(json!(["chat"]))), Ok(vec!["role_changed"]));
    assert_eq!(bench.by(2, "chat_message", say()), Ok(vec!["message_created"]));
    assert_eq!(bench.by(2, "claude_message", say()), Err(ErrorCode::Forbidden));
    assert_eq!(bench.by(2, "chat_message", json!({"content": "@claude help"})), Ok(vec!["message_created"]));
    assert!(bench.session.running_reply().is_none(), "chatting is not asking");
    assert_eq!(bench.by(1, "set_role", role(json!([]))), Ok(vec!["role_changed"]));
    assert_eq!(bench.by(2, "chat_message", say()), Err(ErrorCode::Forbidden));
}

#[test]
fn se4_a_removed_person_is_cut_and_their_prompts_do_not_wait() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    bench.prompt("first");
    let queued = bench.by(2, "claude_message", json!({"content": "second"}));
    assert_eq!(queued, Ok(vec!["message_created", "turn_queued"]));
    bench.effects.clear();
    let removed = bench.by(1, "remove_user", json!({"target_user_id": "P2"}));
    assert_eq!(removed, Ok(vec!["member_removed", "turn_dequeued"]));
    assert!(matches!(&bench.effects[..], [Effect::Cut { user, .. }] if *user == person(2).user));
    assert_eq!(bench.session.place(person(2).user), Place::Stranger);
    assert_eq!(bench.by(2, "session_status", json!({})), Err(ErrorCode::NotFound));
    assert_eq!(bench.by(2, "chat_message", json!({"content": "still here?"})), Err(ErrorCode::NotFound));
}

#[test]
fn se4_what_a_removed_person_asked_anew_does_not_wait() {
    let mut bench = Bench::new();
    let prompt = bench.prompt("first");
    bench.end(ReplyStatus::Complete, "one");
    bench.let_in(2, "collaborator");
    bench.let_in(3, "collaborator");
    bench.prompt("running");
    let queued = bench.by(2, "claude_message", json!({"content": "of the second"}));
    assert_eq!(queued, Ok(vec!["message_created", "turn_queued"]));
    for n in [2, 3] {
        assert_eq!(bench.by(n, "regenerate", json!({"message_id": prompt})), Ok(vec!["turn_queued"]));
    }
    let removed = bench.by(1, "remove_user", json!({"target_user_id": "P2"}));
    assert_eq!(removed, Ok(vec!["member_removed", "turn_dequeued", "turn_dequeued"]));
    let left: Vec<_> = bench.session.queued().iter().map(|waiting| waiting.by).collect();
    assert_eq!(left, [Some(person(3).user)]);
}

#[test]
fn se4_the_reply_that_a_removed_person_asked_for_stops_and_that_of_another_goes_on() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    bench.let_in(3, "collaborator");
    bench.by(2, "claude_message", json!({"content": "running"})).unwrap();
    let running = bench.session.running_reply().unwrap().1;
    bench.effects.clear();
    bench.by(3, "leave_session", json!({})).unwrap();
    assert!(matches!(&bench.effects[..], [Effect::Cut { .. }]), "{:?}", bench.effects);
    bench.effects.clear();
    bench.by(1, "remove_user", json!({"target_user_id": "P2"})).unwrap();
    let stop = Effect::Stop { message_id: running, by: Stopper::Departure };
    assert!(bench.effects.contains(&stop), "{:?}", bench.effects);
}

#[test]
fn se4_whom_a_removed_person_asked_in_is_not_let_in_and_whom_a_leaver_asked_in_is() {
    let mut bench = Bench::new();
    for n in [2, 3] {
        bench.let_in(n, "collaborator");
        let grant = json!({"target_user_id": format!("P{n}"), "role": "collaborator", "rights": ["invite"]});
        bench.by(1, "set_role", grant).unwrap();
    }
    bench.by(2, "invite_user", json!({"target_user_id": "P4", "role": "collaborator"})).unwrap();
    bench.by(3, "invite_user", json!({"target_user_id": "P5", "role": "viewer"})).unwrap();
    bench.by(1, "invite_user", json!({"target_user_id": "P6", "role": "viewer"})).unwrap();
    let removed = bench.by(1, "remove_user", json!({"target_user_id": "P2"}));
    assert_eq!(removed, Ok(vec!["member_removed", "invitation_withdrawn"]));
    assert_eq!(bench.by(3, "leave_session", json!({})), Ok(vec!["member_removed"]));
    assert_eq!(bench.by(4, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
    for n in [5, 6] {
        assert_eq!(bench.by(n, "join_collaboration", json!({})), Ok(vec!["member_added"]));
    }
}

#[test]
fn se7_whoever_may_no_longer_invite_lets_nobody_in_by_name_either() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let role = |role: &str, rights: &[&str]| json!({"target_user_id": "P2", "role": role, "rights": rights});
    bench.by(1, "set_role", role("collaborator", &["invite", "stop"])).unwrap();
    bench.by(2, "invite_user", json!({"target_user_id": "P4", "role": "collaborator"})).unwrap();
    bench.by(1, "invite_user", json!({"target_user_id": "P5", "role": "viewer"})).unwrap();
    // Another right is nothing to those whom they asked in.
    assert_eq!(bench.by(1, "set_role", role("collaborator", &["invite"])), Ok(vec!["role_changed"]));
    let demoted = bench.by(1, "set_role", role("collaborator", &[]));
    assert_eq!(demoted, Ok(vec!["role_changed", "invitation_withdrawn"]));
    assert_eq!(bench.by(4, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
    // An owner who gives the session away has no right to invite any more, unless they are given it.
    let given = bench.by(1, "transfer_ownership", json!({"target_user_id": "P2"}));
    assert_eq!(given, Ok(vec!["role_changed", "role_changed", "invitation_withdrawn"]));
    assert_eq!(bench.by(5, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
}

#[test]
fn se4_no_link_undoes_a_removal_and_an_invitation_does() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    bench.let_in(3, "collaborator");
    bench.by(1, "remove_user", json!({"target_user_id": "P2"})).unwrap();
    bench.by(3, "leave_session", json!({})).unwrap();
    let door = Some(Door { invite_id: InviteId::new(UnixMs(1), [9; 10]), role: Role::Collaborator });
    bench.door.clone_from(&door);
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
    assert_eq!(
        bench.by(3, "join_collaboration", json!({})),
        Ok(vec!["member_added"]),
        "they left by themselves"
    );
    bench.by(1, "invite_user", json!({"target_user_id": "P2", "role": "viewer"})).unwrap();
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Ok(vec!["member_added"]));
}

#[test]
fn se4_an_invitation_that_was_taken_back_does_not_undo_a_removal() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    bench.by(1, "remove_user", json!({"target_user_id": "P2"})).unwrap();
    bench.by(1, "invite_user", json!({"target_user_id": "P2", "role": "viewer"})).unwrap();
    let withdrawn = bench.by(1, "remove_user", json!({"target_user_id": "P2"}));
    assert_eq!(withdrawn, Ok(vec!["invitation_withdrawn"]));
    bench.door = Some(Door { invite_id: InviteId::new(UnixMs(1), [9; 10]), role: Role::Collaborator });
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
    // Who came back and left by themselves may come by a link again.
    bench.by(1, "invite_user", json!({"target_user_id": "P2", "role": "viewer"})).unwrap();
    bench.by(2, "join_collaboration", json!({})).unwrap();
    bench.by(2, "leave_session", json!({})).unwrap();
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Ok(vec!["member_added"]));
}

#[test]
fn se1_the_owner_hands_over_before_leaving() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    assert_eq!(bench.by(1, "leave_session", json!({})), Err(ErrorCode::Conflict));
    assert_eq!(bench.by(2, "transfer_ownership", json!({"target_user_id": "P2"})), Err(ErrorCode::Forbidden));
    assert_eq!(bench.by(1, "transfer_ownership", json!({"target_user_id": "P3"})), Err(ErrorCode::NotFound));
    let given = bench.by(1, "transfer_ownership", json!({"target_user_id": "P2"}));
    assert_eq!(given, Ok(vec!["role_changed", "role_changed"]));
    assert_eq!(bench.session.role(person(2).user), Some(Role::Owner));
    assert_eq!(bench.by(1, "leave_session", json!({})), Ok(vec!["member_removed"]));
    assert_eq!(bench.by(1, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
}

#[test]
fn se1_an_invitation_is_taken_back_by_its_maker_and_the_owner() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    bench.let_in(3, "collaborator");
    let grant = |who: &str| json!({"target_user_id": who, "role": "collaborator", "rights": ["invite"]});
    bench.by(1, "set_role", grant("P2")).unwrap();
    bench.by(1, "set_role", grant("P3")).unwrap();
    let invite = json!({"target_user_id": "P4", "role": "viewer"});
    let back = || json!({"target_user_id": "P4"});
    bench.by(2, "invite_user", invite.clone()).unwrap();
    assert_eq!(bench.by(3, "remove_user", back()), Err(ErrorCode::Forbidden), "not theirs");
    assert_eq!(bench.by(2, "remove_user", back()), Ok(vec!["invitation_withdrawn"]));
    assert_eq!(bench.by(4, "join_collaboration", json!({})), Err(ErrorCode::NotFound));
    bench.by(2, "invite_user", invite).unwrap();
    assert_eq!(bench.by(1, "remove_user", back()), Ok(vec!["invitation_withdrawn"]));
    assert_eq!(bench.by(2, "remove_user", json!({"target_user_id": "P3"})), Err(ErrorCode::Forbidden));
}

#[test]
fn se1_a_new_name_reaches_the_session_when_its_person_comes() {
    let mut bench = Bench::new();
    let mut renamed = person(1);
    renamed.display_name = "Minji".into();
    let join = Bench::parsed("join_collaboration", json!({}));
    let applied = bench.apply_as(&renamed, "n", &join).unwrap();
    assert_eq!(applied.events.len(), 1);
    assert_eq!(bench.session.participant(Actor::User(renamed.user)).unwrap().display_name, "Minji");
}

#[test]
fn se6_a_closed_session_lets_nobody_new_in() {
    let mut bench = Bench::new();
    bench.by(1, "invite_user", json!({"target_user_id": "P2", "role": "viewer"})).unwrap();
    bench.by(1, "close_session", json!({})).unwrap();
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Err(ErrorCode::Conflict));
    bench.by(1, "reopen_session", json!({})).unwrap();
    assert_eq!(bench.by(2, "join_collaboration", json!({})), Ok(vec!["member_added"]));
}

#[test]
fn se3_one_stops_only_what_one_may() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let prompt = bench.prompt("mine");
    let stop = || json!({"message_id": prompt});
    assert_eq!(bench.by(2, "cancel", stop()), Err(ErrorCode::Forbidden));
    let grant = json!({"target_user_id": "P2", "role": "collaborator", "rights": ["stop"]});
    bench.by(1, "set_role", grant).unwrap();
    assert_eq!(bench.by(2, "cancel", stop()), Ok(vec![]));
    assert!(
        matches!(bench.effects.last(), Some(Effect::Stop { by, .. }) if *by == Stopper::Person(person(2).user))
    );
}

#[test]
fn tu5_who_asked_again_stops_it_and_not_who_wrote_the_prompt() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    bench.let_in(3, "collaborator");
    bench.by(2, "claude_message", json!({"content": "of the second"})).unwrap();
    let asked = bench.session.running_reply().unwrap().1;
    bench.end(ReplyStatus::Complete, "one");
    let prompt = bench.session.transcript().get(asked).unwrap().parent_id.unwrap();
    let stop = || json!({"message_id": prompt});
    // It runs for the third, and then waits for them.
    for running in [true, false] {
        if !running {
            bench.prompt("something else");
        }
        bench.by(3, "regenerate", json!({"message_id": asked})).unwrap();
        assert_eq!(bench.by(2, "cancel", stop()), Err(ErrorCode::Forbidden), "running: {running}");
        let stopped = bench.by(3, "cancel", stop()).unwrap();
        assert_eq!(stopped, if running { vec![] } else { vec!["turn_dequeued"] });
        bench.end(ReplyStatus::Cancelled, "");
    }
}

#[test]
fn tu5_of_one_prompt_that_waits_for_several_each_takes_back_their_own() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let (prompt, reply) = bench.exchange("question", "one");
    bench.by(2, "regenerate", json!({"message_id": reply})).unwrap();
    // It runs for the second, and waits for the first: what one may not stop is not what one means.
    bench.by(1, "regenerate", json!({"message_id": prompt})).unwrap_err();
    bench.end(ReplyStatus::Complete, "two");
    bench.prompt("something else");
    for n in [1, 2] {
        bench.by(n, "regenerate", json!({"message_id": prompt})).unwrap();
    }
    assert_eq!(bench.by(2, "cancel", json!({"message_id": prompt})), Ok(vec!["turn_dequeued"]));
    let left: Vec<_> = bench.session.queued().iter().map(|waiting| waiting.by).collect();
    assert_eq!(left, [Some(person(1).user)]);
}

#[test]
fn tu5_who_asked_survives_that_the_session_is_read_again() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let (_, reply) = bench.exchange("question", "one");
    bench.by(2, "regenerate", json!({"message_id": reply})).unwrap();
    let read = bench.replayed();
    let before = std::mem::replace(&mut bench.session, read);
    let (turn, _) = bench.session.running_reply().unwrap();
    assert_eq!(bench.session.asked_by(turn), Some(person(1).user), "the log does not say it");
    bench.session.keep_askers(&before);
    assert_eq!(bench.session.asked_by(turn), Some(person(2).user));
}
