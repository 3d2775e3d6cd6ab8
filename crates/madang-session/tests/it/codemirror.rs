//! The same inputs through CodeMirror's own changes, in Node (`tests/codemirror`): the same outputs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use madang_session::{Bias, ChangeSet, Order, Text};
use serde_json::{Value, json};

use crate::edits::{Dice, applied, positions, setting};

/// Cases in one run; `MADANG_CODEMIRROR_CASES` asks for more.
const CASES: u64 = 5_000;

/// CodeMirror, which ends with its standard input.
pub(crate) struct Node {
    child: Child,
    pub(crate) questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Node {
    pub(crate) fn start() -> Node {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codemirror");
        assert!(
            folder.join("node_modules/@codemirror/state").exists(),
            "CodeMirror is not installed: run `make setup` (it runs `npm ci` in {})",
            folder.display()
        );
        let mut child = Command::new("node")
            .arg("compare.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("node runs");
        let (questions, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Node { child, questions, answers }
    }

    pub(crate) fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("CodeMirror takes the question")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Two changes of one text, a third after the first, and positions.
struct Case {
    doc: String,
    a: ChangeSet,
    b: ChangeSet,
    c: ChangeSet,
    at: Vec<u32>,
}

impl Case {
    fn new(seed: u64) -> Case {
        let mut dice = Dice::new(seed);
        let doc = dice.text(24);
        let a = made(&mut dice, &doc);
        let b = made(&mut dice, &doc);
        let c = dice.change(&applied(&a, &doc));
        let at = positions(&doc);
        Case { doc, a, b, c, at }
    }

    fn question(&self) -> Value {
        let Case { doc, a, b, c, at } = self;
        json!({"doc": doc, "a": a.encode(), "b": b.encode(), "c": c.encode(), "at": at})
    }

    fn answer(&self) -> Value {
        let Case { doc, a, b, c, .. } = self;
        let before = Text::new(doc).unwrap();
        let json = |set: &ChangeSet| set.encode();
        let over = a.map(b, Order::After).unwrap();
        let mut text = before.clone();
        text.apply(a).unwrap();
        json!([
            text.to_string(),
            json(a),
            json(&over),
            json(&a.map(b, Order::Before).unwrap()),
            json(&b.map(a, Order::Before).unwrap()),
            json(&over),
            json(&a.compose(c).unwrap()),
            json(&a.invert(&before).unwrap()),
            self.at
                .iter()
                .map(|at| [a.map_position(*at, Bias::Before), a.map_position(*at, Bias::After)])
                .collect::<Vec<_>>(),
        ])
    }
}

/// A change that was made at once, or of two, or moved over another: their sections are not the same kinds.
fn made(dice: &mut Dice, doc: &str) -> ChangeSet {
    let change = dice.change(doc);
    match dice.below(4) {
        0 => {
            let next = dice.change(&applied(&change, doc));
            change.compose(&next).unwrap()
        }
        1 => {
            let other = dice.change(doc);
            let there = applied(&other, doc);
            let back = other.invert(&Text::new(doc).unwrap()).unwrap();
            let moved = change.map(&other, Order::After).unwrap();
            assert_eq!(moved.old_units(), back.old_units());
            // Back on the text itself.
            assert_eq!(applied(&back, &there), doc);
            moved.map(&back, Order::After).unwrap()
        }
        _ => change,
    }
}

#[test]
fn do2_changes_are_codemirrors() {
    let (cases, seed) = (setting("MADANG_CODEMIRROR_CASES", CASES), setting("MADANG_CODEMIRROR_SEED", 1));
    let first = seed.wrapping_mul(1 << 32);
    let mut node = Node::start();
    let mut questions = node.questions.take().unwrap();
    let asking = std::thread::spawn(move || {
        for number in 0..cases {
            // A test that has failed reads no further.
            if writeln!(questions, "{}", Case::new(first + number).question()).is_err() {
                return;
            }
        }
    });
    for number in 0..cases {
        let case = Case::new(first + number);
        let (theirs, ours) = (node.answer(), case.answer());
        assert_eq!(ours, theirs, "case {number} of seed {seed}: {}", case.question());
    }
    asking.join().unwrap();
    println!("codemirror: {cases} cases of seed {seed}, all the same");
}
