//! What the upstream allows: its limits, its pauses, the breaker, and what those who wait are told.

use std::collections::HashSet;

use super::*;
use crate::pool::lane::Gate;

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

/// 100 of 1,000 tokens are left, all come back in 9 s; a request of 900 waits, and behind it one of 50.
fn a_large_one_before_a_small_one() -> (Queue, u64, u64) {
    let mut queue = queue(100);
    let first = queue.enter(0, ask(1, 1)).unwrap();
    go(&mut queue, 0);
    queue.answered(first);
    queue.told(0, &limits((100, 100), (1_000, 100), 9_000));
    let large = queue.enter(0, ask(1, 900)).unwrap();
    assert_eq!(go(&mut queue, 0), [0; 0]);
    let small = queue.enter(0, ask(2, 50)).unwrap();
    (queue, large, small)
}

#[test]
fn a_large_request_is_not_passed_for_ever_by_small_ones() {
    let (mut queue, large, small) = a_large_one_before_a_small_one();
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
    let (mut queue, large, small) = a_large_one_before_a_small_one();
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

/// A person whose first request waits for tokens of the model "m", and who takes their last place at another one.
fn first_in_line_and_full() -> (Queue, [Ticket; 3]) {
    let mut queue = Queue::new(Rules { places_per_person: 1, ..rules(100) });
    let first = queue.enter(0, ask(9, 1)).unwrap();
    go(&mut queue, 0);
    queue.answered(first);
    queue.leave(first);
    queue.told(0, &limits((100, 100), (1_000, 100), 9_000));
    let large = queue.enter(0, ask(1, 900)).unwrap();
    assert_eq!(go(&mut queue, 0), [0; 0]);
    let elsewhere = queue.enter(0, Ask { model: "other".into(), ..ask(1, 1) }).unwrap();
    let small = queue.enter(0, ask(2, 50)).unwrap();
    (queue, [large, elsewhere, small])
}

#[test]
fn whoever_has_all_their_places_holds_up_nobody_in_a_models_line() {
    let (mut queue, [large, elsewhere, small]) = first_in_line_and_full();
    let gone: HashSet<_> = go(&mut queue, 0).into_iter().collect();
    assert_eq!(gone, HashSet::from([elsewhere, small]), "the small one does not wait for the full person");
    // Nobody takes tokens meanwhile; when their place is free, it is the large one's turn.
    assert_eq!(go(&mut queue, 60_000), [0; 0]);
    queue.leave(elsewhere);
    assert_eq!(go(&mut queue, 60_000), [large]);
}

#[test]
fn whoever_gave_way_is_first_again_as_soon_as_a_place_of_theirs_is_free() {
    let (mut queue, [large, elsewhere, small]) = first_in_line_and_full();
    go(&mut queue, 0);
    queue.leave(elsewhere);
    assert_eq!(
        go(&mut queue, 0),
        [0; 0],
        "there are not enough tokens, and they are kept for it from now on"
    );
    queue.leave(small);
    let later = queue.enter(0, ask(2, 10)).unwrap();
    assert_eq!(go(&mut queue, 5_000), [0; 0], "nobody passes it");
    assert_eq!(go(&mut queue, 9_000), [large, later]);
}
