//! A document: stale bases, repeated op ids, authors, cursors, snapshots (DO3, DO5, DO7).

use std::collections::BTreeMap;

use madang_protocol::limits::{CHANGE_SECTIONS_MAX, DOCUMENT_WINDOW_BYTES_MAX, DOCUMENT_WINDOW_CHANGES_MAX};
use madang_protocol::{Actor, ErrorCode, TurnId, UnixMs, UserId};
use madang_session::{
    Blamed, Change, ChangeError, ChangeSet, Cursor, Document, DocumentError, DocumentSnapshot,
    DocumentSnapshotError, Edit, Hand, OpId, Order, Rejection, Submitted, Text,
};
use proptest::prelude::*;
use serde_json::json;

use crate::edits::{Dice, positions};

pub(crate) fn person(number: u8) -> Hand {
    Hand::of(Actor::User(UserId::new(UnixMs(1), [number; 10])))
}

pub(crate) fn claude(turn: u8) -> Hand {
    Hand::claude(TurnId::new(UnixMs(1), [turn; 10]))
}

pub(crate) fn document(text: &str) -> Document {
    Document::new(Text::new(text).unwrap(), person(1))
}

fn edit(by: Hand, op_id: &str, base: u64, change: &str) -> Edit {
    let change = ChangeSet::decode(change).unwrap().change;
    Edit { by, op_id: Some(op_id.parse().unwrap()), base, change, cursor: None }
}

fn accept(document: &mut Document, edit: Edit) -> Change {
    match document.submit(edit) {
        Ok(Submitted::Accepted(change)) => change,
        other => panic!("{other:?}"),
    }
}

fn blamed(document: &Document) -> Vec<(u32, u32, Hand)> {
    document.blame().map(|Blamed { from, to, by }| (from, to, by)).collect()
}

#[test]
fn do3_a_late_change_is_moved_over_what_came_since() {
    let mut document = document("abc");
    accept(&mut document, edit(person(1), "1", 0, r#"[1,[0,"X"],2]"#));
    accept(&mut document, edit(person(2), "1", 0, r#"[1,[0,"Y"],2]"#));
    let change = accept(&mut document, edit(person(3), "1", 1, r#"[2,[2]]"#));
    assert_eq!(document.text(), &Text::new("aXY").unwrap());
    assert_eq!((change.version, change.change.encode().as_str()), (3, "[3,[2]]"));
    assert_eq!(document.since(1).unwrap().map(|change| change.version).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(document.since(3).unwrap().len(), 0);
    assert!(document.since(4).is_none());
}

#[test]
fn do3_a_change_that_others_already_made_is_a_version_too() {
    let mut document = document("abc");
    accept(&mut document, edit(person(1), "1", 0, "[[3]]"));
    let change = accept(&mut document, edit(person(2), "1", 0, "[[3]]"));
    assert_eq!((change.version, change.change.is_unchanged()), (2, true));
}

#[test]
fn do3_a_repeated_op_id_is_answered_and_not_applied() {
    let mut document = document("abc");
    let first = edit(person(1), "a", 0, r#"[3,[0,"X"]]"#);
    accept(&mut document, edit(person(2), "a", 0, r#"[[0,"Y"],3]"#));
    accept(&mut document, first.clone());
    accept(&mut document, edit(person(2), "b", 2, r#"[5,[0,"Z"]]"#));
    assert_eq!(document.submit(first.clone()), Ok(Submitted::Repeated { version: 2 }));
    // Their client has learned of the first change in between, and sends what it has by now.
    let moved = edit(person(1), "a", 1, r#"[4,[0,"X"]]"#);
    assert_eq!(document.submit(moved), Ok(Submitted::Repeated { version: 2 }));
    // Another change, another base, or one that has seen the answer: not the same edit.
    let reused = DocumentError::OpIdReused { version: 2 };
    for other in [
        edit(person(1), "a", 0, r#"[3,[0,"x"]]"#),
        edit(person(1), "a", 1, r#"[3,[0,"X"],1]"#),
        edit(person(1), "a", 2, r#"[5,[0,"X"]]"#),
        edit(person(1), "a", 1, r#"[[0,"X"]]"#),
    ] {
        assert_eq!(document.submit(other), Err(reused));
    }
    assert_eq!(Rejection::from(reused).code, ErrorCode::Conflict);
    assert_eq!(document.version(), 3);
    // An op id is one person's.
    accept(&mut document, Edit { by: person(3), ..first });
}

#[test]
fn do3_a_base_beyond_the_window_is_stale() {
    let mut document = document("");
    document.limit_window(3);
    for number in 0..5 {
        let keep = if number == 0 { String::new() } else { format!("{number},") };
        accept(&mut document, edit(person(1), &number.to_string(), number, &format!(r#"[{keep}[0,"x"]]"#)));
    }
    assert_eq!(document.oldest_base(), 2);
    let stale = DocumentError::StaleBase { base: 1, oldest: 2, version: 5 };
    assert_eq!(document.submit(edit(person(2), "a", 1, "[1]")), Err(stale));
    assert_eq!(Rejection::from(stale).code, ErrorCode::StaleBase);
    // Sent again from before the window: its change is not known any more, and it is not applied again.
    assert_eq!(
        document.submit(edit(person(1), "0", 0, r#"[[0,"x"]]"#)),
        Err(DocumentError::StaleBase { base: 0, oldest: 2, version: 5 })
    );
    // Known, although what lies between can't be looked at any more.
    assert_eq!(
        document.submit(edit(person(1), "2", 1, r#"[1,[0,"x"]]"#)),
        Ok(Submitted::Repeated { version: 3 })
    );
    let future = DocumentError::FutureBase { base: 6, version: 5 };
    assert_eq!(document.submit(edit(person(2), "a", 6, "[5]")), Err(future));
    assert_eq!(Rejection::from(future).code, ErrorCode::InvalidData);
    accept(&mut document, edit(person(2), "a", 2, r#"[2,[0,"y"]]"#));
}

#[test]
fn do3_the_window_is_bounded_by_number_and_size() {
    let mut document = document("");
    let replace = |units, text: &str| ChangeSet::replace(units, 0, units, text).unwrap();
    let large = "x".repeat(DOCUMENT_WINDOW_BYTES_MAX / 4);
    let mut submit = |change, base| {
        accept(&mut document, Edit { by: person(1), op_id: None, base, change, cursor: None });
        document.oldest_base()
    };
    let units = large.len() as u32;
    assert_eq!(submit(replace(0, &large), 0), 0);
    assert_eq!(submit(replace(units, &large), 1), 0);
    assert_eq!(submit(replace(units, &large), 2), 0);
    assert_eq!(submit(replace(units, &large), 3), 1, "four do not fit");
    assert_eq!(submit(replace(units, "y"), 4), 1);
    for version in 5..5 + DOCUMENT_WINDOW_CHANGES_MAX as u64 {
        submit(replace(1, "z"), version);
    }
    assert_eq!(document.oldest_base(), document.version() - DOCUMENT_WINDOW_CHANGES_MAX as u64);
}

#[test]
fn do3_transforming_has_a_bound() {
    let spread = |every: u32, text: &str| {
        let places = (0..CHANGE_SECTIONS_MAX as u32 / 2).map(|at| (at * every, at * every, text));
        ChangeSet::of(20_000, places).unwrap()
    };
    let mut document = document(&"x".repeat(20_000));
    let submit = |document: &mut Document, by, base, change: ChangeSet| {
        document.submit(Edit { by, op_id: None, base, change, cursor: None })
    };
    submit(&mut document, person(1), 0, spread(3, "a")).unwrap();
    // One whose parts would become too many is stale: its author takes the text and goes on from there.
    let deletion = ChangeSet::of(20_000, (0..4_999).map(|at| (at * 4, at * 4 + 3, "b"))).unwrap();
    let stale = |refused| matches!(refused, Err(DocumentError::StaleBase { .. }));
    assert!(stale(submit(&mut document, person(2), 0, deletion)));
    for version in 1..60 {
        let units = document.text().units();
        submit(&mut document, person(1), version, ChangeSet::replace(units, 0, 0, "c").unwrap()).unwrap();
    }
    // A large one over sixty small ones is fine, over two hundred it is not.
    let units = 20_000 + CHANGE_SECTIONS_MAX as u32 / 2;
    let places = (0..4_000).map(|at| (at * 2, at * 2, "d"));
    let large = ChangeSet::of(units, places).unwrap();
    submit(&mut document, person(2), 1, large.clone()).unwrap();
    for version in 61..200 {
        let units = document.text().units();
        submit(&mut document, person(1), version, ChangeSet::replace(units, 0, 0, "c").unwrap()).unwrap();
    }
    assert!(stale(submit(&mut document, person(2), 1, large)));
    // One that has too many by itself is none.
    let units = document.text().units();
    let most = ChangeSet::of(units, (0..=CHANGE_SECTIONS_MAX as u32 / 2).map(|at| (at, at, "e"))).unwrap();
    let version = document.version();
    assert_eq!(submit(&mut document, person(2), version, most), Err(ChangeError::Sections.into()));
}

#[test]
fn do3_op_ids_are_short() {
    assert_eq!("".parse::<OpId>(), Err(DocumentError::OpId));
    assert_eq!("x".repeat(129).parse::<OpId>(), Err(DocumentError::OpId));
    assert_eq!("x".repeat(128).parse::<OpId>().unwrap().as_str().len(), 128);
    serde_json::from_value::<OpId>(json!("")).unwrap_err();
}

#[test]
fn do3_what_is_refused_changes_nothing() {
    let mut document = document("a🌏");
    for (change, error) in [
        ("[2]", ChangeError::Length { change: 2, units: 3 }),
        (r#"[2,[0,"x"],1]"#, ChangeError::SplitPair { at: 2 }),
    ] {
        assert_eq!(document.submit(edit(person(1), "a", 0, change)), Err(error.into()));
    }
    assert_eq!((document.version(), document.text()), (0, &Text::new("a🌏").unwrap()));
    accept(&mut document, edit(person(1), "a", 0, "[3]"));
}

#[test]
fn do5_cursors_follow_every_change() {
    let mut document = document("one two");
    let [mina, joon] = [person(1), person(2)];
    let at = |document: &Document, who: Hand| {
        document.cursors().find(|(actor, _)| *actor == who.user_id).map(|(_, cursor)| cursor)
    };
    document.place_cursor(mina.user_id, 0, Cursor { anchor: 7, head: 4 }).unwrap();
    document.place_cursor(joon.user_id, 0, Cursor::at(4)).unwrap();
    // Joon types where he is: he goes on, her selection does not grow.
    accept(&mut document, edit(joon, "1", 0, r#"[4,[0,"XX"],3]"#));
    assert_eq!(at(&document, joon), Some(Cursor::at(6)));
    assert_eq!(at(&document, mina), Some(Cursor { anchor: 9, head: 6 }));
    // She says where she is after a change of an older version, in her own text.
    let says = Edit { cursor: Some(Cursor::at(2)), ..edit(mina, "1", 0, r#"[[0,"ab"],7]"#) };
    accept(&mut document, says);
    assert_eq!(document.text(), &Text::new("abone XXtwo").unwrap());
    assert_eq!((at(&document, mina), at(&document, joon)), (Some(Cursor::at(2)), Some(Cursor::at(8))));
    // Where somebody was at an older version.
    assert_eq!(document.place_cursor(joon.user_id, 0, Cursor::at(7)), Ok(Cursor::at(11)));
    assert_eq!(
        document.place_cursor(joon.user_id, 3, Cursor::at(0)),
        Err(DocumentError::FutureBase { base: 3, version: 2 })
    );
    accept(&mut document, edit(mina, "2", 2, r#"[3,[8,"🌏"]]"#));
    assert_eq!(at(&document, joon), Some(Cursor::at(5)));
    // Beyond the end, and within a pair: the nearest place.
    assert_eq!(
        document.place_cursor(joon.user_id, 3, Cursor { anchor: 4, head: 99 }),
        Ok(Cursor { anchor: 3, head: 5 })
    );
    document.remove_cursor(joon.user_id);
    assert_eq!(document.cursors().count(), 1);
    for number in 0..=255 {
        document.place_cursor(person(number).user_id, 3, Cursor::at(0)).unwrap();
    }
    document.place_cursor(Actor::Claude, 3, Cursor::at(0)).unwrap();
    assert_eq!(document.cursors().count(), 256, "the one set the longest ago is gone");
    assert_eq!(at(&document, person(0)), None);
}

#[test]
fn do7_every_range_has_its_author() {
    let mut document = document("one two");
    accept(&mut document, edit(claude(1), "1", 0, r#"[4,[3,"three"]]"#));
    accept(&mut document, edit(person(2), "1", 1, r#"[6,[0,"--"],3]"#));
    accept(&mut document, edit(claude(2), "2", 2, r#"[[1],10]"#));
    let expected = vec![(0, 3, person(1)), (3, 5, claude(1)), (5, 7, person(2)), (7, 10, claude(1))];
    assert_eq!(blamed(&document), expected);
    let mut again = document.clone();
    accept(&mut again, edit(person(2), "2", 3, r#"[3,[2,"xy"],5]"#));
    assert_eq!(blamed(&again)[1], (3, 7, person(2)), "neighbours of one hand are one");
    accept(&mut again, edit(person(2), "3", 4, "[[10]]"));
    assert_eq!(blamed(&again), []);
}

#[test]
fn do7_authors_are_bounded() {
    // Everyone writes one character in two: more ranges than are told apart.
    let units = 300_000;
    let mut document = document(&"x".repeat(units as usize));
    for round in 0..60_u32 {
        let places = (0..2_500).map(|at| (at * 120 + round * 2, at * 120 + round * 2 + 1, "y"));
        let change = ChangeSet::of(units, places).unwrap();
        let by = if round % 2 == 0 { person(2) } else { claude(round as u8) };
        let base = document.version();
        accept(&mut document, Edit { by, op_id: None, base, change, cursor: None });
    }
    let ranges = blamed(&document);
    assert!(ranges.len() <= 100_000, "{}", ranges.len());
    assert_eq!(ranges.last().map(|(_, to, _)| *to), Some(units));
    // Hands that wrote nothing that is left are forgotten.
    let mut document = self::document("");
    for version in 0..5_000 {
        let turn = TurnId::new(UnixMs(version), [1; 10]);
        let units = document.text().units();
        let change = ChangeSet::replace(units, 0, units, "x").unwrap();
        accept(
            &mut document,
            Edit { by: Hand::claude(turn), op_id: None, base: version, change, cursor: None },
        );
    }
    assert_eq!(blamed(&document), [(0, 1, Hand::claude(TurnId::new(UnixMs(4_999), [1; 10])))]);
}

#[test]
fn do3_a_document_comes_back_from_its_snapshot_and_its_log() {
    let mut document = document("a🌏");
    let mut log = Vec::new();
    let mut dice = Dice::new(7);
    for number in 0..50 {
        let change = dice.change(&document.text().to_string());
        let by = if dice.once_in(4) { claude(number) } else { person(number % 3) };
        let op_id = Some(number.to_string().parse().unwrap());
        let edit = Edit { by, op_id, base: document.version(), change, cursor: None };
        let json = serde_json::to_string(&accept(&mut document, edit)).unwrap();
        log.push(serde_json::from_str::<Change>(&json).unwrap());
    }
    let mut old = self::document("a🌏");
    for change in &log[..30] {
        old.replay(change.clone()).unwrap();
    }
    let json = serde_json::to_string(&old.snapshot()).unwrap();
    let snapshot: DocumentSnapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(snapshot.version(), 30);
    let mut restored = Document::restore(snapshot).unwrap();
    assert_eq!(restored.oldest_base(), 30);
    let not_next = DocumentError::NotNext { version: 30, change: 32 };
    assert_eq!(restored.replay(log[31].clone()), Err(not_next));
    for change in &log[30..] {
        restored.replay(change.clone()).unwrap();
    }
    // What was before the snapshot, backwards.
    assert!(!restored.recall(log[5].clone()));
    assert!(log[10..30].iter().rev().all(|change| restored.recall(change.clone())));
    assert_eq!((restored.oldest_base(), restored.version()), (10, 50));
    assert_eq!(restored.text(), document.text());
    assert_eq!(blamed(&restored), blamed(&document));
    assert!(restored.since(10).unwrap().eq(document.since(10).unwrap()));
    let repeated = Edit {
        by: log[20].by,
        op_id: log[20].op_id.clone(),
        base: 20,
        change: log[20].change.clone(),
        cursor: None,
    };
    assert_eq!(restored.submit(repeated), Ok(Submitted::Repeated { version: 21 }));
    restored.limit_window(5);
    assert!(!restored.recall(log[44].clone()), "there is no room");
}

#[test]
fn do3_what_is_no_snapshot_is_refused() {
    let good = serde_json::to_value(document("abc").snapshot()).unwrap();
    let read = |field: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[field] = value;
        Document::restore(serde_json::from_value(changed).unwrap()).map(|_| ())
    };
    assert_eq!(read("format", json!(1)), Ok(()));
    assert_eq!(read("format", json!(2)), Err(DocumentSnapshotError::Format(2)));
    assert_eq!(read("text", json!("a\r\n")), Err(DocumentSnapshotError::Text));
    assert_eq!(read("text", json!("abcd")), Err(DocumentSnapshotError::Authors));
    assert_eq!(read("runs", json!([[3, 1]])), Err(DocumentSnapshotError::Authors));
    assert_eq!(read("runs", json!([[u32::MAX, 0], [4, 0]])), Err(DocumentSnapshotError::Authors));
}

/// Who wrote each unit, kept the plain way.
fn model_blame(units: &mut Vec<Hand>, change: &ChangeSet, by: Hand) {
    for splice in change.splices().collect::<Vec<_>>().into_iter().rev() {
        let written = std::iter::repeat_n(by, splice.units as usize);
        units.splice(splice.from as usize..splice.to as usize, written);
    }
}

/// An edit over what came since, by the letter.
fn model_rebase(
    since: &[ChangeSet],
    change: &ChangeSet,
    cursor: Option<Cursor>,
) -> (ChangeSet, Option<Cursor>) {
    since.iter().fold((change.clone(), cursor), |(change, cursor), accepted| {
        let there = accepted.map(&change, Order::Before).unwrap();
        (change.map(accepted, Order::After).unwrap(), cursor.map(|cursor| cursor.map(&there)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn do3_do5_do7_a_walk_keeps_every_promise(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let first = dice.text(200);
        let mut document = document(&first);
        document.limit_window(1 + dice.below(40));
        let mut log = Vec::new();
        let mut texts = BTreeMap::from([(0, first)]);
        let mut authors = vec![person(1); document.text().units() as usize];
        for step in 0..120_u64 {
            let base = dice.below(document.version() as usize + 1) as u64;
            let by = if dice.once_in(5) { claude(dice.below(9) as u8) } else { person(dice.below(5) as u8) };
            let old = &texts[&base];
            let change = dice.change(old);
            let cursor = dice.once_in(2).then(|| Cursor { anchor: dice.position(old), head: dice.below(99) as u32 });
            let within = |position: u32| position.min(change.new_units());
            let seen = cursor.map(|Cursor { anchor, head }| Cursor { anchor: within(anchor), head: within(head) });
            let expected = model_rebase(&log[base as usize..], &change, seen);
            let edit = Edit { by, op_id: Some(step.to_string().parse().unwrap()), base, change, cursor };
            let known = base >= document.oldest_base();
            match document.submit(edit.clone()) {
                Ok(Submitted::Accepted(change)) => {
                    prop_assert!(known);
                    prop_assert_eq!(&change.change, &expected.0);
                    if let Some(cursor) = expected.1 {
                        let snap = |position| document.text().snap(position);
                        let cursor = Cursor { anchor: snap(cursor.anchor), head: snap(cursor.head) };
                        let placed = document.cursors().find(|(who, _)| *who == by.user_id);
                        prop_assert_eq!(placed, Some((by.user_id, cursor)));
                    }
                    log.push(change.change.clone());
                    prop_assert_eq!(document.submit(edit), Ok(Submitted::Repeated { version: change.version }));
                    model_blame(&mut authors, &change.change, by);
                    let before = Text::new(&texts[&(change.version - 1)]).unwrap();
                    let mut after = before.clone();
                    after.apply(&change.change).unwrap();
                    prop_assert_eq!(&after, document.text());
                    texts.insert(change.version, after.to_string());
                }
                Err(DocumentError::StaleBase { .. }) => prop_assert!(!known),
                other => prop_assert!(false, "{:?}", other),
            }
            let text = document.text().to_string();
            let places = positions(&text);
            for (_, cursor) in document.cursors() {
                prop_assert!(places.contains(&cursor.anchor) && places.contains(&cursor.head));
            }
            let mut units = Vec::new();
            for range in document.blame() {
                prop_assert_eq!(range.from as usize, units.len());
                prop_assert!(units.last() != Some(&range.by) && range.to > range.from);
                units.extend(std::iter::repeat_n(range.by, (range.to - range.from) as usize));
            }
            prop_assert_eq!(&units, &authors);
        }
        let again = Document::restore(document.snapshot()).unwrap();
        prop_assert_eq!(blamed(&again), blamed(&document));
    }
}
