//! Version-1 ranges, and the smallest change from one text to another (DO4).

use madang_protocol::EditorChange;
use madang_protocol::limits::DOCUMENT_BYTES_MAX;
use madang_session::{ChangeError, ChangeSet, Text};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::{Dice, applied};

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn monaco(range: [u32; 4], text: &str, length: u32) -> Value {
    let [start, column, end, end_column] = range;
    json!({
        "range": {"startLineNumber": start, "startColumn": column, "endLineNumber": end, "endColumn": end_column},
        "text": text,
        "rangeLength": length,
    })
}

fn lines(range: [u32; 4], text: &str) -> Value {
    let [line, character, end, end_character] = range;
    let range = json!({"start": {"line": line, "character": character}, "end": {"line": end, "character": end_character}});
    json!({"range": range, "text": text})
}

fn read(changes: Value) -> Vec<EditorChange> {
    serde_json::from_value(changes).unwrap()
}

fn edited(before: &str, changes: Value) -> Result<String, ChangeError> {
    let change = ChangeSet::from_editor(&text(before), &read(changes))?;
    Ok(applied(&change, before))
}

#[test]
fn do4_ranges_of_both_kinds_are_understood() {
    let before = "one\n🌏 two\nthree";
    let table = [
        (json!([monaco([1, 4, 1, 4], "!", 0)]), "one!\n🌏 two\nthree"),
        (json!([monaco([2, 1, 2, 3], "🐻", 2)]), "one\n🐻 two\nthree"),
        (json!([monaco([1, 4, 3, 1], " ", 8)]), "one three"),
        (json!([lines([2, 5, 2, 5], "\r\nfour")]), "one\n🌏 two\nthree\nfour"),
        (json!([lines([0, 3, 1, 2], "")]), "one two\nthree"),
        // All refer to the text before, in whatever order they come.
        (json!([monaco([3, 1, 3, 6], "3", 5), monaco([1, 1, 1, 4], "1", 3)]), "1\n🌏 two\n3"),
        (json!([monaco([1, 1, 1, 4], "1", 3), monaco([3, 1, 3, 6], "3", 5)]), "1\n🌏 two\n3"),
        (json!([lines([0, 0, 0, 1], "O"), lines([0, 1, 0, 2], "N")]), "ONe\n🌏 two\nthree"),
        // At one place, the later in the list is the earlier in the text.
        (json!([lines([0, 0, 0, 0], "b"), lines([0, 0, 0, 0], "a")]), "abone\n🌏 two\nthree"),
        (json!([lines([0, 0, 0, 1], "O"), lines([0, 0, 0, 0], "n")]), "nOne\n🌏 two\nthree"),
        (json!([]), before),
        // On Windows, Monaco counts two units for each line end.
        (json!([monaco([1, 4, 3, 1], " ", 10)]), "one three"),
    ];
    for (changes, expected) in table {
        assert_eq!(edited(before, changes.clone()).as_deref(), Ok(expected), "{changes}");
    }
}

#[test]
fn do4_ranges_of_another_text_are_refused() {
    let before = "one\n🌏 two";
    let place = |line, column| ChangeError::Place { line, column };
    let table = [
        (json!([monaco([1, 5, 1, 5], "", 0)]), place(0, 4)),
        (json!([monaco([3, 1, 3, 1], "", 0)]), place(2, 0)),
        (json!([monaco([0, 1, 1, 1], "", 0)]), place(0, 1)),
        (json!([lines([1, 0, 7, 0], "")]), place(7, 0)),
        (json!([lines([1, 1, 1, 2], "")]), ChangeError::SplitPair { at: 5 }),
        (json!([lines([0, 2, 0, 1], "")]), ChangeError::Beyond { at: 1, units: 10 }),
        (json!([lines([0, 0, 0, 2], ""), lines([0, 1, 0, 3], "")]), ChangeError::Overlap { at: 1 }),
        (json!([monaco([1, 1, 1, 3], "", 3)]), ChangeError::RangeLength { said: 3, units: 2 }),
    ];
    for (changes, expected) in table {
        assert_eq!(edited(before, changes.clone()), Err(expected), "{changes}");
    }
    for range in
        [json!({}), json!({"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}})]
    {
        serde_json::from_value::<EditorChange>(json!({"range": range, "text": ""})).unwrap_err();
    }
}

#[test]
fn do4_a_whole_text_replacement_is_diffed() {
    let before = "fn main() {\n    one();\n    two();\n}\n";
    let after = "fn main() {\n    one();\n    2();\n}\n";
    let all = [0, 0, 4, 0];
    let expected = ChangeSet::replace(36, 27, 30, "2").unwrap();
    for changes in [
        json!([lines(all, after)]),
        json!([lines(all, &after.replace('\n', "\r\n"))]),
        json!([lines(all, ""), lines([0, 0, 0, 0], after)]),
    ] {
        assert_eq!(
            ChangeSet::from_editor(&text(before), &read(changes.clone())).as_ref(),
            Ok(&expected),
            "{changes}"
        );
    }
    assert_eq!(edited(before, json!([lines(all, "")])).as_deref(), Ok(""));
    assert_eq!(edited("", json!([lines([0, 0, 0, 0], after)])).as_deref(), Ok(after));
}

#[test]
fn do4_changes_go_out_last_position_first() {
    let before = text("one\n🌏 two\nthree");
    let change = ChangeSet::of(16, [(0, 1, "O"), (6, 6, "\nx🐻"), (11, 16, "")]).unwrap();
    let sent = serde_json::to_value(change.to_editor(&before).unwrap()).unwrap();
    let with = |mut change: Value, line: u32, column: u32| {
        change["position"] = json!({"line": line, "column": column});
        change
    };
    assert_eq!(
        sent,
        json!([
            with(monaco([3, 1, 3, 6], "", 5), 3, 1),
            with(monaco([2, 3, 2, 3], "\nx🐻", 0), 3, 4),
            with(monaco([1, 1, 1, 2], "O", 1), 1, 2),
        ])
    );
    assert_eq!(change.to_editor(&text("")), Err(ChangeError::Length { change: 16, units: 0 }));
}

#[test]
fn do4_long_texts_are_diffed_within_bounds() {
    let lines = |word: &str| (0..40_000).map(|n| format!("{word} {n} {}\n", n % 7)).collect::<String>();
    let old = lines("line");
    // One word in the middle, and a line less: what stays is kept.
    let new = old.replace("line 20000 ", "LINE 20000 ").replacen("line 30000 5\n", "", 1);
    let change = ChangeSet::diff(&text(&old), &new).unwrap();
    assert_eq!(applied(&change, &old), new);
    assert_eq!(change.splices().map(|splice| splice.to - splice.from).sum::<u32>(), 4 + 13);
    // Nothing in common but single characters: replaced as a whole rather than compared for minutes.
    let other = lines("WORT").chars().rev().collect::<String>();
    let change = ChangeSet::diff(&text(&old), &other).unwrap();
    assert_eq!(applied(&change, &old), other);
    // The worst for every comparison: the same characters everywhere.
    let (a, b) = ("ab".repeat(100_000), "ba".repeat(100_000));
    assert_eq!(applied(&ChangeSet::diff(&text(&a), &b).unwrap(), &a), b);
    let most = "a".repeat(DOCUMENT_BYTES_MAX + 1);
    assert_eq!(ChangeSet::diff(&text(""), &most), Err(ChangeError::TooLarge));
}

/// Characters in the longest common subsequence.
fn common(old: &[char], new: &[char]) -> usize {
    let mut row = vec![0; new.len() + 1];
    for a in old {
        let mut before = 0;
        for (at, b) in new.iter().enumerate() {
            let here = if a == b { before + 1 } else { row[at + 1].max(row[at]) };
            before = row[at + 1];
            row[at + 1] = here;
        }
    }
    row[new.len()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn do4_a_diff_is_the_smallest_there_is(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let old = dice.text(40);
        let new = if dice.once_in(3) { dice.text(40) } else { applied(&dice.change(&old), &old) };
        let change = ChangeSet::diff(&text(&old), &new).unwrap();
        prop_assert_eq!(applied(&change, &old), new.clone());
        let (old_chars, new_chars): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        let gone: usize = change
            .splices()
            .map(|splice| text(&old).slice(splice.from, splice.to).unwrap().chars().count())
            .sum();
        prop_assert_eq!(gone, old_chars.len() - common(&old_chars, &new_chars));
        prop_assert_eq!(change.is_unchanged(), old == new);
    }

    #[test]
    fn do4_version_1_makes_the_same_text(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let before = dice.text(60);
        let change = dice.change(&before);
        let sent = change.to_editor(&text(&before)).unwrap();
        // As one event, and one after the other.
        let at_once = ChangeSet::from_editor(&text(&before), &sent).unwrap();
        prop_assert_eq!(applied(&at_once, &before), applied(&change, &before));
        let mut mirror = before.clone();
        for one in sent {
            let next = ChangeSet::from_editor(&text(&mirror), &[one]).unwrap();
            mirror = applied(&next, &mirror);
        }
        prop_assert_eq!(mirror, applied(&change, &before));
    }
}
