//! The programs under test: started, watched through /proc, stopped by their id.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Time that a program has to say that it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(20);
/// Ticks of /proc/PID/stat in a second: fixed on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Ports of servers that are started anew where they were: below those that the system gives to outgoing connections, one of
/// which could have taken a free port meanwhile.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// An address that nothing listens on, and that stays free.
pub(crate) fn lasting_address() -> anyhow::Result<String> {
    let first = u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start))?;
    let all = (PORTS.start + first..PORTS.end).chain(PORTS);
    let free = all.map(|port| format!("127.0.0.1:{port}")).find(|at| std::net::TcpListener::bind(at).is_ok());
    free.context("no port is free")
}

/// Where the built programs are, and which processor the server gets for itself.
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
    pub(crate) server_cpu: usize,
}

/// A running program.
pub(crate) struct Running {
    child: Child,
    pid: u32,
    /// What it listens on, as `host:port`.
    pub(crate) address: String,
    /// From its start to its ready line.
    pub(crate) ready: Duration,
    data: Option<tempfile::TempDir>,
}

impl Programs {
    /// Starts the server on a fresh data directory, with lines added to its configuration.
    pub(crate) async fn server(&self, upstream: Option<&str>, config: &str) -> anyhow::Result<Running> {
        let data = tempfile::tempdir()?;
        let mut command = self.serve(data.path(), "127.0.0.1:0", config)?;
        if let Some(address) = upstream {
            command
                .env("ANTHROPIC_API_KEY", "made-up-key")
                .env("ANTHROPIC_BASE_URL", format!("http://{address}"));
        }
        let mut running = launch(command, "http://").await?;
        running.data = Some(data);
        Ok(running)
    }

    /// Starts the server where it was before, or for the first time, in a folder that outlives it.
    pub(crate) async fn server_in(
        &self,
        folder: &Path,
        listen: &str,
        config: &str,
    ) -> anyhow::Result<Running> {
        launch(self.serve(folder, listen, config)?, "http://").await
    }

    fn serve(&self, folder: &Path, listen: &str, config: &str) -> anyhow::Result<Command> {
        let file = folder.join("madang.toml");
        std::fs::write(&file, config)?;
        let mut command = self.pinned("madang", self.server_cpu);
        command.args(["serve", "--listen", listen, "--guests", "--data-dir"]).arg(folder.join("data"));
        command.arg("--config").arg(&file).env_remove("ANTHROPIC_API_KEY");
        Ok(command)
    }

    /// Starts the stand-in of the Messages API on the other processor.
    pub(crate) async fn upstream(&self) -> anyhow::Result<Running> {
        let mut command = self.pinned("sim-upstream", 1 - self.server_cpu.min(1));
        let many = "1000000000";
        command.args(["--listen", "127.0.0.1:0", "--no-prefix-check"]);
        command.args(["--requests", many, "--input-tokens", many, "--output-tokens", many]);
        launch(command, "http://").await
    }

    /// Starts the peer in the server's place.
    pub(crate) async fn peer(&self, program: &Path, script: &Path) -> anyhow::Result<Running> {
        let mut command = Command::new("taskset");
        command.args(["-c", &self.server_cpu.to_string()]).arg(program).arg(script);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        launch(command, "http://").await
    }

    /// Moves this program to the other processor.
    pub(crate) async fn keep_off_the_servers_processor(&self) -> anyhow::Result<()> {
        let (own, cpu) = (std::process::id().to_string(), (1 - self.server_cpu.min(1)).to_string());
        let moved = Command::new("taskset").args(["-cp", &cpu, &own]).stdout(Stdio::null()).status().await?;
        if moved.success() { Ok(()) } else { bail!("taskset does not work here") }
    }

    fn pinned(&self, program: &str, cpu: usize) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", &cpu.to_string()]).arg(self.folder.join(program));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

async fn launch(mut command: Command, marker: &str) -> anyhow::Result<Running> {
    let begun = Instant::now();
    let mut child = command.spawn().context("start a program: is it built? (make build)")?;
    let pid = child.id().context("the program has ended")?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let mut said = BufReader::new(child.stderr.take().context("no errors")?).lines();
    let (tell, last) = tokio::sync::watch::channel(String::new());
    // What it says is read and dropped but for the last line, so that it never waits for us.
    tokio::spawn(async move {
        while let Ok(Some(line)) = said.next_line().await {
            tell.send_replace(line);
        }
    });
    let address = tokio::time::timeout(READY_TIMEOUT, async {
        while let Some(line) = lines.next_line().await? {
            if let Some((_, rest)) = line.split_once(marker) {
                return Ok(rest
                    .trim_end_matches('/')
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned());
            }
        }
        // The other pipe ends with the program as well.
        let mut last = last.clone();
        while last.changed().await.is_ok() {}
        bail!("the program ended before it was ready: {}", *last.borrow())
    })
    .await
    .context("the program was not ready in time")??;
    let ready = begun.elapsed();
    // Its further output is read and dropped, so that it never waits for us.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Running { child, pid, address, ready, data: None })
}

impl Running {
    /// User and system time of the process so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The name in parentheses may hold spaces; after it come the fields from number 3 on.
        let fields: Vec<_> = stat.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
    }

    /// Proportional set size, KiB.
    pub(crate) fn pss_kib(&self) -> anyhow::Result<u64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:")).context("no Pss")?;
        Ok(line.split_whitespace().nth(1).context("no figure")?.parse()?)
    }

    /// Bytes that the process had written to files so far.
    pub(crate) fn written(&self) -> anyhow::Result<u64> {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.pid))?;
        let line =
            io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).context("no write_bytes")?;
        Ok(line.parse()?)
    }

    /// The file system that it writes to, where it was started on a fresh directory.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.data.as_ref().map(tempfile::TempDir::path)
    }

    /// Kills it.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it once to end, and waits as long as its drain takes.
    pub(crate) async fn terminate(mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        tokio::time::timeout(READY_TIMEOUT * 3, self.child.wait()).await.context("it does not end")??;
        Ok(())
    }

    /// Ends it in order, and waits for it.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        // A second one stops a drain at once.
        Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        tokio::time::timeout(READY_TIMEOUT, self.child.wait()).await.context("it does not end")??;
        Ok(())
    }
}

/// Prints what the figures were made on.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its result")]
pub(crate) fn describe_machine() {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{} · {cores} cores · Linux {}", model.unwrap_or("unknown processor"), kernel.trim());
}
