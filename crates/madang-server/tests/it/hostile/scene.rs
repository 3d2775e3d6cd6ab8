//! The real binary under attack, one case at a time, and somebody beside it who must not notice.
//!
//! After each case: the canary's round trips stayed short, nothing panicked, and memory came back.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use super::wire::{Target, Wire};
use crate::binary::madang;

/// A round trip of the canary's that is right takes no longer (trust.md 2.2).
const TRIP_MAX: Duration = Duration::from_millis(100);
/// How often a case is repeated when only the canary was late: the machine may have been at fault.
const REPEATS: u32 = 2;
/// What memory may stay above what it was before the case, KiB.
const GROWTH_KIB_MAX: u64 = 8 * 1024;
/// Time for memory to come back.
const RETURN_TIME: Duration = Duration::from_secs(10);
/// Round trips that a case is held against at least.
const TRIPS_MIN: usize = 4;
/// Between two round trips; every tenth is a chat message that must reach the disk.
const TRIP_PAUSE: Duration = Duration::from_millis(4);

/// Settings under which a case takes less time than in life: the same code runs.
pub(crate) const BRISK: &str = "[gateway]\nguests = true\ncontrol_per_second = 100000\ncontrol_burst = 100000\n\
     chat_per_second = 100000\nchat_burst = 100000\ncode_per_second = 100000\ncode_burst = 100000\nguests_per_minute = 100000\nheader_ms = 400\n\
     hello_ms = 400\nread_stall_ms = 400\nclose_ms = 400\n[hub]\nidle_eviction_ms = 300\n";

/// A running server whose log is kept.
pub(crate) struct Running {
    child: Child,
    pub(crate) target: Target,
    log: std::path::PathBuf,
}

impl Running {
    /// Starts one with this configuration.
    pub(crate) fn start(folder: &Path, config: &str) -> Running {
        let file = folder.join("madang.toml");
        fs::write(&file, config).unwrap();
        let log = folder.join("log");
        let (data, file) = (folder.join("data"), file.to_str().unwrap().to_owned());
        let arguments =
            ["serve", "--listen", "127.0.0.1:0", "--config", &file, "--data-dir", data.to_str().unwrap()];
        let opened = File::options().create(true).append(true).open(&log).unwrap();
        let mut child = madang(&arguments, &[])
            .stdout(Stdio::piped())
            .stderr(opened)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("it ends before it is ready").unwrap();
            if let Some((_, address)) = line.split_once("Madang is ready at http://") {
                break address.trim_end_matches('/').parse().unwrap();
            }
        };
        // What it prints later is read and dropped, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Running { child, target: Target(address), log }
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as the kernel would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for an end that it was asked for.
    pub(crate) fn wait(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// All it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Proportional set size of a process in KiB; none where the system doesn't say.
pub(crate) fn pss_kib(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// User and system time of a process so far; none where the system doesn't say.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    // A hundred ticks a second: fixed on Linux.
    Some(Duration::from_millis(ticks * 10))
}

/// Threads of a process; none where the system doesn't say.
pub(crate) fn threads(pid: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/task")).ok()?.count())
}

/// Somebody in a session of their own who talks all the time.
struct Canary {
    trips: Arc<(Mutex<Vec<Duration>>, Condvar)>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Canary {
    fn start(mut wire: Wire) -> Canary {
        let trips = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, told) = (trips.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let session = wire.session("own");
            let mut n = 0_u32;
            while !told.load(Ordering::Relaxed) {
                n += 1;
                let chat = json!({"session_id": session, "content": "still here"});
                let begun = Instant::now();
                let (kind, data) =
                    if n.is_multiple_of(10) { ("chat_message", chat) } else { ("ping", json!({})) };
                let answer = wire.ask(&n.to_string(), kind, &data);
                assert_ne!(answer["type"], "error", "{answer}");
                kept.0.lock().unwrap().push(begun.elapsed());
                kept.1.notify_all();
                // Its own pace, not a wait for anything.
                std::thread::sleep(TRIP_PAUSE);
            }
        });
        Canary { trips, stop, thread: Some(thread) }
    }

    /// Waits until it has made so many trips since it had made `since`, and returns those.
    fn trips_since(&self, since: usize, at_least: usize) -> Vec<Duration> {
        let trips = self.trips.0.lock().unwrap();
        let enough = |trips: &mut Vec<Duration>| trips.len() < since + at_least;
        let waited = self.trips.1.wait_timeout_while(trips, Duration::from_secs(30), enough).unwrap();
        assert!(!waited.1.timed_out(), "the canary is dead");
        waited.0[since..].to_vec()
    }

    fn count(&self) -> usize {
        self.trips.0.lock().unwrap().len()
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().expect("the canary was never refused or cut off");
        }
    }
}

/// A server, its canary, and the cases that were played.
pub(crate) struct Scene {
    canary: Canary,
    pub(crate) server: Running,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// Starts a server that lets guests in.
    pub(crate) fn start(config: &str) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let server = Running::start(folder.path(), config);
        let canary = Canary::start(server.target.v2());
        canary.trips_since(0, 20);
        Scene { canary, server, _folder: folder }
    }

    /// Starts a server that lets no guests in. The canary is one from before, whose credential still holds.
    pub(crate) fn without_guests(config: &str) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let before = Running::start(folder.path(), BRISK);
        let token = before.target.guest();
        before.kill();
        let server = Running::start(folder.path(), &config.replace("guests = true\n", ""));
        let canary = Canary::start(server.target.person(&token));
        canary.trips_since(0, 20);
        Scene { canary, server, _folder: folder }
    }

    /// Plays one row of the table: what the canary noticed is told. `attack` asserts what the wire must answer.
    #[expect(clippy::print_stdout, reason = "shown when a test fails, or is asked to show it")]
    pub(crate) fn case(&mut self, row: &str, what: &str, attack: impl Fn(Target)) {
        assert!(super::table::is_tested(row), "{row} is not in the table, or said not to be tested");
        let memory = pss_kib(self.server.pid());
        let mut late = Vec::new();
        for _ in 0..=REPEATS {
            // How the machine is just now: others may keep it busy.
            let calm = self.canary.count();
            let before = worst(&self.canary.trips_since(calm, TRIPS_MIN));
            let since = self.canary.count();
            attack(self.server.target);
            let during = worst(&self.canary.trips_since(since, TRIPS_MIN));
            println!("{row} {what}: canary {during:.1?} (before {before:.1?})");
            if during <= TRIP_MAX + before {
                late.clear();
                break;
            }
            late.push(during);
        }
        assert!(late.is_empty(), "{row} {what}: the canary was late each time: {late:.1?}");
        let log = self.server.log();
        assert!(!log.contains("panicked"), "{row} {what}: {log}");
        self.memory_returns(row, memory);
    }

    fn memory_returns(&self, row: &str, before: Option<u64>) {
        let Some(before) = before else { return };
        let deadline = Instant::now() + RETURN_TIME;
        let mut now = before;
        while Instant::now() < deadline {
            now = pss_kib(self.server.pid()).expect("the server lives");
            if now <= before + GROWTH_KIB_MAX {
                return;
            }
            self.canary.trips_since(self.canary.count(), 1);
        }
        panic!("{row}: {before} KiB before, {now} KiB after");
    }
}

fn worst(trips: &[Duration]) -> Duration {
    trips.iter().copied().max().unwrap_or_default()
}
