//! Messages between nodes, and leases: who owns a session. In this process alone for now.

mod api;
mod local;

pub use api::{Bus, Lease};
pub use local::LocalBus;
