//! Pace, silence, aborts, slow readers and connections.

use std::time::{Duration, Instant};

use madang_testkit::upstream::{Ending, Options, StartError, Upstream, stamp_us};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::client::{Client, End, PATIENCE, ask, body, events_in, get, post, started, stream};

#[tokio::test]
async fn it_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let options = Options { listen: address.parse().unwrap(), ..Options::default() };
        let refused = Upstream::start(options).await;
        assert!(matches!(refused, Err(StartError::NotLoopback(_))), "{address}");
    }
    let first = started().await;
    let taken = Upstream::start(Options { listen: first.addr(), ..Options::default() }).await;
    assert!(matches!(taken, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn rate_and_ttft_are_kept() {
    let upstream = started().await;
    let since = Instant::now();
    let response = stream(&upstream, "normal?n=11&rate=100&ttft=50").await;
    let took = since.elapsed();
    assert_eq!(response.end, End::Whole);
    assert!(took >= Duration::from_millis(145), "{took:?}");
}

#[tokio::test]
async fn a_whole_answer_takes_as_long_as_its_stream() {
    let upstream = started().await;
    let since = Instant::now();
    ask(&upstream, &body("sim-normal?n=11&rate=100&ttft=50", false)).await;
    assert!(since.elapsed() >= Duration::from_millis(145));
}

#[tokio::test]
async fn pings_fill_a_silence() {
    let upstream = started().await;
    let response = stream(&upstream, "slowfirst?s=0.1&n=1&ping=10").await;
    let pings = response.events().iter().filter(|(name, _)| name == "ping").count();
    // One is the block's own; on a busy machine the others come later and fewer.
    assert!((2..=10).contains(&pings), "{pings} pings");
}

#[tokio::test]
async fn coalescing_and_splitting_decide_the_chunks() {
    let upstream = started().await;
    assert_eq!(stream(&upstream, "normal?n=20&coalesce=100000").await.chunks.len(), 1);
    let split = stream(&upstream, "normal?n=20&split=64").await.chunks;
    assert!(split.len() > 20 && split.iter().all(|size| *size <= 64));
}

#[tokio::test]
async fn stamps_say_when_a_delta_was_sent() {
    let upstream = started().await;
    let before = stamp_us();
    let response = stream(&upstream, "normal?n=5&rate=200&stamp=1").await;
    let stamps: Vec<u64> = response.text().split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(stamps.len(), 5);
    assert!(stamps.is_sorted() && stamps[0] >= before && stamps[4] <= stamp_us());
    assert!(stamps[4] - before >= 20_000, "{stamps:?}");
}

#[tokio::test]
async fn an_abort_is_logged_within_one_delta_interval() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    client.send(&post("/v1/messages", "", &body("sim-normal?n=100000&rate=5", true).to_string())).await;
    client.receive_until(|body| body.matches("text_delta").count() >= 3).await;
    let left = Instant::now();
    drop(client);
    let entry = tokio::time::timeout(PATIENCE, upstream.wait_for(|entry| entry.ending == Ending::Aborted))
        .await
        .unwrap();
    assert!(left.elapsed() < Duration::from_secs(2));
    assert!(entry.aborted && entry.ended_us > Some(entry.at_us));
    assert!((3..=4).contains(&entry.deltas_sent), "{} deltas", entry.deltas_sent);
    let logged = get(&upstream, "/_log").await.json();
    assert_eq!(logged["entries"][0]["aborted"], true);
}

#[tokio::test]
async fn a_hang_has_no_head_and_a_stall_has_no_end() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    client.send(&post("/v1/messages", "", &body("sim-hang", true).to_string())).await;
    let hanging =
        tokio::time::timeout(PATIENCE, upstream.wait_for(|entry| entry.scenario.is_some())).await.unwrap();
    assert_eq!((hanging.status, hanging.ending), (None, Ending::Open));
    drop(client);
    tokio::time::timeout(PATIENCE, upstream.wait_for(|entry| entry.aborted)).await.unwrap();

    upstream.reset();
    let mut client = Client::connect(upstream.addr()).await;
    client.send(&post("/v1/messages", "", &body("sim-stall?after=2", true).to_string())).await;
    client.receive_until(|body| body.matches("text_delta").count() == 2).await;
    drop(client);
    let stalled = tokio::time::timeout(PATIENCE, upstream.wait_for(|entry| entry.aborted)).await.unwrap();
    assert_eq!((stalled.status, stalled.deltas_sent, stalled.bytes_sent > 0), (Some(200), 2, true));
}

#[tokio::test]
async fn a_slow_reader_is_accounted_for() {
    let upstream =
        Upstream::start(Options { send_buffer_bytes: Some(8_192), ..Options::default() }).await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8_192).unwrap();
    let mut stream = socket.connect(upstream.addr()).await.unwrap();
    let request = post(
        "/v1/messages",
        "connection: close\r\n",
        &body("sim-hugeevent?bytes_in_event=2000000", true).to_string(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut all)).await.unwrap().unwrap();
    let entry = upstream.wait_for(|entry| entry.ending == Ending::Done).await;
    assert_eq!((entry.bytes_sent, entry.deltas_sent), (all.len() as u64, 1));
    assert!(entry.blocked_writes > 0 && entry.blocked_us >= entry.blocked_max_us);
}

#[tokio::test]
async fn a_connection_carries_requests_one_after_the_other() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    let request = post("/v1/messages", "", &body("sim-normal?n=3&rate=100", true).to_string());
    // The second request arrives while the first is being answered.
    client.send(&format!("{request}{request}")).await;
    for _ in 0..2 {
        assert_eq!(client.receive().await.summary(), "200 text [3] end_turn whole");
    }
    let connections: Vec<u64> = upstream.log().iter().map(|entry| entry.connection).collect();
    assert_eq!(connections, [1, 1]);
}

#[tokio::test]
async fn chunked_and_expected_bodies_are_read() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    let body = body("sim-normal?n=1", true).to_string();
    let (first, second) = body.split_at(20);
    let head = "POST /v1/messages HTTP/1.1\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\nexpect: 100-continue\r\n";
    client.send(&format!("{head}transfer-encoding: chunked\r\n\r\n")).await;
    assert_eq!(client.receive().await.status, 100);
    client
        .send(&format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len()))
        .await;
    assert_eq!(client.receive().await.summary(), "200 text [1] end_turn whole");
}

#[tokio::test]
async fn what_is_not_http_is_answered_and_closed() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    client.send("\u{1} nonsense \r\n\r\n").await;
    assert_eq!(client.receive().await.status, 400);
    assert_eq!(client.receive().await.end, End::Closed);
}

#[tokio::test]
async fn stopping_ends_every_connection() {
    let upstream = started().await;
    let mut client = Client::connect(upstream.addr()).await;
    client.send(&post("/v1/messages", "", &body("sim-hang", true).to_string())).await;
    upstream.wait_for(|entry| entry.scenario.is_some()).await;
    let addr = upstream.addr();
    upstream.stop().await;
    assert_ne!(client.receive().await.end, End::Whole);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[test]
fn event_streams_are_parsed_with_any_line_end() {
    let events = events_in("event: a\r\ndata: {\"x\":1}\r\n\r\nevent: b\ndata: 2\n\n");
    assert_eq!(
        events,
        [("a".to_owned(), serde_json::json!({ "x": 1 })), ("b".to_owned(), serde_json::json!(2))]
    );
}
