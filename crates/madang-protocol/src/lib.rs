//! The vocabulary of Madang's wire: ids, roles, limits, commands, events, envelopes and error codes.
//!
//! It must never know a socket, a database or a clock. `PROTOCOL.md` states the rules these types follow;
//! start reading at [`Command`] and [`Event`].

#[macro_use]
mod shape;

mod audit;
mod close;
mod command;
mod command_data;
mod command_documents;
mod command_people;
mod document;
mod envelope;
mod error;
mod event;
mod event_data;
mod event_documents;
mod event_people;
mod ids;
pub mod limits;
mod message;
mod palette;
mod role;
#[cfg(feature = "schema")]
pub mod schema;
mod session;
#[cfg(feature = "ts")]
pub mod typescript;

pub use audit::AuditKind;
pub use close::CloseCode;
pub use command::*;
pub use command_data::*;
pub use command_documents::*;
pub use command_people::*;
pub use document::*;
pub use envelope::{Head, Inbound, InboundError, Position, ProtocolVersion, encode_event, encode_stored};
pub use error::{ErrorCode, ErrorRow};
pub use event::*;
pub use event_data::*;
pub use event_documents::*;
pub use event_people::*;
pub use ids::{
    Actor, ConnectionId, Epoch, FileId, IdError, InviteId, LoginId, MessageId, SessionId, TokenId, TurnId,
    UnixMs, UserId,
};
pub use message::{
    Author, Cost, Message, MessageKind, Part, PartKind, Reaction, Reply, ReplyError, ReplyStatus, Revision,
    Usage,
};
pub use palette::{CLAUDE_COLOR, PALETTE, color_of};
pub use role::{Right, Role, Scope};
pub use session::{
    Budget, Effort, Invitation, Invite, ModelInfo, Participant, Period, Presence, PresenceState, QueuedTurn,
    RunningTurn, SearchHit, SessionStatus, SessionSummary, Spent,
};
