//! Streams that make sense and streams that don't, split anywhere.

use super::*;
use crate::messages::sse::Decoder;
use proptest::prelude::*;

/// What comes of some bytes, however they were split: items as text, and the fault.
fn run(bytes: &[u8], split: usize) -> (Vec<StreamItem>, Option<String>) {
    let (mut decoder, mut assembler) = (Decoder::new(1 << 20), Assembler::new(None));
    let mut out = VecDeque::new();
    for chunk in bytes.chunks(split.max(1)) {
        decoder.push(chunk);
        while let Some(event) = decoder.next_event() {
            if let Err(fault) = assembler.take(event.unwrap(), &mut out) {
                return (out.into(), Some(format!("{fault:?}")));
            }
        }
    }
    (out.into(), None)
}

/// Events with indexes, kinds and pieces that fit now and then.
fn event() -> impl Strategy<Value = String> {
    let index = 0..3_u8;
    let block = prop::sample::select(vec![
        r#"{"type":"text","text":""}"#,
        r#"{"type":"thinking","thinking":"","signature":""}"#,
        r#"{"type":"tool_use","id":"t","name":"n","input":{}}"#,
        r#"{"type":"x_tool_result","tool_use_id":"t","content":[1]}"#,
        r#"{"type":"new","a":[{}]}"#,
    ]);
    let delta = prop::sample::select(vec![
        r#"{"type":"text_delta","text":"한 \"\\"}"#,
        r#"{"type":"thinking_delta","thinking":"t"}"#,
        r#"{"type":"input_json_delta","partial_json":"{\"a\":"}"#,
        r#"{"type":"input_json_delta","partial_json":"1}"}"#,
        r#"{"type":"signature_delta","signature":"s"}"#,
        r#"{"type":"new_delta","text":1}"#,
    ]);
    let started = (index.clone(), block)
        .prop_map(|(i, b)| format!(r#"{{"type":"content_block_start","index":{i},"content_block":{b}}}"#));
    let grown = (index.clone(), delta)
        .prop_map(|(i, d)| format!(r#"{{"type":"content_block_delta","index":{i},"delta":{d}}}"#));
    let stopped = index.prop_map(|i| format!(r#"{{"type":"content_block_stop","index":{i}}}"#));
    let told = r#"{"type":"message_delta","delta":{"stop_reason":"x"},"usage":{"output_tokens":2}}"#;
    prop_oneof![2 => started, 6 => grown, 1 => stopped, 1 => Just(told.to_owned())]
}

/// Parts begin in order without gaps, grow and end only while they are open, and end as JSON objects.
fn check_order(items: &[StreamItem]) {
    let mut open = None;
    let mut begun = 0;
    for item in items {
        match item {
            StreamItem::PartStarted { index, .. } => {
                assert_eq!(*index, begun);
                begun += 1;
                assert_eq!(open.replace(*index), None, "parts don't overlap");
            }
            StreamItem::Delta { index, content } => assert!(open == Some(*index) && !content.is_empty()),
            StreamItem::PartEnded { index, raw } => {
                assert!(open.take() == Some(*index) && raw.get().starts_with('{'));
            }
            StreamItem::Waiting { .. }
            | StreamItem::Started { .. }
            | StreamItem::Citation { .. }
            | StreamItem::Usage { .. }
            | StreamItem::Ended { .. } => {}
        }
    }
}

proptest! {
    #[test]
    fn parts_keep_their_order_and_any_split_gives_the_same(
        events in prop::collection::vec(event(), 0..30),
        split in 1_usize..80,
    ) {
        let mut text = String::from("data: {\"type\":\"message_start\",\"message\":{}}\n\n");
        for event in events {
            text.push_str(&format!("data: {event}\r\n\r\n"));
        }
        let whole = run(text.as_bytes(), usize::MAX);
        check_order(&whole.0);
        prop_assert_eq!(format!("{:?}", run(text.as_bytes(), split)), format!("{whole:?}"));
    }

    #[test]
    fn garbage_ends_in_a_fault_or_in_nothing(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut text = b"data: ".to_vec();
        text.extend(bytes);
        text.extend(b"\n\n");
        check_order(&run(&text, 7).0);
    }
}
