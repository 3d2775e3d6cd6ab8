//! Turns in the transcript: where replies go, what was heard, forks, pages.

use madang_protocol::limits::EVENT_BYTES_MAX;
use madang_protocol::{ErrorCode, GetHistory, ReplyStatus, SessionRef};
use madang_session::{Around, Birth, Session};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;

use crate::support::{Bench, models, person};

#[test]
fn tu6_a_turn_hears_what_people_said_since_the_last_one_on_its_branch() {
    let mut bench = Bench::new();
    let early = bench.chat("early");
    let (_, first) = bench.exchange("one", "1");
    let late = bench.chat("late");
    let second = bench.prompt("two");
    let during = bench.chat("while it is written");
    bench.end(ReplyStatus::Complete, "2");
    let third = bench.prompt("three");
    bench.end(ReplyStatus::Error, "");
    bench.prompt("four");

    let turn = |prompt| {
        let turn_id = bench.session.transcript().get(prompt).unwrap().turn_id.unwrap();
        bench.session.turn(turn_id).unwrap().clone()
    };
    assert_eq!(bench.session.turns_before(turn(second).reply_id)[0].heard, [early]);
    assert_eq!(turn(second).heard, [late]);
    assert_eq!(turn(third).heard, [during]);
    let (last, reply) = bench.session.running_reply().unwrap();
    assert!(bench.session.turn(last).unwrap().heard.is_empty(), "a failed turn was told all the same");
    assert_eq!(bench.session.turns_before(reply).len(), 3);
    assert_eq!(bench.session.turns_before(first).len(), 0);
}

#[test]
fn tu5_a_regenerated_turn_hears_what_the_first_one_heard() {
    let mut bench = Bench::new();
    let chat = bench.chat("context");
    let (_, reply) = bench.exchange("one", "1");
    bench.apply("regenerate", json!({"message_id": reply})).unwrap();
    let (turn, _) = bench.session.running_reply().unwrap();
    assert_eq!(bench.session.turn(turn).unwrap().heard, [chat]);
}

#[test]
fn tu4_a_waiting_prompts_reply_comes_after_all_that_was_said() {
    let mut bench = Bench::new();
    bench.prompt("one");
    bench.prompt("two");
    bench.chat("aside");
    bench.end(ReplyStatus::Complete, "1");
    bench.end(ReplyStatus::Complete, "2");
    assert_eq!(bench.shown(), ["one", "1", "two", "aside", "2"]);
}

#[test]
fn tu5_a_reply_on_a_branch_that_nobody_looks_at_moves_nobody() {
    let mut bench = Bench::new();
    let (prompt, reply) = bench.exchange("one", "1");
    bench.prompt("running");
    bench.prompt("waiting");
    bench.apply("edit_prompt", json!({"message_id": prompt, "content": "uno"})).unwrap();
    bench.end(ReplyStatus::Complete, "r");
    bench.end(ReplyStatus::Complete, "w");
    assert_eq!(bench.shown()[0], "uno");
    bench.end(ReplyStatus::Complete, "I");
    assert_eq!(bench.shown(), ["uno", "I"]);
    bench.apply("select_branch", json!({"message_id": reply})).unwrap();
    assert_eq!(bench.shown(), ["one", "1", "running", "r", "waiting", "w"]);
}

#[test]
fn cn8_held_prompts_wait_over_the_end_of_a_turn() {
    let mut bench = Bench::new();
    bench.prompt("one");
    bench.prompt("two");
    bench.session.hold_queue(true);
    let (_, reply) = bench.session.running_reply().unwrap();
    let mut held = bench.session.clone();
    let mut rng = StdRng::seed_from_u64(1);
    let outcome = madang_session::Outcome {
        message_id: reply,
        status: ReplyStatus::Complete,
        parts: Vec::new(),
        model: None,
        stop_reason: None,
        usage: None,
        cost: None,
        stopped_by: None,
        error: None,
    };
    let now = madang_protocol::UnixMs(9_000);
    assert_eq!(held.end_turn(now, &mut rng, outcome).events.len(), 1, "nothing starts");
    assert_eq!(held.queued().len(), 1);
    held.hold_queue(false);
    assert_eq!(held.resume_queue(now, &mut rng).events.len(), 1);
    assert!(held.queued().is_empty());
}

#[test]
fn an_end_of_another_reply_is_nothing() {
    let mut bench = Bench::new();
    let (_, reply) = bench.exchange("one", "1");
    assert!(bench.end_of(reply, ReplyStatus::Error, "x").events.is_empty());
    bench.prompt("two");
    assert!(bench.end_of(reply, ReplyStatus::Error, "x").events.is_empty());
}

#[test]
fn tu5_a_fork_of_texts_that_grow_as_json_stays_within_an_event() {
    let mut bench = Bench::new();
    // Six bytes each as JSON.
    let text = "\u{1}".repeat(190 * 1024);
    let mut last = bench.chat("first");
    for _ in 0..12 {
        last = bench.chat(&text);
    }
    let fork = bench.session.fork(&person(1), last).unwrap();
    let models = models();
    let now = madang_protocol::UnixMs(9);
    let birth = Birth {
        id: madang_protocol::SessionId::new(now, [2; 10]),
        epoch: madang_protocol::Epoch::new(6),
        default_model: "one",
        prompt_version: 1,
        models: &models,
    };
    let mut rng = StdRng::seed_from_u64(1);
    let (_, applied) = Session::create_fork(now, &mut rng, &person(1), fork, &birth);
    assert!(applied.events.iter().all(|(_, event)| event.data_json().len() <= EVENT_BYTES_MAX));
}

#[test]
fn tu5_a_fork_takes_the_branch_and_its_turns() {
    let mut bench = Bench::new();
    let chat = bench.chat("hear me");
    let (_, first) = bench.exchange("one", "1");
    let (prompt, _) = bench.exchange("two", "2");
    let fork = bench.session.fork(&person(1), first).unwrap();
    assert_eq!(fork.messages.len(), 3);
    assert_eq!(fork.turns.len(), 1);

    let running = bench.prompt("three");
    let (_, reply) = bench.session.running_reply().unwrap();
    assert_eq!(bench.session.fork(&person(1), reply).unwrap_err().code, ErrorCode::Conflict);
    assert!(bench.session.fork(&person(1), running).is_ok());
    assert!(bench.session.fork(&person(1), prompt).is_ok());

    let models = models();
    let birth = Birth {
        id: madang_protocol::SessionId::new(madang_protocol::UnixMs(2), [2; 10]),
        epoch: madang_protocol::Epoch::new(6),
        default_model: "two",
        prompt_version: 9,
        models: &models,
    };
    let mut rng = StdRng::seed_from_u64(3);
    let (session, applied) =
        Session::create_fork(madang_protocol::UnixMs(5), &mut rng, &person(1), fork, &birth);
    assert_eq!(
        applied.events.iter().map(|(seq, e)| (*seq, e.kind())).collect::<Vec<_>>(),
        [(1, "session_created"), (2, "messages_copied"), (3, "session_renamed")]
    );
    assert_eq!(session.title(), "one");
    assert_eq!((session.model(), session.prompt_version()), ("one", 1), "its history was made with these");
    let turn = session.transcript().get(first).unwrap().turn_id.unwrap();
    assert_eq!(session.turn(turn).unwrap().heard, [chat]);
}

#[test]
fn a_page_is_bounded_by_number_and_by_bytes() {
    let mut bench = Bench::new();
    let ids: Vec<_> = (0..60).map(|n| bench.chat(&format!("{n}"))).collect();
    let user = &person(1);
    let page = |bench: &Bench, before, limit| {
        bench
            .session
            .history(user, &GetHistory { session_id: SessionRef::Default, before, limit, all: None })
            .unwrap()
    };
    let newest = page(&bench, None, None);
    assert_eq!((newest.messages.len(), newest.has_more), (50, true));
    let rest = page(&bench, Some(newest.messages[0].message_id), Some(100));
    assert_eq!((rest.messages.len(), rest.has_more, rest.messages[0].message_id), (10, false, ids[0]));
    assert!(page(&bench, Some(ids[0]), None).messages.is_empty());

    let large = "x".repeat(150 * 1024);
    for _ in 0..5 {
        bench.chat(&large);
    }
    let state = bench.session.snapshot(user, Around::default()).unwrap();
    assert_eq!(
        (state.messages.len(), state.has_more),
        (2, true),
        "as much as a slow connection has room for"
    );
}
