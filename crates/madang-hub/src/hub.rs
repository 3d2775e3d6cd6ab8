//! The door to all sessions: connections attach here, and hand in their commands.

use std::sync::Arc;

use madang_bus::Bus;
use madang_model::Model;
use madang_protocol::{Command, Event, ModelInfo, UserId};
use madang_store::Store;

use crate::{Clock, Settings, Viewer};

/// Who acts, as the edge has established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The name others see.
    pub display_name: Arc<str>,
    /// Whether they are a guest.
    pub guest: bool,
}

/// A command as it came in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The sender's id for it; answers carry it as `correlation_id`.
    pub id: String,
    /// Whether the id is the client's own, so that a repeat is answered and not carried out again (CM2).
    pub idempotent: bool,
    /// Hash of type and data.
    pub digest: [u8; 16],
    /// The command.
    pub command: Command,
}

/// Figures for metrics and health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HubStats {
    /// Sessions in memory.
    pub live_sessions: usize,
    /// Attached connections.
    pub connections: usize,
    /// Turns that are being answered.
    pub running_turns: usize,
}

/// All live sessions of this node. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {}

impl Hub {
    /// Starts the hub and finalises the replies that an earlier run left unfinished (RS5).
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn start(
        settings: Settings,
        store: Arc<dyn Store>,
        model: Arc<dyn Model>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Result<Hub, madang_store::StoreError> {
        unimplemented!("lead is writing this")
    }

    /// Attaches a connection; dropping the link detaches it from every session.
    pub fn attach(&self, caller: Caller, viewer: Arc<dyn Viewer>) -> Link {
        unimplemented!("lead is writing this")
    }

    /// Whether the simulated model answers.
    pub fn simulated(&self) -> bool {
        unimplemented!("lead is writing this")
    }

    /// The session that the person's version-1 clients mean when they name none, if it was made (TU1).
    pub async fn default_session(&self, user: UserId) -> Option<madang_protocol::SessionId> {
        unimplemented!("lead is writing this")
    }

    /// Figures.
    pub fn stats(&self) -> HubStats {
        unimplemented!("lead is writing this")
    }

    /// Whether commands can be carried out (store healthy, not draining), for `/readyz`.
    pub fn ready(&self) -> bool {
        unimplemented!("lead is writing this")
    }

    /// Takes no new prompts, waits until running turns have ended or `deadline_ms` is over, then interrupts and stores the rest.
    pub async fn drain(&self, deadline_ms: u64) {
        unimplemented!("lead is writing this")
    }
}

/// One connection's tie to the hub.
pub struct Link {
    caller: Caller,
    viewer: Arc<dyn Viewer>,
}

impl Link {
    /// Who acts.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Hands in one command. Its answer and its events come through the viewer, in order, each `ack` or `error` with the
    /// submission's id as `correlation_id`. Waits while the session's mailbox is full: stop reading the socket meanwhile.
    ///
    /// `hello`, `auth` and `ping` are the edge's own and are refused here.
    pub async fn submit(&self, submission: Submission) {
        unimplemented!("lead is writing this")
    }
}
