//! A deterministic stand-in of the Claude Messages API, on loopback only.
//!
//! It keeps the API's rules (authentication, versions, thinking that is bound to its conversation, tool results,
//! rate limits, prompt caching) and can fail in every way a real upstream fails. What happens is chosen by the model
//! string `sim-<name>?k=v`, by the header `x-sim-scenario`, by `[[sim:<name>?k=v]]` in the last user text, or by an
//! uploaded [`Script`]; any other model gets a pleasant default answer. `GET /_scenarios` lists the names.
//!
//! It must never listen on anything but a loopback address, and never pass for the real thing: every response carries
//! `x-simulated-upstream`. Read `scenario.rs` next.

mod cache;
mod clock;
mod conn;
mod control;
mod draft;
mod error;
mod event;
mod history;
mod http;
mod ids;
mod knobs;
mod limits;
mod listing;
mod log;
mod messages;
mod models;
mod plan;
mod player;
mod prefix;
mod profile;
mod request;
mod scenario;
mod script;
mod server;
mod usage;
mod validate;
mod wire;
mod words;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

pub use self::clock::stamp_us;
pub use self::knobs::Pace;
pub use self::limits::Limits;
pub use self::log::{Ending, LogEntry};
pub use self::script::{Reply, Script, ScriptHttp, ScriptStep};

use self::server::Shared;

/// Connections the kernel holds until they are accepted.
const BACKLOG: u32 = 1_024;

/// How the stand-in behaves; the default is right for tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Address to listen on; must be loopback, port 0 takes a free one.
    pub listen: SocketAddr,
    /// API keys that are accepted; every non-empty key when the list is empty.
    pub keys: Vec<String>,
    /// Rate limits of each key.
    pub limits: Limits,
    /// Pace of answers whose request sets no `rate` and `ttft`.
    pub pace: Pace,
    /// Whether thinking blocks are checked against the conversation they were made in.
    pub prefix_check: PrefixCheck,
    /// Whether `GET /v1/models` also lists the `sim-` models.
    pub lists_simulated_models: bool,
    /// Bytes of the kernel's send buffer for each connection; none leaves the system's choice. Small values make slow
    /// readers visible early.
    pub send_buffer_bytes: Option<u32>,
    /// Seals the signatures; the same seed makes signatures that outlive a restart.
    pub seed: u64,
    /// A deliberate fault, to prove that a check finds it.
    pub broken: Option<Broken>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            keys: Vec::new(),
            limits: Limits::default(),
            pace: Pace::default(),
            prefix_check: PrefixCheck::On,
            lists_simulated_models: true,
            send_buffer_bytes: None,
            seed: 0,
            broken: None,
        }
    }
}

impl Options {
    fn signing_key(&self) -> [u8; 32] {
        blake3::derive_key("madang-testkit upstream thinking signatures", &self.seed.to_le_bytes())
    }
}

/// Whether thinking blocks are checked against the conversation they were made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefixCheck {
    /// A block in another conversation is a 400, or dropped where the request allows it.
    On,
    /// Any signature is taken.
    Off,
}

/// Deliberate faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Input tokens are strings.
    UsageString,
}

/// Why the stand-in did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is reachable from other machines.
    #[error("the simulated upstream listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The port is taken, or the system refused the socket.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// A running stand-in; dropping it ends every connection.
#[derive(Debug)]
pub struct Upstream {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Upstream {
    /// Starts listening; the answer is ready for requests at once.
    ///
    /// # Errors
    /// [`StartError::NotLoopback`] for any other address, [`StartError::Listen`] when the port is taken.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        let failed = |source| StartError::Listen { address, source };
        let socket =
            if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
        socket.set_reuseaddr(true).map_err(failed)?;
        if let Some(bytes) = options.send_buffer_bytes {
            socket.set_send_buffer_size(bytes).map_err(failed)?;
        }
        socket.bind(address).map_err(failed)?;
        let listener = socket.listen(BACKLOG).map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared::new(options));
        let accepting = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, accepting })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What `ANTHROPIC_BASE_URL` is set to, such as `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Every request so far, oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.shared.log.entries()
    }

    /// The bodies of the Messages requests so far, oldest first, with the numbers of their log entries.
    pub fn bodies(&self) -> Vec<(u64, Value)> {
        self.shared.log.bodies()
    }

    /// Waits until a log entry satisfies a condition, and returns it.
    ///
    /// It waits for ever: put a time-out around it. Cancel safe.
    pub async fn wait_for<F: Fn(&LogEntry) -> bool>(&self, condition: F) -> LogEntry {
        let mut changes = self.shared.log.subscribe();
        loop {
            if let Some(entry) = self.shared.log.find(&condition) {
                return entry;
            }
            if changes.changed().await.is_err() {
                // The sender lives in `self`, so this is never reached.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Adds a scripted answer.
    ///
    /// # Errors
    /// A sentence when the script sets none or more than one kind of answer, or when there are too many.
    pub fn script(&self, script: Script) -> Result<(), String> {
        self.shared.memory.lock().scripts.add(script).map_err(|error| error.message)
    }

    /// Forgets the log, scripts, caches, rate-limit buckets and scenario counts.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Lets caches age and buckets refill as if `by` had passed; running streams don't notice.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Sets the rate limits of each key; the buckets start full again.
    pub fn set_limits(&self, limits: Limits) {
        self.shared.memory.lock().buckets.set(limits);
    }

    /// Stops listening and ends every connection; returns when all of it is done.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // Aborted is how it is meant to end.
        drop((&mut self.accepting).await);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
