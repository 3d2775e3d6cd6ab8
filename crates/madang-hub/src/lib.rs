//! Live sessions: the registry, one task per session, turns, delivery to connections.
//!
//! Knows no socket and no HTTP: it hands events to [`Viewer`]s. The edge talks to it through [`Hub`] and [`Link`].

mod clock;
mod delivery;
mod hub;
mod settings;

pub use clock::{Clock, SystemClock};
pub use delivery::{Batch, Form, Outgoing, StreamPiece, Viewer};
pub use hub::{Caller, Hub, HubStats, Link, Submission};
pub use settings::Settings;
