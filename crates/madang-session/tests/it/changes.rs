//! Changes by themselves: what is one, and what it does to a text (DO1, DO2).

use madang_protocol::ErrorCode;
use madang_protocol::limits::{CHANGE_SECTIONS_MAX, DOCUMENT_BYTES_MAX};
use madang_session::{Bias, ChangeError, ChangeSet, LineColumn, Order, Rejection, Text, normalise};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::{Dice, applied, positions};

fn change(json: &str) -> ChangeSet {
    ChangeSet::decode(json).unwrap().change
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn after(before: &str, json: &str) -> Result<String, ChangeError> {
    let mut text = text(before);
    text.apply(&change(json)).map(|()| text.to_string())
}

#[test]
fn do2_a_change_keeps_deletes_and_replaces() {
    let table = [
        ("abc", "[3]", "abc"),
        ("abc", "[[3]]", ""),
        ("abc", r#"[1,[1,"X","Y"],1]"#, "aX\nYc"),
        ("abc", r#"[3,[0,"",""]]"#, "abc\n"),
        ("abc", "[[2],1]", "c"),
        ("abc", r#"[[2,""],1]"#, "c"),
        ("", r#"[[0,"가"]]"#, "가"),
        ("", "[]", ""),
        ("a🌏b", r#"[1,[2],1]"#, "ab"),
        ("a🌏b", r#"[3,[0,"🌏"],1]"#, "a🌏🌏b"),
        // Adjacent replaced ranges are apart: positions are mapped through each.
        ("abcd", r#"[[1,"x"],[1,"y"],2]"#, "xycd"),
    ];
    for (before, json, expected) in table {
        assert_eq!(after(before, json).as_deref(), Ok(expected), "{json}");
    }
}

#[test]
fn do2_what_is_not_a_change_is_refused() {
    let malformed = [
        "",
        "{}",
        "null",
        "3",
        "\"\"",
        "[[]]",
        "[null]",
        "[true]",
        "[\"a\"]",
        "[-1]",
        "[1.5]",
        "[1.0]",
        "[1e3]",
        "[[\"a\"]]",
        "[[-1]]",
        "[[1,2]]",
        "[[1,null]]",
        "[[1,[\"a\"]]]",
        "[[[1]]]",
        "[1",
        "[1] 2",
        "[1,]",
        "[99999999999999999999]",
        r#"[[0,"\ud800"]]"#,
        r#"[[0,"\udc00a"]]"#,
        r#"[[0,"\ud800","\udc00"]]"#,
    ];
    for json in malformed {
        assert_eq!(ChangeSet::decode(json), Err(ChangeError::Malformed), "{json}");
    }
    let loose = [
        "[0]",
        "[[0]]",
        "[[0,\"\"]]",
        "[1,0]",
        "[1,1]",
        "[[1],[1]]",
        "[[1,\"\"],[1]]",
        "[[0,\"a\"],[0,\"b\"]]",
        "[1,[0],1]",
    ];
    for json in loose {
        assert_eq!(ChangeSet::decode(json), Err(ChangeError::Loose), "{json}");
    }
    let large = [
        json!([DOCUMENT_BYTES_MAX + 1]),
        json!([u64::MAX]),
        json!([[u64::MAX], u64::MAX]),
        json!([DOCUMENT_BYTES_MAX, [1]]),
        json!([[0, "a".repeat(DOCUMENT_BYTES_MAX + 1)]]),
        json!([[1, "가".repeat(DOCUMENT_BYTES_MAX / 4)], [1, "나".repeat(DOCUMENT_BYTES_MAX / 4)]]),
    ];
    for json in large {
        let json = json.to_string();
        assert_eq!(ChangeSet::decode(&json), Err(ChangeError::TooLarge), "{:.40}", json);
    }
    let cut: Vec<Value> = (0..CHANGE_SECTIONS_MAX / 2 + 1).flat_map(|_| [json!(1), json!([1])]).collect();
    let most = Value::from(cut[..CHANGE_SECTIONS_MAX].to_vec()).to_string();
    assert_eq!(change(&most).sections(), CHANGE_SECTIONS_MAX);
    assert_eq!(ChangeSet::decode(&Value::from(cut).to_string()), Err(ChangeError::Sections));
}

#[test]
fn do2_the_length_of_a_change_is_the_texts() {
    for json in ["[2]", "[4]", "[]", "[2,[2]]", "[1,[0,\"a\"],1]"] {
        let mut text = text("abc");
        assert!(
            matches!(text.apply(&change(json)), Err(ChangeError::Length { units: 3, .. })) || json == "[2]"
        );
        assert_eq!(text, *"abc");
    }
    let (two, three) = (change("[1,[1]]"), change("[3]"));
    assert_eq!(two.map(&three, Order::After), Err(ChangeError::Length { change: 2, units: 3 }));
    assert_eq!(two.compose(&three), Err(ChangeError::Length { change: 3, units: 1 }));
    assert_eq!(two.invert(&text("abc")), Err(ChangeError::Length { change: 2, units: 3 }));
}

#[test]
fn do1_a_split_surrogate_pair_is_refused() {
    let split = [
        ("a🌏", r#"[2,[0,"x"],1]"#, 2),
        ("a🌏", "[2,[1]]", 2),
        ("a🌏", "[1,[1],1]", 2),
        ("🌏🌏", "[1,[2],1]", 1),
        ("🌏", r#"[[1],[1,"x"]]"#, 1),
    ];
    for (before, json, at) in split {
        assert_eq!(after(before, json), Err(ChangeError::SplitPair { at }), "{json}");
        assert_eq!(change(json).invert(&text(before)), Err(ChangeError::SplitPair { at }), "{json}");
    }
    // A pair that came with one change is not split by the next either.
    let pair = change(r#"[[0,"🌏"]]"#);
    assert_eq!(pair.compose(&change("[1,[1]]")), Err(ChangeError::SplitPair { at: 1 }));
    let refused = Rejection::from(ChangeError::SplitPair { at: 1 });
    assert_eq!(
        (refused.code, refused.details.as_deref()),
        (ErrorCode::InvalidData, Some("position 1 is within a surrogate pair"))
    );
    assert_eq!(text("a🌏b").snap(2), 1);
    assert_eq!([0, 1, 3, 4, 99].map(|at| text("a🌏b").snap(at)), [0, 1, 3, 4, 4]);
}

#[test]
fn do1_line_ends_are_made_lf_on_the_way_in() {
    assert_eq!(normalise("a\r\nb\rc\nd\r\r\n"), "a\nb\nc\nd\n\n");
    let table = [
        (r#"[[0,"a\r","b"]]"#, "a\nb", true),
        (r#"[[0,"a\r\nb\rc"]]"#, "a\nb\nc", true),
        (r#"[[0,"a\nb"]]"#, "a\nb", false),
        (r#"[[0,"\r"]]"#, "\n", true),
        (r#"[[0,"a","b"]]"#, "a\nb", false),
    ];
    for (json, expected, normalised) in table {
        let decoded = ChangeSet::decode(json).unwrap();
        assert_eq!(
            (applied(&decoded.change, "").as_str(), decoded.normalised),
            (expected, normalised),
            "{json}"
        );
    }
    assert_eq!(text("a\r\nb"), *"a\nb");
}

#[test]
fn do1_a_document_has_at_most_4_mib() {
    assert_eq!(Text::new(&"a".repeat(DOCUMENT_BYTES_MAX + 1)), Err(ChangeError::TooLarge));
    // What counts is the text after line ends are made LF.
    assert!(Text::new(&"\r\n".repeat(DOCUMENT_BYTES_MAX)).is_ok());
    let full = "가".repeat(DOCUMENT_BYTES_MAX / 3);
    let (mut document, units) = (text(&full), text(&full).units());
    let one_more = ChangeSet::replace(units, 0, 0, "가").unwrap();
    assert_eq!(document.apply(&one_more), Err(ChangeError::TooLarge));
    assert_eq!(document.bytes(), full.len());
    document.apply(&ChangeSet::replace(units, 3, 4, "a🌏").unwrap()).unwrap_err();
    document.apply(&ChangeSet::replace(units, 3, 5, "abc").unwrap()).unwrap();
    assert_eq!(document.bytes(), full.len() - 3);
}

#[test]
fn do1_lines_end_at_lf_alone() {
    let text = text("a\u{2028}b\u{85}\u{b}\u{c}c\n🌏d\n");
    assert_eq!(text.lines(), 3);
    let table = [(0, 0, 0), (6, 0, 6), (7, 0, 7), (8, 1, 0), (10, 1, 2), (11, 1, 3), (12, 2, 0)];
    for (position, line, column) in table {
        let place = LineColumn { line, column };
        assert_eq!(text.place_of(position), Ok(place));
        assert_eq!(text.position_of(place), Ok(position));
    }
    let gone = |line, column| text.position_of(LineColumn { line, column });
    assert_eq!(gone(0, 8), Err(ChangeError::Place { line: 0, column: 8 }));
    assert_eq!(gone(3, 0), Err(ChangeError::Place { line: 3, column: 0 }));
    assert_eq!(gone(1, u32::MAX), Err(ChangeError::Place { line: 1, column: u32::MAX }));
    assert_eq!(gone(1, 1), Err(ChangeError::SplitPair { at: 9 }));
    let nearest = |line, column| text.nearest(LineColumn { line, column });
    assert_eq!([nearest(0, 99), nearest(1, 1), nearest(9, 0), nearest(2, u32::MAX)], [7, 8, 12, 12]);
    assert_eq!(self::text("").place_of(0), Ok(LineColumn { line: 0, column: 0 }));
}

#[test]
fn do2_what_comes_at_one_place_comes_in_the_order_accepted() {
    let (first, second) = (change(r#"[1,[0,"A"],1]"#), change(r#"[1,[0,"B"],1]"#));
    assert_eq!(second.map(&first, Order::After), Ok(change(r#"[2,[0,"B"],1]"#)));
    assert_eq!(first.map(&second, Order::Before), Ok(change(r#"[1,[0,"A"],2]"#)));
    assert_eq!(change("[1,[0,\"A\"],1]").map_position(1, Bias::Before), 1);
    assert_eq!(change("[1,[0,\"A\"],1]").map_position(1, Bias::After), 2);
    assert_eq!(change("[1,[0,\"A\"],1]").map_position(99, Bias::After), 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn do2_changes_do_what_they_say(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let before = dice.text(60);
        let (a, b) = (dice.change(&before), dice.change(&before));
        // Through JSON and back.
        let decoded = ChangeSet::decode(&a.encode()).unwrap();
        prop_assert_eq!(&decoded.change, &a);
        prop_assert!(!decoded.normalised);
        prop_assert_eq!(serde_json::from_str::<ChangeSet>(&serde_json::to_string(&a).unwrap()).unwrap(), a.clone());
        // The rope does what the letter says.
        let mut rope = text(&before);
        rope.apply(&a).unwrap();
        let with_a = applied(&a, &before);
        prop_assert_eq!(rope.to_string(), with_a.clone());
        prop_assert_eq!(rope.units(), a.new_units());
        // There and back.
        let back = a.invert(&text(&before)).unwrap();
        prop_assert_eq!(applied(&back, &with_a), before.clone());
        // Two ways to both (TP1).
        let b_after_a = b.map(&a, Order::After).unwrap();
        let a_before_b = a.map(&b, Order::Before).unwrap();
        let both = applied(&b_after_a, &with_a);
        prop_assert_eq!(&applied(&a_before_b, &applied(&b, &before)), &both);
        // And in one.
        prop_assert_eq!(applied(&a.compose(&b_after_a).unwrap(), &before), both);
        // Every position stays out of the pairs.
        let places = positions(&with_a);
        for position in positions(&before) {
            for bias in [Bias::Before, Bias::After] {
                prop_assert!(places.contains(&a.map_position(position, bias)));
            }
        }
    }

    #[test]
    fn do1_lines_are_the_texts(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let plain = dice.text(60);
        let rope = text(&plain);
        prop_assert_eq!(rope.lines() as usize, plain.split('\n').count());
        let (mut line, mut start) = (0, 0);
        for (position, char) in positions(&plain).into_iter().zip(plain.chars().chain(['\0'])) {
            let place = LineColumn { line, column: position - start };
            prop_assert_eq!(rope.place_of(position), Ok(place));
            prop_assert_eq!(rope.position_of(place), Ok(position));
            if char == '\n' {
                (line, start) = (line + 1, position + 1);
            }
        }
    }
}
