//! The control plane: paths that start with `/_`, for tests and people, never for a Claude client.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::ApiError;
use super::http::Request;
use super::limits::Limits;
use super::plan::HttpReply;
use super::scenario;
use super::server::{Shared, control_error, control_json};

/// Answers one control request.
pub(crate) fn reply(shared: &Shared, request: &Request) -> HttpReply {
    let outcome = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => Ok(about()),
        ("GET", "/_log") => Ok(log(shared, &request.query)),
        ("GET", "/_stats") => Ok(stats(shared)),
        ("GET", "/_scenarios") => Ok(scenario::catalogue()),
        ("POST", "/_reset") => {
            shared.reset();
            Ok(json!({ "ok": true }))
        }
        ("POST", "/_script") => add_scripts(shared, request),
        ("POST", "/_clock") => advance(shared, request),
        ("POST", "/_limits") => set_limits(shared, request),
        _ => Err(ApiError::new(404, "no such control path; GET / lists them")),
    };
    outcome.map_or_else(|error| control_error(&error), |body| control_json(200, &body))
}

fn about() -> Value {
    json!({
        "what": "a deterministic stand-in of the Claude Messages API, for tests and development",
        "simulated": true,
        "api": ["POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/models", "GET /v1/models/{id}"],
        "control": {
            "GET /_log": "every request and how it ended; ?bodies=1 adds the request bodies",
            "GET /_stats": "sums over the log, and what is left in the rate-limit buckets",
            "GET /_scenarios": "scenario names and their knobs",
            "POST /_reset": "forget the log, scripts, caches, buckets and counts",
            "POST /_script": "add a scripted answer, or a list of them",
            "POST /_clock": "{\"advance_ms\": n}: let caches age and buckets refill",
            "POST /_limits": "{\"requests\": n, \"input_tokens\": n, \"output_tokens\": n} a minute, for each key",
        },
    })
}

fn log(shared: &Shared, query: &str) -> Value {
    let mut body = json!({ "entries": shared.log.entries() });
    if query.split('&').any(|pair| pair == "bodies=1") {
        let bodies =
            shared.log.bodies().into_iter().map(|(number, body)| json!({ "number": number, "body": body }));
        body["bodies"] = bodies.collect();
    }
    body
}

fn stats(shared: &Shared) -> Value {
    let mut stats = shared.log.stats();
    stats["buckets"] = shared.memory.lock().buckets.snapshot();
    stats
}

fn body_of(request: &Request) -> Result<Value, ApiError> {
    serde_json::from_slice(&request.body)
        .map_err(|error| ApiError::invalid(format!("not valid JSON: {error}")))
}

fn add_scripts(shared: &Shared, request: &Request) -> Result<Value, ApiError> {
    let body = body_of(request)?;
    let list = if let Value::Array(list) = body { list } else { vec![body] };
    for script in list {
        let script = serde_json::from_value(script)
            .map_err(|error| ApiError::invalid(format!("not a valid script: {error}")))?;
        shared.memory.lock().scripts.add(script)?;
    }
    Ok(json!({ "ok": true }))
}

fn advance(shared: &Shared, request: &Request) -> Result<Value, ApiError> {
    let by = body_of(request)?["advance_ms"].as_u64();
    let by = by.ok_or_else(|| ApiError::invalid("advance_ms is a whole number of milliseconds"))?;
    shared.clock.advance(Duration::from_millis(by));
    Ok(json!({ "ok": true }))
}

fn set_limits(shared: &Shared, request: &Request) -> Result<Value, ApiError> {
    let body = body_of(request)?;
    let mut memory = shared.memory.lock();
    let now = memory.buckets.limits();
    let value = |name: &str, now: u64| body[name].as_u64().unwrap_or(now);
    memory.buckets.set(Limits {
        requests: value("requests", now.requests),
        input_tokens: value("input_tokens", now.input_tokens),
        output_tokens: value("output_tokens", now.output_tokens),
    });
    Ok(json!({ "ok": true }))
}
