//! What an operator may set about the edge. Every time-out is here, so that tests shorten it instead of waiting.

use serde::{Deserialize, Serialize};

use crate::handshake::{Authority, Site};
use crate::proxies::Proxies;

/// Settings of the edge; times in milliseconds. No value may be zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a person without a credential is let in as a guest (CN1).
    pub guests: bool,
    /// The address that people type, as `https://host[:port]`; its host is accepted, its origin trusted (CN2).
    pub public_url: Option<String>,
    /// Further origins that may connect, each as `scheme://host[:port]`; exact, no patterns (CN2, HT4).
    pub allowed_origins: Vec<String>,
    /// Further `Host` values that are accepted, each as `host` (any port) or `host:port` (CN2).
    pub allowed_hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed, each an address or a range (`10.0.0.0/8`); of all others it is not read.
    pub trusted_proxies: Vec<String>,
    /// Whether `/metrics` answers others than loopback.
    pub metrics_public: bool,
    /// Silence after which the server pings, give or take 10 % (CN5).
    pub heartbeat_ms: u64,
    /// Time for the pong; then close 4103 (CN5).
    pub pong_ms: u64,
    /// Time for `hello`, and for `auth` where it is needed; then close 4104 (CN1, CN4).
    pub hello_ms: u64,
    /// Time for a TLS handshake; then the socket is dropped.
    pub tls_ms: u64,
    /// Time for a request's head, from the connection's first byte or the answer before it; then the socket is dropped.
    pub header_ms: u64,
    /// Time for a whole API request, its body included; then 408.
    pub request_ms: u64,
    /// An HTTP connection on which nothing moves for so long is dropped.
    pub idle_ms: u64,
    /// A message that began and of which nothing more comes for so long: close 4103.
    pub read_stall_ms: u64,
    /// A full socket that takes nothing for so long is dropped.
    pub write_stall_ms: u64,
    /// Time for the peer's half of a closing handshake; then the socket is dropped.
    pub close_ms: u64,
    /// Version-2 clients are told of a drain over so long, in random order (CN8).
    pub drain_window_ms: u64,
    /// Running turns may go on for so long into a drain; then they are interrupted (CN8).
    pub drain_ms: u64,
    /// Pause after the system refuses to accept a socket (no file left, say).
    pub accept_pause_ms: u64,
    /// Life of a ticket (CN1).
    pub ticket_ms: u64,
    /// Life of a guest's credential.
    pub guest_ms: u64,
    /// Sockets of this server at once; a further one is told so, or dropped (4100).
    pub connections_max: usize,
    /// Sockets of one address (IPv6: one /64) at once; loopback is exempt.
    pub connections_per_address_max: usize,
    /// Sockets of one person at once, guests too, on all their devices; a further one is told so and closed (4100).
    pub connections_per_person_max: usize,
    /// Requests at once on one HTTP/2 connection; a further one is refused by the protocol.
    pub http2_streams_max: u32,
    /// Bytes that wait for a socket that is full; beyond, close 4102 (DC2).
    pub backlog_bytes: usize,
    /// Further bytes that may wait of what the connection asked for itself (a state, what it missed, a page).
    pub asked_bytes: usize,
    /// Bytes that messages over 256 KiB may hold together; beyond, SERVICE_UNAVAILABLE (EN5).
    pub large_budget_bytes: usize,
    /// Bytes of an API request's body; beyond, 413.
    pub body_bytes: usize,
    /// Bytes of a file of conversations to import; beyond, 413. Held in memory, within `large_budget_bytes`.
    pub import_bytes: usize,
    /// Bytes of an exported session; a larger one is refused with 413. Held in memory, within `large_budget_bytes`.
    pub export_bytes: usize,
    /// Event streams (SSE) of this server at once; a further one is 503.
    pub streams_max: usize,
    /// Event streams of one person at once; a further one is 429.
    pub streams_per_person_max: usize,
    /// An event stream on which nothing happens gets a comment after so long (HT2).
    pub comment_ms: u64,
    /// Time for a command's answer over HTTP; then 503, and the same `Idempotency-Key` gets the answer later.
    pub answer_ms: u64,
    /// Prompts and chat messages of one person a second (CM5); beyond, RATE_LIMITED.
    pub chat_per_second: u32,
    /// How many of them may come at once.
    pub chat_burst: u32,
    /// Other commands of one person a second (CM5); beyond, RATE_LIMITED.
    pub control_per_second: u32,
    /// How many of them may come at once.
    pub control_burst: u32,
    /// Changes of documents of one person a second (CM5); beyond, RATE_LIMITED.
    pub code_per_second: u32,
    /// How many of them may come at once: a client that was offline sends what was typed meanwhile.
    pub code_burst: u32,
    /// Signals (typing, marks, cursors) of one person a second (CM5); beyond, the newest of each kind waits and none is refused.
    pub awareness_per_second: u32,
    /// How many of them may come at once.
    pub awareness_burst: u32,
    /// WebSocket pings and pongs of one connection a second; beyond, close 1008.
    pub pings_per_second: u32,
    /// How many of them may come at once.
    pub pings_burst: u32,
    /// Guests made over HTTP for one address a minute; beyond, 429.
    pub guests_per_minute: u32,
    /// People and addresses whose rates are remembered; beyond, those seen least lately are forgotten.
    pub rates_max: usize,
    /// Tickets that wait to be used; beyond, 503.
    pub tickets_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            guests: false,
            public_url: None,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics_public: false,
            heartbeat_ms: 25_000,
            pong_ms: 10_000,
            hello_ms: 10_000,
            tls_ms: 10_000,
            header_ms: 5_000,
            request_ms: 30_000,
            idle_ms: 60_000,
            read_stall_ms: 10_000,
            write_stall_ms: 30_000,
            close_ms: 5_000,
            drain_window_ms: 5_000,
            drain_ms: 15_000,
            accept_pause_ms: 100,
            ticket_ms: 30_000,
            // 400 days: the longest that browsers keep a cookie.
            guest_ms: 400 * 24 * 3_600_000,
            connections_max: 50_000,
            connections_per_address_max: 200,
            connections_per_person_max: 20,
            http2_streams_max: 100,
            backlog_bytes: 1 << 20,
            asked_bytes: 32 << 20,
            large_budget_bytes: 96 << 20,
            body_bytes: 256 << 10,
            import_bytes: 32 << 20,
            export_bytes: 64 << 20,
            streams_max: 10_000,
            streams_per_person_max: 20,
            comment_ms: 15_000,
            answer_ms: 25_000,
            chat_per_second: 10,
            chat_burst: 10,
            control_per_second: 20,
            control_burst: 40,
            code_per_second: 60,
            code_burst: 120,
            awareness_per_second: 60,
            awareness_burst: 60,
            pings_per_second: 10,
            pings_burst: 50,
            guests_per_minute: 60,
            rates_max: 100_000,
            tickets_max: 10_000,
        }
    }
}

/// Why settings can't be used: one sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(crate) String);

impl Settings {
    /// Checks what can be checked before a port opens.
    ///
    /// # Errors
    /// A sentence that names the first setting that can't be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.site().map(|_| ())?;
        self.proxies()?;
        let times = [
            ("heartbeat_ms", self.heartbeat_ms),
            ("pong_ms", self.pong_ms),
            ("hello_ms", self.hello_ms),
            ("tls_ms", self.tls_ms),
            ("header_ms", self.header_ms),
            ("request_ms", self.request_ms),
            ("idle_ms", self.idle_ms),
            ("read_stall_ms", self.read_stall_ms),
            ("write_stall_ms", self.write_stall_ms),
            ("close_ms", self.close_ms),
            ("drain_window_ms", self.drain_window_ms),
            ("drain_ms", self.drain_ms),
            ("accept_pause_ms", self.accept_pause_ms),
            ("ticket_ms", self.ticket_ms),
            ("guest_ms", self.guest_ms),
            ("comment_ms", self.comment_ms),
            ("answer_ms", self.answer_ms),
        ];
        let counts = [
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
            ("connections_per_person_max", self.connections_per_person_max),
            ("backlog_bytes", self.backlog_bytes),
            ("asked_bytes", self.asked_bytes),
            ("large_budget_bytes", self.large_budget_bytes),
            ("body_bytes", self.body_bytes),
            ("import_bytes", self.import_bytes),
            ("export_bytes", self.export_bytes),
            ("streams_max", self.streams_max),
            ("streams_per_person_max", self.streams_per_person_max),
            ("rates_max", self.rates_max),
            ("tickets_max", self.tickets_max),
        ];
        let rates = [
            ("http2_streams_max", self.http2_streams_max),
            ("chat_per_second", self.chat_per_second),
            ("chat_burst", self.chat_burst),
            ("control_per_second", self.control_per_second),
            ("control_burst", self.control_burst),
            ("code_per_second", self.code_per_second),
            ("code_burst", self.code_burst),
            ("awareness_per_second", self.awareness_per_second),
            ("awareness_burst", self.awareness_burst),
            ("pings_per_second", self.pings_per_second),
            ("pings_burst", self.pings_burst),
            ("guests_per_minute", self.guests_per_minute),
        ];
        let zero = times.iter().find(|(_, value)| *value == 0).map(|(name, _)| name);
        let zero = zero.or_else(|| counts.iter().find(|(_, value)| *value == 0).map(|(name, _)| name));
        match zero.or_else(|| rates.iter().find(|(_, value)| *value == 0).map(|(name, _)| name)) {
            Some(name) => Err(SettingsError(format!("{name} is 0, but must be at least 1."))),
            None => Ok(()),
        }
    }

    /// The proxies in the form in which addresses are compared.
    pub(crate) fn proxies(&self) -> Result<Proxies, SettingsError> {
        Proxies::parse(&self.trusted_proxies).map_err(|text| {
            SettingsError(format!("trusted_proxies has {text:?}, which is no address or range."))
        })
    }

    /// The hosts and origins in the form in which requests are compared.
    pub(crate) fn site(&self) -> Result<Site, SettingsError> {
        let origin = |name: &str, text: &str| {
            Authority::of_origin(text).ok_or_else(|| {
                SettingsError(format!("{name} has {text:?}, which is not scheme://host[:port]."))
            })
        };
        let mut site = Site { guests: self.guests, ..Site::default() };
        if let Some(url) = &self.public_url {
            let trimmed = url.trim_end_matches('/');
            site.hosts.push(origin("public_url", trimmed)?);
            site.origins.push(trimmed.to_ascii_lowercase());
        }
        for text in &self.allowed_origins {
            origin("allowed_origins", text)?;
            site.origins.push(text.to_ascii_lowercase());
        }
        for text in &self.allowed_hosts {
            let host = Authority::of_host(text).ok_or_else(|| {
                SettingsError(format!("allowed_hosts has {text:?}, which is not host[:port]."))
            })?;
            site.hosts.push(host);
        }
        Ok(site)
    }
}
