//! The upgrade to WebSocket (RFC 6455 4.2), judged from the request's head alone, in one pass over its headers.

mod authority;
mod origin;

pub(crate) use authority::Authority;
pub(crate) use origin::{Site, Source};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Version, header};
use madang_protocol::ProtocolVersion;
use sha1::{Digest as _, Sha1};

/// What RFC 6455 1.3 appends to the key.
const ACCEPT_SALT: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Characters of a key: sixteen bytes in base64.
const KEY_CHARS: usize = 24;

/// An upgrade that may go ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The version that will be spoken.
    pub version: ProtocolVersion,
    /// The value of `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The value of `Sec-WebSocket-Protocol`, when the client offered any.
    pub subprotocol: Option<&'static str>,
}

/// Why a request is no upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeRefusal {
    /// Not a bare GET of HTTP/1.1.
    #[error("A WebSocket begins with a GET of HTTP/1.1 without a body.")]
    Request,
    /// No `Upgrade: websocket` with `Connection: upgrade`.
    #[error("This address speaks WebSocket: ask for it with `Upgrade: websocket` and `Connection: Upgrade`.")]
    NotAsked,
    /// Another version of WebSocket.
    #[error("This server speaks version 13 of WebSocket.")]
    Version,
    /// No key of sixteen bytes.
    #[error("`Sec-WebSocket-Key` is not one value of sixteen bytes in base64.")]
    Key,
    /// None of the offered subprotocols.
    #[error(
        "None of the offered subprotocols is known; there are `madang.v2.json` and `claude-websocket-v1`."
    )]
    Subprotocol,
}

/// Judges a request's head.
///
/// # Errors
/// The first rule that it breaks.
pub fn read_upgrade(parts: &Parts) -> Result<Upgrade, UpgradeRefusal> {
    let headers = &parts.headers;
    let body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get_all(header::CONTENT_LENGTH).iter().any(|length| length != "0");
    if parts.method != Method::GET || parts.version != Version::HTTP_11 || body {
        return Err(UpgradeRefusal::Request);
    }
    if !has_token(headers, &header::UPGRADE, "websocket")
        || !has_token(headers, &header::CONNECTION, "upgrade")
    {
        return Err(UpgradeRefusal::NotAsked);
    }
    if only(headers, &header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(UpgradeRefusal::Version);
    }
    let key = only(headers, &header::SEC_WEBSOCKET_KEY).filter(|key| key.len() == KEY_CHARS);
    let key = key
        .filter(|key| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16))
        .ok_or(UpgradeRefusal::Key)?;
    let subprotocol = choose_subprotocol(headers)?;
    Ok(Upgrade {
        version: subprotocol.unwrap_or(ProtocolVersion::V1),
        accept: STANDARD.encode(Sha1::new().chain_update(key).chain_update(ACCEPT_SALT).finalize()),
        subprotocol: subprotocol.map(ProtocolVersion::subprotocol),
    })
}

/// The first offered subprotocol that is known; nothing when none was offered (EN3).
fn choose_subprotocol(headers: &HeaderMap) -> Result<Option<ProtocolVersion>, UpgradeRefusal> {
    let mut offered = false;
    for name in tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL) {
        offered = true;
        for version in [ProtocolVersion::V2, ProtocolVersion::V1] {
            if name == version.subprotocol() {
                return Ok(Some(version));
            }
        }
    }
    if offered { Err(UpgradeRefusal::Subprotocol) } else { Ok(None) }
}

/// Whether a comma-separated header has a token, whatever its case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|found| found.eq_ignore_ascii_case(token))
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// A header's value, when there is exactly one and it is text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}
