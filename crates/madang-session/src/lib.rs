//! One session as a pure state machine: participants, transcript, turns, and its shared documents.
//!
//! No async, no I/O, no clock, no randomness of its own: `apply(now, rng, …)` returns events or a [`Rejection`].
//! Start at [`Session::apply`]; [`Session::evolve`] is how a log becomes a session again. A shared document is a log of its
//! own: [`Document::submit`] and [`Document::replay`].

mod apply;
mod authorize;
mod branches;
mod change;
mod concern;
mod conversation;
mod diff;
mod document;
mod documents;
mod editor;
mod evolve;
mod lifecycle;
mod membership;
mod messages;
mod rejection;
mod snapshot;
mod state;
mod text;
mod title;
mod transcript;
mod turns;
mod view;

pub use apply::{Applied, Caller, Door, Effect, Sender, Stopper, Target};
pub use authorize::{Account, Action, Object, Place, Rights, Standing, authorize};
pub use change::{Bias, ChangeError, ChangeSet, Decoded, Order, Splice};
pub use conversation::names_claude;
pub use document::{
    Blamed, Change, Cursor, Document, DocumentError, DocumentSnapshot, DocumentSnapshotError, Edit, Hand,
    OpId, Submitted,
};
pub use documents::{Keep, KeptVersion};
pub use lifecycle::Birth;
pub use rejection::Rejection;
pub use snapshot::{SnapshotError, SnapshotPart};
pub use state::{Fork, Session};
pub use text::{LineColumn, Text, normalise};
pub use transcript::Transcript;
pub use turns::{Outcome, Turn, estimate_tokens};
pub use view::Around;
