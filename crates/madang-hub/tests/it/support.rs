//! A hub with everything around it, in a runtime of its own: ending the runtime is the kill of a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use madang_bus::LocalBus;
use madang_hub::{Hub, Settings};
use madang_protocol::{MessageId, ProtocolVersion, ReplyStatus, SessionId};
use madang_store::{Record, SqliteStore, Store, Stream};
use madang_testkit::{FakeClock, FlakyStore, HubClient, ScriptedModel, person};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// One run of a server.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) model: Arc<ScriptedModel>,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) disk: Arc<SqliteStore>,
}

/// Settings with short times; roll-up is off, so that every piece is a delta.
pub(crate) fn settings() -> Settings {
    Settings { rollup_ms: 0, journal_ms: 5, save_retry_ms: 5, ..Settings::default() }
}

/// Runs a server on a directory until the test is done with it, then kills it.
pub(crate) fn serve<T>(dir: &Path, settings: Settings, test: impl AsyncFnOnce(&World) -> T) -> T {
    let runtime = Runtime::new().unwrap();
    let result = runtime.block_on(async {
        let world = World::open(dir, settings).await;
        test(&world).await
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    result
}

/// Runs a server on a directory of its own.
pub(crate) fn run<T>(settings: Settings, test: impl AsyncFnOnce(&World) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    serve(dir.path(), settings, test)
}

impl World {
    async fn open(dir: &Path, settings: Settings) -> World {
        let disk = Arc::new(SqliteStore::open(dir, madang_store::Settings::default()).await.unwrap());
        let store = FlakyStore::new(disk.clone());
        let model = ScriptedModel::new();
        let clock = FakeClock::new(1_700_000_000_000);
        let bus = Arc::new(LocalBus::default());
        let hub = Hub::start(settings, store.clone(), model.clone(), bus, clock).await.unwrap();
        World { hub, model, store, disk }
    }

    pub(crate) fn client(&self, n: u64) -> HubClient {
        HubClient::connect(&self.hub, person(n))
    }

    pub(crate) fn v1(&self, n: u64) -> HubClient {
        HubClient::connect_as(&self.hub, person(n), ProtocolVersion::V1)
    }

    /// A session's log as it is on disk.
    pub(crate) async fn log(&self, session: SessionId) -> Vec<Record> {
        self.disk.read(session, Stream::SESSION, 0, 100_000).await.unwrap()
    }

    /// How often an event of this name is in the log.
    pub(crate) async fn count(&self, session: SessionId, kind: &str) -> usize {
        self.log(session).await.iter().filter(|record| record.kind == kind).count()
    }

    /// The messages as they went to and came from the model.
    pub(crate) async fn upstream(&self, session: SessionId) -> Vec<Value> {
        let records = self.disk.read(session, Stream::MODEL, 0, 100_000).await.unwrap();
        records
            .iter()
            .map(|record| serde_json::from_str::<Value>(&record.data).unwrap()["message"].clone())
            .collect()
    }

    /// Waits until the journal on disk has a text.
    pub(crate) async fn journalled(&self, text: &str) {
        let wait = async {
            loop {
                let replies = self.disk.journaled_replies().await.unwrap();
                if replies.iter().any(|reply| reply.pieces.concat().contains(text)) {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the text is journalled");
    }
}

/// Asks Claude and returns the prompt's id.
pub(crate) async fn prompt(client: &HubClient, session: SessionId, text: &str) -> MessageId {
    let ack = client.done("claude_message", json!({"session_id": session, "content": text})).await;
    ack.message_id.unwrap()
}

pub(crate) async fn chat(client: &HubClient, session: SessionId, text: &str) -> MessageId {
    let ack = client.done("chat_message", json!({"session_id": session, "content": text})).await;
    ack.message_id.unwrap()
}

/// Waits until a message reads like this.
pub(crate) async fn reads(client: &HubClient, session: SessionId, text: &str) -> MessageId {
    let what = format!("the text {text:?}");
    let found = client.viewer.wait_for(&what, |mirror| {
        let messages = &mirror.session(session)?.messages;
        messages.iter().find(|(_, message)| message.text() == text).map(|(id, _)| *id)
    });
    found.await
}

/// Waits until the reply with this text has ended like this.
pub(crate) async fn ended(
    client: &HubClient,
    session: SessionId,
    status: ReplyStatus,
    text: &str,
) -> MessageId {
    let what = format!("{status:?} {text:?}");
    let found = client.viewer.wait_for(&what, |mirror| {
        let messages = &mirror.session(session)?.messages;
        let is_it =
            |message: &&madang_testkit::Text| message.status == Some(status) && message.text() == text;
        messages.iter().find(|(_, message)| is_it(message)).map(|(id, _)| *id)
    });
    found.await
}

/// The final envelope of a reply.
pub(crate) fn final_of(client: &HubClient, message: MessageId) -> Value {
    client.viewer.look(|mirror| {
        let mut finals = mirror.of_type("claude_response").filter(|envelope| {
            envelope["data"]["completed"] == true && envelope["data"]["message_id"] == message.to_string()
        });
        finals.next().unwrap()["data"].clone()
    })
}
