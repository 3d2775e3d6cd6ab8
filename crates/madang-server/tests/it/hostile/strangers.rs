//! Rows CO with what a stranger can do: every command on a session that is none of theirs. What members of each role
//! may do is the gate's own table.

use std::time::Instant;

use serde_json::{Value, json};

use super::fields::commands;
use super::scene::{BRISK, Scene};
use super::wire::{Target, Wire};

/// Commands that name no session, or that are the edge's own.
const WITHOUT_SESSION: &[&str] =
    &["hello", "auth", "ping", "create_session", "list_sessions", "list_models", "search"];

/// A session of somebody's, with a message in it, and a stranger.
struct Room {
    owner: Wire,
    session: String,
    message: String,
    person: String,
    stranger: Wire,
}

impl Room {
    fn new(at: Target) -> Room {
        let mut owner = at.v1();
        let person = owner.event("connected")["data"]["user_id"].as_str().unwrap().to_owned();
        let session = owner.session("s");
        let said =
            owner.ask("m", "chat_message", &json!({"session_id": session, "content": "zebra crossing"}));
        let message = said["data"]["message_id"].as_str().unwrap().to_owned();
        Room { owner, session, message, person, stranger: at.v2() }
    }

    /// What a stranger is answered who knows the ids.
    fn answer(&mut self, command: &str, session: &str, message: &str) -> Value {
        let data = json!({
            "session_id": session, "message_id": message, "content": "x", "title": "x", "emoji": "👍", "on": true,
            "typing": true, "role": "owner", "target_user_id": self.person, "rights": [], "budget": null,
            "invite_id": "inv_01930000000070008000000000000000", "stream": true, "since": message, "before": message,
            "name": "x", "version": 0, "base_version": 0, "op_id": "x", "change": [],
        });
        let mut answer = self.stranger.ask("x", command, &data);
        for varying in ["id", "timestamp", "session_id"] {
            answer.as_object_mut().unwrap().remove(varying);
        }
        answer
    }
}

/// An id of the same form that nothing has.
fn unlike(id: &str) -> String {
    let (start, end) = id.split_at(id.len() - 6);
    format!("{start}{}", end.chars().map(|c| if c == '7' { '3' } else { '7' }).collect::<String>())
}

#[test]
fn se2_hostile_strangers_learn_nothing_of_a_session() {
    let mut scene = Scene::start(BRISK);
    scene.case("CO-07", "every command on a session that one guessed", |at| {
        let mut room = Room::new(at);
        let (session, message) = (room.session.clone(), room.message.clone());
        for (command, fields) in commands() {
            if WITHOUT_SESSION.contains(&command) {
                continue;
            }
            assert!(fields.contains(&"session_id"), "{command}: does it name no session?");
            let there = room.answer(command, &session, &message);
            assert_eq!(there["data"]["code"], "NOT_FOUND", "{command}: {there}");
            let nowhere = room.answer(command, &unlike(&session), &unlike(&message));
            assert_eq!(there, nowhere, "{command}: a session that is there looks like one that is not");
        }
        room.owner.must_live();
    });
    scene.case("CO-07", "the time that an answer takes", |at| {
        let mut room = Room::new(at);
        let session = room.session.clone();
        let mut took = |session: &str| {
            let mut all: Vec<_> = (0..60)
                .map(|n| {
                    let begun = Instant::now();
                    room.stranger.ask(&format!("t{n}"), "follow_session", &json!({"session_id": session}));
                    begun.elapsed()
                })
                .collect();
            all.sort_unstable();
            all[30]
        };
        let (missing, forbidden) = (took(&unlike(&session)), took(&session));
        // One that is not there must be looked for on the disk: a few milliseconds are no oracle across a network.
        assert!(missing.abs_diff(forbidden).as_millis() < 10, "{missing:?}, {forbidden:?}");
    });
    scene.case("CO-11", "who is in it", |at| {
        let mut room = Room::new(at);
        for command in ["session_status", "follow_session", "get_history", "list_invites"] {
            let answer = room.answer(command, &room.session.clone(), &room.message.clone()).to_string();
            assert!(!answer.contains(&room.person) && !answer.contains("zebra"), "{command}: {answer}");
        }
        let listed = room.stranger.ask("l", "list_sessions", &json!({})).to_string();
        assert!(!listed.contains(&room.session), "{listed}");
    });
    scene.case("CO-17", "ids that look alike", |at| {
        let mut room = Room::new(at);
        let (session, message) = (room.session.clone(), room.message.clone());
        for alike in [
            session.to_uppercase(),
            format!("{session}."),
            format!("{session}%20"),
            format!(" {session}"),
            session.replace("ses_", "SES_"),
            session.replace('0', "\u{ff10}"),
        ] {
            let answer = room.answer("follow_session", &alike, &message);
            let code = answer["data"]["code"].as_str().unwrap_or_default().to_owned();
            assert!(matches!(&*code, "INVALID_SESSION" | "NOT_FOUND" | "INVALID_DATA"), "{alike}: {answer}");
        }
    });
}

#[test]
fn se2_hostile_strangers_change_nothing_in_a_session() {
    let mut scene = Scene::start(BRISK);
    let refused = |at: Target, commands: &[&str]| {
        let mut room = Room::new(at);
        for command in commands {
            let answer = room.answer(command, &room.session.clone(), &room.message.clone());
            assert_eq!(answer["data"]["code"], "NOT_FOUND", "{command}: {answer}");
        }
        // Nothing came of it: the next event of the log is the owner's own.
        room.owner.command("after", "chat_message", &json!({"session_id": room.session, "content": "after"}));
        let ack = room.owner.answer_to("after");
        assert_eq!(ack["data"]["seq"], 3, "{ack}");
    };
    scene.case("CO-03", "to give oneself a role", |at| {
        refused(
            at,
            &[
                "set_role",
                "transfer_ownership",
                "invite_user",
                "remove_user",
                "create_invite",
                "join_collaboration",
            ],
        );
    });
    scene.case("CO-08", "to change and delete what others said", |at| {
        refused(
            at,
            &["edit_message", "delete_message", "edit_prompt", "edit_queued", "react", "get_revisions"],
        );
    });
    scene.case("CO-09", "to go on with, stop or repeat what others asked", |at| {
        refused(at, &["cancel", "regenerate", "select_branch", "fork_session", "claude_message"]);
    });
    scene.case("CO-10", "to read what others said", |at| {
        refused(at, &["get_history", "summarize", "mark_read"]);
        let mut room = Room::new(at);
        for data in [json!({"query": "zebra"}), json!({"query": "zebra", "session_id": room.session})] {
            let found = room.stranger.ask("q", "search", &data);
            let nothing = found["data"]["hits"] == json!([]) || found["data"]["code"] == "NOT_FOUND";
            assert!(nothing && !found.to_string().contains("crossing"), "{found}");
        }
    });
    scene.case("CO-04", "roles that there are not", |at| {
        let mut owner = at.v2();
        let session = owner.session("s");
        for role in [json!("OWNER"), json!("owner "), json!("admin"), json!(1), json!(null), json!(["owner"]), json!({})] {
            for command in ["set_role", "invite_user", "create_invite"] {
                let data = json!({"session_id": session, "target_user_id": "usr_01930000000070008000000000000000", "role": role});
                let answer = owner.ask("r", command, &data);
                assert_eq!(answer["data"]["code"], "INVALID_DATA", "{command} {role}: {answer}");
            }
            owner.must_live();
        }
    });
    scene.case("CO-14", "a refusal is told to the one who was refused", |at| {
        let mut room = Room::new(at);
        room.answer("chat_message", &room.session.clone(), &room.message.clone());
        room.owner.command("p", "ping", &json!({}));
        loop {
            let event = room.owner.next().expect("the owner is there");
            assert_ne!(event["type"], "error", "{event}");
            if event["type"] == "pong" {
                break;
            }
        }
    });
}
