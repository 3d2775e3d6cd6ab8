//! However a stream is cut up on its way, the events in it are the same.

use madang_testkit::upstream::{Options, Script, ScriptStep, Upstream};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::client::{End, ask_with, body, stream};

/// Knobs that cut, gather, pad and end lines differently.
fn knobs() -> impl Strategy<Value = String> {
    (0_usize..70, 0_usize..40, 0_usize..3_000, 0_usize..9, any::<bool>()).prop_map(
        |(split, tcp, coalesce, pad, crlf)| {
            format!("split={split}&tcp={tcp}&coalesce={coalesce}&pad={pad}&crlf={}", u8::from(crlf))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_any_scenario_gives_the_same_events(
        scenario in prop::sample::select(vec!["tool", "thinktool", "unicode", "servertool", "unknown", "markdown"]),
        knobs in knobs(),
    ) {
        let runtime = Runtime::new().unwrap();
        let (plain, cut) = runtime.block_on(async {
            let upstream = Upstream::start(Options::default()).await.unwrap();
            let body = body("claude-haiku-4-5", true);
            let plain = ask_with(&upstream, &format!("x-sim-scenario: {scenario}\r\n"), &body).await;
            let cut = ask_with(&upstream, &format!("x-sim-scenario: {scenario}?{knobs}\r\n"), &body).await;
            (plain, cut)
        });
        prop_assert_eq!(cut.end, End::Whole);
        prop_assert!(plain.events().len() > 5);
        prop_assert_eq!(plain.events(), cut.events());
    }

    #[test]
    fn any_split_of_any_script_gives_the_events_that_were_uploaded(
        texts in prop::collection::vec(any::<String>(), 0..12),
        knobs in knobs(),
    ) {
        let deltas = texts.iter().map(|text| {
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } })
        });
        let uploaded: Vec<Value> = deltas.chain([json!({ "type": "message_stop" })]).collect();
        let steps = uploaded.iter().map(|data| ScriptStep { data: Some(data.clone()), ..ScriptStep::default() });
        let script =
            Script { name: Some("any".to_owned()), events: Some(steps.collect()), knobs, ..Script::default() };
        let runtime = Runtime::new().unwrap();
        let response = runtime.block_on(async {
            let upstream = Upstream::start(Options::default()).await.unwrap();
            upstream.script(script).unwrap();
            stream(&upstream, "any").await
        });
        let received: Vec<Value> = response.events().into_iter().map(|(_, data)| data).collect();
        prop_assert_eq!(received, uploaded);
    }

    #[test]
    fn a_body_can_break_off_at_any_byte(bytes in 0_usize..1_500) {
        let runtime = Runtime::new().unwrap();
        let (whole, cut) = runtime.block_on(async {
            let upstream = Upstream::start(Options::default()).await.unwrap();
            let body = body("claude-haiku-4-5", true);
            let whole = ask_with(&upstream, "x-sim-scenario: unicode\r\n", &body).await;
            let cut = format!("x-sim-scenario: unicode?bytes={bytes}&fault=trunc\r\n");
            (whole, ask_with(&upstream, &cut, &body).await)
        });
        prop_assert_eq!(cut.end, End::Closed);
        prop_assert_eq!(&cut.body[..], &whole.body[..bytes]);
    }
}
