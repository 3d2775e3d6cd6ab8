//! Fan-out: one message to many viewers, beside Bun's uWebSockets in the same run.
//!
//! Both get the same publishers, payloads and viewers, and a processor for themselves; payloads are counted, not frames. What is
//! published is of three classes: chat is on disk before it is sent, a reply's deltas and awareness are sent at once.

mod chat;
mod deltas;
mod peer;
mod rooms;
mod signals;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::crowd::{Crowd, PAYLOAD, Window};
use crate::disk::Probe;
use crate::process::{Programs, Running};
use crate::stats::{figure, table};
pub(crate) use rooms::Rooms;

/// Connections that view.
const VIEWERS: usize = 1_000;
/// Of them, those that publish.
const PUBLISHERS: usize = 200;
/// Messages a second in one room.
const RATES: [u64; 3] = [100, 500, 2_000];
/// Rooms of five, and messages a second in all of them.
const ROOMS: (usize, u64) = (200, 5_000);
/// Seconds at the rate before anything is counted.
const WARM_UP: f64 = 1.0;
/// Milliseconds that a delivery in a small room may take, beyond the commit.
const SMALL_P99_MS: f64 = 5.0;

/// What is published.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Class {
    /// Chat messages: durable.
    Chat,
    /// Pieces of a reply.
    Deltas,
    /// Who types.
    Awareness,
}

/// Who is measured, and how.
pub(crate) struct Plan {
    pub(crate) seconds: u64,
    /// Bun's program; without it Madang is measured alone.
    pub(crate) bun: Option<PathBuf>,
    /// Its script.
    pub(crate) script: PathBuf,
    /// People whose devices the viewers are.
    pub(crate) people: usize,
    /// Only the part with this many sessions.
    pub(crate) sessions: Option<usize>,
    /// Only this rate.
    pub(crate) rate: Option<u64>,
    /// What is published; all three when none is named.
    pub(crate) classes: Vec<Class>,
    /// Milliseconds over which deltas are rolled up.
    pub(crate) rollup_ms: u64,
}

/// One load.
struct Shape {
    rooms: usize,
    /// Messages a second in all rooms.
    rate: u64,
    /// Seconds to be measured.
    seconds: f64,
}

impl Shape {
    /// Viewers of one room.
    fn fan(&self) -> usize {
        VIEWERS / self.rooms
    }
}

/// One measurement of one server.
struct Measured {
    cpu_us: f64,
    p99_ms: f64,
    p50_ms: f64,
    delivered: f64,
    /// Of the 99th percentile of publications, how late the generator itself was.
    late_ms: f64,
    /// The disk alone, where what is published goes there first.
    disk: Option<Probe>,
}

/// Measures one room at each rate, and many small rooms.
pub(crate) async fn run(programs: &Programs, plan: &Plan) -> anyhow::Result<()> {
    programs.keep_off_the_servers_processor().await?;
    let parts = [(1, &RATES[..]), (ROOMS.0, &[ROOMS.1][..])];
    for (rooms, rates) in parts.into_iter().filter(|part| plan.sessions.is_none_or(|only| only == part.0)) {
        let many = if rooms == 1 {
            "one session".to_owned()
        } else {
            format!("{rooms} sessions of {}", VIEWERS / rooms)
        };
        table(&format!("Fan-out: {many}, {VIEWERS} viewers, {PAYLOAD}-byte payloads, {} s", plan.seconds));
        for rate in rates.iter().filter(|rate| plan.rate.is_none_or(|only| only == **rate)) {
            part(programs, plan, &Shape { rooms, rate: *rate, seconds: plan.seconds as f64 }).await?;
        }
    }
    Ok(())
}

/// One load: the peer, then each class.
async fn part(programs: &Programs, plan: &Plan, shape: &Shape) -> anyhow::Result<()> {
    let theirs = match &plan.bun {
        Some(bun) => Some(peer::run(programs, (bun, &plan.script), shape).await?),
        None => None,
    };
    let all = Class::value_variants();
    for class in if plan.classes.is_empty() { all } else { &plan.classes[..] } {
        let (name, ours) = match class {
            Class::Chat => ("chat", chat::run(programs, plan, shape).await?),
            Class::Deltas => ("deltas", deltas::run(programs, plan, shape).await?),
            Class::Awareness => ("awareness", signals::run(programs, plan, shape).await?),
        };
        show(&format!("{}/s {name}", shape.rate), shape, &ours, theirs.as_ref());
    }
    Ok(())
}

fn show(name: &str, shape: &Shape, ours: &Measured, theirs: Option<&Measured>) {
    let line = |what: &str, ours: f64, theirs: Option<f64>, unit: &str, bound: &str| {
        let beside =
            theirs.map_or(String::new(), |theirs| format!(", Bun {theirs:.2} {unit}: {:.2}×", ours / theirs));
        figure(&format!("{name}: {what}"), &format!("{ours:.2} {unit}{beside}"), bound);
    };
    let single = shape.rooms == 1;
    let small = format!("≤ {SMALL_P99_MS} ms");
    let late = if single { "≤ 1.2×" } else { &small };
    line(
        "server CPU per delivery",
        ours.cpu_us,
        theirs.map(|t| t.cpu_us),
        "µs",
        if single { "≤ 1.1×" } else { "" },
    );
    line("p50", ours.p50_ms, theirs.map(|t| t.p50_ms), "ms", "");
    let p99 = theirs.map(|t| t.p99_ms);
    line("p99", ours.p99_ms, p99, "ms", if ours.disk.is_none() { late } else { "" });
    if let Some(disk) = &ours.disk {
        let own = disk.waits.percentile_ms(99);
        let syncs = format!(
            "{:.2}, {own:.2} ms ({} syncs, p50 {:.2}, p99 {:.2} ms)",
            disk.waits.percentile_ms(50),
            disk.syncs.len(),
            disk.syncs.percentile_ms(50),
            disk.syncs.percentile_ms(99)
        );
        figure(&format!("{name}: the disk's own group commit p50, p99"), &syncs, "");
        line("p99 beyond the disk's", (ours.p99_ms - own).max(0.0), p99, "ms", late);
    }
    line("the generator itself late, p99", ours.late_ms, theirs.map(|t| t.late_ms), "ms", "");
    line("delivered", ours.delivered, theirs.map(|t| t.delivered), "%", "100 %");
}

/// Measures a server that is warm.
fn measure(crowd: &mut Crowd, server: &Running, shape: &Shape, seconds: f64) -> anyhow::Result<Measured> {
    let fan = shape.fan() as u64;
    let before = server.cpu()?;
    let Window { sent, delivered, ages, late } = crowd.window(shape.rate, seconds, fan)?;
    let cpu = server.cpu()? - before;
    Ok(Measured {
        cpu_us: cpu.as_secs_f64() * 1e6 / delivered as f64,
        p50_ms: ages.percentile_ms(50),
        p99_ms: ages.percentile_ms(99),
        delivered: delivered as f64 * 100.0 / (sent * fan) as f64,
        late_ms: late.percentile_ms(99),
        disk: None,
    })
}

/// The places of those who publish.
fn publishers() -> Vec<usize> {
    (0..VIEWERS).step_by(VIEWERS / PUBLISHERS).collect()
}

/// Limits of the product out of the way; `hub` has further lines for live sessions.
fn config(hub: &str) -> String {
    let (many, of) = ("1000000", ["chat", "control", "awareness"]);
    let rates: String =
        of.iter().map(|class| format!("{class}_per_second = {many}\n{class}_burst = {many}\n")).collect();
    format!(
        "[gateway]\nconnections_max = 60000\nconnections_per_person_max = 60000\n{rates}guests_per_minute = {many}\nheartbeat_ms = 600000\n\
         backlog_bytes = 67108864\n[hub]\ntyping_ms = 600000\nrunning_turns_per_person_max = 1000\n{hub}"
    )
}
