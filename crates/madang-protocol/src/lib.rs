//! The vocabulary of Madang's wire: ids, roles, limits, commands, events, envelopes and error codes.
//!
//! It must never know a socket, a database or a clock. `PROTOCOL.md` states the rules these types follow;
//! start reading at [`Command`] and [`Event`].

mod close;
mod command;
mod envelope;
mod error;
mod event;
mod event_data;
mod ids;
pub mod limits;
mod message;
mod role;
mod session;
#[cfg(feature = "ts")]
pub mod typescript;

pub use close::CloseCode;
pub use command::*;
pub use envelope::{Head, Inbound, InboundError, Position, ProtocolVersion, encode_event, encode_stored};
pub use error::{ErrorCode, ErrorRow};
pub use event::*;
pub use event_data::*;
pub use ids::{Actor, ConnectionId, Epoch, FileId, IdError, MessageId, SessionId, TurnId, UnixMs, UserId};
pub use message::{
    Author, Cost, Message, MessageKind, Part, PartKind, Reply, ReplyError, ReplyStatus, Usage,
};
pub use role::{Right, Role};
pub use session::{Effort, ModelInfo, Participant, QueuedTurn, RunningTurn, SessionStatus, SessionSummary};
