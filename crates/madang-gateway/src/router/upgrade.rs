//! `GET /ws`: from a request to a raw socket (CN1, CN2).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use madang_hub::Caller;
use madang_protocol::{CloseCode, ErrorCode, ProtocolVersion};

use super::layers;
use crate::connection::{Arrival, run};
use crate::error::ApiError;
use crate::gateway::Shared;
use crate::handshake::{Upgrade, UpgradeRefusal, read_upgrade};
use crate::identity::{Who, presented};
use crate::listener::{Peer, Watched};

/// When a client that was refused for want of room, or in a drain, may come back.
const RETRY_MS: u64 = 2000;

/// Who comes in, or why not.
struct Verdict {
    caller: Option<Caller>,
    refusal: Option<ErrorCode>,
    close: Option<CloseCode>,
    cookie: Option<String>,
}

/// Upgrades a request, or says why not.
pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let source = layers::source_of(&shared, &request)?;
    let pending = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let accepted = match read_upgrade(&parts) {
        Ok(accepted) => accepted,
        Err(refusal) => return Ok(refuse_upgrade(refusal)),
    };
    if layers::cookie_without_origin(&parts, source) {
        return Err(ApiError::new(ErrorCode::Forbidden, "A cookie counts only with the origin of the page."));
    }
    let verdict = judge(&shared, &parts, accepted.version).await;
    if let (Some(code), ProtocolVersion::V1) = (verdict.refusal, accepted.version) {
        // Before the upgrade: this client takes every open for a success, and would loop (CN2).
        return Err(ApiError::of(code).retry_after(RETRY_MS));
    }
    let response = switching(&accepted, verdict.cookie.as_deref())?;
    shared.figures.upgraded();
    let tasks = shared.tasks.clone();
    tasks.spawn(take_over(pending, shared, peer, (accepted.version, verdict.caller, verdict.close)));
    Ok(response)
}

async fn judge(shared: &Shared, parts: &http::request::Parts, version: ProtocolVersion) -> Verdict {
    let refused = |code: ErrorCode, close: CloseCode| Verdict {
        caller: None,
        refusal: Some(code),
        close: Some(close),
        cookie: None,
    };
    if shared.is_draining() {
        return refused(ErrorCode::ServiceUnavailable, CloseCode::Drain);
    }
    if shared.caps.overloaded() {
        return refused(ErrorCode::ServiceUnavailable, CloseCode::Overloaded);
    }
    let let_in = |caller, cookie| Verdict { caller, refusal: None, close: None, cookie };
    match shared.identity.who(presented(parts), shared.now()).await {
        // Version 1 has to be told before it is let in, or it would come again at once (CN2); others are when they greet.
        Ok(Who::Known(caller))
            if version == ProtocolVersion::V1
                && shared.sockets.is_full(caller.user, shared.settings.connections_per_person_max) =>
        {
            refused(ErrorCode::ServiceUnavailable, CloseCode::Overloaded)
        }
        Ok(Who::Known(caller)) => let_in(Some(caller), None),
        Ok(Who::NewGuest(caller, token)) => let_in(Some(caller), Some(shared.identity.set_cookie(&token))),
        Ok(Who::Nobody) => let_in(None, None),
        // Without a close code of its own it is no judgement: it can't be told now.
        Err(code) => refused(code, code.row().close.unwrap_or(CloseCode::Overloaded)),
    }
}

/// Waits until hyper lets go of the socket, and gives it a task of its own: this one is large, that one small.
async fn take_over(
    pending: OnUpgrade,
    shared: Arc<Shared>,
    peer: Peer,
    (version, caller, refusal): (ProtocolVersion, Option<Caller>, Option<CloseCode>),
) {
    let upgraded = match pending.await {
        Ok(upgraded) => upgraded,
        Err(error) => return tracing::debug!(%error, "a client left during its upgrade"),
    };
    let Ok(parts) = downcast::<TokioIo<Watched>>(upgraded) else {
        return tracing::error!("an upgraded connection is none of our listener's");
    };
    let (socket, tls) = parts.io.into_inner().into_raw();
    let arrival = Arrival {
        socket,
        tls,
        early: parts.read_buf,
        version,
        caller,
        refusal,
        remote: peer.remote,
        permit: peer.permit,
    };
    let tasks = shared.tasks.clone();
    tasks.spawn(run(arrival, shared));
}

fn switching(accepted: &Upgrade, cookie: Option<&str>) -> Result<Response, ApiError> {
    let mut response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::UPGRADE, "websocket")
        .header(header::CONNECTION, "Upgrade")
        .header(header::SEC_WEBSOCKET_ACCEPT, &accepted.accept);
    if let Some(subprotocol) = accepted.subprotocol {
        response = response.header(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    if let Some(cookie) = cookie {
        response = response.header(header::SET_COOKIE, cookie);
    }
    response.body(Body::empty()).map_err(ApiError::internal)
}

fn refuse_upgrade(refusal: UpgradeRefusal) -> Response {
    let status = match refusal {
        UpgradeRefusal::NotAsked | UpgradeRefusal::Version => StatusCode::UPGRADE_REQUIRED,
        UpgradeRefusal::Request | UpgradeRefusal::Key | UpgradeRefusal::Subprotocol => {
            StatusCode::BAD_REQUEST
        }
    };
    let mut response =
        ApiError::new(ErrorCode::InvalidData, refusal.to_string()).status(status).into_response();
    if status == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    response
}
