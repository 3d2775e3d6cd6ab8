//! Accepts connections and routes their requests; one task for each connection.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Options;
use super::cache::PromptCache;
use super::clock::Clock;
use super::conn::Conn;
use super::control;
use super::error::ApiError;
use super::http::{BODY_BYTES_MAX, ReadError, Request};
use super::ids::request_id;
use super::knobs::Transport;
use super::limits::Buckets;
use super::listing;
use super::log::{Ending, Log, LogEntry, micros};
use super::messages;
use super::plan::{Cut, HttpReply};
use super::player::{After, Played, Player};
use super::request::{AuthKind, Caller, VERSION_2023, VERSION_2026, betas, credential, tag_of};
use super::script::Scripts;

/// Open connections; one more is closed at once.
const CONNECTIONS_MAX: usize = 20_000;

/// Everything the connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    pub(crate) memory: Mutex<Memory>,
}

/// What changes from request to request.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) cache: PromptCache,
    pub(crate) buckets: Buckets,
    pub(crate) scripts: Scripts,
    /// Uses of each scenario with its knobs, for `times=k`.
    pub(crate) uses: std::collections::HashMap<String, u64>,
    /// Canonical prompts by message id, for `diagnostics.previous_message_id`.
    pub(crate) prompts: std::collections::HashMap<String, Value>,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        let memory = Memory {
            cache: PromptCache::default(),
            buckets: Buckets::new(options.limits),
            scripts: Scripts::default(),
            uses: std::collections::HashMap::new(),
            prompts: std::collections::HashMap::new(),
        };
        Self { options, clock: Clock::start(), log: Log::new(), memory: Mutex::new(memory) }
    }

    /// Forgets everything but the options.
    pub(crate) fn reset(&self) {
        let mut memory = self.memory.lock();
        memory.cache.clear();
        memory.buckets.set(self.options.limits);
        memory.scripts.clear();
        memory.uses.clear();
        memory.prompts.clear();
        drop(memory);
        self.log.clear();
    }
}

/// Accepts until it is dropped; every connection task ends with it.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut tasks = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if tasks.len() >= CONNECTIONS_MAX => drop(stream),
                Ok((stream, _)) => {
                    number += 1;
                    tasks.spawn(serve(stream, number, Arc::clone(&shared)));
                }
                // Out of file descriptors, most likely: waiting lets others close.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, number: u64, shared: Arc<Shared>) {
    // A socket that is closed already fails here and at the next read.
    drop(stream.set_nodelay(true));
    let mut conn = Conn::new(stream, number);
    loop {
        let request = match conn.next_request().await {
            Ok(request) => request,
            Err(ReadError::Closed) => return,
            Err(ReadError::Malformed) => {
                let reply = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                // The peer may be gone, and there is nothing more to say.
                drop(conn.write(reply).await);
                return;
            }
        };
        let keeps = request.keeps_alive();
        if Box::pin(answer(&mut conn, &shared, request)).await == After::Close || !keeps {
            return;
        }
    }
}

async fn answer(conn: &mut Conn, shared: &Shared, request: Request) -> After {
    if request.path.starts_with("/_") || request.path == "/" {
        let reply = control::reply(shared, &request);
        let played = Player::new(conn, &Transport::default(), Cut::Reset).plain(&reply.headers, &reply).await;
        return played.after;
    }
    let number = shared.log.next_number();
    shared.log.open(entry(conn, shared, &request, number));
    let played = match caller(shared, &request) {
        Ok(caller) => route(conn, shared, &request, Asked { number, caller }).await,
        Err(error) => refuse(conn, shared, number, &error).await,
    };
    shared.log.update(number, |entry| {
        entry.events_sent = played.events;
        entry.deltas_sent = played.deltas;
        entry.output_tokens = played.output_tokens;
    });
    shared.log.close(number, played.ending, conn.meter, shared.clock.now());
    played.after
}

/// Who asks, in which request.
pub(crate) struct Asked {
    pub(crate) number: u64,
    pub(crate) caller: Caller,
}

async fn route(conn: &mut Conn, shared: &Shared, request: &Request, asked: Asked) -> Played {
    let number = asked.number;
    let scripted = shared.memory.lock().scripts.take_path(&request.path);
    if let Some(reply) = scripted {
        return messages::plain(conn, shared, &asked, &reply).await;
    }
    let outcome = match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages") => return messages::answer(conn, shared, request, asked).await,
        ("POST", "/v1/messages/count_tokens") => messages::count(shared, request, &asked.caller),
        ("GET", "/v1/models") => listing::list(shared, &request.query),
        ("GET", path) if path.starts_with("/v1/models/") => listing::one(path),
        (_, "/v1/messages" | "/v1/messages/count_tokens" | "/v1/models") => {
            Err(ApiError::new(405, "Method Not Allowed"))
        }
        _ => Err(ApiError::new(404, "Not Found")),
    };
    match outcome {
        Ok(body) => {
            let headers = headers(shared, number, Some(&asked.caller), "application/json");
            shared.log.update(number, |entry| entry.status = Some(200));
            let reply = HttpReply { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() };
            Player::new(conn, &Transport::default(), Cut::Reset).plain(&headers, &reply).await
        }
        Err(error) => refuse(conn, shared, number, &error).await,
    }
}

/// Answers with an error before any scenario was chosen.
pub(crate) async fn refuse(conn: &mut Conn, shared: &Shared, number: u64, error: &ApiError) -> Played {
    let mut headers = headers(shared, number, None, "application/json");
    headers.extend(error.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    shared.log.update(number, |entry| entry.status = Some(error.status));
    let body = error.body(&request_id(number)).to_string().into_bytes();
    let reply = HttpReply { status: error.status, headers: Vec::new(), body };
    Player::new(conn, &Transport::default(), Cut::Reset).plain(&headers, &reply).await
}

/// The headers of every response, with the rate limits of the caller when one is known.
pub(crate) fn headers(
    shared: &Shared,
    number: u64,
    caller: Option<&Caller>,
    content_type: &str,
) -> Vec<(String, String)> {
    let mut headers = vec![
        ("content-type".to_owned(), content_type.to_owned()),
        ("request-id".to_owned(), request_id(number)),
        ("x-simulated-upstream".to_owned(), "madang".to_owned()),
    ];
    if let Some(caller) = caller {
        let tag = caller.tag();
        headers.push(("anthropic-organization-id".to_owned(), format!("org-sim-{tag}")));
        headers.push(("anthropic-workspace-id".to_owned(), format!("wrkspc_sim_{tag}")));
        headers.extend(shared.memory.lock().buckets.headers(&tag, &shared.clock));
    }
    headers
}

fn caller(shared: &Shared, request: &Request) -> Result<Caller, ApiError> {
    let Some((_, key)) = credential(request) else {
        return Err(ApiError::new(401, "authentication required: send x-api-key or authorization: Bearer"));
    };
    if !shared.options.keys.is_empty() && !shared.options.keys.contains(&key) {
        return Err(ApiError::new(401, "invalid x-api-key"));
    }
    let version = request.header("anthropic-version").unwrap_or("").to_owned();
    match version.as_str() {
        VERSION_2026 | VERSION_2023 => {}
        "" => return Err(ApiError::invalid("anthropic-version: header is required")),
        other => {
            return Err(ApiError::invalid(format!("anthropic-version: \"{other}\" is not a valid version")));
        }
    }
    if request.body_bytes > BODY_BYTES_MAX {
        return Err(ApiError::new(413, "Request exceeds the maximum size"));
    }
    let mut betas = betas(request);
    if request.query.split('&').any(|pair| pair == "beta=true") && betas.is_empty() {
        betas.push("beta=true".to_owned());
    }
    Ok(Caller { key, version, betas })
}

fn entry(conn: &Conn, shared: &Shared, request: &Request, number: u64) -> LogEntry {
    let credential = credential(request);
    LogEntry {
        number,
        connection: conn.number,
        at_us: micros(shared.clock.now()),
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        auth: credential.as_ref().map(|(kind, _)| auth_name(*kind)),
        key: credential.as_ref().map(|(_, key)| tag_of(key)),
        version: request.header("anthropic-version").map(str::to_owned),
        betas: betas(request),
        attempt: request.header("x-stainless-retry-count").and_then(|count| count.parse().ok()),
        user_agent: request.header("user-agent").map(str::to_owned),
        model: None,
        scenario: None,
        stream: false,
        body_bytes: request.body_bytes,
        body_hash: blake3::hash(&request.body).to_hex()[..16].to_owned(),
        status: None,
        request_id: request_id(number),
        input_tokens: 0,
        cache_write_tokens: 0,
        cache_read_tokens: 0,
        output_tokens: 0,
        events_sent: 0,
        deltas_sent: 0,
        bytes_sent: 0,
        blocked_us: 0,
        blocked_max_us: 0,
        blocked_writes: 0,
        ending: Ending::Open,
        aborted: false,
        ended_us: None,
    }
}

fn auth_name(kind: AuthKind) -> &'static str {
    match kind {
        AuthKind::Bearer => "bearer",
        AuthKind::ApiKey => "x-api-key",
    }
}

/// A JSON response of the control plane.
pub(crate) fn control_json(status: u16, body: &Value) -> HttpReply {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    HttpReply { status, headers, body: body.to_string().into_bytes() }
}

/// An error of the control plane.
pub(crate) fn control_error(error: &ApiError) -> HttpReply {
    control_json(error.status, &json!({ "error": error.message }))
}
