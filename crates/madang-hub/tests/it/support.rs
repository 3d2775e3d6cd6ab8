//! A hub with everything around it, in a runtime of its own: ending the runtime is the kill of a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use madang_bus::LocalBus;
use madang_hub::{Hub, Settings};
use madang_protocol::{MessageId, ProtocolVersion, ReplyStatus, Role, SessionId, UnixMs, UserId};
use madang_store::{AccountRow, Append, PersonChange, Record, SqliteStore, Store, StoreError, Stream};
use madang_testkit::{FakeClock, FlakyStore, HubClient, ScriptedModel, Shared, person};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// One run of a server.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) model: Arc<ScriptedModel>,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) disk: Arc<SqliteStore>,
    pub(crate) clock: Arc<FakeClock>,
}

/// Settings with short times; roll-up is off, so that every piece is a delta.
pub(crate) fn settings() -> Settings {
    Settings { rollup_ms: 0, journal_ms: 5, save_retry_ms: 5, away_ms: 20, ..Settings::default() }
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
        let disk = Arc::new(SqliteStore::open(dir, madang_testkit::disk()).await.unwrap());
        let store = FlakyStore::new(disk.clone());
        let model = ScriptedModel::new();
        let clock = FakeClock::new(1_700_000_000_000);
        let bus = Arc::new(LocalBus::default());
        let hub = Hub::start(settings, store.clone(), model.clone(), bus, clock.clone()).await.unwrap();
        World { hub, model, store, disk, clock }
    }

    pub(crate) fn client(&self, n: u64) -> HubClient {
        HubClient::connect(&self.hub, person(n))
    }

    pub(crate) fn v1(&self, n: u64) -> HubClient {
        HubClient::connect_as(&self.hub, person(n), ProtocolVersion::V1)
    }

    /// Writes past the hub.
    pub(crate) async fn commit(&self, append: Append) -> Result<(), StoreError> {
        self.disk.submit(append).await.unwrap().await
    }

    /// Gives the n-th person an account of this name.
    pub(crate) async fn account(&self, n: u64, name: &str) -> UserId {
        let caller = person(n);
        self.set_account(n, name, None).await;
        caller.user
    }

    /// Suspends the n-th person's account; nobody is told.
    pub(crate) async fn suspend(&self, n: u64, name: &str) {
        self.set_account(n, name, Some(UnixMs(2))).await;
    }

    async fn set_account(&self, n: u64, name: &str, disabled_at: Option<UnixMs>) {
        let caller = person(n);
        let row = AccountRow {
            user: caller.user,
            name: name.to_owned(),
            display_name: caller.display_name.to_string(),
            color: String::new(),
            language: String::new(),
            password: None,
            admin: false,
            disabled_at,
            created_at: UnixMs(1),
        };
        let people = vec![PersonChange::Account(row)];
        self.commit(Append { people, ..Append::default() }).await.unwrap();
    }

    /// A session of the first client's, which the others have joined in these roles.
    pub(crate) async fn shared(&self, owner: &HubClient, others: &[(&HubClient, Role)]) -> SessionId {
        let session = owner.create().await;
        for (client, role) in others {
            let code = invite_code(owner, session, json!({"role": role})).await;
            client.question("join_collaboration", json!({"session_id": code})).await.unwrap();
        }
        session
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

/// Makes an invite link and returns its code.
pub(crate) async fn invite_code(client: &HubClient, session: SessionId, data: Value) -> String {
    let mut data = data;
    data["session_id"] = json!(session);
    let made = client.question("create_invite", data).await.unwrap();
    made["code"].as_str().unwrap().to_owned()
}

/// Waits until all of them see the session alike, and as far as its log goes on disk.
pub(crate) async fn agree(world: &World, session: SessionId, clients: &[&HubClient]) -> Shared {
    let seq = world.log(session).await.last().map_or(0, |record| record.position);
    let mut views = Vec::new();
    for client in clients {
        client.viewer.wait_for("the whole log", |m| (m.session(session)?.seq >= seq).then_some(())).await;
        // Answers of later commands come after all earlier news.
        client.question("session_status", json!({"session_id": session})).await.unwrap();
        client.viewer.assert_sound();
    }
    for client in clients {
        views.push(client.viewer.look(|mirror| mirror.session(session).unwrap().shared()));
    }
    for view in &views {
        assert_eq!(view, &views[0]);
    }
    views.swap_remove(0)
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

/// The files of a data directory; the database's own helpers come and go while a server that was let go ends.
pub(crate) fn stored_files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes))).collect()
}
