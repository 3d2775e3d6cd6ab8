//! The simulated model: says that it is one, shows everything on request, the same each time.

use std::sync::Arc;

use futures_util::StreamExt;
use madang_model::{Model, Request, Settings, SimulatedModel, StreamItem};
use madang_protocol::ErrorCode;
use serde_json::json;
use serde_json::value::RawValue;

use crate::support::{blocks, lines, message, read, request, text, used};

fn fast() -> SimulatedModel {
    SimulatedModel::new(&Settings {
        simulated_first_piece_ms: 0,
        simulated_pieces_per_second: 0,
        ..Settings::default()
    })
}

async fn reply(prompt: &str) -> Vec<StreamItem> {
    let (items, error) = read(fast().reply(request("simulated", prompt))).await;
    assert!(error.is_none(), "{error:?}");
    items
}

#[tokio::test]
async fn it_says_what_it_is_and_what_was_asked_in_the_language_of_the_question() {
    for (prompt, said) in
        [("Hello there", "This is a simulated reply."), ("안녕?", "이것은 모의 응답입니다.")]
    {
        let items = reply(prompt).await;
        let text = text(&items);
        assert!(text.contains(said) && text.contains(&format!("> {prompt}\n")), "{text}");
        let shape: Vec<_> =
            lines(&items).iter().map(|line| line.chars().take(7).collect::<String>()).collect();
        assert_eq!(
            shape,
            ["started", "usage 1", "0 Text", &format!("0: {text}"), "0 = {\"t", "usage 1", "ended e"]
                .map(|line| line.chars().take(7).collect::<String>())
        );
        assert!(items.len() > 12, "it comes in pieces");
    }
}

#[tokio::test]
async fn it_shows_what_is_asked_for() {
    for (prompt, shown) in [
        ("a table please", "|:--|"),
        ("표로 정리해 줘", "|:--|"),
        ("some CODE", "```rust"),
        ("코드를 보여줘", "```rust"),
        ("math!", "$$\n"),
        ("수식", "$$\n"),
        ("draw a mermaid diagram", "```mermaid"),
        ("다이어그램을 그려", "```mermaid"),
    ] {
        assert!(text(&reply(prompt).await).contains(shown), "{prompt}");
    }
    let none = text(&reply("목표가 뭐야? portable encoder").await);
    assert!(!none.contains("|:--|") && !none.contains("```rust"), "words inside of words ask for nothing");
}

#[tokio::test]
async fn long_answers_have_the_length_asked_for() {
    for (prompt, words) in
        [("long 1000", 1000), ("1000단어로 길게", 1000), ("long", 400), ("long 9999999", 32_000)]
    {
        let text = text(&reply(prompt).await);
        let count = text.split("##").nth(1).unwrap().split_whitespace().skip(2).count();
        assert!(count.abs_diff(words) <= 1, "{prompt}: {count}");
    }
}

#[tokio::test]
async fn it_thinks_and_uses_tools_and_refuses() {
    let thinking = lines(&reply("think about it").await);
    assert_eq!(thinking[2], "0 Thinking");
    assert!(thinking[4].contains("\"signature\":\"madang-simulated\""), "{}", thinking[4]);

    let own = lines(&reply("use a tool").await).join("\n");
    assert!(
        own.contains("1 ToolUse simulated_lookup srvtoolu_")
            && own.contains("2 ToolResult simulated_tool_result")
    );
    assert!(own.ends_with("ended end_turn"));

    let refusal = lines(&reply("refuse this").await);
    assert!(refusal.last().unwrap().starts_with("ended refusal: This refusal is simulated"));
}

#[tokio::test]
async fn it_calls_the_tools_it_is_given_once() {
    let tools = r#"[{"name":"edit","input_schema":{"type":"object","required":["path","line","kind"],"properties":
        {"path":{"type":"string"},"line":{"type":"integer"},"kind":{"enum":["a","b"]},"extra":{"type":"string"}}}}]"#;
    let tools = RawValue::from_string(tools.to_owned()).unwrap();
    let mut asked = Request { tools: Some(Arc::from(tools)), ..request("simulated", "use the tool") };
    let (items, _) = read(fast().reply(asked.clone())).await;
    let called = lines(&items);
    assert_eq!(called.last().unwrap(), "ended tool_use");
    let id = "toolu_madang-simulated_1";
    assert!(called.contains(&format!("1 ToolUse edit {id}")), "{called:?}");
    assert!(called.contains(&r#"1: {"kind":"a","line":1,"path":"simulated"}"#.to_owned()), "{called:?}");
    asked.messages.push(madang_model::assistant_message(blocks(&items).iter().map(AsRef::as_ref)).unwrap());
    let result = json!([{ "type": "tool_result", "tool_use_id": id, "content": [{ "type": "text", "text": "done so" }] }]);
    asked.messages.push(message("user", &result));
    let (items, _) = read(fast().reply(asked)).await;
    assert!(text(&items).contains("done so"));
    assert_eq!(lines(&items).last().unwrap(), "ended end_turn");
}

#[tokio::test]
async fn it_breaks_off_and_waits_on_request() {
    let (items, error) = read(fast().reply(request("simulated", "make an error"))).await;
    assert_eq!(error.unwrap().code, ErrorCode::ModelUnavailable);
    assert!(!text(&items).is_empty(), "in the middle, not before");

    let mut busy = fast().reply(request("simulated", "be busy"));
    let first = busy.next().await.unwrap().unwrap();
    assert!(matches!(first, StreamItem::Waiting { code: ErrorCode::ModelOverloaded, attempt: 2, .. }));
}

#[tokio::test]
async fn the_same_request_gets_the_same_reply_and_blocks_are_what_was_shown() {
    let prompt = "think, a table, code, math, mermaid, long 50";
    let (first, second) = (reply(prompt).await, reply(prompt).await);
    assert_eq!(lines(&first), lines(&second));
    let joined: String = blocks(&first)
        .iter()
        .map(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).unwrap())
        .map(|block| block.get("text").or(block.get("thinking")).unwrap().as_str().unwrap().to_owned())
        .collect();
    assert_eq!(joined, text(&first));
}

#[tokio::test]
async fn it_counts_messages_and_tokens() {
    let mut asked = request("simulated", "one");
    asked.messages.push(message("assistant", &json!("…")));
    asked.messages.push(message(
        "user",
        &json!([{ "type": "text", "text": "context" }, { "type": "text", "text": "two" }]),
    ));
    let (items, _) = read(fast().reply(asked)).await;
    let said = text(&items);
    assert!(said.contains("message 2 of") && said.contains("> two\n") && !said.contains("context"), "{said}");
    let deltas = items.iter().filter(|item| matches!(item, StreamItem::Delta { .. })).count() as u64;
    let (used, _) = used(&items);
    assert_eq!((used.output_tokens, used.input_tokens > 20, used.estimated), (deltas, true, false));
}

#[tokio::test(start_paused = true)]
async fn it_keeps_its_pace() {
    let start = tokio::time::Instant::now();
    let model = SimulatedModel::new(&Settings::default());
    let (items, _) = read(model.reply(request("simulated", "hello"))).await;
    let deltas = items.iter().filter(|item| matches!(item, StreamItem::Delta { .. })).count();
    let expected = 300 + (deltas as u64) * 1000 / 30;
    assert!(
        start.elapsed().as_millis().abs_diff(expected.into()) < 100,
        "{:?} for {deltas}",
        start.elapsed()
    );
}

#[tokio::test]
async fn nonsense_is_answered_too() {
    for messages in
        [vec![], vec!["7"], vec![r#"{"role":"user","content":7}"#], vec![r#"{"role":"user","content":[1]}"#]]
    {
        let messages =
            messages.into_iter().map(|text| Arc::from(RawValue::from_string(text.to_owned()).unwrap()));
        let asked = Request { messages: messages.collect(), ..request("what", "") };
        let (items, error) = read(fast().reply(asked)).await;
        assert!(error.is_none() && text(&items).contains("simulated"), "{error:?}");
    }
}

#[tokio::test]
async fn its_models_are_marked() {
    let models = fast().models().await.unwrap();
    assert!(models.iter().all(|model| model.simulated && !model.efforts.is_empty()));
    assert!(models.iter().any(|model| model.id == fast().default_model()));
    assert!(fast().simulated());
}
