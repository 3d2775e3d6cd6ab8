//! What a broken upstream does to a reply: an end with a sentence, and nothing else.

use madang_model::{AnthropicModel, Model, ModelError};
use madang_protocol::ErrorCode;

use crate::serve::{Answer, Server};
use crate::support::{
    MESSAGE_START, MESSAGE_STOP, ask, delta, events, message_delta, model, read, request, settings, start,
    stop, text, text_delta, text_reply,
};

const TEXT: &str = r#"{"type":"text","text":""}"#;

/// Checks that these bytes end a reply with an error after at most one request, whatever was shown before.
async fn check_garbage(bytes: impl AsRef<[u8]>, shown: &str) -> ModelError {
    let server = Server::start([Answer::stream(bytes)], None).await;
    let (items, error) = read(model(&server).reply(request("claude-x", "hi"))).await;
    let error = error.unwrap();
    assert_eq!((error.code, text(&items).as_str()), (ErrorCode::ModelUnavailable, shown), "{error:?}");
    assert_eq!(server.seen().len(), 1, "garbage is not asked for again");
    assert_eq!(error.message, "Claude's answer could not be understood.");
    error
}

#[tokio::test]
async fn events_that_make_no_sense() {
    let begun = |more: &[String]| {
        let mut data = vec![MESSAGE_START.to_owned(), start(0, TEXT), text_delta(0, "a")];
        data.extend_from_slice(more);
        events(&data)
    };
    for nonsense in [
        "{\"type\":\"content_block_delta\",\"index\":0,".to_owned(),
        "null".to_owned(),
        "[1,2,3]".to_owned(),
        "{}".to_owned(),
        "[DONE]".to_owned(),
        r#"{"type":7}"#.to_owned(),
        r#"{"type":"content_block_delta","index":"x","delta":7}"#.to_owned(),
        r#"{"type":"content_block_delta","index":-1,"delta":{"type":"text_delta","text":"x"}}"#.to_owned(),
        r#"{"type":"content_block_delta","index":0}"#.to_owned(),
        r#"{"type":"content_block_delta","index":0,"delta":null}"#.to_owned(),
        r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}"#.to_owned(),
        text_delta(9, "x"),
        delta(0, r#"{"type":"text_delta"}"#),
        delta(0, r#"{"type":"text_delta","text":null}"#),
        delta(0, r#"{"type":"text_delta","text":7}"#),
        delta(0, r#"{"type":"thinking_delta","thinking":"x"}"#),
        delta(0, r#"{"type":"input_json_delta","partial_json":"x"}"#),
        delta(0, r#"{"type":"text_delta","text":"\ud800"}"#),
        delta(0, "7"),
        stop(9),
        start(0, TEXT),
        start(1, "7"),
        start(1, "{}"),
        start(1, r#"{"type":null}"#),
        r#"{"type":"content_block_start","index":1}"#.to_owned(),
        MESSAGE_START.to_owned(),
        r#"{"type":"message_delta","delta":{"stop_reason":7}}"#.to_owned(),
    ] {
        let error = check_garbage(begun(std::slice::from_ref(&nonsense)), "a").await;
        assert!(!error.detail.is_empty(), "{nonsense}");
    }
}

#[tokio::test]
async fn more_of_a_block_after_the_next_one_began() {
    let data =
        [MESSAGE_START.to_owned(), start(0, TEXT), text_delta(0, "a"), start(1, TEXT), text_delta(0, "b")];
    check_garbage(events(&data), "a").await;
    let data = [MESSAGE_START.to_owned(), start(0, TEXT), start(1, TEXT), stop(0), stop(0)];
    check_garbage(events(&data), "").await;
}

#[tokio::test]
async fn content_before_the_start_and_bytes_that_are_no_text() {
    check_garbage(events(&[start(0, TEXT)]), "").await;
    check_garbage(events(&[text_delta(0, "x")]), "").await;
    check_garbage(events(&[stop(0)]), "").await;
    check_garbage(events(&[message_delta("end_turn")]), "").await;
    check_garbage(events(&[MESSAGE_STOP]), "").await;
    check_garbage(b"data: \xc3\x28\n\n", "").await;
    check_garbage(events(&[r#"{"type":"message_start","message":7}"#]), "").await;
    check_garbage(events(&[r#"{"type":"message_start"}"#]), "").await;
}

#[tokio::test]
async fn an_answer_that_is_no_stream() {
    for answer in [
        Answer::status(200, "content-type: application/json\r\n", "{\"type\":\"message\"}"),
        Answer::status(200, "content-type: text/html\r\n", "<html>Log in to the Wi-Fi</html>"),
        Answer::status(204, "", ""),
    ] {
        let (items, error) = ask([answer]).await;
        assert!(items.is_empty());
        assert_eq!(error.unwrap().code, ErrorCode::ModelUnavailable);
    }
}

#[tokio::test]
async fn what_follows_the_end_is_ignored() {
    let bytes = text_reply(&["a"]) + "data: garbage\n\n";
    let (items, error) = ask([Answer::stream(bytes)]).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text(&items), "a");
}

#[tokio::test]
async fn a_large_event_passes_up_to_its_limit() {
    let large = "마".repeat(3_500_000);
    let (items, error) = ask([Answer::stream(text_reply(&[&large])).split(16_384)]).await;
    assert!(error.is_none(), "{error:?}");
    assert!(text(&items) == large, "10 MB arrive as they were sent");

    let server = Server::start([Answer::stream(text_reply(&["a", &large]))], None).await;
    let mut settings = settings(&server.base_url);
    settings.event_bytes_max = 1_000_000;
    let model = AnthropicModel::new(&settings).unwrap();
    let (_, error) = read(model.reply(request("claude-x", "hi"))).await;
    let error = error.unwrap();
    assert_eq!(error.code, ErrorCode::ModelUnavailable);
    assert_eq!(error.detail, "an event is larger than allowed");
}

#[tokio::test]
async fn a_reply_without_end_is_cut_at_its_limit() {
    let piece = "x".repeat(1000);
    let pieces = vec![piece.as_str(); 3000];
    let server = Server::start([Answer::stream(text_reply(&pieces))], None).await;
    let mut settings = settings(&server.base_url);
    settings.reply_bytes_max = 1_000_000;
    let model = AnthropicModel::new(&settings).unwrap();
    let (items, error) = read(model.reply(request("claude-x", "hi"))).await;
    let error = error.unwrap();
    assert_eq!(error.detail, "the reply is larger than allowed");
    assert!(text(&items).len() <= 1_000_000);
}

#[tokio::test]
async fn details_for_the_log_are_bounded_and_on_one_line() {
    let body = format!("{}\n\u{0}{}", "<p>".repeat(10), "x".repeat(1_000_000));
    let (_, error) = ask([Answer::status(400, "", &body)]).await;
    let error = error.unwrap();
    assert!(error.detail.chars().count() <= 600 && !error.detail.contains(['\n', '\0']), "{}", error.detail);
}
