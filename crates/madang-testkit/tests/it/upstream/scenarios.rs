//! Every scenario, one line each: what its stream looks like from outside.

use std::collections::BTreeSet;

use serde_json::json;

use super::client::{End, Response, ask, ask_with, body, get, started, stream};

/// A scenario and what `Response::summary` says of its stream.
const STREAMS: &[(&str, &str)] = &[
    ("reply", "200 text [61] end_turn whole"),
    ("normal?n=3", "200 text [3] end_turn whole"),
    ("echo", "200 text [2] end_turn whole"),
    ("markdown", "200 text [127] end_turn whole"),
    ("unicode", "200 text [20] end_turn whole"),
    ("slowfirst?s=0.01&n=2", "200 text [2] end_turn whole"),
    ("pinggap?s=0.02&every=5&n=4", "200 text [2] text [2] end_turn whole"),
    ("huge?n=2000", "200 text [2000] end_turn whole"),
    ("hugeevent?bytes_in_event=1000000", "200 text [1] end_turn whole"),
    ("empty", "200 end_turn whole"),
    ("tool", "200 text [5] tool_use [22] tool_use whole"),
    ("tools2", "200 tool_use [22] tool_use [4] tool_use whole"),
    ("thinktool", "200 thinking [18] text [5] tool_use [22] tool_use whole"),
    ("thinking", "200 thinking [18] text [4] end_turn whole"),
    ("thinkomit", "200 thinking [1] text [4] end_turn whole"),
    ("redacted", "200 redacted_thinking [0] text [4] end_turn whole"),
    ("badjson", "200 tool_use [2] max_tokens whole"),
    ("servertool", "200 server_tool_use [8] web_search_tool_result [0] text [7] end_turn whole"),
    ("fallback", "200 fallback [0] text [4] end_turn whole"),
    ("compaction", "200 compaction [1] text [2] end_turn whole"),
    ("contextedit", "200 text [6] end_turn whole"),
    ("unknown", "200 <constellation> text [2] <content_block_glow> text [3] end_turn whole"),
    ("local", "200 thinking [17] text [4] end_turn whole"),
    ("refusal", "200 text [0] refusal whole"),
    ("maxtokens", "200 text [6] max_tokens whole"),
    ("stopseq", "200 text [3] stop_sequence whole"),
    ("pause", "200 text [3] server_tool_use [2] pause_turn whole"),
    ("context", "200 text [7] model_context_window_exceeded whole"),
    ("nousage", "200 text [8] end_turn whole"),
    ("miderror?after=4&type=api_error", "200 text [4] error:api_error whole"),
    ("reset?after=2&rate=100", "200 text [2] reset"),
    ("trunc?after=2", "200 text [2] closed"),
    ("eof?after=2", "200 text [2] whole"),
    ("eof?events=0", "200 whole"),
    ("garbage?after=2&kind=noblock", "200 text [3] whole"),
    ("garbage?after=2&kind=html", "200 text [2] whole"),
    ("preheaderreset", "0 reset"),
    ("disconnect", "0 closed"),
    ("http?status=418", "418 whole"),
    ("http529", "529 whole"),
    ("redirect", "307 whole"),
    ("earlyhints", "103 whole"),
];

/// Scenarios that never end by themselves; `transport.rs` drives them.
const SILENT: &[&str] = &["stall", "hang"];

#[tokio::test]
async fn every_scenario_streams_what_it_says() {
    let upstream = started().await;
    let mut wrong = Vec::new();
    for (scenario, expected) in STREAMS {
        let summary = stream(&upstream, scenario).await.summary();
        if summary != *expected {
            wrong.push(format!("{scenario}: {summary}, not {expected}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn no_scenario_of_the_catalogue_goes_untested() {
    let upstream = started().await;
    let catalogue = get(&upstream, "/_scenarios").await.json();
    let names = catalogue["scenarios"].as_array().unwrap().iter();
    let listed: BTreeSet<String> =
        names.map(|line| line["model"].as_str().unwrap()[4..].to_owned()).collect();
    let tested = STREAMS
        .iter()
        .map(|(scenario, _)| scenario.split('?').next().unwrap_or(""))
        .filter(|name| *name != "http529");
    let tested: BTreeSet<String> = tested.chain(SILENT.iter().copied()).map(str::to_owned).collect();
    assert_eq!(listed, tested);
}

#[tokio::test]
async fn ids_and_content_are_the_same_streamed_and_whole() {
    let upstream = started().await;
    for scenario in ["reply", "tool", "thinktool", "servertool", "unicode", "refusal"] {
        let model = format!("sim-{scenario}");
        let streamed = ask(&upstream, &body(&model, true)).await;
        let whole = ask(&upstream, &body(&model, false)).await.json();
        let events = streamed.events();
        assert_eq!(events[0].1["message"]["id"], whole["id"], "{scenario}");
        let started = events.iter().filter(|(name, _)| name == "content_block_start");
        let ids: Vec<_> = started.map(|(_, data)| data["content_block"]["id"].clone()).collect();
        let whole_ids: Vec<_> =
            whole["content"].as_array().unwrap().iter().map(|block| block["id"].clone()).collect();
        assert_eq!(ids, whole_ids, "{scenario}");
        let end = events.iter().find(|(name, _)| name == "message_delta").unwrap();
        assert_eq!(end.1["delta"]["stop_reason"], whole["stop_reason"], "{scenario}");
        assert_eq!(end.1["usage"]["output_tokens"], whole["usage"]["output_tokens"], "{scenario}");
        assert_eq!(ask(&upstream, &body(&model, false)).await.json()["id"], whole["id"], "{scenario} again");
    }
}

#[tokio::test]
async fn scenarios_are_chosen_by_model_header_text_or_script() {
    let upstream = started().await;
    let by_header =
        ask_with(&upstream, "x-sim-scenario: normal?n=2\r\n", &body("claude-opus-5-5", true)).await;
    assert_eq!(by_header.summary(), "200 text [2] end_turn whole");

    let mut by_text = body("claude-opus-5-5", true);
    by_text["messages"][0]["content"] = json!("please [[sim:normal?n=4]] now");
    assert_eq!(ask(&upstream, &by_text).await.summary(), "200 text [4] end_turn whole");

    let script = json!({ "matches": "Hello", "times": 1, "scenario": "normal?n=5" });
    upstream.script(serde_json::from_value(script).unwrap()).unwrap();
    assert_eq!(ask(&upstream, &body("claude-opus-5-5", true)).await.summary(), "200 text [5] end_turn whole");
    assert_eq!(
        ask(&upstream, &body("claude-haiku-4-5", true)).await.summary(),
        "200 text [61] end_turn whole"
    );
}

#[tokio::test]
async fn failures_stop_after_their_number_of_times() {
    let upstream = started().await;
    let statuses = async |scenario: &str| {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(stream(&upstream, scenario).await.status);
        }
        statuses
    };
    assert_eq!(statuses("http529?times=2").await, [529, 529, 200]);
    assert_eq!(statuses("http429").await, [429, 429, 429]);
    assert_eq!(statuses("disconnect?times=1").await, [0, 200, 200]);
    upstream.reset();
    assert_eq!(statuses("http529?times=2").await, [529, 529, 200]);
}

#[tokio::test]
async fn refusals_carry_the_headers_that_clients_act_on() {
    let upstream = started().await;
    let refused = stream(&upstream, "http429?ra=7&rams=70&xsr=false&code=enforced_spend_limit_reached").await;
    assert_eq!(refused.header("retry-after"), Some("7"));
    assert_eq!(refused.header("retry-after-ms"), Some("70"));
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    assert_eq!(refused.json()["error"]["details"]["error_code"], "enforced_spend_limit_reached");
    assert_eq!(refused.json()["request_id"], refused.header("request-id").unwrap());
}

#[tokio::test]
async fn an_error_event_is_a_status_for_those_who_don_t_stream() {
    let upstream = started().await;
    let refused = ask(&upstream, &body("sim-miderror?type=overloaded_error", false)).await;
    assert_eq!((refused.status, refused.error_type()), (529, "overloaded_error".to_owned()));
}

#[tokio::test]
async fn early_hints_come_before_the_real_head() {
    let upstream = started().await;
    let mut client = super::client::Client::connect(upstream.addr()).await;
    let body = body("sim-earlyhints", true).to_string();
    client.send(&super::client::post("/v1/messages", "", &body)).await;
    assert_eq!(client.receive().await.status, 103);
    let real = client.receive().await;
    assert_eq!((real.status, real.end), (200, End::Whole));
}

#[tokio::test]
async fn uploaded_scripts_answer_in_every_form() {
    let upstream = started().await;
    let upload = |script| upstream.script(serde_json::from_value(script).unwrap());
    upload(json!({ "name": "said", "reply": { "blocks": [
        { "type": "text", "text": "one two" }, { "type": "tool_use", "name": "look", "input": { "at": "서울" } },
    ] } }))
    .unwrap();
    upload(json!({ "name": "raw", "events": [{ "raw": "event: ping\ndata: {}\n\n" }, { "cut": "trunc" }] }))
        .unwrap();
    upload(json!({ "name": "teapot", "http": { "status": 418, "headers": [["x-tea", "green"]], "body": "short" } })).unwrap();
    assert_eq!(stream(&upstream, "said").await.summary(), "200 text [2] tool_use [3] tool_use whole");
    assert_eq!(stream(&upstream, "raw").await.end, End::Closed);
    let teapot: Response = stream(&upstream, "teapot").await;
    assert_eq!(
        (teapot.status, teapot.header("x-tea"), &teapot.body[..]),
        (418, Some("green"), &b"short"[..])
    );
    upload(
        json!({ "path": "/v1/models", "times": 1, "http": { "status": 500, "body": { "no": "models" } } }),
    )
    .unwrap();
    assert_eq!(get(&upstream, "/v1/models").await.status, 500);
    assert_eq!(get(&upstream, "/v1/models").await.status, 200);
    assert!(upload(json!({ "path": "/v1/models", "scenario": "tool" })).is_err());
    assert!(upload(json!({ "name": "both", "scenario": "tool", "reply": {} })).is_err());
}

#[tokio::test]
async fn a_local_server_sends_no_more_than_it_must() {
    let upstream = started().await;
    let response = stream(&upstream, "local").await;
    let text = String::from_utf8_lossy(&response.body).into_owned();
    for absent in ["signature", "cache", "event: ping"] {
        assert!(!text.contains(absent), "{absent}");
    }
    assert_eq!(
        (response.header("request-id"), response.header("anthropic-ratelimit-requests-limit")),
        (None, None)
    );
    assert_eq!(response.header("x-simulated-upstream"), Some("madang"));
}
