//! What a keystroke costs a document's owner, without wire and disk: `cargo run --release --example document_trace TRACE…`.
//!
//! A trace is a file of josephg/editing-traces, gzipped or not. Each is replayed by one person, then spread over 5 and 20 who
//! don't see each other's last changes: the base of each edit is as many versions old as there are others.

use std::collections::VecDeque;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use madang_protocol::{Actor, UnixMs, UserId};
use madang_session::{ChangeSet, Cursor, Document, Edit, Hand, Order, Text};
use serde::Deserialize;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Documents that are held at once to see what memory each takes.
const COPIES: usize = 20;

/// Bytes of a page of memory.
const PAGE: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    #[serde(default)]
    start_content: String,
    end_content: String,
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    #[serde(default)]
    agent: usize,
    #[serde(default)]
    parents: Vec<usize>,
    patches: Vec<(u32, u32, String)>,
}

/// An edit before it is sent: what it changes of the newest version then, and how many versions its author is behind.
struct Stroke {
    change: ChangeSet,
    behind: usize,
}

fn main() -> Outcome {
    let mut out = std::io::stdout();
    for path in std::env::args().skip(1) {
        let trace = read(&path)?;
        let strokes = in_one_line(&trace)?;
        writeln!(out, "{path}: {} changes, {} bytes at the end", strokes.len(), trace.end_content.len())?;
        // First, while the memory is new.
        writeln!(out, "  {}", opening(&trace, &strokes)?)?;
        for people in [1, 5, 20] {
            let played = play(&trace, &strokes, people)?;
            writeln!(out, "  {people:2} people: {played}")?;
        }
    }
    Ok(())
}

fn read(path: &str) -> Outcome<Trace> {
    let bytes = if path.ends_with(".gz") {
        Command::new("gzip").args(["-dc", path]).output()?.stdout
    } else {
        std::fs::read(path)?
    };
    Ok(serde_json::from_slice(&bytes)?)
}

/// Somebody of a trace.
#[derive(Default)]
struct Agent {
    /// What others wrote that they have not seen, each on top of all that they have and of the ones before; whose it is, and
    /// how many of theirs there are with it.
    unseen: VecDeque<(usize, usize, ChangeSet)>,
    units: u32,
    written: usize,
}

impl Agent {
    /// Takes in what is known by now: so many of each person's.
    fn see(&mut self, known: &[usize]) {
        while let Some((_, _, change)) =
            self.unseen.pop_front_if(|(whose, number, _)| *number <= known[*whose])
        {
            self.units = change.new_units();
        }
    }

    /// Writes something, and says what it is on top of everything.
    fn write(&mut self, (at, deleted, text): &(u32, u32, String)) -> Outcome<Stroke> {
        let mut change = ChangeSet::replace(self.units, *at, at + deleted, text)?;
        self.units = change.new_units();
        for (_, _, unseen) in &mut self.unseen {
            let moved = change.map(unseen, Order::After)?;
            *unseen = unseen.map(&change, Order::Before)?;
            change = moved;
        }
        Ok(Stroke { change, behind: self.unseen.len() })
    }
}

/// Everyone's changes in one order, each on top of all before it.
fn in_one_line(trace: &Trace) -> Outcome<Vec<Stroke>> {
    let units = Text::new(&trace.start_content)?.units();
    let people = trace.txns.iter().map(|txn| txn.agent + 1).max().unwrap_or_default();
    let mut agents: Vec<Agent> = (0..people).map(|_| Agent { units, ..Agent::default() }).collect();
    // How many of each person's transactions are known with each transaction.
    let mut known: Vec<Vec<usize>> = Vec::new();
    let mut strokes = Vec::new();
    for txn in &trace.txns {
        let mut here = vec![0; people];
        for parent in &txn.parents {
            here.iter_mut().zip(&known[*parent]).for_each(|(here, there)| *here = (*here).max(*there));
        }
        let who = txn.agent;
        agents[who].see(&here);
        agents[who].written += 1;
        here[who] = agents[who].written;
        for patch in &txn.patches {
            let stroke = agents[who].write(patch)?;
            let others = agents.iter_mut().enumerate().filter(|(number, _)| *number != who);
            others.for_each(|(_, other)| other.unseen.push_back((who, here[who], stroke.change.clone())));
            strokes.push(stroke);
        }
        known.push(here);
    }
    Ok(strokes)
}

fn hand(number: usize) -> Hand {
    Hand::of(Actor::User(UserId::new(UnixMs(1), [u8::try_from(number).unwrap_or(u8::MAX); 10])))
}

fn start(trace: &Trace, people: usize) -> Outcome<Document> {
    let mut document = Document::new(Text::new(&trace.start_content)?, hand(0));
    for number in 0..people {
        document.place_cursor(hand(number).user_id, 0, Cursor::at(0))?;
    }
    Ok(document)
}

/// Edits as they were sent: older by some versions than the document.
fn play(trace: &Trace, strokes: &[Stroke], people: usize) -> Outcome<String> {
    let mut document = start(trace, people)?;
    let mut back: VecDeque<ChangeSet> = VecDeque::new();
    let (mut spent, mut worst, mut bases) = (Duration::ZERO, Duration::ZERO, 0);
    for (number, stroke) in strokes.iter().enumerate() {
        let behind = stroke.behind.max(people - 1).min(back.len());
        let (behind, change) = earlier(&document, &back, &stroke.change, behind)?;
        bases += behind;
        let before = document.text().clone();
        let (json, op_id) = (change.encode(), format!("client-{}:{number}", number % people));
        let change_end = change.splices().last().map_or(0, |splice| splice.new_from + splice.units);
        let begin = Instant::now();
        let edit = Edit {
            by: hand(number % people),
            op_id: Some(op_id.parse()?),
            base: document.version() - behind as u64,
            change: ChangeSet::decode(&json)?.change,
            cursor: Some(Cursor::at(change_end)),
        };
        let answer = document.submit(edit);
        let took = begin.elapsed();
        answer?;
        (spent, worst) = (spent + took, worst.max(took));
        back.push_back(stroke.change.invert(&before)?);
        if back.len() > 64 {
            back.pop_front();
        }
    }
    // Where two typed at one place whose characters a third change took away, the trace has an order of its own.
    let other = ChangeSet::diff(document.text(), &trace.end_content)?;
    let ends = if other.is_unchanged() {
        "ends as the trace".to_owned()
    } else {
        format!("ends with {} in another order", other.encode())
    };
    let changes = strokes.len() as f64;
    Ok(format!(
        "{:.2} us per change (JSON read, transformed over {:.1}, applied), the longest {} us; {ends}",
        spent.as_secs_f64() * 1e6 / changes,
        bases as f64 / changes,
        worst.as_micros()
    ))
}

/// A change of the newest version as one of a version so much older, if it is one that comes back as it was.
fn earlier(
    document: &Document,
    back: &VecDeque<ChangeSet>,
    change: &ChangeSet,
    behind: usize,
) -> Outcome<(usize, ChangeSet)> {
    let mut there = change.clone();
    for inverse in back.iter().rev().take(behind) {
        there = there.map(inverse, Order::After)?;
    }
    let mut again = there.clone();
    for accepted in document.since(document.version() - behind as u64).into_iter().flatten() {
        again = again.map(&accepted.change, Order::After)?;
    }
    if behind == 0 || again == *change {
        Ok((behind, there))
    } else {
        earlier(document, back, change, behind / 2)
    }
}

/// What it takes to open a document again, and to hold it.
fn opening(trace: &Trace, strokes: &[Stroke]) -> Outcome<String> {
    let mut copies = Vec::new();
    let before = memory()?;
    for _ in 0..COPIES {
        let mut document = start(trace, 2)?;
        for (number, stroke) in strokes.iter().enumerate() {
            let op_id = Some(format!("client-{}:{number}", number % 2).parse()?);
            let (by, base) = (hand(number % 2), document.version());
            document.submit(Edit { by, op_id, base, change: stroke.change.clone(), cursor: None })?;
        }
        copies.push(document);
    }
    let each = memory()?.saturating_sub(before) / COPIES;
    let document = &copies[0];
    let json = serde_json::to_string(&document.snapshot())?;
    let begin = Instant::now();
    let mut again = Document::restore(serde_json::from_str(&json)?)?;
    let opened = begin.elapsed();
    let recent: Vec<_> = document.since(document.oldest_base()).into_iter().flatten().collect();
    let lines: Vec<String> = recent.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let begin = Instant::now();
    for line in lines.iter().rev() {
        again.recall(serde_json::from_str(line)?);
    }
    let recalled = begin.elapsed();
    let remembered = recent.len();
    // What they held is not given to the next trace's, which would seem to need nothing.
    std::mem::forget(copies);
    Ok(format!(
        "{} KiB of memory with {} changes remembered, for {} KiB of text; snapshot {} KiB, opened in {} us, window in {} us",
        each / 1024,
        remembered,
        trace.end_content.len() / 1024,
        json.len() / 1024,
        opened.as_micros(),
        recalled.as_micros()
    ))
}

/// Resident bytes of this process.
fn memory() -> Outcome<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    Ok(pages.split(' ').nth(1).unwrap_or_default().parse::<usize>()? * PAGE)
}
