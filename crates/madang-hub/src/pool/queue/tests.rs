//! The fair queue by itself, in simulated time: turns and places.

mod hog;
mod upstream;
mod walk;

use std::collections::BTreeMap;

use madang_model::RateLimit;
use madang_protocol::UnixMs;

use super::*;

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
