//! Random walks: whatever people do in whatever order, the promises of a session hold after each step.

use madang_protocol::{MessageId, ReplyStatus, UnixMs};
use proptest::prelude::*;
use serde_json::{Value, json};

use madang_session::Around;

use crate::support::{Bench, person};

/// One step; numbers pick a message or a waiting prompt, modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Command(&'static str, usize),
    /// The same by one of four people, members or not.
    By(u8, &'static str, usize),
    End(ReplyStatus),
    Stranger(&'static str, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = prop_oneof![
        4 => Just("claude_message"),
        2 => Just("chat_message"),
        2 => Just("cancel"),
        2 => Just("regenerate"),
        2 => Just("edit_prompt"),
        1 => Just("edit_queued"),
        2 => Just("select_branch"),
        1 => Just("continue"),
        1 => Just("rename_session"),
        1 => Just("configure_session"),
        1 => Just("close_session"),
        2 => Just("reopen_session"),
    ];
    let theirs = prop_oneof![
        3 => Just("join_collaboration"),
        2 => Just("invite_user"),
        2 => Just("claude_message"),
        2 => Just("chat_message"),
        1 => Just("cancel"),
        1 => Just("edit_message"),
        1 => Just("delete_message"),
        1 => Just("react"),
        1 => Just("set_role"),
        1 => Just("remove_user"),
        1 => Just("leave_session"),
        1 => Just("transfer_ownership"),
        1 => Just("close_session"),
        1 => Just("reopen_session"),
    ];
    let statuses = prop_oneof![
        Just(ReplyStatus::Complete),
        Just(ReplyStatus::Cancelled),
        Just(ReplyStatus::Error),
        Just(ReplyStatus::Interrupted)
    ];
    prop_oneof![
        6 => (kinds, any::<usize>()).prop_map(|(kind, pick)| Step::Command(kind, pick)),
        9 => (1..=4u8, theirs, any::<usize>()).prop_map(|(who, kind, pick)| Step::By(who, kind, pick)),
        3 => statuses.prop_map(Step::End),
        1 => (Just("cancel"), any::<usize>()).prop_map(|(kind, pick)| Step::Stranger(kind, pick)),
    ]
}

fn pick(bench: &Bench, pick: usize) -> MessageId {
    let state = bench.session.snapshot(&bench.owner(), Around::default()).unwrap();
    let mut ids: Vec<_> = state.messages.iter().map(|message| message.message_id).collect();
    ids.extend(state.branches.values().flatten());
    ids.extend(state.queued.iter().map(|waiting| waiting.prompt_id));
    if ids.is_empty() { MessageId::new(UnixMs(1), [3; 10]) } else { ids[pick % ids.len()] }
}

fn data(bench: &Bench, kind: &str, number: usize) -> (&'static str, Value) {
    let id = pick(bench, number);
    let target = format!("P{}", number % 4 + 1);
    let role = ["collaborator", "viewer"][number / 4 % 2];
    let rights = [json!([]), json!(["prompt"]), json!(["stop", "invite"])][number / 8 % 3].clone();
    match kind {
        "claude_message" => ("claude_message", json!({"content": format!("ask {number}")})),
        "continue" => ("claude_message", json!({"content": "", "continues": id})),
        "chat_message" => ("chat_message", json!({"content": "say", "reply_to": id})),
        "cancel" => ("cancel", json!({"message_id": id, "command_id": format!("c{}", number % 40)})),
        "regenerate" => ("regenerate", json!({"message_id": id})),
        "edit_prompt" => ("edit_prompt", json!({"message_id": id, "content": "edited"})),
        "edit_queued" => ("edit_queued", json!({"message_id": id, "content": "edited"})),
        "select_branch" => ("select_branch", json!({"message_id": id})),
        "rename_session" => ("rename_session", json!({"title": format!("t{}", number % 3)})),
        "configure_session" => {
            ("configure_session", json!({"model": if number.is_multiple_of(2) { "one" } else { "two" }}))
        }
        "join_collaboration" => ("join_collaboration", json!({})),
        "leave_session" => ("leave_session", json!({})),
        "invite_user" => ("invite_user", json!({"target_user_id": target, "role": role})),
        "set_role" => ("set_role", json!({"target_user_id": target, "role": role, "rights": rights})),
        "remove_user" => ("remove_user", json!({"target_user_id": target})),
        "transfer_ownership" => ("transfer_ownership", json!({"target_user_id": target})),
        "edit_message" => ("edit_message", json!({"message_id": id, "content": format!("edit {number}")})),
        "delete_message" => ("delete_message", json!({"message_id": id})),
        "react" => ("react", json!({"message_id": id, "emoji": "👍", "on": number.is_multiple_of(3)})),
        "close_session" => ("close_session", json!({})),
        _ => ("reopen_session", json!({})),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dc1_tu4_invariants_hold_after_every_step(seed in any::<u64>(), steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::seeded(seed);
        for step in steps {
            match step {
                // A refusal is a fine answer; the bench checks that it changes nothing.
                Step::Command(kind, number) => {
                    let (kind, data) = data(&bench, kind, number);
                    drop(bench.apply(kind, data));
                }
                Step::By(who, kind, number) => {
                    let (kind, data) = data(&bench, kind, number);
                    drop(bench.by(who, kind, data));
                }
                Step::Stranger(kind, number) => {
                    let (kind, data) = data(&bench, kind, number);
                    prop_assert!(bench.apply_as(&person(9), "s", &Bench::parsed(kind, data)).is_err());
                }
                Step::End(status) => {
                    if bench.session.running_reply().is_some() {
                        bench.end(status, "text");
                    }
                }
            }
        }
        // Prompts that were answered keep their text: history only grows.
        while bench.session.running_reply().is_some() {
            bench.end(ReplyStatus::Complete, "end");
        }
        bench.check_invariants();
    }
}
