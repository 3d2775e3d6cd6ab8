//! Live sessions: the registry, one task per session, turns, delivery to connections.
//!
//! Knows no socket and no HTTP: it hands events to [`Viewer`]s. The edge talks to it through [`Hub`] and [`Link`].

mod administration;
mod budget;
mod clock;
mod delivery;
mod few;
mod followed;
mod history;
mod hub;
mod import;
mod invite;
mod link;
mod live;
mod mailbox;
mod meter;
mod people;
mod pool;
mod prompt;
mod registry;
mod settings;
mod summarize;
mod suspension;
mod turn;

pub use administration::{Usage, UsageBy, UsageLine};
pub use budget::period_start;
pub use clock::{Clock, SystemClock};
pub use delivery::{Batch, Form, Outgoing, StreamPiece, Viewer};
pub use hub::{Hub, HubStats};
pub use import::Imported;
pub use invite::invite_hash;
pub use link::{Caller, Link, Submission, Via};
pub use madang_session::{Action, Object, Rejection, Standing, authorize};
pub use pool::{ModelCondition, ModelState, PoolState};
pub use settings::Settings;
