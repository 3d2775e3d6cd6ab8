//! The fair queue by itself, in simulated time: turns, limits, pauses, the breaker, and what those who wait are told.

use std::collections::{BTreeMap, HashSet};

use madang_model::RateLimit;
use madang_protocol::UnixMs;
use proptest::prelude::*;

use super::*;
use crate::pool::lane::Gate;

fn user(n: u64) -> UserId {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    UserId::new(UnixMs(1), bytes)
}

fn ask(person: u64, tokens: u64) -> Ask {
    Ask { person: user(person), model: "m".into(), tokens }
}

fn rules(places: usize) -> Rules {
    Rules { places, places_per_person: places, waiting_max: 10_000, wait_ms: 600_000, shut_wait_ms: 60_000 }
}

fn queue(places: usize) -> Queue {
    Queue::new(rules(places))
}

/// Everything that may go now.
fn go(queue: &mut Queue, now: u64) -> Vec<Ticket> {
    std::iter::from_fn(|| queue.next(now)).collect()
}

/// Serves all that waits, one at a time, and says whose requests came in which order.
fn served(queue: &mut Queue, whose: &BTreeMap<Ticket, u64>) -> Vec<u64> {
    let one = |queue: &mut Queue| {
        let ticket = queue.next(0)?;
        queue.leave(ticket);
        Some(whose[&ticket])
    };
    std::iter::from_fn(|| one(queue)).collect()
}

/// Enters requests of persons with tokens, and checks in which order their persons are served.
fn check(asks: &[(u64, u64)], expected: &[u64]) {
    let mut queue = queue(1);
    let enter = |(person, tokens): &(u64, u64)| (queue.enter(0, ask(*person, *tokens)).unwrap(), *person);
    let whose: BTreeMap<_, _> = asks.iter().map(enter).collect();
    assert_eq!(served(&mut queue, &whose), expected, "{asks:?}");
    assert!(queue.people.is_empty() && queue.ring.is_empty() && queue.waiting.is_empty());
}

#[test]
fn people_take_turns_whatever_number_of_requests_each_has() {
    check(&[(1, 1_000), (1, 1_000), (1, 1_000), (2, 1_000), (3, 1_000)], &[1, 2, 3, 1, 1]);
    check(&[(1, 1_000), (1, 1_000), (2, 1_000), (2, 1_000)], &[1, 2, 1, 2]);
    check(&[], &[]);
}

#[test]
fn what_a_request_costs_is_its_weight() {
    // For one of 3,000 tokens the others have three of 1,000 each.
    check(&[(1, 3_000), (2, 1_000), (2, 1_000), (2, 1_000), (2, 1_000)], &[2, 2, 1, 2, 2]);
    // Small ones go together, up to the quantum.
    check(&[(1, 400), (1, 400), (1, 400), (2, 1_000)], &[1, 1, 2, 1]);
    // The largest counts for COST_MAX.
    let mut asks = vec![(1, u64::MAX)];
    asks.extend([(2, 1_000); 60]);
    let expected: Vec<u64> = [2; 49].into_iter().chain([1]).chain([2; 11]).collect();
    check(&asks, &expected);
}

#[test]
fn places_are_bounded_for_all_and_for_one() {
    let mut queue = Queue::new(Rules { places_per_person: 2, ..rules(3) });
    let tickets: Vec<_> = [1, 1, 1, 2, 2].map(|person| queue.enter(0, ask(person, 1)).unwrap()).to_vec();
    assert_eq!(go(&mut queue, 0), [tickets[0], tickets[1], tickets[3]]);
    queue.leave(tickets[3]);
    assert_eq!(go(&mut queue, 0), [tickets[4]], "the first person has as many as one may have");
    queue.leave(tickets[0]);
    assert_eq!(go(&mut queue, 0), [tickets[2]]);
}

#[test]
fn a_full_queue_takes_no_more_and_leaving_makes_room_at_once() {
    let mut queue = Queue::new(Rules { waiting_max: 2, ..rules(0) });
    let first = queue.enter(0, ask(1, 1)).unwrap();
    assert!(queue.enter(0, ask(1, 1)).is_some() && queue.enter(0, ask(2, 1)).is_none());
    queue.leave(first);
    assert!(queue.enter(0, ask(2, 1)).is_some());
}

fn limits(requests: (u64, u64), input: (u64, u64), reset: u64) -> RateLimits {
    let limit = |(limit, remaining)| Some(RateLimit { limit, remaining, reset_after_ms: Some(reset) });
    RateLimits {
        model: "m".into(),
        requests: limit(requests),
        input_tokens: limit(input),
        ..RateLimits::default()
    }
}

#[test]
fn the_upstreams_limits_are_kept_between_its_answers() {
    let mut queue = queue(100);
    let first = queue.enter(0, ask(1, 10)).unwrap();
    assert_eq!(go(&mut queue, 0), [first]);
    queue.answered(first);
    // Two requests left of ten, eight come back in 8 s.
    queue.told(0, &limits((10, 2), (1_000, 1_000), 8_000));
    let more: Vec<_> = (0..4).map(|_| queue.enter(0, ask(2, 10)).unwrap()).collect();
    assert_eq!(go(&mut queue, 0), more[..2]);
    assert_eq!(queue.wake_at(0), Some(1_000));
    assert_eq!(go(&mut queue, 999), [0; 0]);
    assert_eq!(go(&mut queue, 1_000), more[2..3]);
    // An older answer says nothing new.
    queue.told(0, &limits((10, 10), (1_000, 1_000), 1));
    assert_eq!(go(&mut queue, 1_999), [0; 0]);
    assert_eq!(go(&mut queue, 2_000), more[3..]);
}

#[test]
fn a_large_request_is_not_passed_for_ever_by_small_ones() {
    let mut queue = queue(100);
    let first = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.answered(first);
    queue.told(0, &limits((100, 100), (1_000, 100), 9_000));
    let large = queue.enter(0, ask(1, 900)).unwrap();
    assert_eq!(go(&mut queue, 0), [0; 0]);
    let small = queue.enter(0, ask(2, 50)).unwrap();
    assert_eq!(go(&mut queue, 0), [0; 0], "what there is, is kept for the one that came first");
    assert_eq!(queue.wake_at(0), Some(8_000));
    let outlooks = queue.outlooks(0);
    let expected = Outlook { code: ErrorCode::ModelRateLimited, ahead: 0, retry_after_ms: 8_000, attempt: 1 };
    assert_eq!(outlooks[0], (large, expected));
    assert_eq!(outlooks[1], (small, Outlook { ahead: 1, retry_after_ms: 0, ..expected }));
    assert_eq!(go(&mut queue, 8_000), [large]);
    assert_eq!(go(&mut queue, 8_500), [small]);
}

#[test]
fn whoever_is_first_in_line_and_leaves_holds_nobody_up() {
    let mut queue = queue(100);
    let first = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.answered(first);
    queue.told(0, &limits((100, 100), (1_000, 100), 9_000));
    let large = queue.enter(0, ask(1, 900)).unwrap();
    assert_eq!(go(&mut queue, 0), [0; 0]);
    let small = queue.enter(0, ask(2, 50)).unwrap();
    queue.leave(large);
    assert_eq!(go(&mut queue, 0), [small]);
}

#[test]
fn a_429_pauses_its_model_alone_and_one_request_tries_first() {
    let mut queue = queue(100);
    let ticket = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.failed(0, ticket, Failure::Limited(3_000), 0.5);
    queue.step_back(0, ticket, 3_000, (ErrorCode::ModelRateLimited, 2));
    let others: Vec<_> = (2..5).map(|person| queue.enter(0, ask(person, 1)).unwrap()).collect();
    let elsewhere = queue.enter(0, Ask { model: "other".into(), ..ask(9, 1) }).unwrap();
    assert_eq!(go(&mut queue, 2_999), [elsewhere]);
    assert_eq!(queue.wake_at(2_999), Some(3_000));
    assert_eq!(queue.outlooks(1_000)[0].1.retry_after_ms, 2_000);
    let probe = go(&mut queue, 3_000);
    assert_eq!(probe.len(), 1, "one tries, the others wait for what it finds");
    queue.answered(probe[0]);
    let rest: HashSet<_> = go(&mut queue, 3_000).into_iter().chain(probe).collect();
    assert_eq!(rest, others.into_iter().chain([ticket]).collect());
}

#[test]
fn a_probe_that_is_stopped_lets_another_one_try() {
    let mut queue = queue(100);
    let ticket = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.failed(0, ticket, Failure::Limited(1_000), 0.5);
    queue.leave(ticket);
    let (one, two) = (queue.enter(0, ask(1, 1)).unwrap(), queue.enter(0, ask(2, 1)).unwrap());
    assert_eq!(go(&mut queue, 1_000), [one]);
    queue.leave(one);
    assert_eq!(go(&mut queue, 1_000), [two]);
}

/// Fails so many tries in a row, each of a request of its own.
fn fail(queue: &mut Queue, now: u64, times: u32, chance: f64) {
    for _ in 0..times {
        let ticket = queue.enter(now, ask(1, 1)).unwrap();
        assert_eq!(go(queue, now), [ticket]);
        queue.failed(now, ticket, Failure::Broken(ErrorCode::ModelUnavailable), chance);
        queue.leave(ticket);
    }
}

fn gate(queue: &Queue) -> Gate {
    queue.lanes["m"].gate()
}

#[test]
fn the_breaker_opens_after_five_failures_in_a_row_and_ever_longer() {
    let mut queue = queue(100);
    fail(&mut queue, 0, 4, 1.0);
    let good = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.answered(good);
    queue.leave(good);
    fail(&mut queue, 0, 4, 1.0);
    assert_eq!(gate(&queue), Gate::Open, "one that succeeds begins the count anew");
    fail(&mut queue, 0, 1, 1.0);
    let mut now = 0;
    for open_ms in [5_000, 10_000, 20_000, 40_000, 60_000, 60_000] {
        let ticket = queue.enter(now, ask(1, 1)).unwrap();
        assert_eq!(go(&mut queue, now + open_ms - 1), [0; 0], "open for {open_ms} ms");
        now += open_ms;
        assert_eq!(go(&mut queue, now), [ticket]);
        queue.failed(now, ticket, Failure::Broken(ErrorCode::ModelOverloaded), 1.0);
        queue.leave(ticket);
    }
    now += 60_000;
    let probe = queue.enter(now, ask(1, 1)).unwrap();
    assert_eq!(go(&mut queue, now), [probe]);
    queue.answered(probe);
    assert_eq!(gate(&queue), Gate::Open);
    // It has forgotten how often it tripped.
    fail(&mut queue, now, 5, 0.0);
    let ticket = queue.enter(now, ask(1, 1)).unwrap();
    assert_eq!((go(&mut queue, now + 2_499), go(&mut queue, now + 2_500)), (vec![], vec![ticket]), "jitter");
}

#[test]
fn a_refusal_is_no_failure_of_the_upstream() {
    let mut queue = queue(100);
    fail(&mut queue, 0, 4, 1.0);
    let refused = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.failed(0, refused, Failure::Refused, 1.0);
    queue.leave(refused);
    fail(&mut queue, 0, 4, 1.0);
    assert_eq!(gate(&queue), Gate::Open);
}

#[test]
fn a_further_try_gives_its_place_back_and_is_first_in_its_line() {
    let mut queue = queue(1);
    let ticket = queue.enter(0, ask(1, 5_000)).unwrap();
    let next = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.step_back(0, ticket, 700, (ErrorCode::ModelOverloaded, 2));
    assert_eq!(go(&mut queue, 0), [next], "its place is free while it waits");
    let outlook = Outlook { code: ErrorCode::ModelOverloaded, ahead: 0, retry_after_ms: 600, attempt: 2 };
    assert_eq!(queue.outlooks(100), [(ticket, outlook)]);
    queue.leave(next);
    assert_eq!((go(&mut queue, 699), queue.wake_at(699)), (vec![], Some(700)));
    let later = queue.enter(0, ask(1, 1)).unwrap();
    assert_eq!(go(&mut queue, 700), [ticket]);
    queue.leave(ticket);
    assert_eq!(go(&mut queue, 700), [later]);
}

#[test]
fn nobody_waits_for_ever() {
    let mut queue = queue(0);
    let ticket = queue.enter(0, ask(1, 1)).unwrap();
    assert_eq!((queue.expire(599_999), queue.wake_at(599_999)), (vec![], Some(600_000)));
    let expired = Expired { ticket, code: ErrorCode::ModelOverloaded, retry_after_ms: 600_000 };
    assert_eq!(queue.expire(600_000), [expired]);
    assert_eq!((queue.waiting(), queue.wake_at(600_000)), (0, None));
}

#[test]
fn a_shut_upstream_is_waited_for_a_minute_and_not_at_all_when_that_is_too_short() {
    for (pause, expires_at) in [(50_000, None), (60_001, Some(0))] {
        let mut queue = queue(10);
        let ticket = queue.enter(0, ask(1, 1)).unwrap();
        go(&mut queue, 0);
        queue.failed(0, ticket, Failure::Limited(pause), 0.5);
        queue.leave(ticket);
        let waits = queue.enter(0, ask(1, 1)).unwrap();
        let expected: Vec<_> = expires_at
            .map(|_| Expired { ticket: waits, code: ErrorCode::ModelRateLimited, retry_after_ms: pause })
            .into_iter()
            .collect();
        assert_eq!(queue.expire(0), expected, "a pause of {pause} ms");
    }
    // Probe after probe fails: a minute after it opened it is enough.
    let mut queue = queue(10);
    fail(&mut queue, 0, 5, 1.0);
    let waits = queue.enter(0, ask(2, 1)).unwrap();
    let mut now = 5_000;
    for open_ms in [10_000, 20_000] {
        let probe = queue.next(now).unwrap();
        assert_eq!(probe, waits);
        queue.failed(now, probe, Failure::Broken(ErrorCode::ModelUnavailable), 1.0);
        queue.step_back(now, probe, 0, (ErrorCode::ModelUnavailable, 2));
        now += open_ms;
    }
    let probe = queue.next(now).unwrap();
    queue.failed(now, probe, Failure::Broken(ErrorCode::ModelUnavailable), 1.0);
    let late = queue.enter(now, ask(3, 1)).unwrap();
    assert_eq!(queue.expire(now), [], "40 s are less than what a newcomer waits");
    queue.leave(probe);
    queue.leave(late);
}

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

/// The median wait of 49 people who ask again and again, with or without one who asks 200 times at once.
fn median_wait(hog: bool, in_one_line: bool) -> u64 {
    const REPLY_MS: u64 = 1_000;
    const THINK_MS: u64 = 1_500;
    const ASKING_MS: u64 = 15_000;
    let mut queue = Queue::new(Rules { places_per_person: 10, ..rules(10) });
    // Everyone in one person's line is first come, first served.
    let line = |person: u64| if in_one_line { 0 } else { person };
    let mut asked: BTreeMap<Ticket, (u64, u64)> = BTreeMap::new();
    // What comes when: a person asks, or a reply ends.
    let mut coming: BTreeMap<(u64, u64), Option<Ticket>> =
        (1..50).map(|person| ((person * 37 % 1_000, person), None)).collect();
    let mut waits = Vec::new();
    if hog {
        for _ in 0..200 {
            asked.insert(queue.enter(0, ask(line(0), 1_000)).unwrap(), (0, 0));
        }
    }
    while let Some(((now, person), ended)) = coming.pop_first() {
        match ended {
            Some(ticket) => {
                queue.leave(ticket);
                if person < 50 && now + THINK_MS <= ASKING_MS {
                    coming.insert((now + THINK_MS, person), None);
                }
            }
            None => {
                asked.insert(queue.enter(now, ask(line(person), 1_000)).unwrap(), (person, now));
            }
        }
        for ticket in go(&mut queue, now) {
            let (person, since) = asked[&ticket];
            if person > 0 {
                waits.push(now - since);
            }
            let key = if person > 0 { person } else { 1_000 + ticket };
            coming.insert((now + REPLY_MS, key), Some(ticket));
        }
    }
    waits.sort_unstable();
    waits[waits.len() / 2]
}

#[test]
fn one_who_asks_200_times_at_once_makes_49_others_wait_hardly_longer() {
    let (alone, beside, first_come) =
        (median_wait(false, false), median_wait(true, false), median_wait(true, true));
    println!(
        "median wait: {alone} ms alone, {beside} ms beside the hog, {first_come} ms if first come were first served"
    );
    assert!(alone > 0, "there must be something to wait for");
    assert!(beside * 2 <= alone * 3, "{beside} ms instead of {alone} ms");
    assert!(first_come * 2 > alone * 3, "the test must tell a queue without turns apart: {first_come} ms");
}
