//! What is sent: byte for byte what was asked to be sent, and nothing that the model may refuse.

use std::sync::Arc;

use madang_model::{
    AnthropicModel, ApiKey, Model, PromptCache, Request, Settings, SettingsError, from_settings,
};
use madang_protocol::{Effort, ErrorCode};
use serde_json::value::RawValue;

use crate::serve::{Answer, Server};
use crate::support::{model, read, request, settings, text_reply};

const MODELS: &str = r#"{"data":[{"id":"claude-x","max_tokens":500,"capabilities":{
    "effort":{"supported":true,"low":{"supported":true},"high":{"supported":true},"max":{"supported":false}},
    "thinking":{"supported":true,"types":{"adaptive":{"supported":true}}}}},
    {"id":"claude-old","capabilities":{"thinking":{"supported":true,"types":{"enabled":{"supported":true}}}}}]}"#;

fn raw(text: &str) -> Arc<RawValue> {
    Arc::from(RawValue::from_string(text.to_owned()).unwrap())
}

/// A request with spaces, orders and escapes that must survive.
fn odd_request(model: &str) -> Request {
    Request {
        effort: Some(Effort::High),
        system: Arc::from("Say \"hi\".\n마당"),
        tools: Some(raw(r#"[ {"name":"t", "input_schema": {"type":"object"}} ]"#)),
        messages: vec![
            raw(r#"{"role": "user","content":"\u0041 \/ \ud83d\ude00"}"#),
            raw(r#"{"content":[{"type":"text","text":"1e5", "n":1e5}],"role":"assistant"}"#),
        ],
        max_tokens: 1000,
        user_hash: Some("h\"1".to_owned()),
        ..request(model, "")
    }
}

async fn body(settings: impl FnOnce(Settings) -> Settings, request: Request, models: Option<&str>) -> String {
    let server = Server::start([Answer::stream(text_reply(&["a"]))], models).await;
    let model = AnthropicModel::new(&settings(crate::support::settings(&server.base_url))).unwrap();
    let (_, error) = read(model.reply(request)).await;
    assert!(error.is_none(), "{error:?}");
    server.seen()[0].body.clone()
}

const HISTORY: &str = concat!(
    r#""tools":[ {"name":"t", "input_schema": {"type":"object"}} ],"#,
    r#""system":[{"type":"text","text":"Say \"hi\".\n마당","cache_control":{"type":"ephemeral"}}],"#,
    r#""messages":[{"role": "user","content":"\u0041 \/ \ud83d\ude00"},"#,
    r#"{"content":[{"type":"text","text":"1e5", "n":1e5}],"role":"assistant"}]}"#,
);

#[tokio::test]
async fn a_known_model_is_asked_to_think_and_history_goes_byte_for_byte() {
    let sent = body(|settings| settings, odd_request("claude-x"), Some(MODELS)).await;
    let head = concat!(
        r#"{"model":"claude-x","max_tokens":500,"stream":true,"metadata":{"user_id":"h\"1"},"#,
        r#""thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"high"},"#,
        r#""cache_control":{"type":"ephemeral"},"#,
    );
    assert_eq!(sent, format!("{head}{HISTORY}"));
}

#[tokio::test]
async fn an_unknown_model_is_asked_for_nothing_it_may_refuse() {
    for models in [None, Some(MODELS), Some("nonsense"), Some(r#"{"data":[{"id":"other"}]}"#)] {
        let sent = body(|settings| settings, odd_request("llama"), models).await;
        let head = concat!(
            r#"{"model":"llama","max_tokens":1000,"stream":true,"metadata":{"user_id":"h\"1"},"#,
            r#""cache_control":{"type":"ephemeral"},"#,
        );
        assert_eq!(sent, format!("{head}{HISTORY}"));
    }
}

#[tokio::test]
async fn only_what_the_model_can_is_asked_for() {
    let old = body(|settings| settings, odd_request("claude-old"), Some(MODELS)).await;
    assert!(!old.contains("thinking") && !old.contains("effort"), "{old}");
    for effort in [Effort::Max, Effort::Medium] {
        let request = Request { effort: Some(effort), ..odd_request("claude-x") };
        let sent = body(|settings| settings, request, Some(MODELS)).await;
        assert!(sent.contains("adaptive") && !sent.contains("output_config"), "{sent}");
    }
}

#[tokio::test]
async fn the_least_request_is_small() {
    let least = Request { system: Arc::from(""), max_tokens: 0, ..request("m", "hi") };
    let sent = body(|settings| Settings { prompt_cache: PromptCache::Off, ..settings }, least, None).await;
    assert_eq!(
        sent,
        r#"{"model":"m","max_tokens":1,"stream":true,"messages":[{"content":"hi","role":"user"}]}"#
    );
}

#[tokio::test]
async fn the_cache_can_be_kept_for_an_hour() {
    let hour = |settings| Settings { prompt_cache: PromptCache::OneHour, ..settings };
    let sent = body(hour, request("m", "hi"), None).await;
    assert_eq!(sent.matches(r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#).count(), 2, "{sent}");
}

#[tokio::test]
async fn the_key_is_a_bearer_and_the_version_is_named() {
    let server = Server::start([Answer::stream(text_reply(&["a"]))], Some(MODELS)).await;
    read(model(&server).reply(request("claude-x", "hi"))).await;
    for seen in server.seen().into_iter().chain(server.seen_lists()) {
        let head = seen.head.to_lowercase();
        assert!(head.contains("\r\nauthorization: bearer made-up\r\n"), "{head}");
        assert!(head.contains("\r\nanthropic-version: 2026-10-21\r\n"), "{head}");
        assert!(head.contains("\r\nuser-agent: madang/"), "{head}");
        assert!(!head.contains("x-api-key"), "{head}");
    }
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let server = Server::start([], None).await;
    let base_url = format!("{}/anthropic/", server.base_url);
    let model = AnthropicModel::new(&settings(&base_url)).unwrap();
    read(model.reply(request("m", "hi"))).await;
    assert_eq!(server.seen_at("POST /anthropic/v1/messages ").len(), 1);
}

#[tokio::test]
async fn a_request_that_the_upstream_would_refuse_for_its_size_is_not_sent() {
    let server = Server::start([Answer::stream(text_reply(&["a"]))], None).await;
    let small = Settings { request_bytes_max: 100, ..settings(&server.base_url) };
    let (_, error) = read(AnthropicModel::new(&small).unwrap().reply(request("m", &"x".repeat(100)))).await;
    assert_eq!(error.unwrap().code, ErrorCode::ModelRefused);
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn secrets_are_not_printed() {
    let settings = Settings { api_key: Some(ApiKey::new("sk-secret")), ..Settings::default() };
    let model = AnthropicModel::new(&settings).unwrap();
    for text in [format!("{settings:?}"), format!("{model:?}"), format!("{:#?}", settings.api_key)] {
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn settings_choose_the_model() {
    let with = |key: Option<&str>| Settings { api_key: key.map(ApiKey::new), ..Settings::default() };
    assert!(from_settings(&with(None)).unwrap().simulated());
    assert!(from_settings(&with(Some(" \n"))).unwrap().simulated());
    assert!(!from_settings(&with(Some("sk\n"))).unwrap().simulated());
}

#[test]
fn wrong_settings_are_refused_in_a_sentence() {
    let check = |settings: Settings, expected: &str| {
        let settings = Settings { api_key: Some(settings.api_key.unwrap_or(ApiKey::new("k"))), ..settings };
        let error = from_settings(&settings).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    for base_url in ["", "api", "ftp://x", "http://", "https://u:p@x", "https://x?key=1", "https://x#a"] {
        check(Settings { base_url: base_url.to_owned(), ..Settings::default() }, "base URL");
    }
    check(Settings { api_key: Some(ApiKey::new("a\u{7f}b")), ..Settings::default() }, "key");
    check(Settings { idle_timeout_ms: 0, ..Settings::default() }, "idle_timeout_ms");
    check(Settings { prices_path: Some("/nowhere".into()), ..Settings::default() }, "price table");
    assert!(matches!(
        from_settings(&Settings { reply_bytes_max: 0, ..Settings::default() }).map(|_| ()),
        Err(SettingsError::Zero("reply_bytes_max"))
    ));
}

#[tokio::test]
async fn endless_times_are_no_trouble() {
    let server = Server::start([Answer::status(500, "", ""), Answer::stream(text_reply(&["a"]))], None).await;
    let endless = u64::MAX;
    let model = AnthropicModel::new(&Settings {
        connect_timeout_ms: endless,
        header_timeout_ms: endless,
        idle_timeout_ms: endless,
        reply_timeout_ms: endless,
        retry_budget_ms: endless,
        models_ttl_ms: endless,
        models_timeout_ms: endless,
        ..settings(&server.base_url)
    })
    .unwrap();
    let (_, error) = read(model.reply(request("m", "hi"))).await;
    assert!(error.is_none(), "{error:?}");
}

#[test]
fn settings_are_read_strictly() {
    let read = |text: &str| serde_json::from_str::<Settings>(text);
    let settings = read(r#"{"api_key":"k","prompt_cache":"1h","retries":0}"#).unwrap();
    assert_eq!((settings.prompt_cache, settings.retries), (PromptCache::OneHour, 0));
    assert_eq!(settings.idle_timeout_ms, Settings::default().idle_timeout_ms);
    assert!(read(r#"{"retrys":1}"#).is_err(), "a misspelt setting is an error");
    assert!(read(r#"{"prompt_cache":"2h"}"#).is_err());
}
