//! The API's rules: who may ask, in which version, and what a request must look like.

use madang_testkit::upstream::{Options, Upstream};
use serde_json::{Value, json};

use super::client::{Client, ask, ask_with, body, get, post, started};

/// A body with these fields changed; null removes one.
fn with(model: &str, changes: Value) -> Value {
    let mut body = body(model, false);
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(key);
        }
    }
    body
}

/// Refused with a 400 that says these words.
async fn refused(upstream: &Upstream, body: Value, words: &str) {
    let response = ask(upstream, &body).await;
    assert_eq!((response.status, response.error_type()), (400, "invalid_request_error".to_owned()), "{body}");
    assert!(response.message().contains(words), "{:?} does not say {words:?}", response.message());
}

async fn accepted(upstream: &Upstream, body: Value) {
    let response = ask(upstream, &body).await;
    assert_eq!(response.status, 200, "{body}: {}", response.message());
}

#[tokio::test]
async fn a_request_needs_a_credential_and_a_version() {
    let upstream =
        Upstream::start(Options { keys: vec!["right".to_owned()], ..Options::default() }).await.unwrap();
    let body = body("claude-haiku-4-5", false).to_string();
    let status = async |headers: &str| {
        let mut client = Client::connect(upstream.addr()).await;
        let request =
            format!("POST /v1/messages HTTP/1.1\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
        client.send(&request).await;
        client.receive().await.status
    };
    assert_eq!(status("anthropic-version: 2026-10-21\r\n").await, 401);
    assert_eq!(status("x-api-key: wrong\r\nanthropic-version: 2026-10-21\r\n").await, 401);
    assert_eq!(status("x-api-key: right\r\n").await, 400);
    assert_eq!(status("x-api-key: right\r\nanthropic-version: 1999-01-01\r\n").await, 400);
    assert_eq!(status("x-api-key: right\r\nanthropic-version: 2023-06-01\r\n").await, 200);
    assert_eq!(status("authorization: Bearer right\r\nanthropic-version: 2026-10-21\r\n").await, 200);
    let kinds: Vec<_> = upstream.log().iter().map(|entry| entry.auth).collect();
    assert_eq!(
        kinds,
        [None, Some("x-api-key"), Some("x-api-key"), Some("x-api-key"), Some("x-api-key"), Some("bearer")]
    );
}

#[tokio::test]
async fn the_body_has_to_be_a_messages_request() {
    let upstream = started().await;
    let raw = async |text: &str| {
        let mut client = Client::connect(upstream.addr()).await;
        client.send(&post("/v1/messages", "", text)).await;
        client.receive().await
    };
    for text in ["", "{", "[]", "null", "7", "{}"] {
        assert_eq!(raw(text).await.status, 400, "{text:?}");
    }
    let sim = "claude-opus-5-5";
    refused(&upstream, with(sim, json!({ "max_tokens": null })), "max_tokens: Field required").await;
    refused(&upstream, with(sim, json!({ "max_tokens": "9" })), "valid integer").await;
    refused(&upstream, with(sim, json!({ "max_tokens": 1_000_000 })), "maximum allowed").await;
    refused(&upstream, with(sim, json!({ "messages": null })), "messages: Field required").await;
    refused(&upstream, with(sim, json!({ "messages": [] })), "at least one message").await;
    refused(&upstream, with(sim, json!({ "messages": "hi" })), "valid list").await;
    refused(&upstream, with(sim, json!({ "stream": "yes" })), "valid boolean").await;
    refused(&upstream, with(sim, json!({ "colour": "red" })), "Extra inputs").await;
    refused(&upstream, with(sim, json!({ "mcp_servers": [] })), "Extra inputs").await;
    refused(&upstream, with(sim, json!({ "stop_sequences": [1] })), "stop_sequences").await;
    let beta = with(sim, json!({ "mcp_servers": [] }));
    assert_eq!(ask_with(&upstream, "anthropic-beta: mcp-client-2025-11-20\r\n", &beta).await.status, 200);
}

#[tokio::test]
async fn unknown_and_retired_models_are_not_found() {
    let upstream = started().await;
    for model in ["gpt-9", "sim-nothing", "claude-3-5-sonnet-20241022"] {
        let response = ask(&upstream, &body(model, false)).await;
        assert_eq!((response.status, response.error_type()), (404, "not_found_error".to_owned()), "{model}");
    }
    accepted(&upstream, body("claude-something-new", false)).await;
}

#[tokio::test]
async fn the_new_version_has_no_sampling_citations_or_assistant_documents() {
    let upstream = started().await;
    let model = "claude-sonnet-5-5";
    for field in ["temperature", "top_p", "top_k"] {
        refused(&upstream, with(model, json!({ field: 1 })), field).await;
    }
    let citation = json!([{ "type": "char_location" }]);
    let cited =
        json!([{ "role": "user", "content": [{ "type": "text", "text": "x", "citations": citation }] }]);
    refused(&upstream, with(model, json!({ "messages": cited })), "citations").await;
    let search = json!([{ "role": "user", "content": [
        { "type": "search_result", "content": [{ "type": "text", "text": "x", "citations": citation }] },
    ] }]);
    refused(&upstream, with(model, json!({ "messages": search })), "citations").await;
    let document = json!([
        { "role": "user", "content": "x" },
        { "role": "assistant", "content": [{ "type": "document", "source": {} }] },
        { "role": "user", "content": "x" },
    ]);
    refused(&upstream, with(model, json!({ "messages": document })), "document").await;
    let mut client = Client::connect(upstream.addr()).await;
    let old = with(model, json!({ "temperature": 1, "messages": cited })).to_string();
    let head = "POST /v1/messages HTTP/1.1\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n";
    client.send(&format!("{head}content-length: {}\r\n\r\n{old}", old.len())).await;
    assert_eq!(client.receive().await.status, 200);
}

#[tokio::test]
async fn models_differ_in_thinking_tools_and_prefill() {
    let upstream = started().await;
    let enabled = json!({ "type": "enabled", "budget_tokens": 2_000 });
    let thinking =
        |model: &str, thinking: Value| with(model, json!({ "max_tokens": 4_000, "thinking": thinking }));
    refused(&upstream, thinking("claude-opus-5-5", json!({ "type": "disabled" })), "thinking.type").await;
    refused(&upstream, thinking("claude-opus-5-5", enabled.clone()), "thinking.type").await;
    refused(&upstream, thinking("claude-sonnet-5-5", json!({ "type": "disabled" })), "thinking.type").await;
    accepted(&upstream, thinking("claude-sonnet-5-5", json!({ "type": "between_tools" }))).await;
    accepted(&upstream, thinking("claude-opus-5", json!({ "type": "disabled" }))).await;
    accepted(&upstream, thinking("claude-haiku-4-5", enabled)).await;
    let small = json!({ "type": "enabled", "budget_tokens": 10 });
    refused(&upstream, thinking("claude-haiku-4-5", small), "greater than or equal to 1024").await;
    let large = json!({ "type": "enabled", "budget_tokens": 4_000 });
    refused(&upstream, thinking("claude-haiku-4-5", large), "must be greater than").await;

    let tools = json!([{ "name": "look", "input_schema": { "type": "object" } }]);
    let forced = |model: &str| with(model, json!({ "tools": tools, "tool_choice": { "type": "any" } }));
    for model in ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "sim-tool?as=claude-opus-5-5"] {
        refused(&upstream, forced(model), "tool_choice.type").await;
    }
    accepted(&upstream, forced("claude-opus-5")).await;

    let prefilled = json!([{ "role": "user", "content": "x" }, { "role": "assistant", "content": "Well" }]);
    refused(&upstream, with("claude-opus-4-6", json!({ "messages": prefilled })), "prefill").await;
    accepted(&upstream, with("claude-haiku-4-5", json!({ "messages": prefilled }))).await;

    let system = json!([{ "role": "user", "content": "x" }, { "role": "system", "content": "y" }]);
    refused(&upstream, with("claude-sonnet-5", json!({ "messages": system })), "role").await;
    accepted(&upstream, with("claude-sonnet-5-5", json!({ "messages": system }))).await;
    refused(&upstream, with("claude-haiku-4-5", json!({ "output_config": { "effort": "max" } })), "effort")
        .await;
}

#[tokio::test]
async fn tool_calls_and_results_have_to_match() {
    let upstream = started().await;
    let model = "claude-sonnet-5-5";
    let call = json!({ "role": "assistant", "content": [
        { "type": "tool_use", "id": "toolu_1", "name": "look", "input": {} },
        { "type": "tool_use", "id": "toolu_2", "name": "look", "input": {} },
    ] });
    let result =
        |id: &str| json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": id }] });
    let user = json!({ "role": "user", "content": "x" });
    let messages = |list: &[&Value]| with(model, json!({ "messages": list }));
    let (one, two) = (result("toolu_1"), result("toolu_2"));
    accepted(&upstream, messages(&[&user, &call, &one, &two])).await;
    refused(
        &upstream,
        messages(&[&user, &call, &one]),
        "without `tool_result` blocks immediately after: toolu_2",
    )
    .await;
    refused(&upstream, messages(&[&user, &call, &user]), "toolu_1, toolu_2").await;
    refused(&upstream, messages(&[&user, &one]), "unexpected `tool_use_id`").await;
    refused(&upstream, messages(&[&user, &call, &one, &two, &call, &one, &two]), "unique").await;
}

#[tokio::test]
async fn messages_and_tools_have_to_be_well_formed() {
    let upstream = started().await;
    let model = "claude-sonnet-5-5";
    let message = |message: Value| with(model, json!({ "messages": [message] }));
    refused(&upstream, message(json!({ "role": "robot", "content": "x" })), "role").await;
    refused(&upstream, message(json!({ "role": "user" })), "content: Field required").await;
    refused(&upstream, message(json!({ "role": "user", "content": "" })), "non-empty").await;
    refused(&upstream, message(json!({ "role": "user", "content": 7 })), "valid string or list").await;
    let blank = json!({ "role": "user", "content": [{ "type": "text", "text": " " }] });
    refused(&upstream, message(blank), "non-whitespace").await;
    refused(
        &upstream,
        message(json!({ "role": "user", "content": [{ "type": "song" }] })),
        "Input tag 'song'",
    )
    .await;
    refused(&upstream, message(json!({ "role": "assistant", "content": "x" })), "first message").await;
    let tool = |tool: Value| with(model, json!({ "tools": [tool] }));
    refused(&upstream, tool(json!({ "name": "a b", "input_schema": { "type": "object" } })), "pattern").await;
    refused(&upstream, tool(json!({ "name": "a", "input_schema": {} })), "input_schema").await;
    let twice = json!([{ "name": "a", "input_schema": { "type": "object" } }, { "name": "a", "input_schema": { "type": "object" } }]);
    refused(&upstream, with(model, json!({ "tools": twice })), "unique").await;
    let marked = json!({ "type": "text", "text": "x", "cache_control": { "type": "ephemeral" } });
    let five = json!([marked, marked, marked, marked, marked]);
    refused(&upstream, with(model, json!({ "system": five })), "Found 5").await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let upstream = started().await;
    let mut body = body("claude-haiku-4-5", false);
    body["messages"][0]["content"] = json!("x".repeat(33 * 1024 * 1024));
    let response = ask(&upstream, &body).await;
    assert_eq!((response.status, response.error_type()), (413, "request_too_large".to_owned()));
}

#[tokio::test]
async fn models_are_listed_in_pages_and_by_stage_of_life() {
    let upstream = started().await;
    let ids = async |query: &str| -> Vec<String> {
        let page = get(&upstream, &format!("/v1/models?{query}")).await.json();
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = ids("limit=1000").await;
    assert_eq!(all[0], "claude-fable-5-2");
    assert!(all.iter().any(|id| id == "sim-normal"));
    assert_eq!(ids("limit=3").await, all[..3]);
    assert_eq!(ids(&format!("limit=3&after_id={}", all[2])).await, all[3..6]);
    assert_eq!(ids(&format!("limit=2&before_id={}", all[6])).await, all[4..6]);
    assert_eq!(ids("lifecycle=retired").await, ["claude-3-5-sonnet-20241022"]);
    assert_eq!(
        ids("lifecycle%5B%5D=deprecated").await,
        ["claude-mythos-preview", "claude-sonnet-4-5-20250929"]
    );
    assert_eq!(get(&upstream, "/v1/models?limit=0").await.status, 400);
    assert_eq!(get(&upstream, "/v1/models?lifecycle=born").await.status, 400);
    assert_eq!(get(&upstream, "/v1/models/gpt-9").await.status, 404);
    let opus = get(&upstream, "/v1/models/claude-opus-5-5").await.json();
    assert_eq!(opus["capabilities"]["thinking"]["types"]["disabled"]["supported"], false);
    assert_eq!(opus["max_tokens"], 128_000);
}

#[tokio::test]
async fn other_paths_and_methods_do_not_exist() {
    let upstream = started().await;
    assert_eq!(get(&upstream, "/v1/messages").await.status, 405);
    assert_eq!(get(&upstream, "/v1/songs").await.status, 404);
    assert_eq!(get(&upstream, "/_songs").await.status, 404);
}

#[tokio::test]
async fn counting_counts_what_answering_bills() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    let question =
        json!({ "model": "claude-opus-5-5", "messages": [{ "role": "user", "content": "Hello there" }] });
    client.send(&post("/v1/messages/count_tokens", "", &question.to_string())).await;
    let counted = client.receive().await.json();
    let answered = ask(&upstream, &body("claude-opus-5-5", false)).await.json();
    assert_eq!(counted["input_tokens"], answered["usage"]["input_tokens"]);
}

#[tokio::test]
async fn every_response_says_that_it_is_simulated() {
    let upstream = started().await;
    let well = ask(&upstream, &body("claude-opus-5-5", true)).await;
    let badly = ask(&upstream, &body("gpt-9", true)).await;
    for response in [well, badly] {
        assert_eq!(response.header("x-simulated-upstream"), Some("madang"));
        assert!(response.header("request-id").is_some_and(|id| id.starts_with("req_")));
    }
}
