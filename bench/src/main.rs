//! Measures the built server from outside, as its clients meet it. `make bench` runs everything; README.md has results.
//!
//! Server CPU is the process's own time, memory its Pss; latencies are against a direct client in the same run.

mod chat;
mod client;
mod crowd;
mod deltas;
mod direct;
mod disk;
mod fair;
mod fanout;
mod idle;
mod login;
mod model;
mod open;
mod process;
mod reconnect;
mod soak;
mod start;
mod stats;

use clap::{Parser, ValueEnum};

use crate::process::Programs;

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Start to ready, and memory when idle.
    Start,
    /// Memory of idle connections.
    Idle,
    /// Delay, CPU and bytes of streamed deltas.
    Deltas,
    /// Durable chat messages from many connections.
    Chat,
    /// One message to many viewers, beside Bun.
    Fanout,
    /// Everyone at once after a kill. Not part of `all`.
    Reconnect,
    /// Use with restarts, for as long as `--seconds` says. Not part of `all`.
    Soak,
    /// A long session is opened. Not part of `all`.
    Open,
    /// Chat beside a flood of logins (AU-16). Not part of `all`.
    LoginFlood,
    /// Waits at the model beside one who asks 200 times at once. Not part of `all`.
    Fair,
    /// All but those.
    All,
}

/// Benchmarks of Madang, on loopback, against the built programs.
#[derive(Parser)]
struct Options {
    /// What to measure.
    #[arg(value_enum, default_value = "all")]
    what: What,
    /// Folder of the release programs `madang` and `sim-upstream`.
    #[arg(long, default_value = "target/release")]
    programs: std::path::PathBuf,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Idle connections; a process here may open about 20,000 files.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Events of the session that `open` opens.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// Processor for the server alone; the rest runs on another one.
    #[arg(long, default_value_t = 0)]
    server_cpu: usize,
    /// Bun's program, for `fanout` (`npm install bun` in a folder of its own); without it there is nothing to compare with.
    #[arg(long, env = "BUN")]
    bun: Option<std::path::PathBuf>,
    /// What Bun runs.
    #[arg(long, default_value = "bench/peers/bun.mjs")]
    peer: std::path::PathBuf,
    /// People whose devices the viewers of `fanout` are.
    #[arg(long, default_value_t = 200)]
    people: usize,
    /// Of `fanout`, only the part with this many sessions (1 or 200).
    #[arg(long)]
    sessions: Option<usize>,
    /// Of `fanout`, only this rate (100, 500, 2000 or 5000 a second).
    #[arg(long)]
    rate: Option<u64>,
    /// Of `fanout`, only this class; may be given more than once.
    #[arg(long, value_enum)]
    class: Vec<fanout::Class>,
    /// Milliseconds over which `fanout` rolls deltas up; 40 in the product, 0 compares with one message each.
    #[arg(long, default_value_t = 0)]
    rollup: u64,
    /// Seconds from one restart of `soak` to the next.
    #[arg(long, default_value_t = 300)]
    restart_every: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let programs = Programs { folder: options.programs.clone(), server_cpu: options.server_cpu };
    process::describe_machine();
    let wants = |what| options.what == what || options.what == What::All;
    if wants(What::Start) {
        start::run(&programs).await?;
    }
    if wants(What::Idle) {
        idle::run(&programs, options.connections).await?;
    }
    if wants(What::Deltas) {
        deltas::run(&programs, options.seconds).await?;
    }
    if wants(What::Chat) {
        chat::run(&programs, options.seconds).await?;
    }
    if options.what == What::Fair {
        fair::run(&programs).await?;
    }
    if options.what == What::Open {
        open::run(&programs, options.events).await?;
    }
    if options.what == What::LoginFlood {
        login::run(&programs, options.seconds).await?;
    }
    if options.what == What::Reconnect {
        reconnect::run(&programs, options.connections).await?;
    }
    if options.what == What::Soak {
        soak::run(&programs, options.seconds, options.restart_every).await?;
    }
    if wants(What::Fanout) {
        let plan = fanout::Plan {
            seconds: options.seconds,
            bun: options.bun,
            script: options.peer,
            people: options.people,
            sessions: options.sessions,
            rate: options.rate,
            classes: options.class,
            rollup_ms: options.rollup,
        };
        fanout::run(&programs, &plan).await?;
    }
    Ok(())
}
