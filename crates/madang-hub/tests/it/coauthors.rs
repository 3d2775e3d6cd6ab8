//! Many hands in one document through the hub, with delays, lost connections and kills: at rest all have the owner's text, and
//! nothing that was typed in version 2 is lost (DO9).

use std::path::Path;

use madang_protocol::{ProtocolVersion, SessionId};
use madang_session::{ChangeSet, LineColumn, Order, Text};
use madang_testkit::{HubClient, person};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::{World, invite_code, serve, settings};

/// People who type with version 2, the first of them the owner.
const TYPISTS: u64 = 4;
/// What is typed: each character by one person, once.
const FIRST_CHAR: u32 = 0x4E00;

/// What came to a client behind what was seen, at most so much.
fn news(client: &HubClient, seen: usize, at_most: usize) -> Vec<Value> {
    client.viewer.look(|mirror| mirror.envelopes.iter().skip(seen).take(at_most).cloned().collect())
}

/// A client as the SDK is: one change under way, what is typed meanwhile as one other.
struct Typist {
    n: u64,
    client: Option<HubClient>,
    /// Envelopes that it has looked at.
    seen: usize,
    text: Text,
    version: u64,
    under_way: Option<(String, ChangeSet)>,
    waiting: Option<ChangeSet>,
    ops: u32,
}

impl Typist {
    fn new(n: u64) -> Typist {
        Typist {
            n,
            client: None,
            seen: 0,
            text: Text::default(),
            version: 0,
            under_way: None,
            waiting: None,
            ops: 0,
        }
    }

    fn client(&self) -> &HubClient {
        self.client.as_ref().unwrap()
    }

    /// Connects, takes what was missed, and sends again what has no answer.
    async fn connect(&mut self, world: &World, session: SessionId) {
        self.client = Some(HubClient::connect(&world.hub, person(self.n)));
        self.seen = 0;
        self.client().follow(session).await.unwrap();
        let open = json!({"session_id": session, "version": self.version});
        self.client().question("open_document", open).await.unwrap();
        self.look(session, usize::MAX).await;
        self.send(session).await;
    }

    async fn send(&self, session: SessionId) {
        let Some((op_id, change)) = &self.under_way else { return };
        let data = json!({
            "session_id": session, "base_version": self.version, "op_id": op_id, "change": change,
        });
        self.client().send(&format!("{op_id} at {}", self.version), "code_change", data).await;
    }

    async fn edit(&mut self, session: SessionId, change: ChangeSet) {
        self.text.apply(&change).unwrap();
        if self.under_way.is_none() {
            self.begin(change);
            return self.send(session).await;
        }
        self.waiting = Some(match self.waiting.take() {
            Some(waiting) => waiting.compose(&change).unwrap(),
            None => change,
        });
    }

    fn begin(&mut self, change: ChangeSet) {
        self.ops += 1;
        self.under_way = Some((format!("{}-{}", self.n, self.ops), change));
    }

    /// Looks at what has come, as far as it likes.
    async fn look(&mut self, session: SessionId, at_most: usize) {
        let news = news(self.client(), self.seen, at_most);
        self.seen += news.len();
        for envelope in news {
            let data = &envelope["data"];
            match envelope["type"].as_str().unwrap() {
                "code_changed" => self.changed(session, data).await,
                "document_resumed" => {
                    assert_eq!(data["from"], self.version);
                    for change in data["changes"].as_array().unwrap() {
                        self.changed(session, change).await;
                    }
                }
                "document_state" if self.version == 0 => {
                    assert!(self.under_way.is_none());
                    self.text = Text::new(data["text"].as_str().unwrap()).unwrap();
                    self.version = data["version"].as_u64().unwrap();
                }
                "document_state" | "document_closed" | "error" => panic!("{envelope}"),
                _ => {}
            }
        }
    }

    async fn changed(&mut self, session: SessionId, data: &Value) {
        assert_eq!(data["version"], self.version + 1, "versions have no gaps");
        self.version += 1;
        let own = self.under_way.as_ref().is_some_and(|(op_id, _)| data["op_id"] == op_id.as_str());
        if own {
            self.under_way = None;
            if let Some(waiting) = self.waiting.take() {
                self.begin(waiting);
                self.send(session).await;
            }
            return;
        }
        let mut change = ChangeSet::decode(&data["change"].to_string()).unwrap().change;
        let over = |own: &mut ChangeSet, change: ChangeSet| {
            let moved = change.map(own, Order::Before).unwrap();
            *own = own.map(&change, Order::After).unwrap();
            moved
        };
        if let Some((_, own)) = &mut self.under_way {
            change = over(own, change);
        }
        if let Some(own) = &mut self.waiting {
            change = over(own, change);
        }
        self.text.apply(&change).unwrap();
    }
}

/// A client of the design document: it applies what it is told and sends what is typed, without asking which text that is of.
struct Old {
    client: Option<HubClient>,
    seen: usize,
    text: Text,
}

impl Old {
    async fn connect(&mut self, world: &World, session: SessionId) {
        self.client = Some(HubClient::connect_as(&world.hub, person(TYPISTS + 1), ProtocolVersion::V1));
        self.seen = 0;
        let client = self.client.as_ref().unwrap();
        client.question("join_collaboration", json!({"session_id": session})).await.unwrap();
        self.look(usize::MAX);
    }

    fn look(&mut self, at_most: usize) {
        let news = news(self.client.as_ref().unwrap(), self.seen, at_most);
        self.seen += news.len();
        for envelope in news {
            let data = &envelope["data"];
            match envelope["type"].as_str().unwrap() {
                "session_state" => self.text = Text::new(data["document"]["text"].as_str().unwrap()).unwrap(),
                "code_changed" => {
                    let range = &data["change"]["range"];
                    let place = |line: &str, column: &str| {
                        let number = |key: &str| u32::try_from(range[key].as_u64().unwrap()).unwrap() - 1;
                        self.text.nearest(LineColumn { line: number(line), column: number(column) })
                    };
                    let (from, to) =
                        (place("startLineNumber", "startColumn"), place("endLineNumber", "endColumn"));
                    let text = data["change"]["text"].as_str().unwrap();
                    let change = ChangeSet::replace(self.text.units(), from, to.max(from), text).unwrap();
                    self.text.apply(&change).unwrap();
                }
                _ => {}
            }
        }
    }

    async fn edit(&mut self, session: SessionId, id: u32, change: &ChangeSet) {
        let changes = change.to_editor(&self.text).unwrap();
        self.text.apply(change).unwrap();
        let data = json!({"session_id": session, "changes": changes});
        self.client.as_ref().unwrap().send(&format!("old {id}"), "code_change", data).await;
    }
}

struct Room {
    rng: StdRng,
    typists: Vec<Typist>,
    old: Option<Old>,
    typed: u32,
    /// Whether people only add: then nothing may be gone.
    only_adds: bool,
}

impl Room {
    fn new(seed: u64, only_adds: bool, old: bool) -> Room {
        let old = old.then(|| Old { client: None, seen: 0, text: Text::default() });
        let typists = (1..=TYPISTS).map(Typist::new).collect();
        Room { rng: StdRng::seed_from_u64(seed), typists, old, typed: 0, only_adds }
    }

    fn random_change(&mut self, text: &Text) -> ChangeSet {
        let units = text.units();
        let from = self.rng.random_range(0..=units);
        let to = if self.only_adds { from } else { (from + self.rng.random_range(0..3)).min(units) };
        let mut typed = String::new();
        for _ in 0..self.rng.random_range(1..4) {
            if self.rng.random_bool(0.1) {
                typed.push('\n');
            }
            typed.push(char::from_u32(FIRST_CHAR + self.typed).unwrap());
            self.typed += 1;
        }
        ChangeSet::replace(units, from, to, &typed).unwrap()
    }

    async fn step(&mut self, world: &World, session: SessionId) {
        let who = self.rng.random_range(0..self.typists.len());
        match self.rng.random_range(0..20) {
            0 => {
                self.typists[who].client = None;
                self.typists[who].connect(world, session).await;
            }
            1..=8 => {
                let news = self.rng.random_range(1..6);
                self.typists[who].look(session, news).await;
            }
            9..=11 if self.old.is_some() => self.step_of_old(session).await,
            _ => {
                let text = self.typists[who].text.clone();
                let change = self.random_change(&text);
                self.typists[who].edit(session, change).await;
            }
        }
        tokio::task::yield_now().await;
    }

    async fn step_of_old(&mut self, session: SessionId) {
        let Some(mut old) = self.old.take() else { return };
        old.look(self.rng.random_range(0..4));
        if self.rng.random_bool(0.4) {
            let change = self.random_change(&old.text);
            old.edit(session, self.typed, &change).await;
        }
        self.old = Some(old);
    }

    /// Until everyone has everything, and it is the same.
    async fn rest(&mut self, world: &World, session: SessionId) -> String {
        let reader = world.client(1);
        let done = async {
            loop {
                for typist in &mut self.typists {
                    typist.look(session, usize::MAX).await;
                }
                let state = reader.question("open_document", json!({"session_id": session})).await.unwrap();
                let (text, version) = (state["text"].as_str().unwrap(), state["version"].as_u64().unwrap());
                let idle = |typist: &Typist| typist.under_way.is_none() && typist.version == version;
                if let Some(old) = &mut self.old {
                    old.look(usize::MAX);
                }
                let old = self.old.as_ref().is_none_or(|old| old.text == *text);
                if old && self.typists.iter().all(idle) {
                    return text.to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), done).await.expect("all come to rest")
    }
}

fn play(seed: u64, only_adds: bool, old: bool) {
    let dir = tempfile::tempdir().unwrap();
    let mut room = Room::new(seed, only_adds, old);
    let mut session = None;
    for run in 0..3 {
        session = Some(play_once(dir.path(), &mut room, session, run == 2));
    }
}

fn play_once(dir: &Path, room: &mut Room, session: Option<SessionId>, last: bool) -> SessionId {
    serve(dir, settings(), async |world| {
        let session = match session {
            Some(session) => session,
            None => begin(world, room).await,
        };
        for typist in &mut room.typists {
            typist.connect(world, session).await;
        }
        if let Some(old) = &mut room.old {
            old.connect(world, session).await;
        }
        for _ in 0..150 {
            room.step(world, session).await;
        }
        if last {
            let text = room.rest(world, session).await;
            check(room, &text);
        }
        // The kill: whoever typed keeps what they know.
        room.typists.iter_mut().for_each(|typist| typist.client = None);
        if let Some(old) = &mut room.old {
            old.client = None;
        }
        session
    })
}

async fn begin(world: &World, room: &Room) -> SessionId {
    let owner = world.client(1);
    let session = owner.create().await;
    for n in 2..=TYPISTS + u64::from(room.old.is_some()) {
        let code = invite_code(&owner, session, json!({"role": "collaborator"})).await;
        world.client(n).question("join_collaboration", json!({"session_id": code})).await.unwrap();
    }
    session
}

fn check(room: &Room, text: &str) {
    for typist in &room.typists {
        assert_eq!(typist.text, *text, "typist {}", typist.n);
    }
    let mut there: Vec<char> = text.chars().filter(|char| *char != '\n').collect();
    there.sort_unstable();
    let before = there.len();
    there.dedup();
    assert_eq!(there.len(), before, "nothing is there twice");
    if room.only_adds && room.old.is_none() {
        let all: Vec<char> = (0..room.typed).filter_map(|n| char::from_u32(FIRST_CHAR + n)).collect();
        assert_eq!(there, all, "nothing that was typed is lost");
    }
}

#[test]
fn do9_nothing_that_was_typed_is_lost() {
    (1..=6).for_each(|seed| play(seed, true, false));
}

#[test]
fn do9_all_have_the_owners_text_at_rest() {
    (11..=16).for_each(|seed| play(seed, false, false));
}

#[test]
fn do4_do9_version_1_clients_have_it_too() {
    (21..=24).for_each(|seed| play(seed, false, true));
}
