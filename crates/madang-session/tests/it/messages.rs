//! What people do to messages: mentions, `@claude`, editing, deleting, reactions (TU5, TU6).

use madang_protocol::limits::{REACTIONS_MAX, REVISIONS_MAX};
use madang_protocol::{ErrorCode, MessageKind};
use madang_session::Effect;
use serde_json::json;

use crate::support::{Bench, person};

#[test]
fn tu6_claude_is_woken_by_name_alone() {
    for (text, wakes) in [
        ("@claude what now?", true),
        ("ask @Claude, please", true),
        ("@Claude야 이거 봐줘", true),
        ("me@claude.example", false),
        ("@claudette", false),
        ("claude, are you there", false),
    ] {
        let mut bench = Bench::new();
        let made = bench.chat(text);
        let kind = bench.session.transcript().get(made).unwrap().kind;
        assert_eq!(kind == MessageKind::Prompt, wakes, "{text}");
        assert_eq!(bench.session.running_reply().is_some(), wakes, "{text}");
    }
}

#[test]
fn tu6_a_message_names_participants_and_nobody_else() {
    let mut bench = Bench::new();
    bench.let_in(2, "viewer");
    let stranger = person(5).user;
    let data = json!({"content": "@P2 look", "mentions": [person(1).user, stranger]});
    bench.by(1, "chat_message", data).unwrap();
    let last = bench
        .session
        .transcript()
        .branch(bench.session.snapshot(&person(1), madang_session::Around::default()).unwrap().head)
        .next()
        .cloned();
    assert_eq!(last.unwrap().mentions, [person(1).user, person(2).user]);
}

#[test]
fn tu5_one_edits_ones_own_chat_and_the_history_is_kept() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let message = bench.chat("one");
    let edit = |text: &str| json!({"message_id": message, "content": text});
    assert_eq!(bench.by(2, "edit_message", edit("theirs")), Err(ErrorCode::Forbidden));
    assert_eq!(bench.by(1, "edit_message", edit("two")), Ok(vec!["message_edited"]));
    assert_eq!(bench.by(1, "edit_message", edit("two")), Ok(vec![]));
    assert_eq!(bench.by(1, "edit_message", edit("three")), Ok(vec!["message_edited"]));
    let revisions = bench.session.revisions(&person(2), message).unwrap().revisions;
    assert_eq!(
        revisions.iter().map(|revision| revision.content.as_str()).collect::<Vec<_>>(),
        ["one", "two", "three"]
    );
    assert_eq!(bench.session.revisions(&person(3), message).unwrap_err().code, ErrorCode::NotFound);
    for n in 0..2 * REVISIONS_MAX {
        bench.by(1, "edit_message", edit(&format!("text {n}"))).unwrap();
    }
    let revisions = bench.session.revisions(&person(1), message).unwrap().revisions;
    assert_eq!(revisions.len(), REVISIONS_MAX);
    assert_eq!(revisions[0].content, "one", "the first text stays");
    let (prompt, reply) = bench.exchange("ask", "answer");
    for other in [prompt, reply] {
        assert!(bench.by(1, "edit_message", json!({"message_id": other, "content": "x"})).is_err());
    }
}

#[test]
fn tu5_a_deleted_message_is_a_tombstone_without_a_word_of_it() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let message = bench.chat("secret");
    bench.by(1, "edit_message", json!({"message_id": message, "content": "secret too"})).unwrap();
    bench.by(2, "react", json!({"message_id": message, "emoji": "👍", "on": true})).unwrap();
    let delete = || json!({"message_id": message});
    assert_eq!(bench.by(2, "delete_message", delete()), Err(ErrorCode::Forbidden));
    assert_eq!(bench.by(1, "delete_message", delete()), Ok(vec!["message_deleted"]));
    assert!(matches!(bench.effects.last(), Some(Effect::Erase { message_id }) if *message_id == message));
    assert!(!serde_json::to_string(&bench.session).unwrap().contains("secret"));
    assert_eq!(bench.by(1, "delete_message", delete()), Err(ErrorCode::Conflict));
    assert_eq!(
        bench.by(2, "react", json!({"message_id": message, "emoji": "👍", "on": true})),
        Err(ErrorCode::Conflict)
    );
    assert_eq!(bench.session.revisions(&person(1), message).unwrap().revisions, []);
    // The owner may delete what others said, and nobody what Claude is answering.
    bench.by(2, "chat_message", json!({"content": "theirs"})).unwrap();
    let theirs = bench.log.last().unwrap().2.data_json();
    let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
    let theirs = json!({"message_id": theirs["message"]["message_id"]});
    assert_eq!(bench.by(1, "delete_message", theirs), Ok(vec!["message_deleted"]));
    let prompt = bench.prompt("running");
    assert_eq!(bench.by(1, "delete_message", json!({"message_id": prompt})), Err(ErrorCode::Conflict));
}

#[test]
fn tu5_a_title_goes_with_the_prompt_that_it_was_taken_from() {
    let mut bench = Bench::new();
    let (first, _) = bench.exchange("a secret plan", "1");
    assert_eq!(bench.session.title(), "a secret plan");
    let (second, reply) = bench.exchange("the weather", "2");
    let delete = |id| json!({"message_id": id});
    let fork = bench.session.fork(&person(1), reply).unwrap();
    assert_eq!(fork.title, None, "a fork takes its own");
    assert_eq!(bench.by(1, "delete_message", delete(first)), Ok(vec!["message_deleted", "session_renamed"]));
    assert_eq!(bench.session.title(), "the weather");
    assert!(!serde_json::to_string(&bench.session).unwrap().contains("secret"));
    assert_eq!(bench.by(1, "delete_message", delete(second)), Ok(vec!["message_deleted", "session_renamed"]));
    assert_eq!(bench.session.title(), "");
    // The next prompt gives one again, and one that a person gives stays.
    let (third, _) = bench.exchange("the third", "3");
    assert_eq!(bench.session.title(), "the third");
    assert_eq!(bench.by(1, "rename_session", json!({"title": "the third"})), Ok(vec!["session_renamed"]));
    assert_eq!(bench.by(1, "delete_message", delete(third)), Ok(vec!["message_deleted"]));
    assert_eq!(bench.session.title(), "the third");
}

#[test]
fn tu6_a_deleted_message_is_not_told_to_claude() {
    let mut bench = Bench::new();
    let kept = bench.chat("kept");
    let gone = bench.chat("gone");
    bench.by(1, "delete_message", json!({"message_id": gone})).unwrap();
    bench.prompt("what did we say?");
    let (turn, _) = bench.session.running_reply().unwrap();
    assert_eq!(bench.session.turn(turn).unwrap().heard, [kept]);
}

#[test]
fn se7_anyone_here_may_react_once_and_take_it_back() {
    let mut bench = Bench::new();
    bench.let_in(2, "viewer");
    let message = bench.chat("hello");
    let react = |emoji: &str, on: bool| json!({"message_id": message, "emoji": emoji, "on": on});
    assert_eq!(bench.by(2, "react", react("👍", true)), Ok(vec!["reaction_changed"]));
    assert_eq!(bench.by(2, "react", react("👍", true)), Ok(vec![]));
    assert_eq!(bench.by(1, "react", react("👍", true)), Ok(vec!["reaction_changed"]));
    let reactions = &bench.session.transcript().get(message).unwrap().reactions;
    assert_eq!(reactions[0].users, [person(2).user, person(1).user]);
    assert_eq!(bench.by(2, "react", react("👍", false)), Ok(vec!["reaction_changed"]));
    assert_eq!(bench.by(1, "react", react("👍", false)), Ok(vec!["reaction_changed"]));
    assert!(bench.session.transcript().get(message).unwrap().reactions.is_empty());
    assert_eq!(bench.by(1, "react", react("<img src=x>", true)), Err(ErrorCode::InvalidData));
    for n in 0..REACTIONS_MAX {
        let emoji = char::from_u32(0x1f600 + n as u32).unwrap().to_string();
        assert_eq!(bench.by(1, "react", react(&emoji, true)), Ok(vec!["reaction_changed"]));
    }
    assert_eq!(bench.by(1, "react", react("🦀", true)), Err(ErrorCode::Conflict));
}

#[test]
fn se8_a_budget_is_the_owners() {
    let mut bench = Bench::new();
    bench.let_in(2, "collaborator");
    let budget = || json!({"budget": {"tokens": 1000, "period": "day"}});
    assert_eq!(bench.by(2, "set_budget", budget()), Err(ErrorCode::Forbidden));
    assert_eq!(bench.by(1, "set_budget", budget()), Ok(vec!["budget_changed"]));
    assert_eq!(bench.by(1, "set_budget", budget()), Ok(vec![]));
    assert_eq!(
        bench.by(1, "set_budget", json!({"budget": {"tokens": u64::MAX, "period": "day"}})),
        Err(ErrorCode::InvalidData)
    );
    assert_eq!(bench.by(1, "set_budget", json!({"budget": null})), Ok(vec!["budget_changed"]));
}
