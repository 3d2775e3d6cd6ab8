//! One who asks for much beside many who ask for little.

use std::collections::BTreeMap;

use super::*;

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
