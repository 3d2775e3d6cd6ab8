//! What the edge is made of, and how it goes away in order (CN8).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use madang_accounts::Accounts;
use madang_hub::{Clock as _, Hub, SystemClock};
use madang_protocol::{CloseCode, Disconnected, Event, ProtocolVersion, UnixMs};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::caps::{Caps, Sockets};
use crate::codec::Budget;
use crate::connection::{Registry, sweep};
use crate::handshake::Site;
use crate::identity::{GuestKey, Identity, Tickets};
use crate::limiter::Limiter;
use crate::message_router::Counts;
use crate::proxies::Proxies;
use crate::refusals::{self, Refusals};
use crate::revocation::{self, Revocations};
use crate::router::figures::Figures;
use crate::router::{self, Metrics};
use crate::streams::Streams;
use crate::tidying;
use crate::{Settings, SettingsError};

/// What the program around the edge says of itself, for an administrator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// What works and should be known: open doors, the simulated model.
    pub warnings: Vec<String>,
    /// What came of checking the stored data: a word or a sentence.
    pub integrity: String,
}

/// The edge of one server. Cheap to clone; made inside a tokio runtime.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) shared: Arc<Shared>,
    pub(crate) router: Router,
    metrics: Metrics,
    assets: Option<Router>,
}

/// What all connections and requests share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) hub: Hub,
    pub(crate) site: Site,
    pub(crate) proxies: Proxies,
    pub(crate) accounts: Accounts,
    pub(crate) identity: Identity,
    pub(crate) revocations: Revocations,
    pub(crate) refusals: Refusals,
    pub(crate) limiter: Limiter,
    pub(crate) budget: Arc<Budget>,
    pub(crate) caps: Arc<Caps>,
    pub(crate) sockets: Arc<Sockets>,
    pub(crate) connections: Registry,
    pub(crate) streams: Arc<Streams>,
    pub(crate) figures: Figures,
    /// What the program around the edge says of itself.
    pub(crate) host: OnceLock<Box<dyn Fn() -> Host + Send + Sync>>,
    /// How commands came out, by type.
    pub(crate) commands: Counts,
    /// Every task of the edge, so that a drain can wait for the last.
    pub(crate) tasks: TaskTracker,
    /// Ends what does not end by itself: the sweeper, idle HTTP connections.
    pub(crate) stop: CancellationToken,
    draining: AtomicBool,
    drained: OnceCell<()>,
    started: Instant,
}

impl Shared {
    /// Wall-clock time.
    pub(crate) fn now(&self) -> UnixMs {
        SystemClock.now()
    }

    /// Milliseconds since the start; never goes back.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Microseconds since the start; never goes back.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Whether the server is going away.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

impl Gateway {
    /// Makes the edge. `secret` signs guests' credentials and must stay the same over restarts; `assets` serves every
    /// path that is none of ours.
    ///
    /// # Errors
    /// When the settings can't be used.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(
        settings: Settings,
        (hub, accounts): (Hub, Accounts),
        secret: &[u8; 32],
        assets: Option<Router>,
    ) -> Result<Gateway, SettingsError> {
        settings.check()?;
        let tickets = Tickets::new(settings.ticket_ms, settings.tickets_max);
        let shared = Arc::new(Shared {
            site: settings.site()?,
            proxies: settings.proxies()?,
            identity: Identity::new(
                GuestKey::new(secret, settings.guest_ms),
                accounts.clone(),
                tickets,
                settings.guests,
            ),
            revocations: Revocations::default(),
            refusals: Refusals::default(),
            accounts,
            limiter: Limiter::new(&settings),
            budget: Budget::new(settings.large_budget_bytes),
            caps: Caps::new(settings.connections_max, settings.connections_per_address_max),
            sockets: Arc::default(),
            connections: Registry::default(),
            streams: Arc::default(),
            figures: Figures::default(),
            host: OnceLock::new(),
            commands: Counts::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            draining: AtomicBool::new(false),
            drained: OnceCell::new(),
            started: Instant::now(),
            settings,
            hub,
        });
        revocation::listen(&shared);
        shared.tasks.spawn(revocation::watch(Arc::clone(&shared), shared.stop.clone()));
        shared.tasks.spawn(refusals::write(Arc::clone(&shared), shared.stop.clone()));
        shared.tasks.spawn(tidying::run(Arc::clone(&shared), shared.stop.clone()));
        shared.tasks.spawn(sweep(Arc::clone(&shared), shared.stop.clone()));
        let metrics = Metrics::default();
        let router = router::router(Arc::clone(&shared), metrics.clone(), assets.clone());
        Ok(Gateway { shared, router, metrics, assets })
    }

    /// Adds to `/metrics` what `render` returns, in Prometheus' text format.
    #[must_use]
    pub fn with_metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Gateway {
        self.metrics = Metrics::rendered_by(render);
        self.router = router::router(Arc::clone(&self.shared), self.metrics.clone(), self.assets.clone());
        self
    }

    /// Adds to an administrator's health what `look` says. A second call changes nothing.
    #[must_use]
    pub fn with_host(self, look: impl Fn() -> Host + Send + Sync + 'static) -> Gateway {
        // Set once, before anyone asks; a caller that sets it twice keeps what it said first.
        drop(self.shared.host.set(Box::new(look)));
        self
    }

    /// The number of live WebSocket connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.len()
    }

    /// Goes away in order (CN8): not ready, no new sockets, version-2 clients told in random order over the window,
    /// running turns finished or interrupted, then version-1 clients. Returns when every socket is closed. A second
    /// call waits for the first.
    pub async fn drain(&self) {
        self.shared.drained.get_or_init(|| self.drain_once()).await;
    }

    async fn drain_once(&self) {
        let shared = &self.shared;
        shared.draining.store(true, Ordering::Relaxed);
        tokio::join!(
            shared.hub.drain(shared.settings.drain_ms),
            self.tell(ProtocolVersion::V2, shared.settings.drain_window_ms),
            shared.streams.drain(shared.settings.drain_window_ms),
        );
        // A fifth of the window: their turns have ended, and their few tries to come back are counted (CN8).
        self.tell(ProtocolVersion::V1, shared.settings.drain_window_ms / 5).await;
        shared.stop.cancel();
        shared.tasks.close();
        let grace = Duration::from_millis(shared.settings.close_ms * 2);
        if tokio::time::timeout(grace, shared.tasks.wait()).await.is_err() {
            tracing::warn!(connections = shared.connections.len(), "sockets were still open after the drain");
        }
    }

    /// Closes all connections of a version, spread over a window.
    async fn tell(&self, version: ProtocolVersion, window_ms: u64) {
        let mut connections = self.shared.connections.some(0, 1);
        connections.retain(|connection| connection.speaks() == version);
        for last in (1..connections.len()).rev() {
            connections.swap(last, usize::try_from(crate::random::below(last as u64 + 1)).unwrap_or(0));
        }
        let begun = Instant::now();
        let count = connections.len() as u64;
        for (index, connection) in connections.into_iter().enumerate() {
            let told_at_ms = window_ms * index as u64 / count;
            tokio::time::sleep_until(begun + Duration::from_millis(told_at_ms)).await;
            // Not before the last one has been told: until then there is only this server, which takes nobody in, and
            // each refusal makes a client wait longer the next time.
            let left_ms = window_ms - told_at_ms + window_ms / 5;
            let event = Event::from(Disconnected {
                code: CloseCode::Drain.number(),
                reason: CloseCode::Drain.reason().to_owned(),
                reconnect_after_ms: Some(left_ms + crate::random::below(window_ms / 2 + 1)),
            });
            connection.close_with(&event, CloseCode::Drain);
        }
    }
}
