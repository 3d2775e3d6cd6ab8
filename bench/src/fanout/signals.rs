//! Awareness: who types. Nothing of it is stored, and a command has no room for 150 bytes: the event's own envelope, with the
//! person's and the session's ids, is what is delivered (some 290 bytes).
//!
//! An event says whose it is and not when it was due, so the ages are of a person's changes in their order: exact when all are
//! delivered, and too large rather than too small when the server merged some.

use std::collections::HashMap;

use super::rooms::Rooms;
use super::{Measured, Plan, Shape, WARM_UP, config, measure, publishers};
use crate::client::now_us;
use crate::crowd::{Crowd, TIMED, Wire, text_frame};
use crate::process::Programs;
use crate::stats::Samples;

/// People who are here at most: with more than 50 the server tells who types ten times a second instead of at once.
const PEOPLE_MAX: usize = 50;

/// What comes before the person in an event's data; the id follows, to a quote.
const WHO: &str = r#""user_id":""#;
/// What comes behind: the last field.
const WHAT: &str = r#""typing":"#;

/// People who begin and stop to type.
pub(super) struct Signals {
    sessions: Vec<String>,
    /// Who speaks through each publisher: session and person.
    speakers: Vec<(usize, usize)>,
    /// The numbers of people by their ids.
    people: HashMap<String, usize>,
    typing: Vec<bool>,
    /// When the changes of each person were due.
    due: Vec<Vec<u64>>,
    /// Of each timed connection, what was cut at the end of a read, and how many changes of each person came.
    timed: HashMap<usize, (Vec<u8>, HashMap<usize, usize>)>,
    /// Of each connection the last bytes that it read, fewer than tell an event.
    tails: HashMap<usize, Vec<u8>>,
}

impl Signals {
    /// Publishers speak in turn, each for the session and person that it stands for.
    pub(super) fn new(sessions: Vec<String>, users: Vec<String>, speakers: Vec<(usize, usize)>) -> Signals {
        Signals {
            sessions,
            speakers,
            typing: vec![false; users.len()],
            due: vec![Vec::new(); users.len()],
            people: users.into_iter().enumerate().map(|(n, user)| (user, n)).collect(),
            timed: HashMap::new(),
            tails: HashMap::new(),
        }
    }

    /// Notes the ages of the whole events that a timed connection has got.
    fn time(&mut self, place: usize, bytes: &[u8], mut ages: Option<&mut Samples>) {
        let now = now_us();
        let (cut, counts) = self.timed.entry(place).or_default();
        cut.extend(bytes);
        let mut done = 0;
        while let Some(what) = memchr::memmem::find(&cut[done..], WHAT.as_bytes()) {
            let event = &cut[done..done + what];
            done += what + WHAT.len();
            let who = memchr::memmem::rfind(event, WHO.as_bytes()).map(|at| &event[at + WHO.len()..]);
            let id = who.and_then(|who| who.split(|byte| *byte == b'"').next());
            let id = id.and_then(|id| std::str::from_utf8(id).ok());
            let Some(person) = id.and_then(|id| self.people.get(id)) else { continue };
            let count = counts.entry(*person).or_default();
            if let (Some(due), Some(ages)) = (self.due[*person].get(*count), ages.as_deref_mut()) {
                ages.add(now.saturating_sub(*due));
            }
            *count += 1;
        }
        cut.drain(..done);
    }
}

impl Wire for Signals {
    fn write(&mut self, out: &mut Vec<u8>, n: usize, due_us: u64) {
        let (session, person) = self.speakers[n % self.speakers.len()];
        self.typing[person] = !self.typing[person];
        self.due[person].push(due_us);
        let (session, typing) = (&self.sessions[session], self.typing[person]);
        let text = format!(
            r#"{{"type":"set_typing","data":{{"session_id":"{session}","typing":{typing}}},"timestamp":0,"id":"f{n}"}}"#
        );
        text_frame(out, text.as_bytes());
    }

    fn read(&mut self, place: usize, bytes: &[u8], ages: Option<&mut Samples>) -> u64 {
        // Before the first signal come answers to what was asked before.
        if self.due.iter().all(Vec::is_empty) {
            return 0;
        }
        if place.is_multiple_of(TIMED) {
            self.time(place, bytes, ages);
        }
        let few = WHAT.len() - 1;
        // A match here is one that was cut: neither side is long enough for a whole one.
        let tail = self.tails.entry(place).or_default();
        tail.extend(&bytes[..few.min(bytes.len())]);
        let cut = memchr::memmem::find_iter(tail, WHAT.as_bytes()).count();
        let last = if bytes.len() < few { tail.as_slice() } else { bytes };
        *tail = last[last.len().saturating_sub(few)..].to_vec();
        (cut + memchr::memmem::find_iter(bytes, WHAT.as_bytes()).count()) as u64
    }
}

/// Measures one shape.
pub(super) async fn run(programs: &Programs, plan: &Plan, shape: &Shape) -> anyhow::Result<Measured> {
    let server = programs.server(None, &config("")).await?;
    let fan = shape.fan();
    let people = plan.people.min(fan).min(PEOPLE_MAX);
    let mut rooms = Rooms::fill(&server.address, shape.rooms, fan, people, "simulated").await?;
    let sockets = rooms.take_sockets()?;
    let mut places = publishers();
    // Two who publish one after the other are not the same person.
    places.sort_by_key(|place| (place % fan.div_ceil(people), *place));
    let speakers = places.iter().map(|place| (place / fan, rooms.people[*place])).collect();
    let signals = Signals::new(rooms.sessions, rooms.users, speakers);
    let mut crowd = Crowd::new(sockets, &places, Box::new(signals))?;
    crowd.settle()?;
    crowd.window(shape.rate, WARM_UP, fan as u64)?;
    let measured = measure(&mut crowd, &server, shape, shape.seconds)?;
    drop(crowd);
    server.stop().await?;
    Ok(measured)
}
