//! The prefix check: thinking is valid in its own conversation only.

use madang_testkit::upstream::{Options, PrefixCheck, Upstream};
use serde_json::{Value, json};

use super::client::{Response, ask, ask_with, started};

const MODEL: &str = "claude-sonnet-5-5";

fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

fn request(messages: &[Value], changes: Value) -> Value {
    let mut body = json!({
        "model": MODEL, "max_tokens": 1024, "system": "Be kind.", "messages": messages,
        "thinking": { "type": "adaptive", "display": "summarized" },
    });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// Asks one question and returns the history after its answer, with a second question at the end.
async fn history(upstream: &Upstream) -> Vec<Value> {
    let first = ask(upstream, &request(&[user("one")], json!({}))).await.json();
    assert_eq!(first["content"][0]["type"], "thinking");
    assert_ne!(first["content"][0]["thinking"], "");
    vec![user("one"), json!({ "role": "assistant", "content": first["content"] }), user("two")]
}

fn assert_bound(response: &Response, what: &str) {
    let expected = "messages.1.content.0: The block is bound to a different conversation";
    assert_eq!((response.status, response.message().as_str()), (400, expected), "{what}");
}

#[tokio::test]
async fn an_unchanged_history_goes_on() {
    let upstream = started().await;
    let mut messages = history(&upstream).await;
    let second = ask(&upstream, &request(&messages, json!({}))).await.json();
    assert_eq!(second["stop_reason"], "end_turn");
    // What the model never saw may differ: breakpoints, empty fields, a string for a text block.
    messages[0] = json!({ "role": "user", "content": [
        { "type": "text", "text": "one", "citations": null, "cache_control": { "type": "ephemeral" } },
    ] });
    messages.extend([json!({ "role": "assistant", "content": second["content"] }), user("three")]);
    assert_eq!(ask(&upstream, &request(&messages, json!({}))).await.status, 200);
}

#[tokio::test]
async fn a_changed_history_is_refused() {
    let upstream = started().await;
    let messages = history(&upstream).await;
    let mut edited = messages.clone();
    edited[0] = user("One");
    assert_bound(&ask(&upstream, &request(&edited, json!({}))).await, "an edit");
    assert_bound(
        &ask(&upstream, &request(&messages, json!({ "system": "Be rude." }))).await,
        "another system",
    );
    let tools = json!([{ "name": "look", "input_schema": { "type": "object" } }]);
    assert_bound(&ask(&upstream, &request(&messages, json!({ "tools": tools }))).await, "another tool");
    let mut inserted = messages.clone();
    inserted[0] = json!({ "role": "user", "content": [{ "type": "text", "text": "zero" }, { "type": "text", "text": "one" }] });
    assert_bound(&ask(&upstream, &request(&inserted, json!({}))).await, "an insertion");
    let other_key = "x-api-key: key-b\r\n";
    let mut client = super::client::Client::connect(upstream.addr()).await;
    let body = request(&messages, json!({})).to_string();
    let head = format!("POST /v1/messages HTTP/1.1\r\n{other_key}anthropic-version: 2026-10-21\r\n");
    client.send(&format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await;
    assert_bound(&client.receive().await, "another account");
}

#[tokio::test]
async fn thinking_can_not_be_rewritten() {
    let upstream = started().await;
    let mut messages = history(&upstream).await;
    messages[1]["content"][0]["thinking"] = json!("I never thought this.");
    let refused = ask(&upstream, &request(&messages, json!({}))).await;
    assert_eq!(refused.message(), "messages.1.content.0: Invalid `signature` in `thinking` block");
    messages[1]["content"][0]["signature"] = json!("EsimA");
    assert_eq!(ask(&upstream, &request(&messages, json!({}))).await.status, 400);
}

#[tokio::test]
async fn mismatches_are_dropped_and_reported_where_that_is_asked_for() {
    let upstream = started().await;
    let mut messages = history(&upstream).await;
    messages[0] = user("edited");
    let thinking =
        json!({ "type": "adaptive", "block_binding": { "prefix_mismatch_behavior": "drop_block" } });
    let body = request(&messages, json!({ "thinking": thinking }));
    assert_bound(&ask(&upstream, &body).await, "no beta header");
    let beta = "anthropic-beta: thinking-binding-controls-2026-08-01\r\n";
    let dropped = ask_with(&upstream, beta, &body).await.json();
    let reported = |reason: &str| json!([{ "type": "thinking_dropped", "path": "messages.1.content.0", "reason": reason }]);
    assert_eq!(dropped["input_transformations"], reported("prefix_binding_mismatch"));
    let other_model = request(&messages, json!({ "model": "claude-opus-5-5" }));
    let switched = ask(&upstream, &other_model).await.json();
    assert_eq!(switched["input_transformations"], reported("model_binding_mismatch"));
}

#[tokio::test]
async fn the_check_can_be_switched_off_and_outlives_a_restart() {
    let first = started().await;
    let mut messages = history(&first).await;
    first.stop().await;
    let second = started().await;
    assert_eq!(ask(&second, &request(&messages, json!({}))).await.status, 200);
    messages[0] = user("edited");
    assert_eq!(ask(&second, &request(&messages, json!({}))).await.status, 400);
    let other_seed = Upstream::start(Options { seed: 7, ..Options::default() }).await.unwrap();
    assert_eq!(ask(&other_seed, &request(&messages, json!({}))).await.status, 400);
    let off =
        Upstream::start(Options { prefix_check: PrefixCheck::Off, ..Options::default() }).await.unwrap();
    assert_eq!(ask(&off, &request(&messages, json!({}))).await.status, 200);
}

#[tokio::test]
async fn the_newest_models_hide_thinking_unless_asked() {
    let upstream = started().await;
    let hidden =
        ask(&upstream, &request(&[user("one")], json!({ "thinking": { "type": "adaptive" } }))).await.json();
    assert_eq!(hidden["content"][0]["thinking"], "");
    assert_ne!(hidden["content"][0]["signature"], "");
    assert!(hidden["usage"]["output_tokens_details"]["thinking_tokens"].as_u64() > Some(0));
}
