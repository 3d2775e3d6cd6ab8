//! What surrounds every request: one log line, security headers, time-outs, the CSRF rule.

use std::any::Any;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::body::Body as _;
use madang_protocol::{ErrorCode, SessionId, UserId};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::error::{ApiError, LoggedError};
use crate::gateway::Shared;
use crate::handshake::Source;
use crate::identity::{Presented, presented, presented_in};
use crate::listener::Peer;
use crate::refusals::Refused;

/// Names the request in the answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a browser may keep the answer to a CORS preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);
/// The type of our refusals.
const PROBLEM: &str = "application/problem+json";
/// Bytes of a body without a credential beside it; beyond, 413.
const ANONYMOUS_BYTES_MAX: usize = 4096;

/// Where a page of another site may send a browser that has our cookie: what these answer is the same for everybody, or
/// is the way back from an identity provider, which a `state` guards.
const FROM_ANYWHERE: [&str; 6] = [
    "/api/v1/site",
    "/api/v1/docs",
    "/api/v1/docs.css",
    "/api/v1/openapi.json",
    "/api/v1/oidc/{id}/start",
    "/api/v1/oidc/{id}/callback",
];

/// Gives a request its id, and the log its one line. Paths only: queries may hold tokens, unknown paths anything.
pub(super) async fn observe(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let id = format!("req_{:016x}", u64::from_ne_bytes(crate::random::bytes()));
    let begun_us = shared.now_us();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (address, session) = (address_of(&request), session_in(request.uri().path()));
    let asker = WhoAsks::default();
    request.extensions_mut().insert(asker.clone());
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    shared.figures.answered(status);
    let route = route.as_ref().map_or("*", MatchedPath::as_str);
    let duration_us = shared.now_us() - begun_us;
    let error = response.extensions().get::<LoggedError>();
    if let Some(error) = error.filter(|error| error.code == ErrorCode::Forbidden) {
        let what = || format!("{method} {route}");
        let (what, answered_by) =
            error.about.as_deref().map_or_else(|| (what(), None), |(kind, at)| ((*kind).to_owned(), *at));
        let session = answered_by.or(session);
        shared.refusals.note(Refused { user: asker.user(), what, session, address }, shared.now());
    }
    let (code, cause) = error.map_or(("", ""), |error| (error.code.as_str(), &*error.cause));
    if status >= 500 {
        tracing::error!(request.id = id, %method, route, status, duration_us, code, cause, "request failed");
    } else {
        tracing::debug!(request.id = id, %method, route, status, duration_us, code, cause, "request");
    }
    response
}

/// Who sends a request, once that is known: for what surrounds it.
#[derive(Debug, Clone, Default)]
pub(super) struct WhoAsks(Arc<OnceLock<UserId>>);

impl WhoAsks {
    /// Notes who sends the request that has these parts.
    pub(super) fn is(parts: &Parts, user: UserId) {
        if let Some(asker) = parts.extensions.get::<WhoAsks>() {
            // Told twice, it is the same person.
            asker.0.get_or_init(|| user);
        }
    }

    fn user(&self) -> Option<UserId> {
        self.0.get().copied()
    }
}

fn address_of(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.remote.ip())
}

/// The session that a path names.
fn session_in(path: &str) -> Option<SessionId> {
    path.strip_prefix("/api/v1/sessions/")?.split('/').next()?.parse().ok()
}

/// Headers that every answer carries; the web app's own content policy is left as it is.
pub(super) async fn secure(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Only where the address itself says HTTPS: a developer's localhost must not be bound to it for a year.
    if shared.settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    // An answer for a trusted origin is for that origin; all others are for pages of this host.
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.entry(resource_policy).or_insert(HeaderValue::from_static("same-origin"));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    response
}

/// Around the API: body and time within limits, host, origin and CSRF.
pub(super) async fn api(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if let Err(error) = admit(&shared, &request) {
        return error.into_response();
    }
    let time = Duration::from_millis(shared.settings.request_ms);
    let response = match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(ErrorCode::ServiceUnavailable, "The request took too long.")
            .status(StatusCode::REQUEST_TIMEOUT)
            .into_response(),
    };
    let mut response = as_problem(response);
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Gives a refusal that a library wrote the shape of ours (HT3).
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM);
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status {
        StatusCode::UNAUTHORIZED => ErrorCode::InvalidAuth,
        StatusCode::FORBIDDEN => ErrorCode::Forbidden,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::FileTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedFormat,
        StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
        other if other.is_client_error() => ErrorCode::InvalidData,
        _ => ErrorCode::InternalError,
    };
    ApiError::of(code).status(status).into_response()
}

fn admit(shared: &Shared, request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    let source = source_of(shared, request)?;
    let looks = request.method() == Method::GET || request.method() == Method::HEAD;
    if !(if looks { may_look(request, source) } else { may_change(headers, source) }) {
        return Err(ApiError::new(ErrorCode::Forbidden, "Another site's page may not do this."));
    }
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let most = match request.uri().path() {
        super::portability::IMPORT => shared.settings.import_bytes,
        _ => shared.settings.body_bytes,
    };
    // Nobody in particular gets to say little: what they say is read before it is known who they are.
    let most = if is_anonymous(request) { most.min(ANONYMOUS_BYTES_MAX) } else { most };
    if length.is_some_and(|length| length > most as u64) {
        return Err(ApiError::of(ErrorCode::FileTooLarge).details(format!("{most} bytes")));
    }
    if request.method() != Method::GET && !request.body().is_end_stream() && !is_json(headers) {
        let sentence = "The body must be JSON, with `Content-Type: application/json`.";
        return Err(ApiError::new(ErrorCode::UnsupportedFormat, sentence));
    }
    Ok(())
}

/// JSON alone: a form that another site's page can post is none (trust.md 6.9).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn is_anonymous(request: &Request) -> bool {
    !request.headers().contains_key(header::AUTHORIZATION) && !request.headers().contains_key(header::COOKIE)
}

/// Where a request's page comes from, by `Host` and `Origin` (CN2).
pub(super) fn source_of(shared: &Shared, request: &Request) -> Result<Source, ApiError> {
    let loopback = request.extensions().get::<Peer>().is_some_and(|peer| peer.loopback);
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let judged = shared.site.judge(request.headers(), authority, loopback);
    judged.map_err(|refusal| ApiError::new(ErrorCode::Forbidden, refusal.to_string()))
}

/// The CSRF rule: a browser says where a request comes from, and a page of another site may not use our cookie.
fn may_change(headers: &HeaderMap, source: Source) -> bool {
    if source == Source::Trusted {
        return true;
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => false,
        None => source == Source::SameHost || !headers.contains_key(header::COOKIE),
    }
}

/// The same of a request that only looks: what rests on our cookie is not for a page of another site, though its script
/// could not read the answer. Nobody's own data is at the addresses that other sites do send people to.
fn may_look(request: &Request, source: Source) -> bool {
    if source == Source::Trusted
        || !matches!(presented_in(request.uri(), request.headers()), Presented::Cookie(_))
    {
        return true;
    }
    let pattern = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => true,
        Some(_) => FROM_ANYWHERE.contains(&pattern),
    }
}

/// A request that rests on the cookie alone must come from a page that may be known by its origin (CN2).
pub(super) fn cookie_without_origin(parts: &Parts, source: Source) -> bool {
    source == Source::Program && matches!(presented(parts), Presented::Cookie(_))
}

/// CORS by the allow-list of CN2 (HT4).
pub(super) fn cors(shared: &Arc<Shared>) -> CorsLayer {
    let shared = Arc::clone(shared);
    let allowed = AllowOrigin::predicate(move |origin, parts| {
        let loopback = parts.extensions.get::<Peer>().is_some_and(|peer| peer.loopback);
        origin.to_str().is_ok_and(|origin| shared.site.trusts(origin, loopback))
    });
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::CACHE_CONTROL,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([header::RETRY_AFTER, header::LOCATION, REQUEST_ID])
        .max_age(PREFLIGHT_AGE)
}

/// Answers for a handler that panicked: the others go on.
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    ApiError::internal(std::io::Error::other(format!("panicked: {text}"))).into_response()
}
