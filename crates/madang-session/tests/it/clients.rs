//! Any number of version-2 clients, any delay, drop, repetition and reconnection, and Claude: at rest all mirrors equal the
//! owner's text, and nothing that was typed is lost (DO9).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io::Write as _;

use madang_session::{
    Change, ChangeSet, Cursor, Document, DocumentError, Edit, Hand, OpId, Order, Submitted, Text,
};
use serde_json::{Value, json};

use crate::codemirror::Node;
use crate::documents::{claude, person};
use crate::edits::{Dice, applied, setting};

/// Seeds of one run; `MADANG_DOCUMENT_SEEDS` asks for more.
const SEEDS: u64 = 200;
/// Things that happen in one run before everyone comes to rest.
const STEPS: usize = 600;

/// To the owner.
#[derive(Debug, Clone)]
enum Up {
    Edit(Edit),
    /// A connection begins, with what its client has.
    Open {
        version: u64,
    },
}

/// From the owner.
#[derive(Debug, Clone)]
enum Down {
    Changed(Change),
    /// The edit was known: its change is, or was, among the changed ones.
    Repeated,
    State {
        version: u64,
        text: Text,
    },
}

/// What was typed, by character: each is typed once in a run.
#[derive(Default)]
struct Typed {
    next: u32,
    deleted: HashSet<char>,
    /// Kept by a client for its user, because the owner could not take it.
    offered: HashSet<char>,
}

impl Typed {
    fn some(&mut self, dice: &mut Dice) -> String {
        (0..1 + dice.below(4)).map(|_| self.one()).collect()
    }

    fn one(&mut self) -> char {
        // Hangul, then characters of two units.
        let number = self.next;
        self.next += 1;
        char::from_u32(if number < 11_000 { 0xAC00 + number } else { 0x20000 + number - 11_000 }).unwrap()
    }
}

/// A change of a client's that is on its way.
#[derive(Debug, Clone)]
struct Outstanding {
    op_id: OpId,
    /// As it was sent first.
    base: u64,
    sent: ChangeSet,
    /// As it is on what came since.
    now: ChangeSet,
}

struct Client {
    hand: Hand,
    text: Text,
    version: u64,
    outstanding: Option<Outstanding>,
    /// What was typed since, as one change after the outstanding one.
    buffer: Option<ChangeSet>,
    connected: bool,
    /// Whether the owner has its connection among those that it sends changes to.
    followed: bool,
    up: VecDeque<Up>,
    down: VecDeque<Down>,
    ops: u64,
}

impl Client {
    fn new(number: u8, document: &Document) -> Client {
        Client {
            hand: person(number),
            text: document.text().clone(),
            version: document.version(),
            outstanding: None,
            buffer: None,
            connected: true,
            followed: true,
            up: VecDeque::new(),
            down: VecDeque::new(),
            ops: 0,
        }
    }

    fn write(&mut self, dice: &mut Dice, typed: &mut Typed) {
        let text = self.text.to_string();
        let change = dice.change_with(&text, 2, |dice| typed.some(dice));
        for splice in change.splices() {
            typed.deleted.extend(self.text.slice(splice.from, splice.to).unwrap().chars());
        }
        self.text.apply(&change).unwrap();
        self.buffer = Some(match self.buffer.take() {
            Some(before) => before.compose(&change).unwrap(),
            None => change,
        });
        self.send();
    }

    /// Sends what waits, if nothing is on its way.
    fn send(&mut self) {
        if self.outstanding.is_some() || !self.connected {
            return;
        }
        let Some(change) = self.buffer.take() else { return };
        self.ops += 1;
        let op_id: OpId = self.ops.to_string().parse().unwrap();
        self.outstanding = Some(Outstanding { op_id, base: self.version, sent: change.clone(), now: change });
        self.send_again(false);
    }

    /// As it was sent first, or as it is by now.
    fn send_again(&mut self, first: bool) {
        let Some(Outstanding { op_id, base, sent, now }) = self.outstanding.clone() else { return };
        let (base, change) = if first { (base, sent) } else { (self.version, now) };
        let cursor = Some(Cursor::at(change.new_units() / 2));
        self.up.push_back(Up::Edit(Edit { by: self.hand, op_id: Some(op_id), base, change, cursor }));
    }

    fn receive(&mut self, message: Down, typed: &mut Typed) {
        match message {
            Down::Repeated => {}
            Down::Changed(change) if change.version <= self.version => {}
            Down::Changed(change) => {
                assert_eq!(change.version, self.version + 1, "no gap");
                self.version = change.version;
                let mine = change.by == self.hand;
                match self.outstanding.take_if(|own| mine && Some(&own.op_id) == change.op_id.as_ref()) {
                    Some(own) => assert_eq!(own.now, change.change, "both transformed alike"),
                    None => self.take(&change.change),
                }
            }
            Down::State { version, text } => {
                // What could not be sent is kept for its user.
                for change in self.outstanding.take().map(|own| own.now).into_iter().chain(self.buffer.take())
                {
                    typed.offered.extend(change.splices().flat_map(|splice| splice.text.chars()));
                }
                (self.version, self.text) = (version, text);
            }
        }
        self.send();
    }

    /// Somebody else's change: over what is on its way, then over what waits.
    fn take(&mut self, theirs: &ChangeSet) {
        let mut here = theirs.clone();
        for mine in self.outstanding.as_mut().map(|own| &mut own.now).into_iter().chain(&mut self.buffer) {
            let moved = mine.map(&here, Order::After).unwrap();
            here = here.map(mine, Order::Before).unwrap();
            *mine = moved;
        }
        self.text.apply(&here).unwrap();
    }
}

/// The owner, its log, and everyone.
struct World {
    dice: Dice,
    document: Document,
    first: String,
    log: Vec<Change>,
    /// What was accepted, as it was asked for: base and change.
    asked: Vec<(u64, ChangeSet)>,
    window: usize,
    clients: Vec<Client>,
    typed: Typed,
    stale: u64,
    repeated: u64,
}

impl World {
    fn new(seed: u64) -> World {
        let mut dice = Dice::new(seed);
        let mut typed = Typed::default();
        let first: String = (0..dice.below(20)).map(|_| typed.one()).collect();
        let mut document = Document::new(Text::new(&first).unwrap(), person(0));
        // Some see their bases fall out of it.
        let window = if dice.once_in(2) { 5 + dice.below(40) } else { 10_000 };
        document.limit_window(window);
        let clients = (1..=2 + dice.below(5)).map(|number| Client::new(number as u8, &document)).collect();
        let (log, asked) = (Vec::new(), Vec::new());
        World { dice, document, first, log, asked, window, clients, typed, stale: 0, repeated: 0 }
    }

    fn step(&mut self) {
        let who = self.dice.below(self.clients.len());
        match self.dice.below(40) {
            0..=11 => self.clients[who].write(&mut self.dice, &mut self.typed),
            12..=23 => self.deliver_up(who),
            24..=34 => self.deliver_down(who),
            35 => self.disconnect(who),
            36 | 37 => self.connect(who),
            38 => self.claude_writes(),
            _ if self.dice.once_in(4) => self.restart(),
            _ => self.duplicate(who),
        }
    }

    fn deliver_up(&mut self, who: usize) {
        match self.clients[who].up.pop_front() {
            None => {}
            Some(Up::Open { version }) => self.open(who, version),
            Some(Up::Edit(edit)) => self.submit(who, edit),
        }
    }

    fn deliver_down(&mut self, who: usize) {
        if let Some(message) = self.clients[who].down.pop_front() {
            self.clients[who].receive(message, &mut self.typed);
        }
    }

    fn open(&mut self, who: usize, version: u64) {
        let missed: Option<Vec<_>> = self.document.since(version).map(Iterator::collect);
        let client = &mut self.clients[who];
        client.followed = true;
        match missed {
            Some(changes) => client.down.extend(changes.into_iter().map(Down::Changed)),
            None => client.down.push_back(state(&self.document)),
        }
    }

    fn submit(&mut self, who: usize, edit: Edit) {
        let asked = (edit.base, edit.change.clone());
        match self.document.submit(edit) {
            Ok(Submitted::Accepted(change)) => self.publish(change, asked),
            Ok(Submitted::Repeated { version }) => {
                assert_eq!(self.log[version as usize - 1].by, self.clients[who].hand);
                self.repeated += 1;
                self.clients[who].down.push_back(Down::Repeated);
            }
            Err(DocumentError::StaleBase { .. }) => {
                self.stale += 1;
                self.clients[who].down.push_back(state(&self.document));
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn publish(&mut self, change: Change, asked: (u64, ChangeSet)) {
        self.log.push(change.clone());
        self.asked.push(asked);
        for client in self.clients.iter_mut().filter(|client| client.followed) {
            client.down.push_back(Down::Changed(change.clone()));
        }
    }

    fn claude_writes(&mut self) {
        let text = self.document.text().clone();
        let typed = &mut self.typed;
        let change = self.dice.change_with(&text.to_string(), 1, |dice| typed.some(dice));
        for splice in change.splices() {
            self.typed.deleted.extend(text.slice(splice.from, splice.to).unwrap().chars());
        }
        let base = self.document.version();
        let asked = (base, change.clone());
        let by = claude(self.dice.below(9) as u8);
        match self.document.submit(Edit { by, op_id: None, base, change, cursor: None }) {
            Ok(Submitted::Accepted(change)) => self.publish(change, asked),
            other => panic!("{other:?}"),
        }
    }

    /// What is on its way is lost, both ways; of what was sent, some may have arrived.
    fn disconnect(&mut self, who: usize) {
        for _ in 0..self.dice.below(3) {
            self.deliver_up(who);
        }
        let client = &mut self.clients[who];
        (client.connected, client.followed) = (false, false);
        client.up.clear();
        client.down.clear();
    }

    fn connect(&mut self, who: usize) {
        let client = &mut self.clients[who];
        if client.connected {
            return;
        }
        client.connected = true;
        client.up.push_back(Up::Open { version: client.version });
        // Sent again as it was: it may have arrived the first time.
        client.send_again(self.dice.once_in(2));
        client.send();
    }

    fn duplicate(&mut self, who: usize) {
        let client = &mut self.clients[who];
        if let Some(Up::Edit(edit)) = client.up.front().cloned() {
            client.up.push_front(Up::Edit(edit));
        } else if client.connected {
            client.send_again(self.dice.once_in(2));
        }
    }

    /// The owner starts anew from a snapshot that is some changes old, and its log; everyone is cut off.
    fn restart(&mut self) {
        for who in 0..self.clients.len() {
            self.disconnect(who);
        }
        let at = self.log.len() - self.dice.below(self.log.len().min(20) + 1);
        let mut old = Document::new(Text::new(&self.first).unwrap(), person(0));
        for change in &self.log[..at] {
            old.replay(change.clone()).unwrap();
        }
        let written = serde_json::to_string(&old.snapshot()).unwrap();
        let mut again = Document::restore(serde_json::from_str(&written).unwrap()).unwrap();
        again.limit_window(self.window);
        for change in &self.log[at..] {
            again.replay(change.clone()).unwrap();
        }
        let known = self.log.len() - again.oldest_base() as usize;
        for change in self.log[..self.log.len() - known].iter().rev() {
            if !again.recall(change.clone()) {
                break;
            }
        }
        assert_eq!((again.text(), again.version()), (self.document.text(), self.document.version()));
        assert!(again.blame().eq(self.document.blame()));
        self.document = again;
    }

    /// Everyone connects, and everything arrives.
    fn rest(&mut self) {
        for who in 0..self.clients.len() {
            self.connect(who);
        }
        let busy = |client: &Client| {
            !client.up.is_empty()
                || !client.down.is_empty()
                || client.outstanding.is_some()
                || client.buffer.is_some()
        };
        for _ in 0..100_000 {
            let Some(who) = self.clients.iter().position(busy) else { return };
            self.deliver_up(who);
            self.deliver_down(who);
        }
        panic!("no rest");
    }

    fn check(&self, seed: u64) {
        let text = self.document.text().to_string();
        for client in &self.clients {
            assert_eq!(client.text.to_string(), text, "seed {seed}: every mirror is the owner's text");
            assert_eq!(client.version, self.document.version());
        }
        let mut here: HashMap<char, u32> = HashMap::new();
        for char in text.chars() {
            *here.entry(char).or_default() += 1;
        }
        let mut typed = Typed::default();
        for _ in 0..self.typed.next {
            let char = typed.one();
            let times = here.remove(&char).unwrap_or_default();
            let gone = self.typed.deleted.contains(&char) || self.typed.offered.contains(&char);
            assert!(times == 1 || (times == 0 && gone), "seed {seed}: {char} is there {times} times");
        }
        assert!(here.is_empty(), "seed {seed}: nobody typed {here:?}");
    }
}

fn state(document: &Document) -> Down {
    Down::State { version: document.version(), text: document.text().clone() }
}

fn run(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.rest();
    world.check(seed);
    world
}

#[test]
fn do9_all_mirrors_are_equal_and_nothing_typed_is_lost() {
    let (seeds, first) = (setting("MADANG_DOCUMENT_SEEDS", SEEDS), setting("MADANG_DOCUMENT_SEED", 0));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first..first + seeds {
        let world = run(seed);
        let moved = world.asked.iter().zip(0..).filter(|((base, _), at)| base < at).count() as u64;
        for (what, count) in [
            ("changes", world.log.len() as u64),
            ("moved", moved),
            ("stale", world.stale),
            ("repeated", world.repeated),
            ("characters", u64::from(world.typed.next)),
            ("offered", world.typed.offered.len() as u64),
        ] {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("documents: {seeds} seeds from {first}, all equal, nothing lost: {counts:?}");
    assert!(counts.values().all(|count| *count > 0), "the runs don't show what they are for: {counts:?}");
}

#[test]
fn do3_the_owner_moves_changes_as_codemirror_would() {
    let mut node = Node::start();
    let mut questions = node.questions.take().unwrap();
    for seed in 0..20 {
        let world = run(seed);
        let edits: Vec<Value> = world
            .asked
            .iter()
            .map(|(base, change)| json!({"base": base, "change": change.encode()}))
            .collect();
        writeln!(questions, "{}", json!({"doc": world.first, "edits": edits})).unwrap();
        let ours: Vec<String> = world.log.iter().map(|change| change.change.encode()).collect();
        assert_eq!(node.answer(), json!([world.document.text().to_string(), ours]), "seed {seed}");
    }
}

#[test]
fn do9_what_is_sent_as_one_is_kept_as_one() {
    // A client that sends two changes as one, but moves them one by one, ends elsewhere than the owner.
    let (deletes, types) = (read("[[1],3]"), read(r#"[[0,"Z"],3]"#));
    let theirs = read(r#"[[2,"Y"],2]"#);
    let before = applied(&theirs, "abcd");
    let sent = deletes.compose(&types).unwrap().map(&theirs, Order::After).unwrap();
    let first = deletes.map(&theirs, Order::After).unwrap();
    let here = theirs.map(&deletes, Order::Before).unwrap();
    let second = types.map(&here, Order::After).unwrap();
    let mirror = applied(&second, &applied(&first, &before));
    assert_eq!((applied(&sent, &before).as_str(), mirror.as_str()), ("YZcd", "ZYcd"));
}

fn read(json: &str) -> ChangeSet {
    ChangeSet::decode(json).unwrap().change
}
