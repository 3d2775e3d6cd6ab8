//! The server of a storm, its people, and the order of things.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::mirror::LAST_WORD;
use super::person::{Card, Do, Person};
use super::plan::{Act, PEOPLE, Plan};
use super::verdict;
use crate::hostile::scene::Running;
use crate::hostile::wire::Target;

/// Longer than coming to rest takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Rates out of the way, and a drain that does not take the storm's time.
const CONFIG: &str = "[gateway]\nguests = true\ncontrol_per_second = 100000\ncontrol_burst = 100000\n\
     chat_per_second = 100000\nchat_burst = 100000\nguests_per_minute = 100000\nbacklog_bytes = 131072\n\
     drain_window_ms = 300\ndrain_ms = 700\nclose_ms = 300\n\
     [model]\nsimulated_first_piece_ms = 30\nsimulated_pieces_per_second = 150\n";

/// What a storm came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) seconds: u64,
    pub(crate) events: usize,
    pub(crate) acked: usize,
    pub(crate) turns: usize,
    pub(crate) kills: u32,
    pub(crate) restarts: u32,
    pub(crate) removals: usize,
    pub(crate) connections: u32,
    pub(crate) resumed: u32,
    pub(crate) states: u32,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "storm: {} s, {} people, {} kills, {} restarts, {} connections, {} exact resumes, {} whole states, \
             {} removals, {} turns, {} events, {} acked: none lost, none twice, all mirrors equal",
            self.seconds,
            PEOPLE + 1,
            self.kills,
            self.restarts,
            self.connections,
            self.resumed,
            self.states,
            self.removals,
            self.turns,
            self.events,
            self.acked
        )
    }
}

/// Plays a plan in a folder, and judges what is left.
pub(crate) fn play(plan: &Plan, folder: &Path) -> Figures {
    let begun = Instant::now();
    let mut world = World::new(folder);
    for (n, step) in plan.steps.iter().enumerate() {
        world.step(n, step.act, step.who);
        // The plan's own pace.
        std::thread::sleep(Duration::from_millis(step.pause_ms));
    }
    let mut figures = world.rest();
    figures.seconds = begun.elapsed().as_secs();
    figures
}

struct World<'a> {
    folder: &'a Path,
    server: Option<Running>,
    address: Arc<Mutex<std::net::SocketAddr>>,
    session: String,
    /// The tokens and ids of people; the owner is the first.
    tokens: Vec<String>,
    ids: Vec<String>,
    orders: Vec<Sender<Do>>,
    threads: Vec<JoinHandle<Person>>,
    roles: BTreeMap<usize, &'static str>,
    figures: Figures,
}

impl<'a> World<'a> {
    fn new(folder: &'a Path) -> World<'a> {
        let server = Running::start(folder, CONFIG);
        let target = server.target;
        let tokens: Vec<_> = (0..=PEOPLE).map(|_| target.guest()).collect();
        let ids: Vec<_> = tokens.iter().map(|token| user_of(target, token)).collect();
        let mut owner = target.person(&tokens[0]);
        let session = owner.session("storm");
        let link = json!({"session_id": session, "role": "collaborator", "uses": 1000});
        let made = owner.ask("link", "create_invite", &link);
        let code = made["data"]["code"].as_str().unwrap_or_else(|| panic!("no link: {made}")).to_owned();
        let address = Arc::new(Mutex::new(target.0));
        let mut world = World {
            folder,
            server: Some(server),
            address: address.clone(),
            session: session.clone(),
            tokens,
            ids,
            orders: Vec::new(),
            threads: Vec::new(),
            roles: BTreeMap::new(),
            figures: Figures::default(),
        };
        for (n, token) in world.tokens.clone().into_iter().enumerate() {
            let card = Card {
                n,
                token,
                version_2: n <= PEOPLE / 2,
                code: (n > 0).then(|| code.clone()),
                session: session.clone(),
                address: address.clone(),
            };
            let (order, orders) = channel();
            world.orders.push(order);
            world.threads.push(std::thread::spawn(move || Person::new(card, orders).live()));
        }
        world
    }

    fn tell(&self, who: usize, order: Do) {
        self.orders[who].send(order).expect("a person lives until told to end");
    }

    fn step(&mut self, n: usize, act: Act, who: usize) {
        let target = json!({"session_id": self.session, "target_user_id": self.ids[who]});
        match act {
            Act::Say => self.tell(who, Do::Say(format!("{n} said by {who}"))),
            Act::SayMuch => {
                self.tell(who, Do::Say(format!("{n} said at length by {who} {}", "x".repeat(20_000))))
            }
            Act::Ask => self.tell(who, Do::Ask(format!("{n} asked by {who}"))),
            Act::Cancel => self.tell(who, Do::Cancel),
            Act::Break => self.tell(who, Do::Break),
            Act::Stall => self.tell(who, Do::Stall),
            Act::Resume => self.tell(who, Do::Resume),
            Act::Role => {
                let role = self.roles.entry(who).or_insert("collaborator");
                *role = if *role == "viewer" { "collaborator" } else { "viewer" };
                let mut data = target;
                data["role"] = json!(*role);
                self.tell(0, Do::Command("set_role", data));
            }
            Act::Remove => self.tell(0, Do::Command("remove_user", target)),
            Act::Rejoin => {
                let mut data = target;
                data["role"] = json!("collaborator");
                self.tell(0, Do::Command("invite_user", data));
                self.tell(who, Do::Rejoin);
            }
            Act::Restart => self.restart(true),
            Act::Kill => self.restart(false),
        }
    }

    fn restart(&mut self, orderly: bool) {
        let server = self.server.take().expect("it runs");
        if orderly {
            self.figures.restarts += 1;
            let asked = Command::new("kill").args(["-TERM", &server.pid().to_string()]).status().unwrap();
            assert!(asked.success());
            server.wait();
        } else {
            self.figures.kills += 1;
            server.kill();
        }
        let server = Running::start(self.folder, CONFIG);
        *self.address.lock().unwrap() = server.target.0;
        self.server = Some(server);
    }

    /// Waits until these people are at rest.
    fn await_rest(&self, people: &[usize], seq: u64) {
        let waits: Vec<_> = people
            .iter()
            .map(|who| {
                let (tell, told) = channel();
                self.tell(*who, Do::Rest(seq, tell));
                (who, told)
            })
            .collect();
        for (who, told) in waits {
            told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("person {who} does not come to rest"));
        }
    }

    /// Lets everything be answered and every turn end; then everyone must know the same.
    fn rest(mut self) -> Figures {
        let all: Vec<_> = (0..=PEOPLE).collect();
        self.await_rest(&all, 0);
        let target = self.server.as_ref().expect("it runs").target;
        let last = self.silence(target);
        self.await_rest(&all, last);
        for order in &self.orders {
            order.send(Do::End).expect("a person lives until told to end");
        }
        let people: Vec<_> = self.threads.drain(..).map(|thread| thread.join().unwrap()).collect();
        let log = whole_log(target, &self.tokens[0], &self.session, &people[0]);
        let server = self.server.take().expect("it runs");
        assert!(!server.log().contains("panicked"), "{}", server.log());
        verdict::judge(self.figures, &log, &people, &self.ids)
    }

    /// Waits until no reply runs and none waits, and says the last word; its position.
    fn silence(&self, target: Target) -> u64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut owner = target.person(&self.tokens[0]);
            let state = owner.ask("state", "follow_session", &json!({"session_id": self.session}));
            if state["data"]["running"].is_null() && state["data"]["queued"] == json!([]) {
                let word = json!({"session_id": self.session, "content": LAST_WORD});
                let said = owner.ask("last", "chat_message", &word);
                return said["data"]["seq"].as_u64().unwrap_or_else(|| panic!("{said}"));
            }
            assert!(Instant::now() < deadline, "replies do not end: {state}");
            // The next event tells that something has changed.
            drop(owner.next());
        }
    }
}

/// Who a token stands for.
fn user_of(target: Target, token: &str) -> String {
    let mut wire = target.upgrade("/ws", &[&format!("Authorization: Bearer {token}")]);
    wire.event("connected")["data"]["user_id"].as_str().unwrap().to_owned()
}

/// The log as the disk has it, where a replay gives all of it; further back, what the owner was sent.
fn whole_log(target: Target, token: &str, session: &str, owner: &Person) -> Vec<(String, Value)> {
    let mut known: BTreeMap<u64, (String, Value)> = owner.mirror.log.clone();
    let from = owner.mirror.seq.saturating_sub(2_000);
    let mut wire = target.person(token);
    let point = json!({"epoch": owner.mirror.epoch, "seq": from});
    let resumed = wire.ask("all", "follow_session", &json!({"session_id": session, "resume": point}));
    let mut at = from;
    while resumed["type"] == "resumed" && at < owner.mirror.seq {
        let event = wire.next().expect("the replay is whole");
        let Some(seq) = event["seq"].as_u64() else { continue };
        at = seq;
        let stored = (event["type"].as_str().unwrap().to_owned(), event["data"].clone());
        if let Some(seen) = known.insert(seq, stored.clone()) {
            assert_eq!(seen, stored, "the owner saw something else at {seq}");
        }
    }
    let first = known.keys().next().copied().unwrap_or(1);
    assert_eq!(known.len() as u64, owner.mirror.seq + 1 - first, "the log has a hole");
    (1..first).map(|_| (String::new(), Value::Null)).chain(known.into_values()).collect()
}
