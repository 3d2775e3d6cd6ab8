//! EN and CM rules on reading and writing envelopes.

use madang_protocol::{
    Command, Epoch, ErrorCode, Event, Head, Inbound, InboundError, Pong, Position, ProtocolVersion,
    SessionId, SessionRef, UnixMs, encode_event,
};
use serde_json::{Value, json};

fn read(text: &str) -> Result<Vec<Inbound>, InboundError> {
    Inbound::read(text, ProtocolVersion::V2)
}

fn one(text: &str) -> Inbound {
    read(text).expect("the text is an envelope").remove(0)
}

#[test]
fn en1_reads_the_design_documents_envelope() {
    let inbound = one(
        r#"{"type":"claude_message","data":{"session_id":null,"content":"안녕하세요","stream":true},"timestamp":1,"id":"1-a"}"#,
    );
    assert_eq!(inbound.id.as_deref(), Some("1-a"));
    let Ok(Command::ClaudeMessage(message)) = inbound.command else { panic!("{inbound:?}") };
    assert_eq!(
        (message.session_id, message.content.as_str(), message.stream),
        (SessionRef::Default, "안녕하세요", true)
    );
}

#[test]
fn en1_writes_type_data_timestamp_and_id() {
    let event = Event::from(Pong { timestamp: None, server_time: UnixMs(5) });
    let head = Head { session: None, position: None, correlation_id: Some("a\"b"), at: UnixMs(7), unique: 9 };
    let value: Value = serde_json::from_str(&encode_event(&event, head)).unwrap();
    assert_eq!(
        value,
        json!({"type":"pong","id":"e9","correlation_id":"a\"b","timestamp":7,"data":{"server_time":5}})
    );
}

#[test]
fn en2_a_durable_event_carries_session_seq_and_epoch() {
    let session = SessionId::new(UnixMs(1), [1; 10]);
    let position = Some(Position { epoch: Epoch::new(3), seq: 12 });
    let event = Event::from(Pong { timestamp: None, server_time: UnixMs(5) });
    let head = Head { session: Some(session), position, correlation_id: None, at: UnixMs(7), unique: 0 };
    let value: Value = serde_json::from_str(&encode_event(&event, head)).unwrap();
    assert_eq!(value["session_id"], session.to_string());
    assert_eq!((value["seq"].clone(), value["epoch"].clone()), (json!(12), json!("0000000000000003")));
    assert_eq!(value["id"], "0000000000000003-12");
}

#[test]
fn en2_an_unknown_type_is_told_from_bad_data() {
    assert!(matches!(one(r#"{"type":"__proto__"}"#).command, Err(InboundError::UnknownType(_))));
    let bad = one(r#"{"type":"claude_message","data":{"content":1}}"#).command.unwrap_err();
    assert_eq!(bad.code(), ErrorCode::InvalidData);
}

#[test]
fn en3_version_2_reads_arrays_and_version_1_does_not() {
    let two = r#"[{"type":"ping"},{"type":"list_models","data":null}]"#;
    assert_eq!(read(two).unwrap().len(), 2);
    assert_eq!(Inbound::read(two, ProtocolVersion::V1).unwrap_err().code(), ErrorCode::InvalidJson);
    assert_eq!(read("[]").unwrap_err().code(), ErrorCode::InvalidJson);
    let many = format!("[{}]", vec![r#"{"type":"ping"}"#; 65].join(","));
    assert_eq!(read(&many).unwrap_err().code(), ErrorCode::InvalidJson);
}

#[test]
fn cm4_malformed_messages_are_errors_never_panics() {
    let bad = [
        "",
        "null",
        "0",
        "true",
        "\"x\"",
        "{",
        "{}",
        "\u{feff}{}",
        "NaN",
        r#"{"type":null}"#,
        r#"{"type":1}"#,
        r#"{"type":"ping","type":"hello"}"#,
        r#"{"type":"ping","id":5}"#,
        "[null]",
        "[[]]",
    ];
    for text in bad {
        assert_eq!(read(text).map_err(|e| e.code()), Err(ErrorCode::InvalidJson), "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(&deep).is_err());
    let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(1 << 20));
    assert!(read(&long).unwrap_err().details().len() < 1000);
}

#[test]
fn cm4_null_at_every_position_of_every_command_is_answered() {
    for kind in Command::TYPES {
        for data in
            ["null", "{}", "[]", "0", "\"\"", r#"{"session_id":null,"content":null,"message_id":null}"#]
        {
            let text = format!(r#"{{"type":"{kind}","data":{data},"id":null}}"#);
            // Either a command or an error with a code: what matters is that it is one of the two.
            if let Err(error) = &one(&text).command {
                assert_eq!(error.code(), ErrorCode::InvalidData, "{text}");
            }
        }
    }
}

#[test]
fn tu1_null_absent_and_empty_mean_the_default_session() {
    for data in
        [r#"{"content":"x"}"#, r#"{"content":"x","session_id":null}"#, r#"{"content":"x","session_id":""}"#]
    {
        let inbound = one(&format!(r#"{{"type":"claude_message","data":{data}}}"#));
        let Ok(Command::ClaudeMessage(message)) = inbound.command else { panic!("{data}") };
        assert_eq!(message.session_id, SessionRef::Default);
    }
    let other = one(r#"{"type":"claude_message","data":{"content":"x","session_id":"target-session"}}"#);
    let Ok(Command::ClaudeMessage(message)) = other.command else { panic!() };
    assert_eq!(message.session_id, SessionRef::Other("target-session".into()));
}
