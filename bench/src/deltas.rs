//! Streams: what the server adds to a direct connection in delay, CPU and bytes.

use std::time::Duration;

use crate::client::{Socket, now_us, stamps};
use crate::direct::{self, Seen};
use crate::process::{Programs, Running};
use crate::stats::{figure, table};

/// Streams at once.
const STREAMS: usize = 50;
/// Tokens a second of each stream.
const RATE: u64 = 50;
/// The stand-in's first token takes this long, so that the prompt's commit can hide behind it.
const FIRST_TOKEN_MS: u64 = 20;
/// Pause between the starts of two streams: they are spread over one period of a token.
const STAGGER: Duration = Duration::from_micros(400);

/// Measures roll-up 0 for delays and CPU, and the default roll-up for bytes.
pub(crate) async fn run(programs: &Programs, seconds: u64) -> anyhow::Result<()> {
    let upstream = programs.upstream().await?;
    let n = RATE * seconds;
    let model = format!("sim-normal?rate={RATE}&n={n}&ttft={FIRST_TOKEN_MS}&stamp=1");
    let direct = all(|| direct::stream(&upstream.address, &model)).await?;

    let unlimited = "[gateway]\ncontrol_per_second = 100000\ncontrol_burst = 100000\nconnections_max = 60000\nconnections_per_person_max = 60000\n";
    let server =
        programs.server(Some(&upstream.address), &format!("[hub]\nrollup_ms = 0\n{unlimited}")).await?;
    warm_up(&server).await?;
    let before = server.cpu()?;
    let through = all(|| follow(&server.address, &model)).await?;
    let cpu = server.cpu()? - before;
    let deltas = (through.ages.len() + through.first.len()) as f64;
    server.stop().await?;

    table(&format!("Deltas: {STREAMS} streams × {RATE} tokens/s, {seconds} s, roll-up 0, one viewer each"));
    for (percent, bound) in [(50, "≤ 0.5 ms"), (99, "≤ 3 ms")] {
        let (d, t) = (direct.ages.percentile_ms(percent), through.ages.percentile_ms(percent));
        figure(
            &format!("age of a delta p{percent}: direct, through, added"),
            &format!("{d:.2}, {t:.2}, {:.2} ms", t - d),
            bound,
        );
    }
    let (d, t) = (direct.first.percentile_ms(50), through.first.percentile_ms(50));
    figure(
        "first delta p50: direct, through, added",
        &format!("{d:.1}, {t:.1}, {:.1} ms", t - d),
        "+ ≤ 2 ms",
    );
    let (d, t) = (direct.first.percentile_ms(99), through.first.percentile_ms(99));
    figure("first delta p99: direct, through, added", &format!("{d:.1}, {t:.1}, {:.1} ms", t - d), "");
    figure(
        "server CPU per delta and viewer",
        &format!("{:.1} µs", cpu.as_secs_f64() * 1e6 / deltas),
        "≤ 25 µs",
    );

    bytes(programs, &upstream, n).await?;
    upstream.stop().await
}

/// Bytes to a viewer at the default roll-up, against the upstream's own delta events.
async fn bytes(programs: &Programs, upstream: &Running, n: u64) -> anyhow::Result<()> {
    let model = format!("sim-normal?rate={RATE}&n={n}&ttft={FIRST_TOKEN_MS}");
    let own = direct::stream(&upstream.address, &model).await?;
    let server = programs.server(Some(&upstream.address), "").await?;
    let viewed = follow(&server.address, &model).await?;
    server.stop().await?;
    let ratio = viewed.bytes as f64 / own.bytes as f64;
    figure(
        "bytes to a viewer / the upstream's delta events, default roll-up",
        &format!("{} / {} = {ratio:.2}", viewed.bytes, own.bytes),
        "≤ 2",
    );
    Ok(())
}

/// The first turns pay for connections to the upstream and for lazily built tables.
async fn warm_up(server: &Running) -> anyhow::Result<()> {
    let model = format!("sim-normal?rate=500&n=20&ttft={FIRST_TOKEN_MS}&stamp=1");
    all(|| follow(&server.address, &model)).await.map(|_| ())
}

/// Asks through the server and reads the reply to its end.
async fn follow(address: &str, model: &str) -> anyhow::Result<Seen> {
    let mut socket = Socket::connect(address).await?;
    let session = socket.session(model).await?;
    let received = socket.received;
    let begun = now_us();
    socket
        .send("claude_message", &format!(r#"{{"session_id":"{session}","content":"Go.","stream":true}}"#))
        .await?;
    let mut seen = Seen::default();
    loop {
        let text = socket.next().await?;
        anyhow::ensure!(!text.contains(r#""type":"error""#), "refused: {text}");
        let done = text.contains(r#""completed":true"#);
        if !done {
            seen.take(begun, stamps(text, r#""content":""#));
        }
        if done {
            // The final repeats the whole text once, for everyone; what is compared is the streaming.
            let last = text.len() as u64;
            seen.bytes = socket.received - received - last;
            anyhow::ensure!(
                seen.first.len() + seen.ages.len() > 0 || !model.contains("stamp"),
                "no deltas seen"
            );
            return Ok(seen);
        }
    }
}

/// Runs as many streams as the benchmark has at once.
async fn all<F>(stream: impl Fn() -> F) -> anyhow::Result<Seen>
where
    F: Future<Output = anyhow::Result<Seen>>,
{
    let mut total = Seen::default();
    let mut streams = Vec::new();
    for place in 0..STREAMS {
        let begin = STAGGER * u32::try_from(place).unwrap_or(0);
        let stream = stream();
        streams.push(async move {
            tokio::time::sleep(begin).await;
            stream.await
        });
    }
    for seen in join_all(streams).await {
        total.merge(seen?);
    }
    Ok(total)
}

/// Polls all to the end, on this one thread.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(move |context| {
        let mut waiting = false;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(running.iter_mut().filter_map(|(_, output)| output.take()).collect())
    })
    .await
}
