//! Hours of use with a restart every few minutes: who is cut off, for how long, and whether anything is lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::sync::Barrier;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::client::{Socket, guest, now_us};
use crate::process::{Programs, lasting_address};
use crate::reconnect::CONFIG;
use crate::stats::{Samples, figure, table};

/// Connections, and how many of them one session has.
const CONNECTIONS: usize = 1_000;
const DEVICES: usize = 10;
/// Every how many connections one speaks, once a second: 200 messages a second in all.
const SPEAKS: usize = 5;
/// The shortest and the longest back-off of the SDK (CN7), milliseconds.
const BACK_OFF_MS: (u64, u64) = (500, 20_000);
/// Every message is a probe: from when it was due, whether or not there was a connection then, to its ack. It must be acked
/// within so long: a restart is over by then (CN8).
const PROBE: Duration = Duration::from_secs(10);
/// Acked within so long, a message was a little late, or hardly; told, not judged.
const PROMPT: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(1)];
/// What was not acked for so long is sent again: under its id, so that it is not said twice.
const AGAIN: Duration = Duration::from_millis(1_500);
/// A connection rests when nothing has come for so long.
const QUIET: Duration = Duration::from_secs(5);
/// Time to come to rest at the end.
const REST: Duration = Duration::from_secs(60);

/// What all connections count together.
struct Counts {
    /// Seconds in which someone was to speak, and did so within [`PROBE`].
    due: AtomicU64,
    in_time: AtomicU64,
    prompt: [AtomicU64; 2],
    whole_states: AtomicU64,
    reconnects: AtomicU64,
    /// Set when no more is to be said.
    over: AtomicBool,
    /// Connections of which nothing is open.
    settled: AtomicUsize,
    all_here: Barrier,
}

impl Counts {
    fn new() -> Counts {
        Counts {
            due: AtomicU64::new(0),
            in_time: AtomicU64::new(0),
            prompt: [AtomicU64::new(0), AtomicU64::new(0)],
            whole_states: AtomicU64::new(0),
            reconnects: AtomicU64::new(0),
            over: AtomicBool::new(false),
            settled: AtomicUsize::new(0),
            all_here: Barrier::new(CONNECTIONS),
        }
    }
}

/// One connection at the end: the last position, a fingerprint of what it was sent, positions that it was acked.
struct Seen {
    seq: u64,
    print: u64,
    acked: u64,
    away: Samples,
}

/// Runs for so long with a restart every so often.
pub(crate) async fn run(programs: &Programs, seconds: u64, restart_every: u64) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut server = programs.server_in(data.path(), &lasting_address()?, CONFIG).await?;
    let address: Arc<str> = server.address.clone().into();
    let counts = Arc::new(Counts::new());
    let mut people = Vec::new();
    for _ in 0..CONNECTIONS / DEVICES {
        let token = guest(&address).await?;
        let session = Socket::connect_as(&address, &token).await?.session("simulated").await?;
        for _ in 0..DEVICES {
            let place = people.len();
            let device = Device::new(&address, &token, &session, counts.clone(), place);
            people.push((session.clone(), tokio::spawn(device.live())));
        }
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut gaps = Samples::default();
    while Instant::now() + Duration::from_secs(restart_every) < end {
        sleep(Duration::from_secs(restart_every)).await;
        let told = Instant::now();
        server.terminate().await?;
        server = programs.server_in(data.path(), &address, CONFIG).await?;
        gaps.add(u64::try_from(told.elapsed().as_micros())?);
    }
    sleep_until(end).await;
    counts.over.store(true, Ordering::Relaxed);
    let mut sessions: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for (session, person) in people {
        let seen = timeout(REST, person).await.context("a connection does not come to rest")???;
        sessions.entry(session).or_default().push(seen);
    }
    server.kill().await?;
    report(&counts, &sessions, seconds, &gaps)
}

fn report(
    counts: &Counts,
    sessions: &BTreeMap<String, Vec<Seen>>,
    seconds: u64,
    gaps: &Samples,
) -> anyhow::Result<()> {
    let (mut away, mut acked) = (Samples::default(), 0);
    for (session, all) in sessions {
        let same = all.iter().all(|seen| (seen.seq, seen.print) == (all[0].seq, all[0].print));
        let stood: Vec<_> = all.iter().map(|seen| (seen.seq, seen.print)).collect();
        ensure!(same, "the connections of {session} have seen different things: {stood:?}");
        for seen in all {
            away.merge(seen.away.clone());
            acked += seen.acked;
        }
    }
    let (due, in_time) = (counts.due.load(Ordering::Relaxed), counts.in_time.load(Ordering::Relaxed));
    let whole = counts.whole_states.load(Ordering::Relaxed);
    let share_of = |count: u64| count as f64 * 100.0 / due.max(1) as f64;
    let prompt = counts.prompt.each_ref().map(|count| share_of(count.load(Ordering::Relaxed)));
    let share = share_of(in_time);
    table(&format!(
        "Soak: {seconds} s, {} restarts, {CONNECTIONS} connections, {} messages/s",
        gaps.len(),
        CONNECTIONS / SPEAKS
    ));
    figure(
        "messages acked within 10 s of when they were due, restarts included",
        &format!("{share:.3} % of {due}; {:.3} % within 5 s, {:.3} % within 1 s", prompt[0], prompt[1]),
        "≥ 99.9 %",
    );
    figure("acked and seen by everyone of their session", &format!("all of {acked}"), "100 %");
    figure(
        "reconnects; time away p50, the longest",
        &format!(
            "{}; {:.0}, {:.0} ms",
            counts.reconnects.load(Ordering::Relaxed),
            away.percentile_ms(50),
            away.percentile_ms(100)
        ),
        "≤ 20 s",
    );
    figure(
        "a restart, from the signal to ready: p50, the longest",
        &format!("{:.0}, {:.0} ms", gaps.percentile_ms(50), gaps.percentile_ms(100)),
        "",
    );
    figure("resumes that were not exact", &whole.to_string(), "0");
    ensure!(share >= 99.9 && whole == 0, "not as available as promised");
    Ok(())
}

/// One connection, which comes back by itself.
struct Device {
    address: Arc<str>,
    token: String,
    session: String,
    counts: Arc<Counts>,
    place: usize,
    epoch: String,
    seen: Seen,
    /// What was said and not acked, and when it was due.
    pending: BTreeMap<u64, Instant>,
    next: u64,
    /// Since when it is away.
    lost: Option<Instant>,
    longest_ms: u64,
    /// When the server said to come back.
    hint_ms: Option<u64>,
    settled: bool,
}

impl Device {
    fn new(address: &Arc<str>, token: &str, session: &str, counts: Arc<Counts>, place: usize) -> Device {
        Device {
            address: address.clone(),
            token: token.to_owned(),
            session: session.to_owned(),
            counts,
            place,
            epoch: String::new(),
            seen: Seen { seq: 0, print: 0, acked: 0, away: Samples::default() },
            pending: BTreeMap::new(),
            next: 0,
            lost: None,
            longest_ms: BACK_OFF_MS.0,
            hint_ms: None,
            settled: false,
        }
    }

    async fn live(mut self) -> anyhow::Result<Seen> {
        let (mut socket, mut quiet) = (self.connect().await?, Instant::now());
        // Nobody speaks before all are there, so that all are sent the same.
        self.counts.all_here.wait().await;
        // Everyone speaks at another moment of the second.
        let mut due = Instant::now() + Duration::from_millis(1_000 * self.place as u64 / CONNECTIONS as u64);
        loop {
            let over = self.counts.over.load(Ordering::Relaxed);
            let lost = tokio::select! {
                text = socket.next() => match text {
                    Ok(text) => {
                        let text = text.to_owned();
                        quiet = Instant::now();
                        self.take(&text)?
                    }
                    Err(_) => true,
                },
                () = sleep_until(due) => {
                    let now_due = due;
                    due += Duration::from_secs(1);
                    self.second(&mut socket, now_due, over).await.is_err()
                }
            };
            self.settle();
            if over && self.counts.settled.load(Ordering::Relaxed) == CONNECTIONS && quiet.elapsed() >= QUIET
            {
                return Ok(self.seen);
            }
            if lost {
                self.lost.get_or_insert_with(Instant::now);
                // As a browser does, which answers a close at once: a server that leaves waits for it.
                drop(socket);
                socket = self.come_back(&mut due).await?;
            }
        }
    }

    /// Counts those of whom nothing is open: while somebody still has something to say, nobody rests.
    fn settle(&mut self) {
        let settled = self.pending.is_empty() && self.lost.is_none();
        match (self.settled, settled) {
            (false, true) => self.counts.settled.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.counts.settled.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
        self.settled = settled;
    }

    /// The first time.
    async fn connect(&mut self) -> anyhow::Result<Socket> {
        let mut socket = Socket::connect_as(&self.address, &self.token).await?;
        socket.send("follow_session", &format!(r#"{{"session_id":"{}"}}"#, self.session)).await?;
        let state: Value = serde_json::from_str(&socket.until(r#""type":"session_state""#).await?)?;
        self.epoch = state["data"]["epoch"].as_str().unwrap_or_default().to_owned();
        self.seen.seq = state["data"]["seq"].as_u64().context("no position")?;
        Ok(socket)
    }

    /// As the SDK does: with full jitter, longer each time, and what was not acked is sent again.
    async fn come_back(&mut self, due: &mut Instant) -> anyhow::Result<Socket> {
        self.counts.reconnects.fetch_add(1, Ordering::Relaxed);
        loop {
            // A hint from the server wins.
            let wait_ms = self.hint_ms.take().unwrap_or(now_us() % self.longest_ms);
            sleep(Duration::from_millis(wait_ms)).await;
            self.longest_ms = (self.longest_ms * 2).min(BACK_OFF_MS.1);
            let (session, epoch, seq) = (&self.session, &self.epoch, self.seen.seq);
            let resume = format!(r#"{{"sessions":{{"{session}":{{"epoch":"{epoch}","seq":{seq}}}}}}}"#);
            if let Ok(mut socket) = Socket::resume(&self.address, &self.token, &resume).await {
                let again: Vec<_> = self.pending.keys().copied().collect();
                for n in again {
                    // A socket that breaks again is noticed when it is read.
                    drop(socket.send_as(&self.id(n), "chat_message", &self.words(n)).await);
                }
                // What was to be said meanwhile is said late, and was due when it was.
                while *due < Instant::now() {
                    if self.place.is_multiple_of(SPEAKS) && !self.counts.over.load(Ordering::Relaxed) {
                        drop(self.speak(&mut socket, *due).await);
                    }
                    *due += Duration::from_secs(1);
                }
                return Ok(socket);
            }
        }
    }

    /// What is done once a second: what was refused for the moment is sent again, and something new is said.
    async fn second(&mut self, socket: &mut Socket, due: Instant, over: bool) -> anyhow::Result<()> {
        let late: Vec<_> =
            self.pending.iter().filter(|(_, said)| said.elapsed() >= AGAIN).map(|(n, _)| *n).collect();
        for n in late {
            socket.send_as(&self.id(n), "chat_message", &self.words(n)).await?;
        }
        if over || !self.place.is_multiple_of(SPEAKS) {
            return Ok(());
        }
        self.speak(socket, due).await
    }

    fn id(&self, n: u64) -> String {
        format!("s{}-{n}", self.place)
    }

    fn words(&self, n: u64) -> String {
        format!(r#"{{"session_id":"{}","content":"number {n} of {}"}}"#, self.session, self.place)
    }

    async fn speak(&mut self, socket: &mut Socket, due: Instant) -> anyhow::Result<()> {
        self.next += 1;
        self.counts.due.fetch_add(1, Ordering::Relaxed);
        self.pending.insert(self.next, due);
        socket.send_as(&self.id(self.next), "chat_message", &self.words(self.next)).await
    }

    /// Takes a frame; true when the connection is over.
    fn take(&mut self, text: &str) -> anyhow::Result<bool> {
        let came: Value = serde_json::from_str(text)?;
        let events = came.as_array().map_or(std::slice::from_ref(&came), Vec::as_slice);
        for event in events {
            match event["type"].as_str().unwrap_or_default() {
                "disconnected" => {
                    self.hint_ms = event["data"]["reconnect_after_ms"].as_u64();
                    return Ok(true);
                }
                "resumed" => {
                    self.longest_ms = BACK_OFF_MS.0;
                    if let Some(lost) = self.lost.take() {
                        self.seen.away.add(u64::try_from(lost.elapsed().as_micros())?);
                    }
                }
                "session_state" => {
                    self.counts.whole_states.fetch_add(1, Ordering::Relaxed);
                }
                // A refused message is sent again; a refused resume is tried again, as after a lost connection.
                "error" => {
                    let refused = event["correlation_id"].as_str().unwrap_or_default();
                    if !refused.starts_with('s') {
                        return Ok(true);
                    }
                }
                "ack" => self.acked(event)?,
                _ => self.event(event)?,
            }
        }
        Ok(false)
    }

    fn acked(&mut self, event: &Value) -> anyhow::Result<()> {
        let id = event["correlation_id"].as_str().unwrap_or_default();
        let n = id.rsplit('-').next().and_then(|n| n.parse().ok());
        let Some(said) = n.and_then(|n: u64| self.pending.remove(&n)) else { return Ok(()) };
        ensure!(event["data"]["seq"].is_u64(), "an ack without a position");
        self.seen.acked += 1;
        for (count, within) in self.counts.prompt.iter().zip(PROMPT) {
            count.fetch_add(u64::from(said.elapsed() <= within), Ordering::Relaxed);
        }
        if said.elapsed() <= PROBE {
            self.counts.in_time.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn event(&mut self, event: &Value) -> anyhow::Result<()> {
        let Some(seq) = event["seq"].as_u64() else { return Ok(()) };
        ensure!(seq == self.seen.seq + 1, "{seq} after {} in {}", self.seen.seq, self.session);
        self.seen.seq = seq;
        let words = event["data"]["message"]["content"].as_str().unwrap_or_default();
        // The order counts: each step depends on all before it.
        let step = words.bytes().fold(seq, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.seen.print = self.seen.print.wrapping_mul(1_099_511_628_211).wrapping_add(step);
        Ok(())
    }
}
