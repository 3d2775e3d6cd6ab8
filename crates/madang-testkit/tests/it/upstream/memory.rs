//! What the stand-in remembers between requests: caches, limits, logs, bodies.

use std::time::Duration;

use madang_testkit::upstream::{Limits, Upstream};
use serde_json::{Value, json};

use super::client::{Client, Response, ask, ask_with, body, get, post, started, stream};

fn cached(text: &str, ttl: &str) -> Value {
    let mut body = body("sim-normal?n=1", false);
    let control = json!({ "type": "ephemeral", "ttl": ttl });
    body["system"] = json!([{ "type": "text", "text": text, "cache_control": control }]);
    body
}

/// Written for five minutes, written for an hour, read, and the rest.
async fn usage(upstream: &Upstream, body: &Value) -> [u64; 4] {
    let usage = ask(upstream, body).await.json()["usage"].clone();
    [
        &usage["cache_creation"]["ephemeral_5m_input_tokens"],
        &usage["cache_creation"]["ephemeral_1h_input_tokens"],
        &usage["cache_read_input_tokens"],
        &usage["input_tokens"],
    ]
    .map(|value| value.as_u64().unwrap())
}

#[tokio::test]
async fn a_prefix_is_written_read_and_forgotten() {
    let upstream = started().await;
    let system = "A long rule. ".repeat(300);
    let body = cached(&system, "5m");
    let [written, 0, 0, rest] = usage(&upstream, &body).await else {
        panic!("the first request only writes")
    };
    assert!(written > 900 && rest < 30);
    upstream.advance(Duration::from_secs(299));
    assert_eq!(usage(&upstream, &body).await, [0, 0, written, rest], "a read refreshes the entry");
    upstream.advance(Duration::from_secs(299));
    assert_eq!(usage(&upstream, &body).await, [0, 0, written, rest]);
    upstream.advance(Duration::from_secs(301));
    assert_eq!(usage(&upstream, &body).await, [written, 0, 0, rest]);
    assert_eq!(usage(&upstream, &cached(&system.replace("long", "Long"), "5m")).await, [written, 0, 0, rest]);
}

#[tokio::test]
async fn lifetimes_minimum_and_automatic_breakpoints() {
    let upstream = started().await;
    let hour = cached(&"A long rule. ".repeat(300), "1h");
    let [0, written, 0, _] = usage(&upstream, &hour).await else { panic!("written for an hour") };
    upstream.advance(Duration::from_secs(3_000));
    assert_eq!(usage(&upstream, &hour).await[2], written);
    assert_eq!(usage(&upstream, &cached("short", "5m")).await[..3], [0, 0, 0], "too short to cache");

    let mut turn = body("sim-normal?n=1", false);
    turn["cache_control"] = json!({ "type": "ephemeral" });
    turn["messages"][0]["content"] = json!("A long question. ".repeat(300));
    let [written, 0, 0, 0] = usage(&upstream, &turn).await else { panic!("all of it is written") };
    let more = [json!({ "role": "assistant", "content": "x" }), json!({ "role": "user", "content": "y" })];
    turn["messages"].as_array_mut().unwrap().extend(more);
    let [grown, 0, read, 0] = usage(&upstream, &turn).await else {
        panic!("the old part is read, the new written")
    };
    assert_eq!(read, written);
    assert!(grown > 0 && grown < 50);
}

#[tokio::test]
async fn diagnostics_say_why_the_cache_missed() {
    let upstream = started().await;
    let first = ask(&upstream, &body("sim-normal?n=1", false)).await.json();
    let reason = async |change: Value, previous: &Value| {
        let mut body = body("sim-normal?n=1", false);
        body["diagnostics"] = json!({ "previous_message_id": previous });
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        ask(&upstream, &body).await.json()["diagnostics"]["cache_miss_reason"]["type"].clone()
    };
    assert_eq!(reason(json!({}), &first["id"]).await, Value::Null);
    assert_eq!(reason(json!({ "system": "x" }), &first["id"]).await, "system_changed");
    assert_eq!(reason(json!({ "model": "sim-normal?n=2" }), &first["id"]).await, "model_changed");
    let edited = json!({ "messages": [{ "role": "user", "content": "other" }] });
    assert_eq!(reason(edited, &first["id"]).await, "messages_changed");
    assert_eq!(reason(json!({}), &json!("msg_lost")).await, "previous_message_not_found");
}

async fn as_key(upstream: &Upstream, key: &str, body: &Value) -> Response {
    let mut client = Client::connect(upstream.addr()).await;
    let body = body.to_string();
    let head = format!("POST /v1/messages HTTP/1.1\r\nx-api-key: {key}\r\nanthropic-version: 2026-10-21\r\n");
    client.send(&format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await;
    client.receive().await
}

#[tokio::test]
async fn buckets_empty_for_one_key_and_refill() {
    let upstream = started().await;
    upstream.set_limits(Limits { requests: 2, ..Limits::default() });
    let question = body("sim-normal?n=1", false);
    let first = as_key(&upstream, "a", &question).await;
    assert_eq!(first.header("anthropic-ratelimit-requests-limit"), Some("2"));
    assert_eq!(first.header("anthropic-ratelimit-requests-remaining"), Some("1"));
    assert!(first.header("anthropic-ratelimit-requests-reset").is_some_and(|date| date.ends_with('Z')));
    assert_eq!(as_key(&upstream, "a", &question).await.status, 200);
    let refused = as_key(&upstream, "a", &question).await;
    assert_eq!((refused.status, refused.error_type()), (429, "rate_limit_error".to_owned()));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait));
    assert_eq!(as_key(&upstream, "b", &question).await.status, 200);
    upstream.advance(Duration::from_secs(wait));
    assert_eq!(as_key(&upstream, "a", &question).await.status, 200);
}

#[tokio::test]
async fn tokens_are_limited_too() {
    let upstream = started().await;
    upstream.set_limits(Limits { output_tokens: 60, ..Limits::default() });
    let question = body("sim-normal?n=100", false);
    assert_eq!(as_key(&upstream, "a", &question).await.status, 200);
    let refused = as_key(&upstream, "a", &question).await;
    assert!(refused.message().contains("output tokens per minute"), "{}", refused.message());

    upstream.set_limits(Limits { input_tokens: 1_500, ..Limits::default() });
    let large = cached(&"A long rule. ".repeat(300), "5m");
    assert_eq!(as_key(&upstream, "a", &large).await.status, 200);
    assert_eq!(as_key(&upstream, "a", &large).await.status, 200, "cache reads are free");
    let other = cached(&"Another rule. ".repeat(300), "5m");
    assert_eq!(as_key(&upstream, "a", &other).await.status, 429);
}

#[tokio::test]
async fn the_log_knows_much_and_no_secret() {
    let upstream = started().await;
    let headers = "anthropic-beta: one,two\r\nx-stainless-retry-count: 1\r\nuser-agent: Test/1\r\n";
    ask_with(&upstream, headers, &body("sim-normal?n=4", true)).await;
    let entry = upstream.wait_for(|entry| entry.ended_us.is_some()).await;
    assert_eq!(entry.betas, ["one", "two"]);
    assert_eq!((entry.attempt, entry.user_agent.as_deref()), (Some(1), Some("Test/1")));
    assert_eq!(entry.version.as_deref(), Some("2026-10-21"));
    assert_eq!(entry.scenario.as_deref(), Some("normal?n=4"));
    assert_eq!((entry.status, entry.stream, entry.deltas_sent), (Some(200), true, 4));
    let log = get(&upstream, "/_log").await;
    assert!(!String::from_utf8_lossy(&log.body).contains("key-a"));
    assert!(!String::from_utf8_lossy(&log.body).contains("Hello there"));
}

#[tokio::test]
async fn bodies_are_kept_for_tests_of_history() {
    let upstream = started().await;
    let sent = body("sim-normal?n=1", true);
    ask(&upstream, &sent).await;
    assert_eq!(upstream.bodies(), [(1, sent.clone())]);
    let listed = get(&upstream, "/_log?bodies=1").await.json();
    assert_eq!(listed["bodies"], json!([{ "number": 1, "body": sent }]));
    upstream.reset();
    assert_eq!(upstream.bodies(), []);
}

#[tokio::test]
async fn the_control_plane_does_what_the_library_does() {
    let upstream = started().await;
    let control = async |path: &str, body: Value| {
        let mut client = Client::connect(upstream.addr()).await;
        client.send(&post(path, "", &body.to_string())).await;
        client.receive().await
    };
    let script = json!([{ "name": "twice", "scenario": "normal?n=2" }, { "name": "thrice", "scenario": "normal?n=3" }]);
    assert_eq!(control("/_script", script).await.status, 200);
    assert_eq!(stream(&upstream, "thrice").await.summary(), "200 text [3] end_turn whole");
    assert_eq!(control("/_script", json!({ "nonsense": 1 })).await.status, 400);
    assert_eq!(control("/_limits", json!({ "requests": 1 })).await.status, 200);
    assert_eq!(stream(&upstream, "twice").await.status, 200);
    assert_eq!(stream(&upstream, "twice").await.status, 429);
    assert_eq!(control("/_clock", json!({ "advance_ms": 60_000 })).await.status, 200);
    assert_eq!(stream(&upstream, "twice").await.status, 200);
    assert_eq!(control("/_clock", json!({})).await.status, 400);
    let stats = get(&upstream, "/_stats").await.json();
    assert_eq!(
        (&stats["requests"], &stats["done"], &stats["deltas_sent"]),
        (&json!(4), &json!(4), &json!(7))
    );
    assert_eq!(control("/_reset", json!({})).await.status, 200);
    assert_eq!(stream(&upstream, "twice").await.status, 404);
}
