//! Conversations over several requests, limits, prices: what the places around a reply rely on.

use std::sync::Arc;

use madang_model::{
    AnthropicModel, ApiKey, Model, Request, Settings, SimulatedModel, assistant_message, awaits_tool_result,
    from_settings,
};
use madang_protocol::{PartKind, Usage};
use madang_testkit::upstream::{Options, Upstream};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use crate::serve::{Answer, Server};
use crate::support::{blocks, message, model, read, request, settings, text, text_reply, used};

const TOOLS: &str = r#"[{"name":"get_weather","input_schema":{"type":"object","properties":{"location":{"type":"string"}}}}]"#;

fn with_tools(model: &str, text: &str) -> Request {
    let tools = RawValue::from_string(TOOLS.to_owned()).unwrap();
    Request { tools: Some(Arc::from(tools)), ..request(model, text) }
}

/// Answers the calls in these blocks.
fn results(blocks: &[Box<RawValue>]) -> Arc<RawValue> {
    let calls = blocks.iter().filter(|raw| awaits_tool_result(raw)).map(|raw| {
        let call: serde_json::Value = serde_json::from_str(raw.get()).unwrap();
        json!({ "type": "tool_result", "tool_use_id": call["id"], "content": "sunny" })
    });
    message("user", &calls.collect())
}

#[tokio::test]
async fn thinking_survives_a_round_trip_under_the_prefix_check() {
    let upstream = Upstream::start(Options::default()).await.unwrap();
    let model = AnthropicModel::new(&settings(&upstream.base_url())).unwrap();
    for knobs in ["", "&split=1", "&pad=5"] {
        let name = format!("sim-thinktool?as=claude-opus-5-5{knobs}");
        let mut request = with_tools(&name, "마당에 비가 올까?\n\"quoted\" \u{2028}");
        for round in 0..3 {
            let (items, error) = read(model.reply(request.clone())).await;
            assert!(error.is_none(), "round {round}: {error:?}");
            let blocks = blocks(&items);
            request.messages.push(assistant_message(blocks.iter().map(AsRef::as_ref)).unwrap());
            let calls = blocks.iter().any(|raw| awaits_tool_result(raw));
            let next = if calls { results(&blocks) } else { message("user", &json!("and then?")) };
            request.messages.push(next);
        }
        let sent = request.messages.iter().map(|message| message.get());
        let thoughts = sent.filter(|message| message.contains("\"type\":\"thinking\"")).count();
        assert!(thoughts >= 2, "there was thinking to be checked");
        // The check has teeth: the same history with another beginning is refused.
        request.messages[0] = message("user", &json!("something else"));
        let error = read(model.reply(request)).await.1.unwrap();
        assert!(error.detail.contains("bound to a different conversation"), "{error:?}");
    }
}

#[tokio::test]
async fn a_real_model_thinks_and_caches_when_the_upstream_says_it_can() {
    let upstream = Upstream::start(Options::default()).await.unwrap();
    let model = AnthropicModel::new(&settings(&upstream.base_url())).unwrap();
    let mut asked = request("claude-opus-5-5", &format!("[[sim:thinking]] {}", "long ".repeat(2000)));
    asked.system = Arc::from("Be good. ".repeat(2000));
    let (first, error) = read(model.reply(asked.clone())).await;
    assert!(error.is_none(), "{error:?}");
    assert!(
        first.iter().any(|item| matches!(
            item,
            madang_model::StreamItem::PartStarted { kind: PartKind::Thinking, .. }
        ))
    );
    asked.messages.push(assistant_message(blocks(&first).iter().map(AsRef::as_ref)).unwrap());
    asked.messages.push(message("user", &json!("more")));
    let (second, error) = read(model.reply(asked)).await;
    assert!(error.is_none(), "{error:?}");
    let (first, second) = (used(&first).0, used(&second).0);
    assert!(first.cache_creation_input_tokens > 1000, "{first:?}");
    assert!(second.cache_read_input_tokens >= first.cache_creation_input_tokens, "{second:?}");
    let entry = upstream.log().into_iter().next_back().unwrap();
    assert_eq!((entry.auth, entry.version.as_deref()), (Some("bearer"), Some("2026-10-21")));
}

#[tokio::test]
async fn a_conversation_that_began_simulated_goes_on_with_a_key() {
    let upstream = Upstream::start(Options::default()).await.unwrap();
    let real = AnthropicModel::new(&settings(&upstream.base_url())).unwrap();
    let simulated = SimulatedModel::new(&Settings {
        simulated_first_piece_ms: 0,
        simulated_pieces_per_second: 0,
        ..Settings::default()
    });
    for prompt in ["please think", "use a tool", "생각하고 도구를 써 줘"] {
        let mut asked = request("simulated", prompt);
        let (items, error) = read(simulated.reply(asked.clone())).await;
        assert!(error.is_none(), "{error:?}");
        asked.messages.push(assistant_message(blocks(&items).iter().map(AsRef::as_ref)).unwrap());
        asked.messages.push(message("user", &json!("hello again")));
        asked.model = "claude-opus-5-5".to_owned();
        let (items, error) = read(real.reply(asked)).await;
        assert!(error.is_none(), "{prompt}: {error:?}");
        assert!(!text(&items).is_empty());
    }
}

#[tokio::test]
async fn rate_limits_are_remembered_by_model() {
    let upstream = Upstream::start(Options::default()).await.unwrap();
    let model = from_settings(&settings(&upstream.base_url())).unwrap();
    assert_eq!(model.limits(), []);
    for name in ["sim-normal", "sim-echo", "sim-normal"] {
        assert!(read(model.reply(request(name, "hi"))).await.1.is_none());
    }
    let limits = model.limits();
    assert_eq!(
        limits.iter().map(|limits| limits.model.as_str()).collect::<Vec<_>>(),
        ["sim-echo", "sim-normal"]
    );
    let requests = limits[1].requests.unwrap();
    assert!(requests.remaining < requests.limit, "{requests:?}");
    assert!(
        limits[1].output_tokens.is_some() && limits[1].input_tokens.is_some() && limits[1].tokens.is_some()
    );

    let server = Server::start([Answer::status(429, "retry-after: 90\r\n", "")], None).await;
    let limited = crate::support::model(&server);
    read(limited.reply(request("m", "hi"))).await;
    assert_eq!(limited.limits()[0].retry_after_ms, Some(90_000));
}

#[tokio::test]
async fn a_reply_that_never_ends_is_cut() {
    let upstream = Upstream::start(Options::default()).await.unwrap();
    let short = Settings { reply_timeout_ms: 500, ..settings(&upstream.base_url()) };
    let model = AnthropicModel::new(&short).unwrap();
    let (items, error) = read(model.reply(request("sim-normal?rate=200&n=100000", "hi"))).await;
    assert_eq!(error.unwrap().detail, "not complete after 500 ms");
    assert!(!text(&items).is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start([Answer::stream(text_reply(&["stolen"]))], None).await;
    let location = format!("location: {}/v1/messages\r\n", elsewhere.base_url);
    let server = Server::start([Answer::status(307, &location, "")], None).await;
    assert!(read(model(&server).reply(request("m", "hi"))).await.1.is_some());
    assert_eq!(elsewhere.seen().len(), 0);
}

#[test]
fn costs_name_their_price_table() {
    let usage = Usage { input_tokens: 1_000_000, cache_creation_input_tokens: 1_000_000, ..Usage::default() };
    let with = |prompt_cache| {
        let key = Some(ApiKey::new("k"));
        from_settings(&Settings { api_key: key, prompt_cache, ..Settings::default() }).unwrap()
    };
    let (five, version) =
        with(madang_model::PromptCache::FiveMinutes).price("claude-opus-5-5", &usage).unwrap();
    let (hour, _) = with(madang_model::PromptCache::OneHour).price("claude-opus-5-5", &usage).unwrap();
    assert_eq!((five, hour), (9_000_000, 12_000_000));
    assert!(!version.is_empty());
    assert_eq!(from_settings(&Settings::default()).unwrap().price("claude-opus-5-5", &usage), None);
}

#[test]
fn a_message_is_made_of_blocks_and_never_of_empty_texts() {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    let blocks = [
        raw(r#"{"type":"text", "text":" "}"#),
        raw(r#"{"type": "x"}"#),
        raw(r#"{"text":"a","type":"text"}"#),
    ];
    let made = assistant_message(blocks.iter().map(AsRef::as_ref)).unwrap();
    assert_eq!(made.get(), r#"{"role":"assistant","content":[{"type": "x"},{"text":"a","type":"text"}]}"#);
    assert!(assistant_message([&*to_raw_value(&json!({ "type": "text", "text": "" })).unwrap()]).is_none());
    assert!(assistant_message([]).is_none());
}
