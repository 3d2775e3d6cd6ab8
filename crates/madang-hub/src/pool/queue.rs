//! The fair queue: whose request is made next. Pure: no clock, no chance, no I/O of its own.
//!
//! People take turns (deficit round robin, weighted by estimated tokens), whatever number of sessions each has. What a
//! model's upstream allows is its [`Lane`]'s to say; how many run at once is this file's.
//! Source: Shreedhar, Varghese, "Efficient Fair Queuing using Deficit Round Robin", 1995.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use madang_model::RateLimits;
use madang_protocol::{ErrorCode, UserId};

use super::lane::{Failure, Lane};

/// Tokens that a person may spend when it is their turn; what is left is kept for the next.
const QUANTUM: u64 = 1_000;
/// Tokens that a request counts for at most: a larger one would only wait longer without helping anyone.
const COST_MAX: u64 = 50_000;
/// Models whose state is remembered; beyond, those that are idle and well are forgotten.
const LANES_MAX: usize = 64;

/// One request, from its coming to its end.
pub(crate) type Ticket = u64;

/// What bounds the queue.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Requests that run at once.
    pub(crate) places: usize,
    /// Requests of one person that run at once.
    pub(crate) places_per_person: usize,
    /// Requests that wait at once.
    pub(crate) waiting_max: usize,
    /// Milliseconds that a request waits at most.
    pub(crate) wait_ms: u64,
    /// Milliseconds that a request waits at most for an upstream that is limited or broken.
    pub(crate) shut_wait_ms: u64,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// For whom.
    pub(crate) person: UserId,
    /// The model.
    pub(crate) model: Arc<str>,
    /// Tokens that the upstream will count, estimated.
    pub(crate) tokens: u64,
}

/// A request that waits.
#[derive(Debug)]
struct Waiting {
    ask: Ask,
    /// What it counts for; nothing when it was let through before.
    cost: u64,
    since: u64,
    /// A further try is not made before this.
    not_before: u64,
    /// Why the last try failed, and which comes next.
    again: Option<(ErrorCode, u32)>,
}

/// A person with requests.
#[derive(Debug, Default)]
struct Person {
    deficit: u64,
    queue: VecDeque<Ticket>,
    running: usize,
}

/// Why a request waits, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outlook {
    pub(crate) code: ErrorCode,
    /// Requests that will be made before it, as things stand.
    pub(crate) ahead: u32,
    /// Milliseconds until it can be made, when that does not depend on others; else 0.
    pub(crate) retry_after_ms: u64,
    /// Which try comes next.
    pub(crate) attempt: u32,
}

/// A request that has waited too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) ticket: Ticket,
    pub(crate) code: ErrorCode,
    pub(crate) retry_after_ms: u64,
}

/// All requests that wait or run.
#[derive(Debug)]
pub(crate) struct Queue {
    rules: Rules,
    next_ticket: Ticket,
    waiting: HashMap<Ticket, Waiting>,
    running: HashMap<Ticket, Ask>,
    people: HashMap<UserId, Person>,
    /// Those with waiting requests, in the order of their turns.
    ring: VecDeque<UserId>,
    /// Whether the first of the ring has been given their quantum.
    credited: bool,
    lanes: HashMap<Arc<str>, Lane>,
}

impl Queue {
    pub(crate) fn new(rules: Rules) -> Queue {
        Queue {
            rules,
            next_ticket: 1,
            waiting: HashMap::new(),
            running: HashMap::new(),
            people: HashMap::new(),
            ring: VecDeque::new(),
            credited: false,
            lanes: HashMap::new(),
        }
    }

    /// Whether one more may wait.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < self.rules.waiting_max
    }

    /// Takes a request in at the end of its person's line; none when the queue is full.
    pub(crate) fn enter(&mut self, now: u64, ask: Ask) -> Option<Ticket> {
        if !self.has_room() {
            return None;
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let cost = ask.tokens.clamp(1, COST_MAX);
        self.line_up(ticket, Waiting { ask, cost, since: now, not_before: now, again: None }, false);
        Some(ticket)
    }

    fn line_up(&mut self, ticket: Ticket, waiting: Waiting, first: bool) {
        if self.lanes.len() >= LANES_MAX && !self.lanes.contains_key(&waiting.ask.model) {
            self.lanes.retain(|_, lane| !lane.is_idle());
        }
        self.lanes.entry(waiting.ask.model.clone()).or_default().waiting += 1;
        let person = self.people.entry(waiting.ask.person).or_default();
        if person.queue.is_empty() {
            self.ring.push_back(waiting.ask.person);
        }
        if first {
            person.queue.push_front(ticket);
        } else {
            person.queue.push_back(ticket);
        }
        self.waiting.insert(ticket, waiting);
    }

    /// The next request that may be made now; it has a place from here on.
    pub(crate) fn next(&mut self, now: u64) -> Option<Ticket> {
        if self.running.len() >= self.rules.places {
            return None;
        }
        let mut barren = 0;
        while barren < self.ring.len() {
            let user = *self.ring.front()?;
            let Some(ticket) = self.candidate(user, now) else {
                self.rotate();
                barren += 1;
                continue;
            };
            let Waiting { cost, ask, .. } = &self.waiting[&ticket];
            let (cost, tokens, model) = (*cost, ask.tokens, ask.model.clone());
            let (person, lane) = (self.people.entry(user).or_default(), self.lanes.entry(model).or_default());
            // Whoever is first in line for tokens has been given what they need.
            let has_been_given = lane.first == Some(ticket) && person.deficit >= cost;
            if !self.credited && !has_been_given {
                person.deficit = (person.deficit + QUANTUM).min(COST_MAX + QUANTUM);
                self.credited = true;
            }
            if person.deficit < cost {
                self.rotate();
                barren = 0;
            } else if lane.room_at(now, tokens) > now {
                lane.first = Some(ticket);
                self.rotate();
                barren += 1;
            } else {
                person.deficit -= cost;
                person.running += 1;
                let full = person.running >= self.rules.places_per_person;
                lane.let_in(now, ticket, tokens);
                if full {
                    self.give_way(user);
                }
                let waiting = self.take_out(ticket)?;
                self.running.insert(ticket, waiting.ask);
                return Some(ticket);
            }
        }
        None
    }

    /// A person's first request that may be made when it is their turn.
    fn candidate(&self, user: UserId, now: u64) -> Option<Ticket> {
        let person = self.people.get(&user)?;
        if person.running >= self.rules.places_per_person {
            return None;
        }
        // In one lane nobody passes their own earlier request, but for one that may not be tried again yet.
        let mut shut: Vec<&Arc<str>> = Vec::new();
        for ticket in &person.queue {
            let waiting = self.waiting.get(ticket)?;
            let model = &waiting.ask.model;
            if waiting.not_before > now || shut.contains(&model) {
                continue;
            }
            let lane = self.lanes.get(model)?;
            let waits_for_room = lane.first == Some(*ticket) && lane.room_at(now, waiting.ask.tokens) > now;
            if lane.lets_in(now, *ticket) && !waits_for_room {
                return Some(*ticket);
            }
            shut.push(model);
        }
        None
    }

    /// Whoever has all the places that one may have holds up nobody who waits for the same model: what their first
    /// requests have been given stays theirs, and they are first again when a place of theirs is free and it is their turn.
    fn give_way(&mut self, user: UserId) {
        let Some(person) = self.people.get(&user) else { return };
        for ticket in &person.queue {
            let Some(waiting) = self.waiting.get(ticket) else { continue };
            if let Some(lane) = self.lanes.get_mut(&waiting.ask.model) {
                lane.first.take_if(|first| *first == *ticket);
            }
        }
    }

    fn rotate(&mut self) {
        self.ring.rotate_left(1);
        self.credited = false;
    }

    /// Takes a waiting request out of its line.
    fn take_out(&mut self, ticket: Ticket) -> Option<Waiting> {
        let waiting = self.waiting.remove(&ticket)?;
        let user = waiting.ask.person;
        if let Some(person) = self.people.get_mut(&user) {
            person.queue.retain(|known| *known != ticket);
            if person.queue.is_empty() {
                person.deficit = 0;
                let place = self.ring.iter().position(|known| *known == user);
                self.credited &= place != Some(0);
                place.map(|place| self.ring.remove(place));
                self.forget(user);
            }
        }
        if let Some(lane) = self.lanes.get_mut(&waiting.ask.model) {
            lane.waiting -= 1;
            lane.first = lane.first.filter(|first| *first != ticket);
        }
        Some(waiting)
    }

    fn forget(&mut self, user: UserId) {
        if self.people.get(&user).is_some_and(|person| person.queue.is_empty() && person.running == 0) {
            self.people.remove(&user);
        }
    }

    /// Gives the place back.
    fn give_back(&mut self, ticket: Ticket) -> Option<Ask> {
        let ask = self.running.remove(&ticket)?;
        if let Some(lane) = self.lanes.get_mut(&ask.model) {
            lane.left(ticket);
        }
        if let Some(person) = self.people.get_mut(&ask.person) {
            person.running -= 1;
            self.forget(ask.person);
        }
        Some(ask)
    }

    /// A request is over, wherever it stands.
    pub(crate) fn leave(&mut self, ticket: Ticket) {
        if self.take_out(ticket).is_none() {
            self.give_back(ticket);
        }
    }

    /// A running request gives its place back until its next try, for which it is first in its person's line.
    pub(crate) fn step_back(&mut self, now: u64, ticket: Ticket, wait: u64, again: (ErrorCode, u32)) {
        if let Some(ask) = self.give_back(ticket) {
            let not_before = now.saturating_add(wait);
            self.line_up(ticket, Waiting { ask, cost: 0, since: now, not_before, again: Some(again) }, true);
        }
    }

    /// The upstream began to answer.
    pub(crate) fn answered(&mut self, ticket: Ticket) {
        if let Some(lane) = self.lane_of(ticket) {
            lane.answered(ticket);
        }
    }

    /// A try failed before anything came; `chance` is from 0 to 1.
    pub(crate) fn failed(&mut self, now: u64, ticket: Ticket, failure: Failure, chance: f64) {
        if let Some(lane) = self.lane_of(ticket) {
            lane.failed(now, ticket, failure, chance);
        }
    }

    fn lane_of(&mut self, ticket: Ticket) -> Option<&mut Lane> {
        let ask = self.running.get(&ticket)?;
        self.lanes.get_mut(&ask.model)
    }

    /// The upstream told its limits for a model in an answer that came at `at`.
    pub(crate) fn told(&mut self, at: u64, limits: &RateLimits) {
        if let Some(lane) = self.lanes.get_mut(limits.model.as_str()) {
            lane.told(at, limits);
        }
    }

    /// Takes out the requests that have waited too long.
    pub(crate) fn expire(&mut self, now: u64) -> Vec<Expired> {
        let mut all: Vec<_> = self
            .waiting
            .keys()
            .filter_map(|ticket| self.expiry(*ticket, now).filter(|(at, _)| *at <= now))
            .collect();
        all.sort_unstable_by_key(|(_, expired)| expired.ticket);
        all.into_iter().map(|(_, expired)| expired).inspect(|expired| self.leave(expired.ticket)).collect()
    }

    /// When a request will have waited too long, as things stand; already, when what it waits for comes later than that.
    fn expiry(&self, ticket: Ticket, now: u64) -> Option<(u64, Expired)> {
        let waiting = self.waiting.get(&ticket)?;
        let of_queue = waiting.since.saturating_add(self.rules.wait_ms);
        let queued = (
            of_queue,
            Expired { ticket, code: ErrorCode::ModelOverloaded, retry_after_ms: self.rules.wait_ms },
        );
        let Some((since, until, why)) = self.lanes.get(&waiting.ask.model).and_then(|lane| lane.shut(now))
        else {
            return Some(queued);
        };
        let of_lane = since.max(waiting.since).saturating_add(self.rules.shut_wait_ms);
        let left = until.map_or(0, |until| until.saturating_sub(now));
        let at = if until.is_some_and(|until| until > of_lane) { now } else { of_lane };
        let shut = (at, Expired { ticket, code: why.code(), retry_after_ms: left.max(1_000) });
        Some(if shut.0 <= queued.0 { shut } else { queued })
    }

    /// When something can change although nothing happens; none when nothing waits.
    pub(crate) fn wake_at(&self, now: u64) -> Option<u64> {
        let tickets = self.waiting.iter().flat_map(|(ticket, waiting)| {
            let expiry = self.expiry(*ticket, now).map(|(at, _)| at);
            [Some(waiting.not_before).filter(|at| *at > now), expiry]
        });
        let lanes = self.lanes.values().filter(|lane| lane.waiting > 0).flat_map(|lane| {
            let first = lane.first.and_then(|ticket| self.waiting.get(&ticket));
            let room = first.map(|waiting| lane.room_at(now, waiting.ask.tokens)).filter(|at| *at > now);
            [room, lane.shut(now).and_then(|(_, until, _)| until)]
        });
        tickets.chain(lanes).flatten().min()
    }

    /// What each waiting request can expect if nothing else comes.
    pub(crate) fn outlooks(&self, now: u64) -> Vec<(Ticket, Outlook)> {
        let mut all: Vec<_> =
            (0..).zip(&self.ring).flat_map(|(place, user)| self.turns_of(place, *user)).collect();
        all.sort_unstable();
        let outlook =
            |(ahead, (_, ticket)): (u32, (Turn, Ticket))| Some((ticket, self.outlook(now, ticket, ahead)?));
        (0..).zip(all).filter_map(outlook).collect()
    }

    /// When a person's requests come: the round, the place in it, and the place in their line.
    fn turns_of(&self, place: usize, user: UserId) -> Vec<(Turn, Ticket)> {
        let Some(person) = self.people.get(&user) else { return Vec::new() };
        // Whoever is being served has this round behind them and comes last in the later ones.
        let served = place == 0 && self.credited;
        let mut cost = 0;
        let turn = |(index, ticket): (usize, &Ticket)| {
            cost += self.waiting.get(ticket).map_or(0, |waiting| waiting.cost);
            let rounds = cost.saturating_sub(person.deficit).div_ceil(QUANTUM);
            let round = if served { rounds } else { rounds.max(1) };
            let place = if served && round > 0 { self.ring.len() } else { place };
            ((round, place, index), *ticket)
        };
        person.queue.iter().enumerate().map(turn).collect()
    }

    fn outlook(&self, now: u64, ticket: Ticket, ahead: u32) -> Option<Outlook> {
        let waiting = self.waiting.get(&ticket)?;
        let lane = self.lanes.get(&waiting.ask.model)?;
        let again = waiting.not_before.saturating_sub(now);
        let attempt = waiting.again.map_or(1, |(_, attempt)| attempt);
        let (code, retry_after_ms) = match (lane.shut(now), waiting.again) {
            (Some((_, until, why)), _) => (why.code(), until.map_or(again, |until| again.max(until - now))),
            (None, Some((code, _))) if again > 0 => (code, again),
            _ if lane.first == Some(ticket) => {
                (ErrorCode::ModelRateLimited, lane.room_at(now, waiting.ask.tokens) - now)
            }
            _ if lane.first.is_some() => (ErrorCode::ModelRateLimited, 0),
            _ => (ErrorCode::ModelOverloaded, 0),
        };
        Some(Outlook { code, ahead, retry_after_ms, attempt })
    }

    /// Requests that run.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// Requests that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// People whose requests wait.
    pub(crate) fn people_waiting(&self) -> usize {
        self.ring.len()
    }

    /// Every model that is known of.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = (&Arc<str>, &Lane)> {
        self.lanes.iter()
    }
}

/// The round in which a request comes, the place of its person in it, and its place in their line.
type Turn = (u64, usize, usize);

#[cfg(test)]
mod tests;
