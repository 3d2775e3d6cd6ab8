//! The edge with a real hub, a real database and a scripted model, on a port of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use madang_accounts::Accounts;
use madang_bus::LocalBus;
use madang_gateway::{Gateway, Settings, serve};
use madang_hub::{Clock as _, Hub, SystemClock};
use madang_store::SqliteStore;
use madang_testkit::ScriptedModel;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The secret that signs guests in tests.
pub(crate) const SECRET: [u8; 32] = [7; 32];

/// One running server.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) gateway: Gateway,
    pub(crate) hub: Hub,
    pub(crate) accounts: Accounts,
    pub(crate) model: Arc<ScriptedModel>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

/// Settings under which most tests run: guests are let in.
pub(crate) fn with_guests() -> Settings {
    Settings { guests: true, ..Settings::default() }
}

impl TestServer {
    pub(crate) async fn start(settings: Settings) -> TestServer {
        Self::start_with(settings, madang_hub::Settings { rollup_ms: 0, ..Default::default() }, None).await
    }

    pub(crate) async fn start_with(
        settings: Settings,
        hub: madang_hub::Settings,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> TestServer {
        Self::start_whole(settings, (hub, madang_accounts::Settings::default()), tls).await
    }

    pub(crate) async fn start_whole(
        settings: Settings,
        (hub, accounts): (madang_hub::Settings, madang_accounts::Settings),
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> TestServer {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("madang.db");
        let store = SqliteStore::open(&path, madang_testkit::disk()).await.unwrap();
        let store = Arc::new(store);
        let accounts = Accounts::new(accounts, store.clone(), Arc::new(|| SystemClock.now())).unwrap();
        let model = ScriptedModel::new();
        let hub = Hub::start(hub, store, model.clone(), Arc::new(LocalBus::default()), Arc::new(SystemClock));
        let hub = hub.await.unwrap();
        let gateway = Gateway::new(settings, (hub.clone(), accounts.clone()), &SECRET, None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(gateway.clone(), listener, tls, async {
            stopped.await.ok();
        });
        let task = tokio::spawn(async move { serving.await.unwrap() });
        TestServer { address, gateway, hub, accounts, model, stop: Some(stop), task: Some(task), _dir: dir }
    }

    /// Begins to drain.
    pub(crate) fn stop(&mut self) {
        self.stop.take();
    }

    /// Waits until it has drained.
    pub(crate) async fn stopped(&mut self) {
        self.stop();
        self.task.take().unwrap().await.unwrap();
    }
}
