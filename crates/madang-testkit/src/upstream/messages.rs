//! `POST /v1/messages` and `POST /v1/messages/count_tokens`: from a body to a plan, and the plan to the wire.

use serde_json::{Value, json};

use super::cache::Prompt;
use super::conn::Conn;
use super::error::{ApiError, status_of};
use super::http::Request;
use super::ids::{Ids, request_id};
use super::knobs::{Choice, Transport};
use super::models;
use super::plan::{Cut, HttpReply, Plan, Step};
use super::player::{Played, Player};
use super::prefix::{self, Signer};
use super::profile::Profile;
use super::request::{Caller, MessagesRequest};
use super::scenario::{self, Scene, cut_of};
use super::script::{self, Script};
use super::server::{Asked, Shared, headers, refuse};
use super::usage::Usage;
use super::validate::{self, Purpose};
use super::{Broken, PrefixCheck};

/// Prompts remembered for `diagnostics`; at this number they are all forgotten.
const PROMPTS_MAX: usize = 10_000;
/// Scenarios with their knobs whose uses are counted; at this number all counts start again.
const USES_MAX: usize = 10_000;
/// Marks a scenario in the last user text: `[[sim:tool?rate=20]]`.
const TEXT_RULE: (&str, &str) = ("[[sim:", "]]");

/// What a request came to, before it is sent.
struct Decided {
    plan: Plan,
    transport: Transport,
    choice: Choice,
    prompt: Prompt,
}

/// Answers one Messages request.
pub(crate) async fn answer(conn: &mut Conn, shared: &Shared, request: &Request, asked: Asked) -> Played {
    let number = asked.number;
    let parsed = match parse(request) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(conn, shared, number, &error).await,
    };
    shared.log.keep_body(number, &parsed.body, request.body.len());
    shared.log.update(number, |entry| {
        entry.model = Some(parsed.model().to_owned());
        entry.stream = parsed.streams();
    });
    let streams = parsed.streams();
    match decide(shared, request, parsed, &asked) {
        Ok(decided) => send(conn, shared, &asked, decided, streams).await,
        Err(error) => refuse(conn, shared, number, &error).await,
    }
}

/// Counts the tokens of a prompt; the cache plays no part in it.
pub(crate) fn count(shared: &Shared, request: &Request, caller: &Caller) -> Result<Value, ApiError> {
    let parsed = parse(request)?;
    let profile = models::resolve(parsed.model())?;
    validate::check(&parsed, caller, profile, Purpose::Count)?;
    // Counting has a bucket of its own.
    let key = format!("{}/count", caller.tag());
    shared.memory.lock().buckets.admit(&key, 0, shared.clock.now())?;
    let tokens = Prompt::of(caller, profile, &parsed).tokens();
    let broken = shared.options.broken == Some(Broken::UsageString);
    Ok(if broken { json!({ "input_tokens": tokens.to_string() }) } else { json!({ "input_tokens": tokens }) })
}

fn parse(request: &Request) -> Result<MessagesRequest, ApiError> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| ApiError::invalid(format!("The request body is not valid JSON: {error}")))?;
    if !body.is_object() {
        return Err(ApiError::invalid("The request body must be a JSON object"));
    }
    match body["model"].as_str() {
        None if body["model"].is_null() => Err(ApiError::invalid("model: Field required")),
        None => Err(ApiError::invalid("model: Input should be a valid string")),
        Some("") => Err(ApiError::invalid("model: String should have at least 1 character")),
        Some(_) => Ok(MessagesRequest::new(body)),
    }
}

fn decide(
    shared: &Shared,
    http: &Request,
    mut request: MessagesRequest,
    asked: &Asked,
) -> Result<Decided, ApiError> {
    let caller = &asked.caller;
    let script = shared.memory.lock().scripts.take(request.model(), &request.last_user_text());
    let profile = profile(&request, script.as_ref())?;
    validate::check(&request, caller, profile, Purpose::Answer)?;
    let signer = Signer::new(shared.options.signing_key(), caller, profile, &request);
    let ids = Ids::of(request.digest());
    let transformations = match shared.options.prefix_check {
        PrefixCheck::On => prefix::check(&shared.options.signing_key(), caller, profile, &mut request)?,
        PrefixCheck::Off => Vec::new(),
    };
    let choice = choose(http, &request, script.as_ref());
    let prompt = Prompt::of(caller, profile, &request);
    let (usage, attempt) = admit(shared, asked, &prompt, &choice)?;
    let scene = Scene {
        profile,
        signer,
        usage,
        attempt,
        transformations,
        request_id: request_id(asked.number),
        diagnostics: diagnose(shared, &request, &ids.message()),
        ids,
        stamps: choice.knobs.on("stamp"),
        broken: shared.options.broken == Some(Broken::UsageString),
        request: &request,
        knobs: &choice.knobs,
    };
    let plan = match script.as_ref().filter(|script| script.scenario.is_none()) {
        Some(script) => script::plan(script, &scene)?,
        None => scenario::plan(&choice.name, &scene)?,
    };
    let mut transport = Transport::read(&choice.knobs, shared.options.pace)?;
    if !scene.fails_now()? {
        transport.bytes_max = None;
    }
    shared.log.update(asked.number, |entry| {
        entry.scenario = Some(choice.key());
        entry.input_tokens = usage.input;
        entry.cache_write_tokens = usage.cache_write_5m + usage.cache_write_1h;
        entry.cache_read_tokens = usage.cache_read;
    });
    Ok(Decided { plan, transport, choice, prompt })
}

/// What the model accepts; a scripted `sim-` name is as good as a built-in one.
fn profile(request: &MessagesRequest, script: Option<&Script>) -> Result<Profile, ApiError> {
    let model = request.model();
    let profile = models::resolve(model)?;
    let unknown =
        model.strip_prefix("sim-").is_some_and(|name| scenario::find(&Choice::parse(name).name).is_none());
    if unknown && script.is_none() {
        return Err(ApiError::new(404, format!("model: {model}")));
    }
    Ok(profile)
}

/// The scenario: by script, by model string, by header, or by a mark in the last user text.
fn choose(http: &Request, request: &MessagesRequest, script: Option<&Script>) -> Choice {
    if let Some(script) = script {
        let named = script
            .scenario
            .clone()
            .unwrap_or_else(|| format!("script-{}?{}", script.name.as_deref().unwrap_or(""), script.knobs));
        return Choice::parse(&named);
    }
    if let Some(named) = request.model().strip_prefix("sim-") {
        return Choice::parse(named);
    }
    if let Some(named) = http.header("x-sim-scenario") {
        return Choice::parse(named);
    }
    let text = request.last_user_text();
    let marked = text.split_once(TEXT_RULE.0).and_then(|(_, rest)| rest.split_once(TEXT_RULE.1));
    Choice::parse(marked.map_or("reply", |(named, _)| named))
}

/// Takes the request's share of the rate limit and counts the use of its scenario.
fn admit(shared: &Shared, asked: &Asked, prompt: &Prompt, choice: &Choice) -> Result<(Usage, u64), ApiError> {
    let now = shared.clock.now();
    let mut memory = shared.memory.lock();
    let usage = memory.cache.look_up(prompt, now);
    memory.buckets.admit(&asked.caller.tag(), usage.limited_input(), now)?;
    if memory.uses.len() >= USES_MAX {
        memory.uses.clear();
    }
    let uses = memory.uses.entry(choice.key()).or_insert(0);
    *uses += 1;
    Ok((usage, *uses))
}

/// Why the cache missed since the message named in `diagnostics`, in the API's words.
fn diagnose(shared: &Shared, request: &MessagesRequest, message_id: &str) -> Option<Value> {
    let body = &request.body;
    let mut memory = shared.memory.lock();
    let previous =
        body["diagnostics"]["previous_message_id"].as_str().map(|id| memory.prompts.get(id).cloned());
    if memory.prompts.len() >= PROMPTS_MAX {
        memory.prompts.clear();
    }
    memory.prompts.insert(message_id.to_owned(), body.clone());
    drop(memory);
    let reason = match previous? {
        None => Some("previous_message_not_found"),
        Some(before) if before["model"] != body["model"] => Some("model_changed"),
        Some(before) if before["tools"] != body["tools"] => Some("tools_changed"),
        Some(before) if before["system"] != body["system"] => Some("system_changed"),
        Some(before) => {
            let old = before["messages"].as_array().map_or(&[][..], Vec::as_slice);
            (!request.messages().starts_with(old)).then_some("messages_changed")
        }
    };
    let missed = |kind: &str| match kind {
        "previous_message_not_found" => json!({ "type": kind }),
        kind => json!({ "type": kind, "cache_missed_input_tokens": 0 }),
    };
    Some(json!({ "cache_miss_reason": reason.map(missed) }))
}

async fn send(conn: &mut Conn, shared: &Shared, asked: &Asked, decided: Decided, streams: bool) -> Played {
    let started = shared.clock.now();
    let Decided { plan, transport, choice, prompt } = decided;
    let status = match &plan {
        Plan::Message(_) | Plan::Hinted(_) => Some(200),
        Plan::Http(reply) => Some(reply.status),
        Plan::Cut(_) => None,
    };
    shared.log.update(asked.number, |entry| entry.status = status);
    let mut player = Player::new(conn, &transport, cut_of(&choice.knobs));
    let (steps, hinted) = match plan {
        Plan::Message(steps) => (steps, false),
        Plan::Hinted(steps) => (steps, true),
        Plan::Http(reply) => return player.plain(&plain_headers(shared, asked, &reply), &reply).await,
        Plan::Cut(cut) => return player.cut(cut).await,
    };
    // An entry can be read once its response begins; its life counts from the start of the request.
    shared.memory.lock().cache.store(&prompt, started);
    let hints: &[u8] =
        if hinted { b"HTTP/1.1 103 Early Hints\r\nlink: </>; rel=preload\r\n\r\n" } else { b"" };
    let content_type = if streams { "text/event-stream; charset=utf-8" } else { "application/json" };
    let mut headers = headers(shared, asked.number, Some(&asked.caller), content_type);
    if choice.name == scenario::LOCAL {
        headers.retain(|(name, _)| name == "content-type" || name == "x-simulated-upstream");
    }
    let played = if streams {
        player.stream(hints, &headers, &steps).await
    } else {
        whole(&mut player, shared, asked, (hints, &headers, &steps)).await
    };
    shared.memory.lock().buckets.spend_output(&asked.caller.tag(), played.output_tokens, shared.clock.now());
    played
}

/// A message in one piece; an `error` event becomes a status.
async fn whole(
    player: &mut Player<'_>,
    shared: &Shared,
    asked: &Asked,
    (hints, headers, steps): (&[u8], &[(String, String)], &[Step]),
) -> Played {
    let request_id = request_id(asked.number);
    let refusal = |error: &Value| {
        let kind = error["type"].as_str().unwrap_or("api_error");
        let body = json!({ "type": "error", "error": error, "request_id": request_id });
        shared.log.update(asked.number, |entry| entry.status = Some(status_of(kind)));
        (status_of(kind), body.to_string().into_bytes())
    };
    player.json(hints, headers, steps, &refusal).await
}

/// Sends a scripted response of any path.
pub(crate) async fn plain(conn: &mut Conn, shared: &Shared, asked: &Asked, reply: &HttpReply) -> Played {
    shared.log.update(asked.number, |entry| entry.status = Some(reply.status));
    let transport = Transport::default();
    Player::new(conn, &transport, Cut::Reset).plain(&plain_headers(shared, asked, reply), reply).await
}

/// The usual headers under those of a scripted response, which win.
fn plain_headers(shared: &Shared, asked: &Asked, reply: &HttpReply) -> Vec<(String, String)> {
    let usual = headers(shared, asked.number, Some(&asked.caller), "application/json");
    let wins = |name: &str| reply.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    usual.into_iter().filter(|(name, _)| !wins(name)).chain(reply.headers.iter().cloned()).collect()
}
