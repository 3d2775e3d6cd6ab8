//! Each command: what it makes, and what refuses it.

use madang_protocol::limits::{CONTENT_BYTES_MAX, QUEUED_TURNS_MAX, TITLE_CHARS_MAX};
use madang_protocol::{Command, ErrorCode, MessageId, ReplyStatus, UnixMs};
use madang_session::{Around, Effect, Stopper};
use serde_json::json;

use crate::support::{Bench, names, person};

fn unknown() -> MessageId {
    MessageId::new(UnixMs(1), [9; 10])
}

#[test]
fn tu4_a_prompt_starts_a_turn_and_further_ones_wait() {
    let mut bench = Bench::new();
    let first = bench.outcome("claude_message", json!({"content": "# Hello\nthere"}));
    assert_eq!(first, Ok(vec!["message_created", "session_renamed", "turn_started"]));
    assert_eq!(bench.session.title(), "Hello");
    for _ in 0..QUEUED_TURNS_MAX {
        let waits = bench.outcome("claude_message", json!({"content": "more"}));
        assert_eq!(waits, Ok(vec!["message_created", "turn_queued"]));
    }
    assert_eq!(bench.outcome("claude_message", json!({"content": "too much"})), Err(ErrorCode::QueueFull));
    bench.end(ReplyStatus::Complete, "hi");
    assert_eq!(bench.session.queued().len(), QUEUED_TURNS_MAX - 1, "the next turn began with the end");
    assert_eq!(bench.effects.iter().filter(|effect| matches!(effect, Effect::Start { .. })).count(), 2);
}

#[test]
fn cm3_texts_are_checked() {
    let mut bench = Bench::new();
    let long = "x".repeat(CONTENT_BYTES_MAX + 1);
    for kind in ["claude_message", "chat_message"] {
        assert_eq!(bench.outcome(kind, json!({"content": " \n"})), Err(ErrorCode::InvalidData));
        assert_eq!(bench.outcome(kind, json!({ "content": long })), Err(ErrorCode::InvalidData));
        let reply_to = json!({"content": "x", "reply_to": unknown()});
        assert_eq!(bench.outcome(kind, reply_to), Err(ErrorCode::NotFound));
    }
    assert_eq!(bench.outcome("rename_session", json!({"title": " "})), Err(ErrorCode::InvalidData));
    assert_eq!(bench.outcome("rename_session", json!({"title": "a\u{7}b"})), Err(ErrorCode::InvalidData));
    let title = "가".repeat(TITLE_CHARS_MAX + 1);
    assert_eq!(bench.outcome("rename_session", json!({ "title": title })), Err(ErrorCode::InvalidData));
    assert_eq!(bench.outcome("rename_session", json!({"title": " New "})), Ok(vec!["session_renamed"]));
    assert_eq!(bench.outcome("rename_session", json!({"title": "New"})), Ok(vec![]));
}

#[test]
fn a_derived_title_has_no_control_characters() {
    let mut bench = Bench::new();
    bench.prompt("tab\there");
    assert_eq!(bench.session.title(), "tab here");
}

#[test]
fn tu5_cancel_stops_the_running_reply_or_takes_a_prompt_back() {
    let mut bench = Bench::new();
    let first = bench.prompt("first");
    let second = bench.prompt("second");
    let cancel = |id: MessageId| json!({"message_id": id});
    assert_eq!(bench.outcome("cancel", cancel(second)), Ok(vec!["turn_dequeued"]));
    assert_eq!(bench.outcome("cancel", cancel(second)), Ok(vec![]), "what was asked for is so");
    assert_eq!(bench.outcome("cancel", cancel(first)), Ok(vec![]));
    let (_, reply) = bench.session.running_reply().unwrap();
    assert_eq!(
        bench.effects.last(),
        Some(&Effect::Stop { message_id: reply, by: Stopper::Person(person(1).user) })
    );
    bench.end(ReplyStatus::Cancelled, "so f");
    assert_eq!(bench.outcome("cancel", cancel(reply)), Ok(vec![]), "it has just ended");
    assert_eq!(bench.outcome("cancel", cancel(unknown())), Err(ErrorCode::NotFound));
    assert_eq!(bench.outcome("cancel", json!({})), Err(ErrorCode::NotFound));
}

#[test]
fn tu5_cancel_by_command_id_means_the_senders_own_command() {
    let mut bench = Bench::new();
    let ask = Bench::parsed("claude_message", json!({"content": "x"}));
    bench.apply_as(&person(1), "same-id", &ask).unwrap();
    let cancel = Bench::parsed("cancel", json!({"command_id": "same-id"}));
    let stranger = bench.apply_as(&person(2), "1", &cancel);
    assert_eq!(names(stranger), Err(ErrorCode::NotFound));
    bench.apply_as(&person(1), "2", &cancel).unwrap();
    assert!(matches!(bench.effects.last(), Some(Effect::Stop { .. })));
}

#[test]
fn tu4_a_waiting_prompt_is_edited_until_it_starts() {
    let mut bench = Bench::new();
    let first = bench.prompt("first");
    let second = bench.prompt("second");
    let edit = |id: MessageId| json!({"message_id": id, "content": "other"});
    assert_eq!(bench.outcome("edit_queued", edit(first)), Err(ErrorCode::Conflict));
    assert_eq!(bench.outcome("edit_queued", edit(second)), Ok(vec!["prompt_edited"]));
    assert_eq!(bench.session.transcript().get(second).unwrap().content, "other");
    bench.end(ReplyStatus::Complete, "1");
    assert_eq!(bench.outcome("edit_queued", edit(second)), Err(ErrorCode::Conflict));
}

#[test]
fn tu5_an_answered_prompt_that_waits_to_be_asked_anew_is_not_edited() {
    let mut bench = Bench::new();
    let (prompt, reply) = bench.exchange("question", "answer");
    bench.prompt("running");
    assert_eq!(bench.outcome("regenerate", json!({"message_id": reply})), Ok(vec!["turn_queued"]));
    let edit = json!({"message_id": prompt, "content": "history rewritten"});
    assert_eq!(bench.outcome("edit_queued", edit), Err(ErrorCode::Conflict));
}

#[test]
fn tu5_regenerate_makes_a_sibling_and_keeps_the_first_answer() {
    let mut bench = Bench::new();
    let (prompt, reply) = bench.exchange("question", "one");
    assert_eq!(bench.outcome("regenerate", json!({"message_id": reply})), Ok(vec!["turn_started"]));
    assert_eq!(
        bench.outcome("regenerate", json!({"message_id": prompt})),
        Err(ErrorCode::Conflict),
        "it runs"
    );
    let second = bench.end(ReplyStatus::Complete, "two");
    assert_eq!(bench.shown(), ["question", "two"]);
    assert_eq!(bench.outcome("select_branch", json!({"message_id": reply})), Ok(vec!["head_changed"]));
    assert_eq!(bench.shown(), ["question", "one"]);
    let state = bench.session.snapshot(&person(1), Around::default()).unwrap();
    assert_eq!(state.branches[&reply], [reply, second]);
    let chat = bench.chat("between people");
    assert_eq!(bench.outcome("regenerate", json!({"message_id": chat})), Err(ErrorCode::InvalidData));
}

#[test]
fn tu5_who_pressed_again_is_kept_while_it_waits_and_over_a_restart() {
    let mut bench = Bench::new();
    let (_, reply) = bench.exchange("question", "one");
    bench.let_in(2, "collaborator");
    bench.prompt("running");
    bench.prompt("waits");
    assert_eq!(bench.by(2, "regenerate", json!({"message_id": reply})), Ok(vec!["turn_queued"]));
    let pressed: Vec<_> = bench.session.queued().iter().map(|waiting| waiting.by).collect();
    assert_eq!(pressed, [None, Some(person(2).user)], "a prompt's author is in the transcript");
    // From here on it is a session that was read back from its log.
    bench.session = bench.replayed();
    bench.end(ReplyStatus::Complete, "1");
    let (turn, _) = bench.session.running_reply().unwrap();
    assert_eq!(bench.session.asked_by(turn), Some(person(1).user), "its prompt's author asked");
    bench.end(ReplyStatus::Complete, "2");
    let (turn, _) = bench.session.running_reply().unwrap();
    assert_eq!(bench.session.asked_by(turn), Some(person(2).user));
}

#[test]
fn tu5_edit_prompt_makes_a_branch() {
    let mut bench = Bench::new();
    bench.exchange("zero", "0");
    let (prompt, _) = bench.exchange("one", "1");
    let edit = json!({"message_id": prompt, "content": "uno"});
    assert_eq!(bench.outcome("edit_prompt", edit), Ok(vec!["message_created", "turn_started"]));
    bench.end(ReplyStatus::Complete, "I");
    assert_eq!(bench.shown(), ["zero", "0", "uno", "I"]);
    assert_eq!(bench.outcome("select_branch", json!({"message_id": prompt})), Ok(vec!["head_changed"]));
    assert_eq!(bench.shown(), ["zero", "0", "one", "1"]);
}

#[test]
fn rs5_only_a_reply_that_was_cut_off_is_continued_and_always_as_the_last_word() {
    let mut bench = Bench::new();
    let prompt = bench.prompt("tell me");
    let cut = bench.end(ReplyStatus::Interrupted, "Once up");
    let more = |id: MessageId| json!({"content": "", "continues": id});
    assert_eq!(bench.outcome("claude_message", more(prompt)), Err(ErrorCode::Conflict));
    bench.chat("oh no");
    assert_eq!(bench.outcome("claude_message", more(cut)), Ok(vec!["message_created", "turn_started"]));
    let whole = bench.end(ReplyStatus::Complete, "on a time");
    assert_eq!(bench.shown(), ["tell me", "Once up", "oh no", "Continue.", "on a time"]);
    assert_eq!(bench.outcome("claude_message", more(whole)), Err(ErrorCode::Conflict), "it is whole");
    bench.apply("claude_message", more(cut)).unwrap();
    bench.end(ReplyStatus::Complete, "again");
    assert_eq!(bench.shown(), ["tell me", "Once up", "Continue.", "again"], "a branch of its own");
}

#[test]
fn se6_a_closed_session_is_read_only_and_a_deleted_one_is_gone() {
    let mut bench = Bench::new();
    bench.prompt("running");
    bench.prompt("waiting");
    assert_eq!(bench.outcome("close_session", json!({})), Ok(vec!["turn_dequeued", "session_closed"]));
    assert!(matches!(bench.effects.last(), Some(Effect::Stop { .. })), "nothing goes on");
    bench.end(ReplyStatus::Cancelled, "ru");
    for (kind, data) in [
        ("claude_message", json!({"content": "x"})),
        ("chat_message", json!({"content": "x"})),
        ("configure_session", json!({"model": "two"})),
    ] {
        assert_eq!(bench.outcome(kind, data), Err(ErrorCode::Conflict), "{kind}");
    }
    assert_eq!(bench.outcome("close_session", json!({})), Ok(vec![]));
    assert_eq!(bench.outcome("reopen_session", json!({})), Ok(vec!["session_reopened"]));
    assert_eq!(bench.outcome("chat_message", json!({"content": "x"})), Ok(vec!["message_created"]));
    assert_eq!(bench.outcome("delete_session", json!({})), Ok(vec!["session_deleted"]));
    assert_eq!(bench.outcome("chat_message", json!({"content": "x"})), Err(ErrorCode::InvalidSession));
    assert!(bench.session.status_data(&person(1), true).is_err());
}

#[test]
fn configure_lets_go_of_an_effort_that_the_new_model_does_not_take() {
    let mut bench = Bench::new();
    let high = json!({"effort": "high"});
    assert_eq!(bench.outcome("configure_session", high), Ok(vec!["session_configured"]));
    assert_eq!(bench.outcome("configure_session", json!({"effort": "max"})), Err(ErrorCode::InvalidData));
    assert_eq!(bench.outcome("configure_session", json!({"model": "two"})), Ok(vec!["session_configured"]));
    assert_eq!((bench.session.model(), bench.session.effort()), ("two", None));
    assert_eq!(
        bench.outcome("configure_session", json!({"model": "unheard-of"})),
        Ok(vec!["session_configured"])
    );
}

#[test]
fn se2_a_stranger_is_told_that_there_is_no_session() {
    let mut bench = Bench::new();
    let message = bench.chat("secret");
    for kind in Command::TYPES {
        let data = json!({"content": "x", "title": "x", "message_id": message, "client": {"name": "", "version": ""}, "token": "x", "target_user_id": "P1", "role": "viewer", "rights": [], "invite_id": "inv_00000000000070008000000000000001", "emoji": "👍", "on": true, "typing": true, "budget": null, "query": "x", "name": "x", "version": 1});
        let command = Bench::parsed(kind, data);
        let greets = matches!(*kind, "hello" | "auth" | "ping");
        // A question that is not a session's has nothing to be asked here.
        let code = if greets { ErrorCode::InvalidData } else { ErrorCode::NotFound };
        assert_eq!(names(bench.apply_as(&person(2), "x", &command)), Err(code), "{kind}");
    }
    assert_eq!(bench.session.fork(&person(2), message).unwrap_err().code, ErrorCode::NotFound);
}
