//! Whatever happens to a queue, its books are right.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;

/// What happens to a queue, at random.
#[derive(Debug, Clone)]
enum Step {
    Enter { person: u64, model: u8, tokens: u64 },
    Leave(prop::sample::Index),
    Answer(prop::sample::Index),
    Fail(prop::sample::Index, u8, u64),
    Tell { remaining: u64, reset: u64 },
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        4 => (0..5_u64, 0..3_u8, 0..200_000_u64)
            .prop_map(|(person, model, tokens)| Step::Enter { person, model, tokens }),
        2 => index().prop_map(Step::Leave),
        2 => index().prop_map(Step::Answer),
        1 => (index(), 0..3_u8, 0..5_000_u64).prop_map(|(which, how, wait)| Step::Fail(which, how, wait)),
        1 => (0..1_000_u64, 0..60_000_u64).prop_map(|(remaining, reset)| Step::Tell { remaining, reset }),
        2 => (0..20_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

/// A queue beside what must be true of it.
struct Walk {
    queue: Queue,
    now: u64,
    waiting: HashSet<Ticket>,
    running: HashSet<Ticket>,
}

impl Walk {
    fn step(&mut self, step: Step) {
        let sorted = |set: &HashSet<Ticket>| -> Vec<Ticket> {
            let mut all: Vec<_> = set.iter().copied().collect();
            all.sort_unstable();
            all
        };
        match step {
            Step::Enter { person, model, tokens } => {
                let model = format!("m{model}").into();
                self.waiting.extend(self.queue.enter(self.now, Ask { person: user(person), model, tokens }));
            }
            Step::Leave(which) => {
                let all = sorted(&self.waiting.union(&self.running).copied().collect());
                if !all.is_empty() {
                    let ticket = *which.get(&all);
                    self.queue.leave(ticket);
                    self.waiting.remove(&ticket);
                    self.running.remove(&ticket);
                }
            }
            Step::Answer(which) if !self.running.is_empty() => {
                self.queue.answered(*which.get(&sorted(&self.running)));
            }
            Step::Fail(which, how, wait) if !self.running.is_empty() => {
                let ticket = *which.get(&sorted(&self.running));
                let failure = match how {
                    0 => Failure::Limited(wait),
                    1 => Failure::Broken(ErrorCode::ModelUnavailable),
                    _ => Failure::Refused,
                };
                self.queue.failed(self.now, ticket, failure, 0.5);
                self.queue.step_back(self.now, ticket, wait, (ErrorCode::ModelUnavailable, 2));
                self.running.remove(&ticket);
                self.waiting.insert(ticket);
            }
            Step::Tell { remaining, reset } => {
                for model in ["m0", "m1"] {
                    let told = limits((1_000, remaining), (50_000, remaining * 50), reset);
                    self.queue.told(self.now, &RateLimits { model: model.into(), ..told });
                }
            }
            Step::Wait(ms) => self.now += ms,
            Step::Answer(_) | Step::Fail(..) => {}
        }
        for expired in self.queue.expire(self.now) {
            assert!(self.waiting.remove(&expired.ticket), "only what waits expires");
        }
        while let Some(ticket) = self.queue.next(self.now) {
            assert!(self.waiting.remove(&ticket) && self.running.insert(ticket), "let through once");
        }
        self.check();
    }

    fn check(&self) {
        let queue = &self.queue;
        assert_eq!((queue.waiting(), queue.running()), (self.waiting.len(), self.running.len()));
        assert!(queue.running() <= queue.rules.places && queue.waiting() <= queue.rules.waiting_max);
        assert!(queue.people.values().all(|person| person.running <= queue.rules.places_per_person));
        assert_eq!(queue.people.values().map(|person| person.queue.len()).sum::<usize>(), queue.waiting());
        let in_ring: HashSet<_> = queue.ring.iter().collect();
        let have: HashSet<_> = queue
            .people
            .iter()
            .filter(|(_, person)| !person.queue.is_empty())
            .map(|(user, _)| user)
            .collect();
        assert_eq!((in_ring.len(), in_ring), (queue.ring.len(), have));
        assert!(queue.people.values().all(|person| person.deficit <= COST_MAX + QUANTUM));
        assert_eq!(queue.lanes.values().map(|lane| lane.waiting).sum::<usize>(), queue.waiting());
        assert_eq!(queue.lanes.values().map(|lane| lane.running).sum::<usize>(), queue.running());
        let told = queue.outlooks(self.now);
        assert_eq!(told.len(), queue.waiting());
        if queue.waiting() > 0 {
            assert!(queue.wake_at(self.now).is_some_and(|at| at > self.now), "something will happen");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_are_right_and_everyone_comes_out(steps in steps(), places in 1..6_usize) {
        let rules = Rules { places_per_person: places.div_ceil(2), waiting_max: 40, ..rules(places) };
        let mut walk =
            Walk { queue: Queue::new(rules), now: 1, waiting: HashSet::new(), running: HashSet::new() };
        for step in steps {
            walk.step(step);
        }
        // Nothing else happens but that all that is let through is answered and ends: everything comes to its end.
        let mut rounds = 0;
        while !walk.waiting.is_empty() || !walk.running.is_empty() {
            for ticket in walk.running.drain().collect::<Vec<_>>() {
                walk.queue.answered(ticket);
                walk.queue.leave(ticket);
            }
            walk.now = walk.queue.wake_at(walk.now).unwrap_or(walk.now);
            walk.step(Step::Wait(0));
            rounds += 1;
            prop_assert!(rounds < 1_000, "something waits for nothing: {:?}", walk.queue);
        }
        prop_assert!(walk.queue.people.is_empty());
    }

    #[test]
    fn what_is_foretold_is_what_comes(asks in prop::collection::vec((0..6_u64, 1..6_000_u64), 1..60), before in 0..30_usize) {
        let mut queue = queue(1);
        for (person, tokens) in &asks {
            queue.enter(0, ask(*person, *tokens)).unwrap();
        }
        let one = |queue: &mut Queue| queue.next(0).inspect(|ticket| queue.leave(*ticket));
        for _ in 0..before {
            one(&mut queue);
        }
        let foretold: Vec<_> = queue.outlooks(0).into_iter().map(|(ticket, _)| ticket).collect();
        prop_assert_eq!(std::iter::from_fn(|| one(&mut queue)).collect::<Vec<_>>(), foretold);
    }

    #[test]
    fn two_who_always_have_something_get_the_same(costs in prop::collection::vec((1..60_000_u64, 1..60_000_u64), 200)) {
        let mut queue = queue(1);
        let mut whose = BTreeMap::new();
        for (one, two) in &costs {
            whose.insert(queue.enter(0, ask(1, *one)).unwrap(), (0, (*one).min(COST_MAX)));
            whose.insert(queue.enter(0, ask(2, *two)).unwrap(), (1, (*two).min(COST_MAX)));
        }
        let mut got = [0_u64; 2];
        while let Some(ticket) = queue.next(0) {
            queue.leave(ticket);
            let (person, cost) = whose[&ticket];
            got[person] += cost;
            if queue.ring.len() == 2 {
                prop_assert!(got[0].abs_diff(got[1]) <= COST_MAX + 2 * QUANTUM, "{:?}", got);
            }
        }
    }
}
