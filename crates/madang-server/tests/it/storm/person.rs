//! One person: comes back whenever the connection is lost, sends everything three times, and again until it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::conn::Conn;
use super::mirror::Mirror;

/// After a lost connection.
const COME_BACK: Duration = Duration::from_millis(30);
/// A command that is not answered for so long is sent again.
const AGAIN: Duration = Duration::from_secs(3);

/// What a person is told to do.
pub(crate) enum Do {
    Say(String),
    Ask(String),
    Cancel,
    Break,
    Stall,
    Resume,
    Rejoin,
    /// Of the owner: `set_role`, `remove_user`, `invite_user`.
    Command(&'static str, Value),
    /// Be at rest when the log has come so far; 0: when everything that was sent is answered.
    Rest(u64, Sender<()>),
    /// Give away what is known.
    End,
}

/// What is known about a person, fixed.
#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) n: usize,
    pub(crate) token: String,
    pub(crate) version_2: bool,
    /// How to come in: the code of the link; the owner needs none.
    pub(crate) code: Option<String>,
    pub(crate) session: String,
    pub(crate) address: Arc<Mutex<SocketAddr>>,
}

/// A command under way.
struct Sent {
    kind: &'static str,
    data: Value,
    at: Instant,
}

/// A person.
pub(crate) struct Person {
    card: Card,
    orders: Receiver<Do>,
    conn: Option<Conn>,
    pub(crate) mirror: Mirror,
    pending: BTreeMap<String, Sent>,
    /// Acked: the position of a command's first event, by its id.
    pub(crate) acked: BTreeMap<String, Option<u64>>,
    pub(crate) refused: BTreeMap<String, String>,
    /// Everything that was said, by its id.
    pub(crate) said: BTreeMap<String, String>,
    stalled: bool,
    /// Whether this person was told that they do not belong any more.
    pub(crate) out: bool,
    /// Whether this person was let in since they last were out.
    inside: bool,
    /// Whether this person ever was: no link undoes a removal, an invitation by name does.
    belonged: bool,
    next_id: u64,
    resting: Vec<(u64, Sender<()>)>,
    lost_at: Instant,
    pub(crate) connections: u32,
    /// Commands that attach: their answers are the session's state, or a refusal.
    entering: BTreeSet<String>,
}

impl Person {
    pub(crate) fn new(card: Card, orders: Receiver<Do>) -> Person {
        let mirror = Mirror::new(card.version_2);
        Person {
            card,
            orders,
            conn: None,
            mirror,
            pending: BTreeMap::new(),
            acked: BTreeMap::new(),
            refused: BTreeMap::new(),
            said: BTreeMap::new(),
            stalled: false,
            out: false,
            inside: false,
            belonged: false,
            next_id: 0,
            resting: Vec::new(),
            lost_at: Instant::now() - COME_BACK,
            connections: 0,
            entering: BTreeSet::new(),
        }
    }

    /// Lives until it is told to end.
    pub(crate) fn live(mut self) -> Person {
        loop {
            while let Ok(order) = self.orders.try_recv() {
                if let Do::End = order {
                    return self;
                }
                self.obey(order);
            }
            if self.conn.is_none() && self.lost_at.elapsed() >= COME_BACK {
                self.come();
            }
            match &mut self.conn {
                // Not reading, or nobody there: its own pace, not a wait for anything.
                None => std::thread::sleep(Duration::from_millis(5)),
                Some(_) if self.stalled => std::thread::sleep(Duration::from_millis(5)),
                Some(conn) => match conn.look() {
                    Some(came) => came.iter().for_each(|event| self.take_all(event)),
                    None => self.lose(),
                },
            }
            self.send_again();
            self.rest();
        }
    }

    fn obey(&mut self, order: Do) {
        match order {
            Do::Say(text) => {
                let data = json!({"session_id": self.card.session, "content": text});
                self.send("chat_message", data, Some(text));
            }
            Do::Ask(text) => {
                let data = json!({"session_id": self.card.session, "content": text, "stream": true});
                self.send("claude_message", data, Some(text));
            }
            Do::Cancel => {
                if let Some(id) = self.mirror.running() {
                    let data = json!({"session_id": self.card.session, "message_id": id});
                    self.send("cancel", data, None);
                }
            }
            Do::Command(kind, data) => self.send(kind, data, None),
            Do::Break => {
                if let Some(conn) = self.conn.take() {
                    conn.break_off();
                    self.lose();
                }
            }
            Do::Stall => self.stalled = true,
            Do::Resume => self.stalled = false,
            Do::Rejoin => self.come_in_again(),
            Do::Rest(seq, tell) => {
                self.stalled = false;
                self.resting.push((seq, tell));
            }
            Do::End => {}
        }
    }

    fn come_in_again(&mut self) {
        if self.out {
            (self.out, self.inside) = (false, false);
            self.enter();
        }
    }

    fn send(&mut self, kind: &'static str, data: Value, said: Option<String>) {
        self.next_id += 1;
        let id = format!("p{}-{}", self.card.n, self.next_id);
        if let Some(text) = said {
            self.said.insert(id.clone(), text);
        }
        self.transmit(&id, kind, &data);
        self.pending.insert(id, Sent { kind, data, at: Instant::now() });
    }

    /// Three times with one id: one effect (CM2).
    fn transmit(&mut self, id: &str, kind: &str, data: &Value) {
        let Some(conn) = &mut self.conn else { return };
        if !(0..3).all(|_| conn.command(id, kind, data)) {
            self.lose();
        }
    }

    fn come(&mut self) {
        let address = *self.card.address.lock().unwrap();
        self.conn = Conn::open(address, &self.card.token, self.card.version_2);
        let Some(conn) = &mut self.conn else {
            self.lost_at = Instant::now();
            return;
        };
        self.connections += 1;
        self.mirror.reconnected();
        if self.card.version_2 {
            conn.command("hello", "hello", &json!({"client": {"name": "storm", "version": "1"}}));
        }
        if !self.out {
            self.enter();
        }
        let again: Vec<_> =
            self.pending.iter().map(|(id, sent)| (id.clone(), sent.kind, sent.data.clone())).collect();
        for (id, kind, data) in again {
            self.transmit(&id, kind, &data);
        }
    }

    /// Follows the session from where this person stands; the first time by the link, after a removal by invitation.
    fn enter(&mut self) {
        let Some(conn) = &mut self.conn else { return };
        self.next_id += 1;
        let id = format!("p{}-{}", self.card.n, self.next_id);
        match &self.card.code {
            Some(code) if !self.inside => {
                self.mirror.visits += 1;
                let way = if self.belonged { &self.card.session } else { code };
                conn.command(&id, "join_collaboration", &json!({"session_id": way}));
            }
            Some(_) if !self.card.version_2 => {
                conn.command(&id, "join_collaboration", &json!({"session_id": self.card.session}));
            }
            Some(_) | None => {
                let data = json!({"session_id": self.card.session, "resume": self.mirror.point()});
                conn.command(&id, "follow_session", &data);
            }
        }
        self.entering.insert(id);
    }

    fn lose(&mut self) {
        self.conn = None;
        self.entering.clear();
        self.lost_at = Instant::now();
    }

    fn take_all(&mut self, came: &Value) {
        match came.as_array() {
            Some(events) => events.iter().for_each(|event| self.take(event)),
            None => self.take(came),
        }
    }

    fn take(&mut self, event: &Value) {
        let (kind, id) = (event["type"].as_str().unwrap_or_default(), event["correlation_id"].as_str());
        if let Some(id) = id {
            self.answered(id, kind, &event["data"]);
        }
        let about = event["session_id"].as_str().or(event["data"]["session_id"].as_str());
        if about == Some(&self.card.session) {
            if kind == "removed" {
                self.out = true;
            }
            self.mirror.take(event);
            if kind == "invited" {
                self.come_in_again();
            }
        }
    }

    fn answered(&mut self, id: &str, kind: &str, data: &Value) {
        let code = data["code"].as_str().unwrap_or_default();
        if self.entering.remove(id) {
            if kind == "error" && matches!(code, "NOT_FOUND" | "FORBIDDEN") {
                // Removed while away: the removal was the last word, and it was missed.
                self.out = true;
            } else if kind == "error" {
                self.lose();
            } else {
                (self.inside, self.belonged) = (true, true);
            }
            return;
        }
        if !self.pending.contains_key(id) {
            return;
        }
        // What may succeed later is sent again, with its id.
        if kind == "error" && matches!(code, "RATE_LIMITED" | "SERVICE_UNAVAILABLE" | "QUEUE_FULL") {
            return;
        }
        self.pending.remove(id);
        match kind {
            "error" => {
                self.refused.insert(id.to_owned(), code.to_owned());
            }
            _ => {
                self.acked.insert(id.to_owned(), data["seq"].as_u64());
            }
        }
    }

    fn send_again(&mut self) {
        let late: Vec<_> = self
            .pending
            .iter_mut()
            .filter(|(_, sent)| sent.at.elapsed() >= AGAIN)
            .map(|(id, sent)| {
                sent.at = Instant::now();
                (id.clone(), sent.kind, sent.data.clone())
            })
            .collect();
        for (id, kind, data) in late {
            self.transmit(&id, kind, &data);
        }
    }

    fn rest(&mut self) {
        let (seq, quiet, out) = (self.mirror.seq, self.pending.is_empty(), self.out);
        let heard = !self.card.version_2 && self.mirror.last_word;
        self.resting.retain(|(wanted, tell)| {
            let there = quiet && (out || seq >= *wanted || heard);
            // Who asked may have given up.
            !(there && tell.send(()).is_ok())
        });
    }
}
