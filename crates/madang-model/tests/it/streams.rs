//! What every kind of block and event becomes.

use crate::serve::Answer;
use crate::support::{ask, delta, lines, start, stop, text_delta, text_reply, whole};

const STARTED: &str = "started Some(\"msg_1\") Some(\"req_1\") claude-x";

/// Checks what comes between the start and the end of a message with these events, at several splits.
async fn check(inside: &[String], expected: &[&str]) {
    let mut all = vec![STARTED, "usage 10 1 0 0"];
    all.extend_from_slice(expected);
    all.extend(["usage 10 7 0 0", "ended end_turn"]);
    for split in [1, 7, 64, usize::MAX] {
        let (items, error) = ask([Answer::stream(whole(inside, "end_turn")).split(split)]).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(lines(&items), all, "split at {split}");
    }
}

#[tokio::test]
async fn a_text_comes_piece_by_piece() {
    let inside = [
        start(0, r#"{"type":"text","text":""}"#),
        text_delta(0, "안녕"),
        text_delta(0, ""),
        text_delta(0, "하세요 👩‍💻"),
        stop(0),
    ];
    check(&inside, &["0 Text", "0: 안녕하세요 👩‍💻", r#"0 = {"type":"text","text":"안녕하세요 👩‍💻"}"#]).await;
}

#[tokio::test]
async fn deltas_are_not_joined_on_the_way() {
    let (items, error) = ask([Answer::stream(text_reply(&["a", "b", "c"]))]).await;
    assert!(error.is_none());
    let deltas = items.iter().filter(|item| matches!(item, madang_model::StreamItem::Delta { .. })).count();
    assert_eq!(deltas, 3);
}

#[tokio::test]
async fn thinking_keeps_its_signature_and_unknown_fields() {
    let thought = r#"{"type":"thinking","thinking":"","signature":"","new": [1, 2]}"#;
    let inside = [
        start(0, thought),
        delta(0, r#"{"type":"thinking_delta","thinking":"Hm"}"#),
        delta(0, r#"{"type":"signature_delta","signature":"c2ln/=="}"#),
        stop(0),
        start(1, r#"{"type":"redacted_thinking","data":"xyz"}"#),
        stop(1),
    ];
    check(
        &inside,
        &[
            "0 Thinking",
            "0: Hm",
            r#"0 = {"type":"thinking","thinking":"Hm","signature":"c2ln/==","new":[1, 2]}"#,
            "1 Thinking redacted_thinking",
            r#"1 = {"type":"redacted_thinking","data":"xyz"}"#,
        ],
    )
    .await;
}
