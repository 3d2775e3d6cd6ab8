//! Whoever follows is told everything that comes while they follow, once and in order, whoever comes and goes meanwhile.

use madang_protocol::{Delivery, ProtocolVersion, UnixMs, UserId};
use parking_lot::Mutex;
use proptest::prelude::*;

use super::*;

/// Writes of a turn.
const TURN: usize = WRITES as usize;
use crate::Viewer;

/// A follower that keeps what it is told: numbers of news, and of its own answers.
struct Ear {
    connection: ConnectionId,
    news: Mutex<Vec<u64>>,
    answers: Mutex<Vec<u64>>,
    writes: Mutex<usize>,
}

impl Viewer for Ear {
    fn connection_id(&self) -> ConnectionId {
        self.connection
    }

    fn version(&self) -> ProtocolVersion {
        ProtocolVersion::V2
    }

    fn invalidate(&self) {}

    fn deliver(&self, batches: &[Arc<Batch>]) {
        *self.writes.lock() += 1;
        for event in batches.iter().flat_map(|batch| batch.events()) {
            let number = event.kind.parse().expect("a number");
            let list = if event.correlation_id.is_some() { &self.answers } else { &self.news };
            list.lock().push(number);
        }
    }
}

fn outgoing(number: u64, correlation_id: Option<&str>) -> Outgoing {
    Outgoing {
        session: None,
        kind: number.to_string(),
        delivery: Delivery::Durable,
        event: None,
        position: None,
        correlation_id: correlation_id.map(str::to_owned),
        piece: None,
        envelope: bytes::Bytes::new(),
    }
}

/// One who follows or followed, and what they must have heard.
struct Person {
    ear: Arc<Ear>,
    news: Vec<u64>,
    answers: Vec<u64>,
}

#[derive(Default)]
struct World {
    round: Round,
    watchers: Vec<Watcher>,
    people: Vec<Person>,
    number: u64,
}

impl World {
    fn joins(&mut self) {
        self.number += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.number.to_be_bytes());
        let connection = ConnectionId::new(UnixMs(1), bytes);
        let ear = Arc::new(Ear {
            connection,
            news: Mutex::default(),
            answers: Mutex::default(),
            writes: Mutex::default(),
        });
        self.people.push(Person { ear: ear.clone(), news: Vec::new(), answers: Vec::new() });
        let user = UserId::new(UnixMs(1), bytes);
        self.watchers.push(Watcher::new(ear, user, Arc::default(), &self.round));
        self.round.changed(&self.watchers);
    }

    fn person(&mut self, place: usize) -> Option<&mut Person> {
        let connection = self.watchers.get(place)?.connection;
        self.people.iter_mut().find(|person| person.ear.connection == connection)
    }

    fn news(&mut self) {
        self.number += 1;
        let number = self.number;
        (0..self.watchers.len()).for_each(|place| self.person(place).unwrap().news.push(number));
        self.round.add(Batch::new(vec![outgoing(number, None)]), &self.watchers);
    }

    fn answer(&mut self, place: usize) {
        self.number += 1;
        let number = self.number;
        let Some(person) = self.person(place) else { return };
        person.answers.push(number);
        let connection = person.ear.connection;
        self.round.answer(connection, outgoing(number, Some("")), &self.watchers);
    }

    fn tell(&mut self, place: usize) {
        if let Some(watcher) = self.watchers.get_mut(place) {
            self.round.tell(watcher);
            let person = self.person(place).unwrap();
            assert_eq!(*person.ear.news.lock(), person.news, "told at once");
        }
    }

    fn leaves(&mut self, place: usize) {
        self.tell(place);
        if place < self.watchers.len() {
            self.watchers.remove(place);
            self.round.changed(&self.watchers);
        }
    }

    fn rests(&mut self) {
        while self.round.is_on() {
            self.round.turn(&mut self.watchers);
        }
        for person in &self.people {
            assert_eq!(*person.ear.news.lock(), person.news);
            assert_eq!(*person.ear.answers.lock(), person.answers);
        }
        assert!(self.round.batches.is_empty() && self.round.answers.len() == 0, "nothing is kept");
    }
}

#[derive(Debug, Clone)]
enum Step {
    News,
    Answer(usize),
    Turn,
    Join,
    Leave(usize),
    Tell(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0..3 * TURN;
    prop_oneof![
        4 => Just(Step::News),
        2 => place.clone().prop_map(Step::Answer),
        6 => Just(Step::Turn),
        1 => Just(Step::Join),
        1 => place.clone().prop_map(Step::Leave),
        1 => place.prop_map(Step::Tell),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn everyone_is_told_everything_once_and_in_order(
        people in 0..5 * TURN / 2,
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut world = World::default();
        (0..people).for_each(|_| world.joins());
        for step in steps {
            match step {
                Step::News => world.news(),
                Step::Answer(place) => world.answer(place),
                Step::Turn => world.round.turn(&mut world.watchers),
                Step::Join => world.joins(),
                Step::Leave(place) => world.leaves(place),
                Step::Tell(place) => world.tell(place),
            }
        }
        world.rests();
    }
}

/// What comes in a round leaves with its later writes: two pieces of news cost each follower at most one write more than
/// one piece does, and those whose turn had not come none.
#[test]
fn what_comes_in_a_round_leaves_with_its_later_writes() {
    let mut world = World::default();
    (0..4 * TURN).for_each(|_| world.joins());
    world.news();
    world.round.turn(&mut world.watchers);
    world.news();
    world.rests();
    let writes: Vec<usize> = world.people.iter().map(|person| *person.ear.writes.lock()).collect();
    assert_eq!(writes[..TURN], vec![2; TURN]);
    assert_eq!(writes[TURN..], vec![1; 3 * TURN]);
}
