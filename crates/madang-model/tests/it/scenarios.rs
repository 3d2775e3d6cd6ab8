//! Every scenario of the stand-in through the client, whole and split anywhere.

use std::time::Duration;

use madang_model::{AnthropicModel, Model, Settings, StreamItem};
use madang_protocol::ErrorCode;
use madang_testkit::upstream::{Options, Upstream};

use crate::support::{lines, read, request, settings, text};

struct Bench {
    upstream: Upstream,
    model: AnthropicModel,
}

impl Bench {
    async fn start() -> Self {
        let upstream = Upstream::start(Options::default()).await.unwrap();
        let model = AnthropicModel::new(&settings(&upstream.base_url())).unwrap();
        // So that no reply waits for the list, and the log begins with what the test asks.
        model.models().await.unwrap();
        Self { upstream, model }
    }

    /// As [`Bench::start`], but silence is noticed soon; late enough that a busy machine is not taken for silent.
    async fn impatient() -> Self {
        let bench = Self::start().await;
        let base_url = bench.upstream.base_url();
        let short = Settings { idle_timeout_ms: 400, header_timeout_ms: 400, ..settings(&base_url) };
        let model = AnthropicModel::new(&short).unwrap();
        model.models().await.unwrap();
        Self { model, ..bench }
    }

    /// What a scenario becomes: items as lines, and the error.
    async fn ask(&self, scenario: &str) -> (Vec<String>, Option<ErrorCode>) {
        self.upstream.reset();
        let (items, error) = read(self.model.reply(request(&format!("sim-{scenario}"), "hello"))).await;
        let mut lines = lines(&items);
        // Ids depend on the whole request, the model's name included.
        lines.retain(|line| !line.starts_with("started "));
        (lines, error.map(|error| error.code))
    }

    fn tries(&self) -> usize {
        self.upstream.log().iter().filter(|entry| entry.path == "/v1/messages").count()
    }
}

/// Ids and signatures are hashes of the request, so they differ with the model's name.
fn without_ids(lines: &[String]) -> Vec<String> {
    let words =
        |line: &String| {
            line.split(['"', ' '])
                .map(|word| {
                    if word.starts_with("sim-") || word.len() > 18 && word.is_ascii() { "…" } else { word }
                })
                .collect::<Vec<_>>()
                .join(" ")
        };
    lines.iter().map(words).collect()
}

#[tokio::test]
async fn any_split_gives_the_same_items() {
    let bench = Bench::start().await;
    for scenario in [
        "normal?n=50",
        "echo?x",
        "markdown",
        "unicode",
        "empty",
        "tool",
        "tools2",
        "thinktool",
        "thinking",
        "thinkomit",
        "redacted",
        "badjson",
        "servertool",
        "fallback",
        "compaction",
        "contextedit",
        "unknown",
        "refusal",
        "maxtokens",
        "stopseq",
        "pause",
        "context",
        "nousage",
    ] {
        let scenario = scenario.trim_end_matches("?x");
        let joint = if scenario.contains('?') { '&' } else { '?' };
        let (whole, error) = bench.ask(scenario).await;
        assert_eq!(error, None, "{scenario}");
        assert!(whole.last().is_some_and(|line| line.starts_with("ended ")), "{scenario}: {whole:?}");
        for knobs in ["split=1", "split=7", "split=64", "coalesce=100000", "pad=9&split=3", "crlf=1&split=2"]
        {
            let (split, error) = bench.ask(&format!("{scenario}{joint}{knobs}")).await;
            assert_eq!(error, None, "{scenario} {knobs}");
            assert_eq!(without_ids(&split), without_ids(&whole), "{scenario} {knobs}");
        }
    }
}

#[tokio::test]
async fn stop_reasons_pass_through() {
    let bench = Bench::start().await;
    for (scenario, ended) in [
        ("normal", "ended end_turn"),
        ("refusal", "ended refusal: This request was refused by the simulated policy."),
        ("maxtokens", "ended max_tokens"),
        ("stopseq", "ended stop_sequence"),
        ("pause", "ended pause_turn"),
        ("context", "ended model_context_window_exceeded"),
        ("tool", "ended tool_use"),
    ] {
        let (lines, error) = bench.ask(scenario).await;
        assert_eq!((lines.last().map(String::as_str), error), (Some(ended), None), "{scenario}");
    }
}

#[tokio::test]
async fn failures_before_the_first_delta_are_tried_again() {
    let bench = Bench::impatient().await;
    for scenario in [
        "http429?times=2&rams=2",
        "http529?times=2",
        "http500?times=2",
        "http504?times=2",
        "preheaderreset?times=2",
        "disconnect?times=2",
        "miderror?after=0&times=2",
        "reset?after=0&times=2",
        "trunc?after=0&times=2",
        "eof?after=0&times=2",
        "stall?after=0&times=2",
        "hang?times=2",
    ] {
        let (lines, error) = bench.ask(scenario).await;
        assert_eq!((error, bench.tries()), (None, 3), "{scenario}: {lines:?}");
        assert!(
            lines[0].starts_with("waiting ") && lines[1].starts_with("waiting "),
            "{scenario}: {lines:?}"
        );
        assert_eq!(lines.last().map(String::as_str), Some("ended end_turn"), "{scenario}");
    }
}

#[tokio::test]
async fn failures_after_the_first_delta_are_final() {
    let bench = Bench::impatient().await;
    for scenario in ["miderror", "reset", "trunc", "eof", "stall"] {
        let code =
            if scenario == "miderror" { ErrorCode::ModelOverloaded } else { ErrorCode::ModelUnavailable };
        let (lines, error) = bench.ask(&format!("{scenario}?after=2")).await;
        assert_eq!((error, bench.tries()), (Some(code), 1), "{scenario}: {lines:?}");
    }
    for kind in ["notjson", "binary", "array", "null", "wrongtypes", "noblock", "restart"] {
        let (lines, error) = bench.ask(&format!("garbage?after=2&kind={kind}")).await;
        assert_eq!((error, bench.tries()), (Some(ErrorCode::ModelUnavailable), 1), "{kind}: {lines:?}");
    }
}

#[tokio::test]
async fn what_trying_cannot_help_is_asked_once() {
    let bench = Bench::start().await;
    for (scenario, code) in [
        ("http400", ErrorCode::ModelRefused),
        ("http401", ErrorCode::ModelUnavailable),
        ("http413", ErrorCode::ModelRefused),
        ("http429?code=enforced_spend_limit_reached", ErrorCode::BudgetExceeded),
        ("http529?xsr=false", ErrorCode::ModelOverloaded),
        ("redirect", ErrorCode::ModelUnavailable),
        ("nosuchscenario", ErrorCode::ModelUnavailable),
    ] {
        let (lines, error) = bench.ask(scenario).await;
        assert_eq!((error, bench.tries(), lines.len()), (Some(code), 1, 0), "{scenario}: {lines:?}");
    }
}

#[tokio::test]
async fn pings_keep_a_silent_reply_alive() {
    let bench = Bench::impatient().await;
    let (lines, error) = bench.ask("pinggap?s=1&every=10").await;
    assert_eq!((error, bench.tries()), (None, 1), "{lines:?}");
}

#[tokio::test]
async fn many_deltas_and_a_huge_one() {
    let bench = Bench::start().await;
    let (items, error) = read(bench.model.reply(request("sim-huge?n=20000", "hi"))).await;
    assert!(error.is_none(), "{error:?}");
    assert!(items.iter().filter(|item| matches!(item, StreamItem::Delta { .. })).count() >= 20_000);
    let huge = "sim-hugeevent?bytes_in_event=5000000&split=4096";
    let (items, error) = read(bench.model.reply(request(huge, "hi"))).await;
    assert!(error.is_none(), "{error:?}");
    assert!(text(&items).len() >= 10_000_000, "10 MB in one delta");
}

#[tokio::test]
async fn dropping_a_reply_stops_the_upstream() {
    use futures_util::StreamExt;
    let bench = Bench::start().await;
    let mut reply = bench.model.reply(request("sim-normal?rate=200&n=100000", "hi"));
    while !matches!(reply.next().await.unwrap().unwrap(), StreamItem::Delta { .. }) {}
    drop(reply);
    let aborted = bench.upstream.wait_for(|entry| entry.aborted);
    let entry = tokio::time::timeout(Duration::from_secs(30), aborted).await.unwrap();
    assert!(entry.deltas_sent < 1000, "at once, and not at the end: {}", entry.deltas_sent);
}

#[tokio::test]
async fn connections_serve_reply_after_reply() {
    let bench = Bench::start().await;
    for _ in 0..20 {
        assert!(read(bench.model.reply(request("sim-normal?n=3", "hi"))).await.1.is_none());
    }
    // A reply may begin before the connection of the last one is back, but no more than that.
    let last = bench.upstream.log().iter().map(|entry| entry.connection).max().unwrap();
    assert!(last <= 3, "21 requests took {last} connections");
}

#[tokio::test]
async fn early_hints_are_not_the_answer() {
    let bench = Bench::start().await;
    let (lines, error) = bench.ask("earlyhints").await;
    assert_eq!((error, lines.last().map(String::as_str)), (None, Some("ended end_turn")));
}
