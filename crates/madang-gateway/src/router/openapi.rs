//! What the API is, for programs and for people: OpenAPI 3.1 at `/openapi.json`, made of the protocol's own tables and of
//! the list of paths, and a page to browse it at `/docs`.

mod page;
mod paths;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderValue, header};
use madang_protocol::{Command, ErrorCode};
use serde_json::{Map, Value, json};

use crate::gateway::Shared;
use crate::message_router::needs_a_socket;
use paths::{Answer, Operation, PATHS};

/// JSON Schemas of all commands and events, generated from the protocol crate (`cargo xtask codegen`).
const SCHEMAS: &str = include_str!("openapi/schemas.json");
/// The style of the page, beside it because no style may stand in a page (CSP).
const STYLE: &str = include_str!("openapi/docs.css");
/// What the page may load: its style, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The description, made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
/// Its text.
static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());
/// The page.
static PAGE: LazyLock<String> = LazyLock::new(|| page::render(&DOCUMENT));

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/openapi.json", get(openapi))
        .route("/api/v1/docs", get(docs))
        .route("/api/v1/docs.css", get(style))
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response()
}

async fn docs() -> Response {
    let mut response = PAGE.as_str().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

fn document() -> Value {
    let generated: Value = serde_json::from_str(SCHEMAS).expect("it was generated as JSON");
    let mut schemas = generated["schemas"].as_object().cloned().unwrap_or_default();
    schemas.insert("Problem".into(), problem());
    let mut paths: Map<String, Value> = Map::new();
    let mut put = |path: &str, method: &str, operation: Value| {
        let under = path.trim_start_matches("/api/v1").to_owned();
        let entry = paths.entry(under).or_insert_with(|| json!({}));
        entry[method] = operation;
    };
    for operation in PATHS {
        put(operation.path, operation.method, described(operation));
    }
    for (kind, meaning) in Command::TYPES.iter().zip(Command::MEANINGS) {
        if !needs_a_socket(kind) {
            let described = command(kind, meaning, &generated["commands"][kind]);
            put(&format!("/commands/{kind}"), "post", described);
        }
    }
    let socket_only: Vec<_> = Command::TYPES.iter().filter(|kind| needs_a_socket(kind)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Madang",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Sessions in which a team and Claude meet. Everything that the WebSocket's commands do can be done \
                here as well; a session is followed as server-sent events. PROTOCOL.md has the rules.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "bearer": [] }, { "cookie": [] }],
        "tags": paths::TAGS.iter().map(|(name, what)| json!({ "name": name, "description": what })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "A personal API token, a guest's token, or a token of an embedding application." },
                "cookie": { "type": "apiKey", "in": "cookie", "name": crate::identity::COOKIE, "description": "A browser's login." },
                "ticket": { "type": "apiKey", "in": "query", "name": "ticket", "description": "One use within 30 seconds, from `POST /tickets`; for event streams of browsers." },
            },
        },
        "x-commands": generated["commands"],
        "x-socket-only-commands": socket_only,
        "x-events": generated["events"],
    })
}

/// RFC 9457, as every refusal is.
fn problem() -> Value {
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "Why it was not done.",
        "required": ["type", "title", "status", "code", "detail", "recoverable"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes },
            "detail": { "type": "string", "description": "A sentence for the person." },
            "recoverable": { "type": "boolean", "description": "Whether the same request can succeed later." },
            "details": { "type": "string", "description": "Which field, which limit." },
            "retry_after": { "type": "integer", "description": "Milliseconds." },
        },
    })
}

fn refused() -> Value {
    json!({ "description": "Refused.",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } })
}

/// One command as an operation.
fn command(kind: &str, meaning: &str, schema: &Value) -> Value {
    json!({
        "operationId": kind,
        "tags": ["commands"],
        "summary": meaning.trim(),
        "parameters": [idempotency_key()],
        "requestBody": { "content": { "application/json": { "schema": schema } } },
        "responses": {
            "200": { "description": "The answer: `ack`, or the command's own event.", "content": { "application/json": { "schema": {
                "type": "object", "required": ["type", "data"],
                "properties": { "type": { "type": "string" }, "data": { "type": "object" } },
            } } } },
            "default": refused(),
        },
    })
}

fn idempotency_key() -> Value {
    json!({ "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "maxLength": 128 },
        "description": "The command's id: a repeat with the same key and body is answered with the first answer." })
}

fn described(operation: &Operation) -> Value {
    let in_path = operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let mut parameters: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    parameters.extend(
        operation
            .query
            .iter()
            .map(|(name, kind)| json!({ "name": name, "in": "query", "schema": { "type": kind } })),
    );
    parameters.extend(operation.headers.iter().map(|(name, what)| {
        json!({ "name": name, "in": "header", "schema": { "type": "string" }, "description": what })
    }));
    let answer = match operation.answer {
        Answer::Nothing => json!({ "204": { "description": "Done." } }),
        Answer::Redirect => json!({ "302": { "description": "Go there." } }),
        Answer::Json => {
            json!({ "200": { "description": "Done.", "content": { "application/json": { "schema": { "type": "object" } } } } })
        }
        Answer::Schema(status, name) => {
            json!({ status: { "description": "Done.", "content": { "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{name}") } } } } })
        }
        Answer::Media(kinds) => {
            let content: Map<String, Value> = kinds
                .iter()
                .map(|kind| ((*kind).to_owned(), json!({ "schema": { "type": "string" } })))
                .collect();
            json!({ "200": { "description": "Done.", "content": content } })
        }
    };
    let mut responses = answer;
    responses["default"] = refused();
    let mut all = json!({
        "operationId": format!("{} {}", operation.method, operation.path.trim_start_matches("/api/v1")),
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = operation.body {
        let example: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        all["requestBody"] = json!({ "content": { "application/json": { "schema": { "type": ["object", "array"] }, "example": example } } });
    }
    if operation.public {
        all["security"] = json!([]);
    }
    all
}
