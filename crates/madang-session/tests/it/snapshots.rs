//! Snapshots in parts: what is written, and that what is read back is the same session, decoded or not.

use std::collections::BTreeMap;

use madang_protocol::{
    Actor, Author, Event, Message, MessageCreated, MessageDeleted, MessageEdited, MessageId, MessageKind,
    Part, PartKind, ReactionChanged, Reply, ReplyStatus, SessionRef, TurnId, TurnStarted, UnixMs, UserId,
};
use madang_session::{Session, SnapshotError, SnapshotPart};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Bench, person, whole};

/// Messages in a part.
const CHUNK: usize = 256;

/// The parts that are stored after these were written.
fn store(stored: &mut BTreeMap<u32, SnapshotPart>, parts: Vec<SnapshotPart>) {
    stored.extend(parts.into_iter().map(|part| (part.part, part)));
}

fn read(stored: &BTreeMap<u32, SnapshotPart>) -> Result<Session, SnapshotError> {
    Session::restore(stored.values().cloned().collect())
}

fn numbers(parts: &[SnapshotPart]) -> Vec<u32> {
    parts.iter().map(|part| part.part).collect()
}

/// A session of so many chat messages, without the checks of each step.
fn long(messages: usize) -> (Session, Vec<MessageId>) {
    let mut session = Bench::new().session;
    let ids: Vec<_> = (0..messages).map(|n| id(n as u64)).collect();
    for (n, id) in ids.iter().enumerate() {
        let parent = n.checked_sub(1).map(|before| ids[before]);
        session.evolve(UnixMs(n as u64), &said(message(*id, parent, MessageKind::Chat, n as u64)));
    }
    (session, ids)
}

fn id(n: u64) -> MessageId {
    let mut random = [7; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    MessageId::new(UnixMs(5), random)
}

fn turn(n: u64) -> TurnId {
    let mut random = [9; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    TurnId::new(UnixMs(5), random)
}

fn said(message: Message) -> Event {
    MessageCreated { session_id: Bench::new().session.id(), message }.into()
}

fn message(message_id: MessageId, parent_id: Option<MessageId>, kind: MessageKind, n: u64) -> Message {
    let who = person((n % 4) as u8 + 1);
    Message {
        message_id,
        parent_id,
        kind,
        author: Author {
            user_id: Actor::User(who.user),
            display_name: format!("{} {}", who.display_name, n % 3),
        },
        content: format!("message {n} \n \"quoted\" 마당"),
        created_at: UnixMs(n * 3),
        turn_id: (kind != MessageKind::Chat).then(|| turn(n)),
        reply_to: n.is_multiple_of(5).then_some(parent_id).flatten(),
        continues: None,
        reply: None,
        mentions: if n.is_multiple_of(7) { vec![person(1).user, person(3).user] } else { Vec::new() },
        reactions: Vec::new(),
        edited_at: None,
        deleted_at: None,
    }
}

fn reply(n: u64, parent: MessageId, status: ReplyStatus) -> Message {
    let part = |index, kind, content: String| Part {
        index,
        kind,
        content,
        name: None,
        tool_use_id: None,
        citations: None,
        duration_ms: None,
    };
    let parts =
        vec![part(0, PartKind::Thinking, "hm".into()), part(1, PartKind::Text, format!("answer {n}"))];
    let reply = Reply {
        status,
        parts,
        model: "one".into(),
        simulated: false,
        stop_reason: None,
        usage: None,
        cost: None,
        stopped_by: None,
        error: None,
        ended_at: Some(UnixMs(n)),
    };
    // Now and then its text is not what its parts say.
    let content = if n.is_multiple_of(4) { "otherwise".to_owned() } else { format!("answer {n}") };
    let author = Author { user_id: Actor::Claude, display_name: "Claude".into() };
    let said = message(id(n), Some(parent), MessageKind::Reply, n);
    Message { reply: Some(reply), content, author, mentions: Vec::new(), reply_to: None, ..said }
}

#[test]
fn a_snapshot_round_trips() {
    let mut bench = Bench::new();
    bench.chat("a");
    bench.exchange("b", "c");
    bench.prompt("d");
    bench.prompt("e");
    let parts = whole(&bench.session);
    assert_eq!(numbers(&parts), [0, 1]);
    let back = Session::restore(parts.clone()).unwrap();
    assert_eq!(whole(&back), parts);
    assert_eq!(back.turns_before(back.running_reply().unwrap().1).len(), 1);
    // An empty one has a head alone.
    let empty = whole(&Bench::new().session);
    assert_eq!(numbers(&empty), [0]);
    assert_eq!(Session::restore(empty).unwrap().seq(), 1);
}

#[test]
fn only_what_changed_is_written_again() {
    let (mut session, ids) = long(3 * CHUNK + 10);
    let mut stored = BTreeMap::new();
    let parts = session.take_snapshot();
    assert_eq!(numbers(&parts), [0, 1, 2, 3, 4]);
    store(&mut stored, parts);
    assert_eq!(numbers(&session.take_snapshot()), [0], "nothing changed");
    let session_id = session.id();
    let edited = |n: usize, content: &str| {
        let (content, edited_at) = (content.to_owned(), UnixMs(9));
        Event::from(MessageEdited {
            session_id,
            message_id: ids[n],
            content,
            mentions: Vec::new(),
            edited_at,
        })
    };
    session.evolve(UnixMs(1), &edited(CHUNK + 3, "other words"));
    let n = ids.len() as u64;
    session.evolve(UnixMs(1), &said(message(id(n), ids.last().copied(), MessageKind::Chat, n)));
    let parts = session.take_snapshot();
    assert_eq!(numbers(&parts), [0, 2, 4]);
    store(&mut stored, parts);
    assert_eq!(read(&stored).unwrap(), session);
    // One that did not reach the disk is written with the next.
    session.evolve(UnixMs(1), &edited(1, "lost at first"));
    let lost = session.take_snapshot();
    assert_eq!(numbers(&lost), [0, 1]);
    session.snapshot_failed(numbers(&lost));
    session.evolve(UnixMs(1), &edited(2 * CHUNK, "and another"));
    let parts = session.take_snapshot();
    assert_eq!(numbers(&parts), [0, 1, 3]);
    store(&mut stored, parts);
    let mut back = read(&stored).unwrap();
    assert_eq!(back, session);
    // What is read back knows what is stored, too.
    back.evolve(UnixMs(1), &edited(CHUNK, "in the second"));
    assert_eq!(numbers(&back.take_snapshot()), [0, 2]);
}

#[test]
fn what_was_deleted_is_in_no_part() {
    let (mut session, ids) = long(2 * CHUNK);
    let mut stored = BTreeMap::new();
    let (session_id, message_id) = (session.id(), ids[40]);
    let content = "unspeakable".to_owned();
    let mentions = Vec::new();
    let event = MessageEdited { session_id, message_id, content, mentions, edited_at: UnixMs(3) };
    session.evolve(UnixMs(1), &event.into());
    let content = "unspeakable, corrected".to_owned();
    let mentions = Vec::new();
    let event = MessageEdited { session_id, message_id, content, mentions, edited_at: UnixMs(4) };
    session.evolve(UnixMs(1), &event.into());
    store(&mut stored, session.take_snapshot());
    let says =
        |stored: &BTreeMap<u32, SnapshotPart>| stored.values().any(|part| part.data.contains("unspeakable"));
    assert!(says(&stored));
    let mut session = read(&stored).unwrap();
    let by = Author { user_id: Actor::Server, display_name: String::new() };
    let event = MessageDeleted { session_id, message_id, deleted_at: UnixMs(5), by };
    session.evolve(UnixMs(1), &event.into());
    let parts = session.take_snapshot();
    assert_eq!(numbers(&parts), [0, 1]);
    store(&mut stored, parts);
    assert!(!says(&stored));
    assert_eq!(read(&stored).unwrap(), session);
}

#[test]
fn parts_that_do_not_belong_together_are_no_session() {
    let (mut session, ids) = long(2 * CHUNK + 1);
    let mut stored = BTreeMap::new();
    store(&mut stored, session.take_snapshot());
    let old = stored.clone();
    let n = ids.len() as u64;
    session.evolve(UnixMs(1), &said(message(id(n), ids.last().copied(), MessageKind::Chat, n)));
    store(&mut stored, session.take_snapshot());
    assert!(read(&stored).is_ok());
    let broken = |change: &dyn Fn(&mut BTreeMap<u32, SnapshotPart>)| {
        let mut parts = stored.clone();
        change(&mut parts);
        read(&parts).expect_err("these are no session")
    };
    assert_eq!(Session::restore(Vec::new()), Err(SnapshotError::NoHead));
    assert_eq!(broken(&|parts| drop(parts.remove(&0))), SnapshotError::NoHead);
    assert_eq!(broken(&|parts| drop(parts.remove(&1))), SnapshotError::Missing(1));
    assert_eq!(broken(&|parts| drop(parts.remove(&3))), SnapshotError::Missing(3));
    assert_eq!(broken(&|parts| drop(parts.insert(3, old[&3].clone()))), SnapshotError::Missing(3));
    assert!(matches!(broken(&|parts| drop(parts.insert(0, old[&0].clone()))), SnapshotError::Missing(3)));
    let with = |part: u32, how: &dyn Fn(&str) -> String| {
        broken(&|parts| {
            let part = parts.get_mut(&part).unwrap();
            part.data = how(&part.data);
        })
    };
    assert!(matches!(with(0, &|head| head.replacen(":2", ":1", 1)), SnapshotError::Head(_)));
    assert!(matches!(with(0, &|_| r#"{"id":1}"#.into()), SnapshotError::Head(_)));
    for cut in 0..200 {
        assert!(matches!(with(1, &|text| text[..cut].to_owned()), SnapshotError::Unreadable(1)), "{cut}");
    }
    assert_eq!(with(2, &|text| text.replacen('c', "x", 1)), SnapshotError::Unreadable(2));
    assert_eq!(with(2, &|text| text.replacen(' ', "-999999 ", 1)), SnapshotError::Unreadable(2));
    assert_eq!(with(1, &|text| text.replacen('^', "", 1)), SnapshotError::Unreadable(1));
}

/// The tree as it was before it was flat.
#[derive(Default)]
struct Naive {
    list: Vec<(MessageId, Option<MessageId>)>,
    children: BTreeMap<Option<MessageId>, Vec<MessageId>>,
}

impl Naive {
    fn add(&mut self, id: MessageId, parent: Option<MessageId>) {
        self.list.push((id, parent));
        self.children.entry(parent).or_default().push(id);
    }

    fn branch(&self, last: MessageId) -> Vec<MessageId> {
        let parent = |id: &MessageId| self.list.iter().find(|(known, _)| known == id)?.1;
        std::iter::successors(Some(last), parent).collect()
    }

    fn newest_leaf(&self, mut from: MessageId) -> MessageId {
        while let Some(next) = self.children.get(&Some(from)).and_then(|all| all.last()) {
            from = *next;
        }
        from
    }

    /// The transcript must say the same of everything.
    fn check(&self, session: &Session, picks: &[usize]) {
        let transcript = session.transcript();
        assert_eq!(transcript.len(), self.list.len());
        for pick in picks {
            let (id, parent) = self.list[pick % self.list.len()];
            let (other, _) = self.list[pick / 7 % self.list.len()];
            assert_eq!(transcript.place(id), self.list.iter().position(|(known, _)| *known == id));
            let branch = self.branch(id);
            let found: Vec<_> = transcript.branch(Some(id)).map(|message| message.message_id).collect();
            assert_eq!(found, branch);
            assert_eq!(transcript.leads_to(other, Some(id)), branch.contains(&other));
            assert_eq!(transcript.newest_leaf(id), self.newest_leaf(id));
            let siblings = transcript.siblings(transcript.get(id).into_iter());
            let all = &self.children[&parent];
            assert_eq!(siblings.get(&id), Some(all).filter(|all| all.len() > 1));
            assert_eq!(transcript.get(id).unwrap().parent_id, parent);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Say { pick: usize, near: bool },
    Turn { pick: usize, status: ReplyStatus },
    Edit(usize),
    Delete(usize),
    React(usize),
    Snapshot { fails: bool },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let status =
        prop_oneof![Just(ReplyStatus::Complete), Just(ReplyStatus::Cancelled), Just(ReplyStatus::Streaming)];
    prop_oneof![
        30 => any::<usize>().prop_map(|pick| Step::Say { pick, near: true }),
        3 => any::<usize>().prop_map(|pick| Step::Say { pick, near: false }),
        8 => (any::<usize>(), status).prop_map(|(pick, status)| Step::Turn { pick, status }),
        2 => any::<usize>().prop_map(Step::Edit),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::React),
        1 => any::<bool>().prop_map(|fails| Step::Snapshot { fails }),
        1 => Just(Step::Restart),
    ]
}

/// A session, what is stored of it, and the log since.
struct Walk {
    session: Session,
    naive: Naive,
    stored: BTreeMap<u32, SnapshotPart>,
    tail: Vec<Event>,
    first: Session,
    log: Vec<Event>,
}

impl Walk {
    fn new() -> Walk {
        let session = Bench::new().session;
        let first = session.clone();
        let (naive, stored) = (Naive::default(), BTreeMap::new());
        Walk { session, naive, stored, tail: Vec::new(), first, log: Vec::new() }
    }

    fn event(&mut self, event: Event) {
        self.session.evolve(UnixMs(8), &event);
        self.tail.push(event.clone());
        self.log.push(event);
    }

    fn add(&mut self, message: &Message) {
        self.naive.add(message.message_id, message.parent_id);
    }

    fn picked(&self, pick: usize) -> Option<MessageId> {
        (!self.naive.list.is_empty()).then(|| self.naive.list[pick % self.naive.list.len()].0)
    }

    fn step(&mut self, step: &Step) {
        let n = self.naive.list.len() as u64;
        let session_id = self.session.id();
        match *step {
            Step::Say { pick, near } => {
                let parent = if near { self.naive.list.last().map(|(id, _)| *id) } else { self.picked(pick) };
                // Sometimes a second root.
                let parent = parent.filter(|_| near || !pick.is_multiple_of(5));
                let said_now = message(id(n), parent, MessageKind::Chat, n);
                self.add(&said_now);
                self.event(said(said_now));
            }
            Step::Turn { pick, status } => {
                let prompt = message(id(n), self.picked(pick), MessageKind::Prompt, n);
                let answer = reply(n + 1, prompt.message_id, status);
                self.add(&prompt);
                self.add(&answer);
                self.event(said(prompt));
                let (turn_id, prompt_id) = (turn(n), id(n));
                self.event(TurnStarted { session_id, turn_id, prompt_id, message: answer }.into());
            }
            Step::Edit(pick) => {
                let Some(message_id) = self.picked(pick) else { return };
                let (content, mentions) = (format!("edited {pick}"), vec![person(2).user]);
                self.event(
                    MessageEdited { session_id, message_id, content, mentions, edited_at: UnixMs(4) }.into(),
                );
            }
            Step::Delete(pick) => {
                let Some(message_id) = self.picked(pick) else { return };
                let by = Author { user_id: Actor::Server, display_name: String::new() };
                self.event(MessageDeleted { session_id, message_id, deleted_at: UnixMs(5), by }.into());
            }
            Step::React(pick) => {
                let Some(message_id) = self.picked(pick) else { return };
                let (user_id, emoji): (UserId, String) = (person(3).user, "👍".into());
                let on = pick.is_multiple_of(2);
                self.event(ReactionChanged { session_id, message_id, user_id, emoji, on }.into());
            }
            Step::Snapshot { fails } => {
                let parts = self.session.take_snapshot();
                if fails {
                    self.session.snapshot_failed(numbers(&parts));
                } else {
                    store(&mut self.stored, parts);
                    self.tail.clear();
                }
            }
            Step::Restart => {
                let mut back =
                    if self.stored.is_empty() { self.first.clone() } else { read(&self.stored).unwrap() };
                self.tail.iter().for_each(|event| back.evolve(UnixMs(8), event));
                self.session = back;
            }
        }
    }

    /// The log alone makes the same session.
    fn check(&mut self, picks: &[usize]) {
        self.step(&Step::Restart);
        if !self.naive.list.is_empty() {
            self.naive.check(&self.session, picks);
        }
        let mut replayed = self.first.clone();
        self.log.iter().for_each(|event| replayed.evolve(UnixMs(8), event));
        let concerns: Vec<_> = self.session.concerns().collect();
        assert_eq!(concerns, replayed.concerns().collect::<Vec<_>>());
        let last = self.naive.list.last().map(|(id, _)| *id);
        for id in picks.iter().filter_map(|pick| self.picked(*pick)).chain(last) {
            assert_eq!(self.session.turns_before(id), replayed.turns_before(id));
        }
        assert!(self.session == replayed, "another session");
        assert_eq!(whole(&self.session), whole(&replayed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_of_parts_and_a_tail_is_what_its_log_makes(
        steps in prop::collection::vec(step(), 1..900),
        picks in prop::collection::vec(any::<usize>(), 12),
    ) {
        let mut walk = Walk::new();
        steps.iter().for_each(|step| walk.step(step));
        walk.check(&picks);
    }
}

#[test]
fn a_page_of_a_session_that_was_read_back_is_the_same() {
    let (mut session, ids) = long(5 * CHUNK + 3);
    let back = Session::restore(session.take_snapshot()).unwrap();
    let page = |session: &Session, before| {
        let data = madang_protocol::GetHistory {
            session_id: SessionRef::Default,
            before: Some(before),
            limit: Some(100),
            all: None,
        };
        session.history(&person(1), &data).unwrap()
    };
    for n in [1, 50, CHUNK, CHUNK + 1, 3 * CHUNK + 99, 5 * CHUNK + 2] {
        assert_eq!(page(&back, ids[n]).messages, page(&session, ids[n]).messages, "{n}");
    }
    assert_eq!(json!(back.head()), json!(ids.last()));
}
