//! RFC 6455 and EN5, frame by frame.

use std::sync::Arc;

use madang_gateway::codec::{Budget, Decoder, Item, Opcode, Violation, frame_len, unmask, write_frame};
use madang_protocol::CloseCode;
use madang_protocol::limits::{
    ANONYMOUS_MESSAGE_BYTES_MAX, EMPTY_FRAGMENTS_MAX, FRAGMENTS_MAX, LARGE_MESSAGE_BYTES_MAX,
    MESSAGE_BYTES_MAX,
};
use proptest::prelude::*;

use crate::frames::{close, frame, header, text};

/// What a decoder said, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Text(String),
    Binary,
    Refused,
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
    Failed(CloseCode),
}

fn said(item: Item<'_>) -> Said {
    match item {
        Item::Text(text, _) => Said::Text(text.into_owned()),
        Item::Binary => Said::Binary,
        Item::Refused => Said::Refused,
        Item::Ping(payload) => Said::Ping(payload.into_owned()),
        Item::Pong => Said::Pong,
        Item::Close(frame) => Said::Close(frame.code),
    }
}

/// Feeds the input in pieces of the given sizes (the last one repeats), up to a close or a violation.
fn run(decoder: &mut Decoder, input: &[u8], cuts: &[usize]) -> Vec<Said> {
    let mut out = Vec::new();
    let mut rest = input;
    let mut cuts = cuts.iter().copied().chain(std::iter::repeat(*cuts.last().unwrap_or(&usize::MAX)));
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(cuts.next().unwrap_or(1).clamp(1, rest.len()));
        rest = after;
        let mut piece = piece.to_vec();
        let mut at = 0;
        while at < piece.len() {
            match decoder.decode(&mut piece[at..]) {
                Ok(decoded) => {
                    assert!(decoded.used > 0, "a call that takes nothing would be called for ever");
                    at += decoded.used;
                    match decoded.item.map(said) {
                        Some(last @ Said::Close(_)) => {
                            out.push(last);
                            return out;
                        }
                        Some(item) => out.push(item),
                        None => assert_eq!(at, piece.len(), "with no item all input is taken"),
                    }
                }
                Err(Violation { close, .. }) => {
                    out.push(Said::Failed(close));
                    return out;
                }
            }
        }
    }
    out
}

/// Checks the answer to `input`, whole and byte by byte.
#[track_caller]
fn check(input: &[u8], expected: &[Said]) {
    for cuts in [usize::MAX, 1, 3] {
        let mut decoder = Decoder::new(MESSAGE_BYTES_MAX);
        assert_eq!(run(&mut decoder, input, &[cuts]), expected, "in pieces of {cuts}");
    }
}

fn failed(code: CloseCode) -> Vec<Said> {
    vec![Said::Failed(code)]
}

#[test]
fn en5_reads_text_pings_and_pongs() {
    let input = [text("안녕 👋"), frame(0x89, b"are you there"), frame(0x8a, b""), text("")].concat();
    check(
        &input,
        &[
            Said::Text("안녕 👋".into()),
            Said::Ping(b"are you there".to_vec()),
            Said::Pong,
            Said::Text(String::new()),
        ],
    );
}

#[test]
fn en5_joins_fragments_with_control_frames_between_and_characters_cut() {
    let payload = "가나다👋".as_bytes();
    let mut input = frame(0x01, &payload[..2]);
    input.extend(frame(0x89, b"1"));
    input.extend(frame(0x00, &payload[2..11]));
    input.extend(frame(0x8a, b"2"));
    input.extend(frame(0x00, b""));
    input.extend(frame(0x80, &payload[11..]));
    check(&input, &[Said::Ping(b"1".to_vec()), Said::Pong, Said::Text("가나다👋".into())]);
}

#[test]
fn en5_protocol_violations_are_1002() {
    let mut unmasked = vec![0x81, 1, b'x'];
    let cases: Vec<Vec<u8>> = vec![
        std::mem::take(&mut unmasked),
        frame(0xc1, b"x"),
        frame(0xa1, b"x"),
        frame(0x91, b"x"),
        frame(0x83, b"x"),
        frame(0x8b, b"x"),
        frame(0x80, b"nothing to continue"),
        [frame(0x01, b"a"), frame(0x01, b"b")].concat(),
        [frame(0x01, b"a"), frame(0x82, b"b")].concat(),
        frame(0x09, b"fragmented ping"),
        frame(0x89, &[0; 126]),
        vec![0x81, 0xfe, 0, 125, 1, 2, 3, 4],
        vec![0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4],
        vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],
        [&[0x81, 0xff][..], &[0xff; 8], &[1, 2, 3, 4]].concat(),
        frame(0x88, &[3]),
        close(1000, b"\xff"),
        close(1000, &[b'x'; 124]),
    ];
    for input in &cases {
        check(input, &failed(CloseCode::ProtocolError));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        check(&close(code, b""), &failed(CloseCode::ProtocolError));
    }
}

#[test]
fn en5_valid_closes_are_told_with_their_code() {
    check(&frame(0x88, b""), &[Said::Close(None)]);
    for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4201, 4999] {
        check(&close(code, "안녕".as_bytes()), &[Said::Close(Some(code))]);
    }
    check(
        &[close(1000, &[b'x'; 123]), frame(0x83, b"not read any more")].concat(),
        &[Said::Close(Some(1000))],
    );
}

#[test]
fn en5_text_that_is_not_utf8_is_1007_at_its_first_bad_byte() {
    for bad in [&b"\xc3\x28"[..], b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xff"] {
        check(&frame(0x81, bad), &failed(CloseCode::InvalidUtf8));
        // The message never ends: the bad byte alone decides.
        let unfinished = [header(0x01, 1000, [0; 4]), bad.to_vec()].concat();
        check(&unfinished, &failed(CloseCode::InvalidUtf8));
    }
    check(&frame(0x81, "가".as_bytes().split_last().unwrap().1), &failed(CloseCode::InvalidUtf8));
    check(&[frame(0x01, b"\xea"), frame(0x80, b"x")].concat(), &failed(CloseCode::InvalidUtf8));
}

#[test]
fn en5_a_declared_length_beyond_the_limit_is_1009_and_allocates_nothing() {
    for length in [MESSAGE_BYTES_MAX as u64 + 1, 1 << 40, (1 << 63) - 1] {
        check(&header(0x81, length, [0; 4]), &failed(CloseCode::TooBig));
    }
    let mut decoder = Decoder::new(ANONYMOUS_MESSAGE_BYTES_MAX);
    let declared = header(0x81, ANONYMOUS_MESSAGE_BYTES_MAX as u64 + 1, [0; 4]);
    assert_eq!(run(&mut decoder, &declared, &[14]), failed(CloseCode::TooBig));
}

#[test]
fn en5_the_limit_holds_over_all_fragments_and_grows_with_the_credential() {
    let half = vec![b'x'; ANONYMOUS_MESSAGE_BYTES_MAX / 2 + 1];
    let input = [frame(0x01, &half), frame(0x80, &half)].concat();
    let mut decoder = Decoder::new(ANONYMOUS_MESSAGE_BYTES_MAX);
    assert_eq!(run(&mut decoder, &input, &[4096]), failed(CloseCode::TooBig));
    let mut decoder = Decoder::new(ANONYMOUS_MESSAGE_BYTES_MAX);
    decoder.set_limit(MESSAGE_BYTES_MAX);
    let whole = "x".repeat(half.len() * 2);
    assert_eq!(run(&mut decoder, &input, &[4096]), [Said::Text(whole)]);
}

#[test]
fn en5_fragments_and_empty_fragments_are_counted() {
    let many = |count: usize, piece: &[u8]| {
        let mut input = frame(0x01, b"x");
        (0..count - 2).for_each(|_| input.extend(frame(0x00, piece)));
        input.extend(frame(0x80, b"x"));
        input
    };
    let run = |input: &[u8]| run(&mut Decoder::new(MESSAGE_BYTES_MAX), input, &[1000]);
    assert_eq!(run(&many(FRAGMENTS_MAX, b"x")), [Said::Text("x".repeat(FRAGMENTS_MAX))]);
    assert_eq!(run(&many(FRAGMENTS_MAX + 1, b"x")), failed(CloseCode::TooBig));
    assert_eq!(run(&many(EMPTY_FRAGMENTS_MAX + 2, b"")), [Said::Text("xx".into())]);
    assert_eq!(run(&many(EMPTY_FRAGMENTS_MAX + 3, b"")), failed(CloseCode::TooBig));
}

#[test]
fn en3_binary_messages_are_told_and_not_kept() {
    check(&frame(0x82, b"\xff\x00"), &[Said::Binary]);
    check(
        &[frame(0x02, b"\xff"), frame(0x80, b"\xfe"), text("x")].concat(),
        &[Said::Binary, Said::Text("x".into())],
    );
}

/// A decoder that may take large messages.
fn large(budget: &Arc<Budget>) -> Decoder {
    let mut decoder = Decoder::new(MESSAGE_BYTES_MAX);
    decoder.allow_large(Arc::clone(budget));
    decoder
}

fn upload(kind: &str, bytes: usize) -> String {
    format!(r#"{{ "type" : "{kind}","data":"{}"}}"#, "x".repeat(bytes))
}

#[test]
fn en5_large_types_alone_pass_the_limit_within_the_budget() {
    let budget = Budget::new(LARGE_MESSAGE_BYTES_MAX);
    for kind in ["file_upload", "code_change"] {
        let message = upload(kind, MESSAGE_BYTES_MAX);
        for cuts in [usize::MAX, 4096, 7] {
            let got = run(&mut large(&budget), &text(&message), &[cuts]);
            assert_eq!(got, [Said::Text(message.clone())]);
        }
    }
    for kind in ["claude_message", "file_uploads", "file_uploa", "__proto__"] {
        let got = run(&mut large(&budget), &text(&upload(kind, MESSAGE_BYTES_MAX)), &[4096]);
        assert_eq!(got, failed(CloseCode::TooBig), "{kind}");
    }
    let got = run(&mut large(&budget), &header(0x81, LARGE_MESSAGE_BYTES_MAX as u64 + 1, [0; 4]), &[99]);
    assert_eq!(got, failed(CloseCode::TooBig));
    assert_eq!(budget.left(), LARGE_MESSAGE_BYTES_MAX, "everything was given back");
}

#[test]
fn en5_a_large_message_in_chromiums_fragments_is_joined() {
    let budget = Budget::new(LARGE_MESSAGE_BYTES_MAX);
    let message = upload("file_upload", 2 * MESSAGE_BYTES_MAX);
    let mut pieces = message.as_bytes().chunks(131_000).peekable();
    let mut input = frame(0x01, pieces.next().unwrap());
    while let Some(piece) = pieces.next() {
        input.extend(frame(if pieces.peek().is_some() { 0x00 } else { 0x80 }, piece));
    }
    assert_eq!(run(&mut large(&budget), &input, &[65_536]), [Said::Text(message)]);
    assert_eq!(budget.left(), LARGE_MESSAGE_BYTES_MAX);
}

#[test]
fn en5_a_large_message_without_budget_is_refused_whole_and_the_next_one_is_read() {
    let budget = Budget::new(MESSAGE_BYTES_MAX);
    let message = upload("file_upload", MESSAGE_BYTES_MAX);
    let input = [text(&message), text("next")].concat();
    assert_eq!(run(&mut large(&budget), &input, &[5000]), [Said::Refused, Said::Text("next".into())]);
    let fragments =
        [frame(0x01, &message.as_bytes()[..1000]), frame(0x80, &message.as_bytes()[1000..]), text("next")];
    assert_eq!(
        run(&mut large(&budget), &fragments.concat(), &[5000]),
        [Said::Refused, Said::Text("next".into())]
    );
    assert_eq!(budget.left(), MESSAGE_BYTES_MAX);
}

#[test]
fn en5_a_message_held_by_its_reader_keeps_its_part_of_the_budget() {
    let budget = Budget::new(2 * MESSAGE_BYTES_MAX);
    let message = upload("file_upload", MESSAGE_BYTES_MAX);
    let mut input = text(&message);
    let mut decoder = large(&budget);
    let item = decoder.decode(&mut input).unwrap().item;
    assert_eq!(budget.left(), 2 * MESSAGE_BYTES_MAX - message.len());
    drop(item);
    assert_eq!(budget.left(), 2 * MESSAGE_BYTES_MAX);
}

#[test]
fn frames_we_send_have_the_shortest_length() {
    for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
        let mut out = Vec::new();
        write_frame(&mut out, Opcode::Text, &vec![b'x'; length]);
        assert_eq!((out.len(), out.len() - length), (frame_len(length), head));
        assert_eq!(out[0], 0x81);
        assert_eq!(out[1] & 0x80, 0, "a server does not mask");
    }
}

/// The actions of a client that keeps to the rules.
fn valid_input() -> impl Strategy<Value = (Vec<u8>, Vec<Said>)> {
    let message = (any::<String>(), prop::collection::vec(0usize..64, 0..4), any::<bool>());
    prop::collection::vec(message, 0..8).prop_map(|messages| {
        let (mut input, mut expected) = (Vec::new(), Vec::new());
        for (content, mut cuts, ping) in messages {
            cuts.iter_mut().for_each(|cut| *cut = (*cut).min(content.len()));
            cuts.sort_unstable();
            let mut from = 0;
            for (index, &cut) in cuts.iter().enumerate() {
                input.extend(frame(u8::from(index == 0), &content.as_bytes()[from..cut]));
                from = cut;
                if ping {
                    input.extend(frame(0x89, &[index as u8]));
                    expected.push(Said::Ping(vec![index as u8]));
                }
            }
            input.extend(frame(0x80 | u8::from(cuts.is_empty()), &content.as_bytes()[from..]));
            expected.push(Said::Text(content));
        }
        (input, expected)
    })
}

proptest! {
    #[test]
    fn en5_valid_input_reads_the_same_in_any_pieces((input, expected) in valid_input(), cuts in prop::collection::vec(1usize..40, 1..20)) {
        prop_assert_eq!(run(&mut Decoder::new(MESSAGE_BYTES_MAX), &input, &cuts), expected);
    }

    #[test]
    fn cm4_garbage_reads_the_same_in_any_pieces(input in prop::collection::vec(any::<u8>(), 0..400), cuts in prop::collection::vec(1usize..40, 1..20)) {
        let whole = run(&mut Decoder::new(1000), &input, &[usize::MAX]);
        prop_assert_eq!(run(&mut Decoder::new(1000), &input, &cuts), whole);
    }

    #[test]
    fn cm4_damaged_input_reads_the_same_in_any_pieces(
        (mut input, _) in valid_input(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in 1usize..40,
    ) {
        if !input.is_empty() {
            let at = at.index(input.len());
            input[at] = byte;
        }
        let whole = run(&mut Decoder::new(1000), &input, &[usize::MAX]);
        prop_assert_eq!(run(&mut Decoder::new(1000), &input, &[cut]), whole);
    }

    #[test]
    fn unmasking_is_the_rfcs_byte_by_byte_rule(mut bytes in prop::collection::vec(any::<u8>(), 0..100), mask in any::<[u8; 4]>(), offset in 0u64..9) {
        let expected: Vec<u8> = bytes.iter().zip(offset as usize..).map(|(byte, at)| byte ^ mask[at % 4]).collect();
        unmask(&mut bytes, mask, offset);
        prop_assert_eq!(bytes, expected);
    }
}
