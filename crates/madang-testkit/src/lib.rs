//! What the tests of this workspace share: stand-ins, clients and clocks that other crates never ship.
//!
//! Nothing here is linked into the product. [`upstream`] is the stand-in of the Claude Messages API, over HTTP;
//! [`ScriptedModel`] answers inside the process, word by word as a test says; [`HubClient`] is a client without a
//! socket whose [`TestViewer`] checks all that it is sent; [`FlakyStore`] is a disk that fails on command.

mod client;
mod clock;
mod mirror;
mod model;
mod reply;
mod store;
pub mod upstream;
mod viewer;

pub use client::{Answer, HubClient, person};
pub use clock::FakeClock;
pub use mirror::{Mirror, SessionMirror, Shared, Text};
pub use model::ScriptedModel;
pub use reply::ScriptedReply;
pub use store::{Failure, FlakyStore, disk};
pub use viewer::TestViewer;
