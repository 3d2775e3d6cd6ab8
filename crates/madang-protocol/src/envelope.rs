//! The wrapper around every command and event (EN1, EN2): reading one, and splicing a head onto stored data.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits::{BATCH_ENVELOPES_MAX, COMMAND_ID_BYTES_MAX, TYPE_BYTES_MAX};
use crate::{Command, Epoch, ErrorCode, Event, SessionId, UnixMs};

/// Which version of the protocol a connection speaks (EN3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProtocolVersion {
    /// The design document's: one envelope a frame, never binary.
    V1,
    /// Ours: batches, resume, typed parts.
    V2,
}

impl ProtocolVersion {
    /// The WebSocket subprotocol's name.
    #[must_use]
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::V1 => "claude-websocket-v1",
            Self::V2 => "madang.v2.json",
        }
    }
}

/// A position in one session's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which log.
    pub epoch: Epoch,
    /// Which event, from 1 without gaps.
    pub seq: u64,
}

/// One envelope as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The sender's id for it; absent ids get no correlation and no idempotency.
    pub id: Option<String>,
    /// The command, or why there is none.
    pub command: Result<Command, InboundError>,
    /// BLAKE-able bytes of type and data, to tell a repeat from a reuse of the id (CM2).
    pub digest_input: String,
}

/// Why an inbound message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboundError {
    /// Not JSON, or not an envelope.
    #[error("The message is not a JSON envelope.")]
    Envelope(String),
    /// No such command.
    #[error("There is no command of this type.")]
    UnknownType(String),
    /// The data has the wrong shape.
    #[error("The data of this command has a wrong or missing field.")]
    Data(String),
}

impl InboundError {
    /// Wraps serde's message, which names the field.
    #[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
    pub(crate) fn data(error: serde_json::Error) -> Self {
        Self::Data(clip(error.to_string()))
    }

    /// The code a client is told.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Envelope(_) => ErrorCode::InvalidJson,
            Self::UnknownType(_) => ErrorCode::UnknownType,
            Self::Data(_) => ErrorCode::InvalidData,
        }
    }

    /// The detail for developers: bounded, and never more than the client's own words.
    #[must_use]
    pub fn details(&self) -> &str {
        match self {
            Self::Envelope(detail) | Self::UnknownType(detail) | Self::Data(detail) => detail,
        }
    }
}

/// Keeps a detail short: serde quotes what it met, and a client may send a megabyte of it.
fn clip(mut text: String) -> String {
    const DETAIL_CHARS_MAX: usize = 200;
    if let Some((end, _)) = text.char_indices().nth(DETAIL_CHARS_MAX) {
        text.truncate(end);
    }
    text
}

#[derive(Deserialize)]
struct RawEnvelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    id: Option<Cow<'a, str>>,
}

impl Inbound {
    /// Reads one text frame: an envelope, or on version 2 an array of them.
    ///
    /// # Errors
    /// [`InboundError::Envelope`] when the frame as a whole can't be read; a bad envelope inside an array refuses the array.
    pub fn read(text: &str, version: ProtocolVersion) -> Result<Vec<Inbound>, InboundError> {
        let whole = |error: serde_json::Error| InboundError::Envelope(clip(error.to_string()));
        if version == ProtocolVersion::V2 && text.trim_start().starts_with('[') {
            let items: Vec<RawEnvelope<'_>> = serde_json::from_str(text).map_err(whole)?;
            if items.is_empty() || items.len() > BATCH_ENVELOPES_MAX {
                return Err(InboundError::Envelope(format!("{} envelopes in one frame", items.len())));
            }
            return items.into_iter().map(Inbound::from_raw).collect();
        }
        Ok(vec![Inbound::from_raw(serde_json::from_str(text).map_err(whole)?)?])
    }

    fn from_raw(raw: RawEnvelope<'_>) -> Result<Inbound, InboundError> {
        if raw.kind.len() > TYPE_BYTES_MAX {
            return Err(InboundError::Envelope("type is too long".into()));
        }
        if raw.id.as_ref().is_some_and(|id| id.len() > COMMAND_ID_BYTES_MAX) {
            return Err(InboundError::Envelope("id is too long".into()));
        }
        let data = raw.data.map(RawValue::get);
        Ok(Inbound {
            id: raw.id.filter(|id| !id.is_empty()).map(Cow::into_owned),
            command: Command::parse(&raw.kind, data),
            digest_input: format!("{}\n{}", raw.kind, data.unwrap_or("null")),
        })
    }
}

/// What goes around an event's data.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The session it belongs to.
    pub session: Option<SessionId>,
    /// Its place in the log, for durable events.
    pub position: Option<Position>,
    /// The id of the command that it answers.
    pub correlation_id: Option<&'a str>,
    /// When it happened.
    pub at: UnixMs,
    /// Makes the id of an event that is not in a log; unique in this process.
    pub unique: u64,
}

/// Encodes an event as one envelope.
#[must_use]
pub fn encode_event(event: &Event, head: Head<'_>) -> String {
    encode_stored(event.kind(), &event.data_json(), head)
}

/// Splices a head onto stored data, which is sent as it is (DC4).
#[must_use]
pub fn encode_stored(kind: &str, data: &str, head: Head<'_>) -> String {
    const HEAD_BYTES: usize = 224;
    let mut out = String::with_capacity(data.len() + HEAD_BYTES);
    let write = |out: &mut String, args: std::fmt::Arguments<'_>| {
        out.write_fmt(args).expect("writing to a String cannot fail");
    };
    write(&mut out, format_args!(r#"{{"type":"{kind}""#));
    if let Some(session) = head.session {
        write(&mut out, format_args!(r#","session_id":"{session}""#));
    }
    match head.position {
        Some(Position { epoch, seq }) => {
            write(&mut out, format_args!(r#","seq":{seq},"epoch":"{epoch}","id":"{epoch}-{seq}""#));
        }
        None => write(&mut out, format_args!(r#","id":"e{}""#, head.unique)),
    }
    if let Some(id) = head.correlation_id {
        let id = serde_json::to_string(id).expect("a string is always JSON");
        write(&mut out, format_args!(r#","correlation_id":{id}"#));
    }
    write(&mut out, format_args!(r#","timestamp":{},"data":"#, head.at.0));
    out.push_str(data);
    out.push('}');
    out
}
