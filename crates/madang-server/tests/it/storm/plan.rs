//! What happens in a storm, in order: made from a seed, kept in a file, played again from it.

use std::fs;
use std::path::Path;

/// People besides the owner; the first half speaks version 2, the others version 1.
pub(crate) const PEOPLE: usize = 8;
/// Milliseconds between two steps, at most.
const PAUSE_MS_MAX: u64 = 40;
/// Steps that fill a second on average, pauses and what steps take counted.
const STEPS_PER_SECOND: u64 = 40;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Someone says something, three times with one id.
    Say,
    /// Someone says something long.
    SayMuch,
    /// Someone asks Claude, three times with one id.
    Ask,
    /// Someone stops the reply that they see running.
    Cancel,
    /// Someone's socket breaks in the middle of a frame; they come back by themselves.
    Break,
    /// Someone stops reading.
    Stall,
    /// Someone reads again.
    Resume,
    /// Someone gets the role of a viewer, or of a collaborator again.
    Role,
    /// Someone is removed.
    Remove,
    /// Someone who was removed is asked in by name and comes in again.
    Rejoin,
    /// The server is asked to end, and started again.
    Restart,
    /// The server is killed, and started again.
    Kill,
}

/// Every act, how often it comes (of all together), and its name in a file.
const ACTS: [(Act, u64, &str); 12] = [
    (Act::Say, 360, "say"),
    (Act::SayMuch, 60, "say-much"),
    (Act::Ask, 60, "ask"),
    (Act::Cancel, 30, "cancel"),
    (Act::Break, 150, "break"),
    (Act::Stall, 40, "stall"),
    (Act::Resume, 80, "resume"),
    (Act::Role, 50, "role"),
    (Act::Remove, 40, "remove"),
    (Act::Rejoin, 80, "rejoin"),
    (Act::Restart, 4, "restart"),
    (Act::Kill, 10, "kill"),
];

/// One step: who does it, and how long afterwards nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) act: Act,
    pub(crate) who: usize,
    pub(crate) pause_ms: u64,
}

/// A storm.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// Makes one that lasts about so long.
    pub(crate) fn make(seed: u64, seconds: u64) -> Plan {
        let mut state = seed;
        let mut steps: Vec<_> = (0..seconds * STEPS_PER_SECOND).map(|_| step(&mut state)).collect();
        // However short it is, the server goes down both ways.
        for (at, act) in
            [(steps.len() / 3, Act::Kill), (steps.len() / 2, Act::Restart), (steps.len() * 3 / 4, Act::Kill)]
        {
            steps[at].act = act;
        }
        Plan { seed, steps }
    }

    /// Writes it down, a step a line.
    pub(crate) fn write(&self, file: &Path) {
        let name = |act: Act| ACTS.iter().find(|(known, _, _)| *known == act).expect("all are listed").2;
        let line = |step: &Step| format!("{} {} {}\n", name(step.act), step.who, step.pause_ms);
        let lines: String = self.steps.iter().map(line).collect();
        fs::write(file, format!("seed {}\n{lines}", self.seed)).unwrap();
    }

    /// Reads one that was written down.
    pub(crate) fn read(file: &Path) -> Plan {
        let text = fs::read_to_string(file).unwrap();
        let mut lines = text.lines();
        let seed = lines.next().and_then(|line| line.strip_prefix("seed ")).expect("a seed").parse().unwrap();
        let step = |line: &str| {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            let (act, _, _) = ACTS.iter().find(|(_, _, known)| *known == name).expect("an act that is known");
            let mut number = || words.next().expect("a number").parse().expect("a number");
            Step { act: *act, who: number() as usize, pause_ms: number() }
        };
        Plan { seed, steps: lines.map(step).collect() }
    }
}

fn step(state: &mut u64) -> Step {
    let all: u64 = ACTS.iter().map(|(_, often, _)| often).sum();
    let mut at = random(state) % all;
    let act = ACTS.iter().find_map(|(act, often, _)| {
        let found = (at < *often).then_some(*act);
        at = at.saturating_sub(*often);
        found
    });
    Step {
        act: act.expect("the weights add up"),
        who: 1 + (random(state) % PEOPLE as u64) as usize,
        pause_ms: random(state) % PAUSE_MS_MAX,
    }
}

/// SplitMix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn a_storm_is_its_seed_and_its_file() {
    let plan = Plan::make(7, 10);
    assert_eq!(plan, Plan::make(7, 10));
    assert_ne!(plan.steps, Plan::make(8, 10).steps);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan");
    plan.write(&file);
    assert_eq!(Plan::read(&file), plan);
}
