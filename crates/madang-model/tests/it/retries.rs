//! When a reply is tried again, how often, and what is told meanwhile.

use madang_model::{AnthropicModel, Model, ModelError, Settings, StreamItem};
use madang_protocol::ErrorCode;

use crate::serve::{Answer, Server, Then};
use crate::support::{
    MESSAGE_START, ask, events, lines, model, read, request, settings, start, text, text_delta, text_reply,
};

const TEXT: &str = r#"{"type":"text","text":""}"#;

fn error_body(kind: &str, code: &str) -> String {
    format!(
        r#"{{"type":"error","error":{{"type":"{kind}","message":"Sorry","details":{{"error_code":"{code}"}}}},"request_id":"req_b"}}"#
    )
}

fn error_event(kind: &str) -> String {
    format!(
        r#"{{"type":"error","error":{{"type":"{kind}","message":"Sorry","details":null}},"request_id":"req_e"}}"#
    )
}

/// Checks that an answer is followed by this many tries in all, and how the last failure is told.
async fn check(answer: Answer, tries: usize, code: ErrorCode) -> ModelError {
    let server = Server::start(vec![answer; 9], None).await;
    let (items, error) = read(model(&server).reply(request("claude-x", "hi"))).await;
    let error = error.unwrap();
    assert_eq!((server.seen().len(), error.code), (tries, code), "{error:?}");
    let waits: Vec<String> =
        (2..=tries).map(|attempt| format!("waiting {} {attempt}", code.as_str())).collect();
    let told: Vec<String> = lines(&items).into_iter().filter(|line| line.starts_with("waiting")).collect();
    assert_eq!(told, waits);
    assert!(!error.message.is_empty() && !error.detail.is_empty());
    error
}

#[tokio::test]
async fn statuses_by_kind() {
    use ErrorCode::{BudgetExceeded, ModelOverloaded, ModelRateLimited, ModelRefused, ModelUnavailable};
    for (status, kind, tries, code) in [
        (408, "timeout_error", 3, ModelUnavailable),
        (409, "conflict_error", 3, ModelUnavailable),
        (429, "rate_limit_error", 3, ModelRateLimited),
        (500, "api_error", 3, ModelUnavailable),
        (503, "new_error", 3, ModelUnavailable),
        (504, "timeout_error", 3, ModelUnavailable),
        (529, "overloaded_error", 3, ModelOverloaded),
        (400, "invalid_request_error", 1, ModelRefused),
        (401, "authentication_error", 1, ModelUnavailable),
        (402, "billing_error", 1, BudgetExceeded),
        (403, "permission_error", 1, ModelUnavailable),
        (404, "not_found_error", 1, ModelUnavailable),
        (413, "request_too_large", 1, ModelRefused),
        (307, "x", 1, ModelUnavailable),
    ] {
        let error = check(Answer::status(status, "", &error_body(kind, "")), tries, code).await;
        assert_eq!(error.request_id.as_deref(), Some("req_b"));
        // A proxy in between says the same by its status alone.
        check(Answer::status(status, "", "<html>nginx</html>"), tries, code).await;
    }
}

#[tokio::test]
async fn spend_caps_are_final() {
    for code in ["enforced_spend_limit_reached", "contract_spend_limit_reached"] {
        let body = error_body("rate_limit_error", code);
        check(Answer::status(429, "", &body), 1, ErrorCode::BudgetExceeded).await;
        check(Answer::status(429, "x-should-retry: true\r\n", &body), 1, ErrorCode::BudgetExceeded).await;
    }
    let own = r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}}"#;
    check(Answer::status(400, "", own), 1, ErrorCode::BudgetExceeded).await;
}

#[tokio::test]
async fn the_upstreams_opinion_counts() {
    check(Answer::status(529, "x-should-retry: false\r\n", ""), 1, ErrorCode::ModelOverloaded).await;
    check(Answer::status(400, "x-should-retry: true\r\n", ""), 3, ErrorCode::ModelRefused).await;
}

#[tokio::test]
async fn the_upstreams_wait_is_kept_and_told() {
    let answers = [Answer::status(429, "retry-after-ms: 7\r\n", ""), Answer::stream(text_reply(&["a"]))];
    let (items, error) = ask(answers).await;
    assert!(error.is_none(), "{error:?}");
    assert!(matches!(
        items[0],
        StreamItem::Waiting { code: ErrorCode::ModelRateLimited, retry_after_ms: 7, attempt: 2 }
    ));
    assert_eq!(text(&items), "a");
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let error = check(Answer::status(429, "retry-after: 61\r\n", ""), 1, ErrorCode::ModelRateLimited).await;
    assert_eq!(error.retry_after_ms, Some(61_000));
}

#[tokio::test]
async fn the_number_of_tries_is_a_setting() {
    for retries in [0, 1, 4] {
        let server = Server::start(vec![Answer::status(529, "", ""); 9], None).await;
        let model = AnthropicModel::new(&Settings { retries, ..settings(&server.base_url) }).unwrap();
        let (items, error) = read(model.reply(request("claude-x", "hi"))).await;
        assert!(error.is_some());
        assert_eq!((server.seen().len(), items.len()), (retries as usize + 1, retries as usize));
    }
}

#[tokio::test]
async fn errors_in_the_stream_before_the_first_delta_go_unnoticed() {
    for kind in ["overloaded_error", "api_error", "rate_limit_error", "timeout_error", "new_error"] {
        let begun = events(&[MESSAGE_START.to_owned(), start(0, TEXT), error_event(kind)]);
        let (items, error) = ask([Answer::stream(begun), Answer::stream(text_reply(&["a"]))]).await;
        assert!(error.is_none(), "{error:?}");
        let lines = lines(&items);
        assert!(lines[0].starts_with("waiting ") && lines[1].starts_with("started "), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("started ")).count(), 1);
    }
}

#[tokio::test]
async fn errors_in_the_stream_that_trying_cannot_help() {
    for (kind, code) in [
        ("invalid_request_error", ErrorCode::ModelRefused),
        ("authentication_error", ErrorCode::ModelUnavailable),
        ("billing_error", ErrorCode::BudgetExceeded),
    ] {
        let error = check(Answer::stream(events(&[error_event(kind)])), 1, code).await;
        assert_eq!(error.request_id.as_deref(), Some("req_e"));
    }
}

#[tokio::test]
async fn nothing_is_tried_again_after_the_first_delta() {
    let shown = [MESSAGE_START.to_owned(), start(0, TEXT), text_delta(0, "a")];
    for (event, code) in [
        (error_event("overloaded_error"), ErrorCode::ModelOverloaded),
        (error_event("api_error"), ErrorCode::ModelUnavailable),
        (r#"{"type":"ping"}"#.to_owned(), ErrorCode::ModelUnavailable),
    ] {
        let mut data = shown.to_vec();
        data.push(event);
        let server = Server::start(vec![Answer::stream(events(&data)); 3], None).await;
        let (items, error) = read(model(&server).reply(request("claude-x", "hi"))).await;
        assert_eq!(error.unwrap().code, code);
        assert_eq!((server.seen().len(), text(&items).as_str()), (1, "a"));
    }
}

#[tokio::test]
async fn a_clean_end_without_message_stop_is_an_error() {
    let error = check(Answer::stream(""), 3, ErrorCode::ModelUnavailable).await;
    assert_eq!(error.detail, "the stream ended without message_stop");
    check(Answer::stream(events(&[MESSAGE_START])), 3, ErrorCode::ModelUnavailable).await;
    check(Answer::stream("data: {\"type\":\"mess"), 3, ErrorCode::ModelUnavailable).await;
}

#[tokio::test]
async fn what_was_used_is_told_even_if_no_try_succeeds() {
    let begun = events(&[MESSAGE_START.to_owned(), error_event("overloaded_error")]);
    let (items, error) = ask(vec![Answer::stream(begun); 3]).await;
    assert_eq!(error.unwrap().code, ErrorCode::ModelOverloaded);
    assert_eq!(
        lines(&items)[2..],
        ["started Some(\"msg_1\") Some(\"req_1\") claude-x".to_owned(), "usage 10 1 0 0".to_owned()]
    );
}

#[tokio::test]
async fn a_reset_at_any_byte_is_tried_again_or_ends_what_was_shown() {
    let whole = Answer::stream(text_reply(&["안녕", " there"]));
    let mut outcomes = [0; 2];
    let server = Server::start([], None).await;
    let model = model(&server);
    for length in 0..whole.bytes.len() {
        for then in [Then::Reset, Then::Close] {
            let cut = Answer { bytes: whole.bytes[..length].to_vec(), ..whole.clone() }.then(then);
            server.restart([cut, whole.clone()]);
            let (items, error) = read(model.reply(request("claude-x", "hi"))).await;
            let shown = text(&items);
            match error {
                // The end was understood although the last line end was missing, or a second try succeeded.
                None => assert_eq!(shown, "안녕 there", "cut at {length}"),
                Some(error) => {
                    assert_eq!(error.code, ErrorCode::ModelUnavailable, "cut at {length}: {error:?}");
                    assert!(
                        "안녕 there".starts_with(&shown) && !shown.is_empty(),
                        "cut at {length}: {shown}"
                    );
                    assert_eq!(server.seen().len(), 1, "cut at {length}");
                    outcomes[1] += 1;
                    continue;
                }
            }
            outcomes[0] += 1;
        }
    }
    assert!(outcomes.iter().all(|count| *count > 100), "both outcomes happen: {outcomes:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let model = AnthropicModel::new(&settings(&base_url)).unwrap();
    let (items, error) = read(model.reply(request("claude-x", "hi"))).await;
    let error = error.unwrap();
    assert_eq!((items.len(), error.code), (2, ErrorCode::ModelUnavailable));
    assert!(!error.detail.contains("http://"), "no URL: {}", error.detail);
    assert_eq!(model.models().await.unwrap_err().code, ErrorCode::ModelUnavailable);
}

#[tokio::test]
async fn silence_before_the_answer_and_within_it() {
    let begun = events(&[MESSAGE_START.to_owned(), start(0, TEXT), text_delta(0, "a")]);
    let silent_head = Answer { bytes: Vec::new(), ..Answer::stream("") }.then(Then::Hang);
    let silent_body = Answer::stream(begun).then(Then::Hang);
    for (answer, tries, shown) in [(silent_head, 3, ""), (silent_body, 1, "a")] {
        let mut server = Server::start(vec![answer; 9], None).await;
        let short = Settings { idle_timeout_ms: 300, header_timeout_ms: 300, ..settings(&server.base_url) };
        let (items, error) =
            read(AnthropicModel::new(&short).unwrap().reply(request("claude-x", "hi"))).await;
        assert_eq!(error.unwrap().code, ErrorCode::ModelUnavailable);
        assert_eq!((server.seen().len(), text(&items).as_str()), (tries, shown));
        server.client_left().await;
    }
}
