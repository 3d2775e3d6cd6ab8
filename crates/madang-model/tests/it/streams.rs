//! What every kind of block and event becomes.

use madang_model::StreamItem;

use crate::serve::Answer;
use crate::support::{
    MESSAGE_START, MESSAGE_STOP, ask, delta, events, lines, start, stop, text_delta, text_reply, used, whole,
};

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
    let deltas = items.iter().filter(|item| matches!(item, StreamItem::Delta { .. })).count();
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

#[tokio::test]
async fn a_call_of_a_tool_streams_its_input() {
    let inside = [
        start(
            0,
            r#"{"type":"tool_use","id":"toolu_1","name":"get_weather","caller":{"type":"direct"},"input":{}}"#,
        ),
        delta(0, r#"{"type":"input_json_delta","partial_json":""}"#),
        delta(0, r#"{"type":"input_json_delta","partial_json":"{\"city\": \"서"}"#),
        delta(0, r#"{"type":"input_json_delta","partial_json":"울\\n\"}"}"#),
        stop(0),
    ];
    check(
        &inside,
        &[
            "0 ToolUse get_weather toolu_1",
            r#"0: {"city": "서울\n"}"#,
            r#"0 = {"type":"tool_use","id":"toolu_1","name":"get_weather","caller":{"type":"direct"},"input":{"city": "서울\n"}}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn an_input_that_came_whole_or_not_at_all_is_shown_once() {
    let inside = [
        start(0, r#"{"type":"tool_use","id":"a","name":"t","input":{"x": 1}}"#),
        stop(0),
        start(1, r#"{"type":"tool_use","id":"b","name":"t"}"#),
        stop(1),
    ];
    check(
        &inside,
        &[
            "0 ToolUse t a",
            r#"0: {"x": 1}"#,
            r#"0 = {"type":"tool_use","id":"a","name":"t","input":{"x": 1}}"#,
            "1 ToolUse t b",
            "1: {}",
            r#"1 = {"type":"tool_use","id":"b","name":"t","input":{}}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn an_input_that_is_no_object_goes_back_in_the_shape_the_upstream_takes() {
    for (text, wrapped) in [(r#"{\"city\": "#, r#"{\"city\": "#), ("[1]", "[1]"), ("null", "null")] {
        let inside = [
            start(0, r#"{"type":"tool_use","id":"a","name":"t","input":{}}"#),
            delta(0, &format!(r#"{{"type":"input_json_delta","partial_json":"{text}"}}"#)),
            stop(0),
        ];
        let shown = format!("0: {}", text.replace('\\', ""));
        let raw = format!(
            r#"0 = {{"type":"tool_use","id":"a","name":"t","input":{{"INVALID_JSON":"{wrapped}"}}}}"#
        );
        check(&inside, &["0 ToolUse t a", &shown, &raw]).await;
    }
}

#[tokio::test]
async fn the_upstreams_own_tools_are_calls_and_results() {
    let result = r#"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"title": "마당"}],"caller":{}}"#;
    let inside = [
        start(0, r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#),
        delta(0, r#"{"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"}"#),
        stop(0),
        start(1, result),
        stop(1),
    ];
    let raw = format!("1 = {result}");
    check(
        &inside,
        &[
            "0 ToolUse web_search srvtoolu_1",
            r#"0: {"query":"x"}"#,
            r#"0 = {"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}}"#,
            "1 ToolResult web_search_tool_result srvtoolu_1",
            r#"1: [{"title": "마당"}]"#,
            &raw,
        ],
    )
    .await;
}

#[tokio::test]
async fn citations_are_told_and_kept() {
    let cited = r#"{"type":"char_location","cited_text": "a  b"}"#;
    let inside = [
        start(0, r#"{"type":"text","text":"","citations":[]}"#),
        delta(0, &format!(r#"{{"type":"citations_delta","citation":{cited}}}"#)),
        text_delta(0, "As said."),
        delta(0, &format!(r#"{{"type":"citations_delta","citation":{cited}}}"#)),
        stop(0),
    ];
    let told = format!("0 cites {cited}");
    let raw = format!(r#"0 = {{"type":"text","text":"As said.","citations":[{cited},{cited}]}}"#);
    check(&inside, &["0 Text", &told, "0: As said.", &told, &raw]).await;
}

#[tokio::test]
async fn compaction_fallback_and_unknown_blocks_are_carried_through() {
    let inside = [
        start(4, r#"{"type":"compaction","content":null,"encrypted_content":null}"#),
        delta(4, r#"{"type":"compaction_delta","content":"short","encrypted_content":"e=="}"#),
        stop(4),
        start(7, r#"{"type":"fallback","from": {"model":"a"}}"#),
        stop(7),
        r#"{"type":"constellation","stars":[1]}"#.to_owned(),
        start(9, r#"{"type":"hologram","depth":3}"#),
        delta(9, r#"{"type":"glow_delta","text":7}"#),
        delta(9, r#"{"type":"text_delta","text":"x"}"#),
        stop(9),
        start(10, r#"{"type":"text","text":"whole "}"#),
        delta(10, r#"{"type":"glow_delta","text":7}"#),
        text_delta(10, "text"),
        stop(10),
    ];
    let compaction = r#"{"type":"compaction","content":"short","encrypted_content":"e=="}"#;
    check(
        &inside,
        &[
            "0 Other compaction",
            &format!("0: {compaction}"),
            &format!("0 = {compaction}"),
            "1 Other fallback",
            r#"1: {"type":"fallback","from": {"model":"a"}}"#,
            r#"1 = {"type":"fallback","from": {"model":"a"}}"#,
            "2 Other hologram",
            r#"2: {"type":"hologram","depth":3}"#,
            r#"2 = {"type":"hologram","depth":3}"#,
            "3 Text",
            "3: whole text",
            r#"3 = {"type":"text","text":"whole text"}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn parts_never_overlap_and_a_forgotten_end_is_forgiven() {
    let inside = [
        start(0, r#"{"type":"thinking","thinking":""}"#),
        delta(0, r#"{"type":"thinking_delta","thinking":"a"}"#),
        start(1, r#"{"type":"text","text":""}"#),
        text_delta(1, "b"),
        stop(0),
        text_delta(1, "c"),
    ];
    let (items, error) = ask([Answer::stream(whole(&inside, "max_tokens"))]).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        lines(&items)[2..],
        [
            "0 Thinking",
            "0: a",
            r#"0 = {"type":"thinking","thinking":"a"}"#,
            "1 Text",
            "1: bc",
            "usage 10 7 0 0",
            r#"1 = {"type":"text","text":"bc"}"#,
            "ended max_tokens",
        ]
    );
}

#[tokio::test]
async fn usage_is_replaced_not_added_and_nulls_say_nothing() {
    let data = [
        r#"{"type":"message_start","message":{"usage":{"input_tokens":3,"cache_read_input_tokens":100,"output_tokens":1,"service_tier":"standard"}}}"#,
        r#"{"type":"message_delta","delta":{},"usage":{"output_tokens":5,"cache_read_input_tokens":null,"cache_creation_input_tokens":8}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":4,"output_tokens":9}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":null}}"#,
        MESSAGE_STOP,
    ];
    let (items, error) = ask([Answer::stream(events(&data))]).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        lines(&items),
        [
            "started None Some(\"req_1\") ",
            "usage 3 1 100 0",
            "usage 3 5 100 8",
            "usage 4 9 100 8",
            "ended end_turn"
        ]
    );
    assert_eq!(
        used(&items).1.get(),
        r#"{"input_tokens":4,"cache_read_input_tokens":100,"output_tokens":9,"service_tier":"standard","cache_creation_input_tokens":8}"#
    );
}

#[tokio::test]
async fn a_refusal_is_an_end_and_not_an_error() {
    for (details, told) in [
        (r#"{"type":"refusal","category":"cyber","explanation":"No."}"#, "ended refusal: No."),
        (r#"{"type":"refusal","category":"cyber"}"#, "ended refusal: cyber"),
        ("null", "ended refusal"),
    ] {
        let delta = format!(
            r#"{{"type":"message_delta","delta":{{"stop_reason":"refusal","stop_details":{details}}}}}"#
        );
        let data = [MESSAGE_START, &delta, MESSAGE_STOP];
        let (items, error) = ask([Answer::stream(events(&data))]).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(lines(&items)[2..], [told]);
    }
}

#[tokio::test]
async fn a_server_that_tells_next_to_nothing_is_understood() {
    let data = [
        r#"{"type":"message_start","message":{"id":"m","model":"llama"}}"#.to_owned(),
        start(0, r#"{"type":"thinking","thinking":""}"#),
        delta(0, r#"{"type":"thinking_delta","thinking":"hm"}"#),
        stop(0),
        start(1, r#"{"type":"text"}"#),
        text_delta(1, "hi"),
        stop(1),
        MESSAGE_STOP.to_owned(),
    ];
    let bytes = format!("HTTP/1.1 200 OK\r\n\r\n{}", events(&data)).into_bytes();
    let (items, error) = ask([Answer { bytes, ..Answer::stream("") }]).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        lines(&items),
        [
            "started Some(\"m\") None llama",
            "0 Thinking",
            "0: hm",
            r#"0 = {"type":"thinking","thinking":"hm"}"#,
            "1 Text",
            "1: hi",
            r#"1 = {"type":"text","text":"hi"}"#,
            "ended end_turn",
        ]
    );
}
