//! Rows EV: the envelope around commands.

use serde_json::{Value, json};

use super::scene::{BRISK, Scene, threads};
use super::wire::{Target, Wire, frame, text};

/// What a text is answered with; the connection must live on.
fn answered(wire: &mut Wire, sent: &str) -> Value {
    wire.bytes(&text(sent));
    let error = wire.event("error");
    wire.must_live();
    error
}

fn all_are(at: Target, texts: &[&str], codes: &[&str]) {
    let mut wire = at.v2();
    for sent in texts {
        let error = answered(&mut wire, sent);
        assert!(codes.contains(&error["data"]["code"].as_str().unwrap()), "{sent:.80}: {error}");
    }
}

#[test]
fn cm4_hostile_json() {
    let mut scene = Scene::start(BRISK);
    scene.case("EV-01", "no JSON", |at| {
        let texts = [
            "",
            " ",
            "not json",
            "\u{feff}{}",
            "NaN",
            "{\"type\":NaN}",
            "{\"type\":Infinity}",
            "{/*x*/}",
            "{'a':1}",
            "{\"type\":\"ping\",}",
        ];
        all_are(at, &texts, &["INVALID_JSON"]);
        let mut wire = at.v2();
        (0..10).for_each(|_| assert!(wire.bytes(&text("not json"))));
        wire.must_close(1008);
    });
    scene.case("EV-02", "no object at the top", |at| {
        all_are(at, &["[]", "\"x\"", "0", "true", "null", "[1]", "[[]]", "[null]"], &["INVALID_JSON"]);
    });
    scene.case("EV-03", "null in the envelope's own fields", |at| {
        all_are(
            at,
            &[r#"{"type":null}"#, r#"{"type":"ping","id":5}"#, "{}"],
            &["INVALID_JSON", "UNKNOWN_TYPE"],
        );
        let mut wire = at.v2();
        wire.bytes(&text(
            r#"{"type":"ping","id":"n","data":null,"timestamp":null,"session_id":null,"seq":null}"#,
        ));
        assert_eq!(wire.answer_to("n")["type"], "pong");
    });
    scene.case("EV-04", "keys that stand twice", |at| {
        all_are(at, &[r#"{"type":"ping","type":"delete_session"}"#], &["INVALID_JSON"]);
        all_are(
            at,
            &[r#"{"type":"ping","data":{"timestamp":1,"timestamp":2}}"#],
            &["INVALID_JSON", "INVALID_DATA"],
        );
    });
    scene.case("EV-05", "nesting 100,000 deep", |at| {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let objects = format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000));
        let deep =
            [format!("{open}{close}"), format!(r#"{{"type":"ping","data":{open}{close}}}"#), open, objects];
        all_are(at, &deep.each_ref().map(String::as_str), &["INVALID_JSON", "INVALID_DATA"]);
    });
    scene.case("EV-07", "types that mean something elsewhere, and one of a megabyte", |at| {
        let mut wire = at.v2();
        for kind in ["__proto__", "constructor", "toString", "💥", "PING", "ping ", "connected", "ack"] {
            let answer = wire.ask("k", kind, &json!({}));
            assert_eq!(answer["data"]["code"], "UNKNOWN_TYPE", "{kind}: {answer}");
        }
        let answer = answered(&mut wire, &json!({"type": "x".repeat(200_000), "id": "k"}).to_string());
        assert!(answer.to_string().len() < 2_000, "a client's own words come back bounded");
        wire.bytes(&text(&json!({"type": "x".repeat(1_000_000), "id": "k"}).to_string()));
        wire.must_close(1009);
    });
    let log = scene.server.log();
    assert!(log.lines().all(|line| line.len() < 4_000), "a line of the log grew with what a client sent");
}

#[test]
fn se1_hostile_claims_in_the_data() {
    let mut scene = Scene::start(BRISK);
    let other = scene.server.target.guest();
    scene.case("EV-12", "fields that would say who acts, as what, from where", |at| {
        let mut wire = at.v2();
        let session = wire.session("s");
        let data = json!({"session_id": session, "content": "mine", "user_id": "usr_01930000000070008000000000000000",
            "role": "owner", "is_admin": true, "path": "/etc/passwd", "url": "http://127.0.0.1/", "created_at": 1,
            "author": {"user_id": "claude", "display_name": "Claude"}, "seq": 99, "message_id": "msg_x"});
        wire.command("m", "chat_message", &data);
        let made = wire.event("message_created");
        let message = &made["data"]["message"];
        assert!(!made.to_string().contains("01930000000070008000000000000000"), "{made}");
        assert_eq!((message["content"].as_str(), &message["author"]["user_id"] == "claude"), (Some("mine"), false));
        assert!(message["created_at"].as_u64().unwrap() > 1_700_000_000_000, "{made}");
    });
    scene.case("EV-13", "the session of another", |at| {
        let theirs = at.person(&other).session("s");
        let mut wire = at.v2();
        let answer = wire.ask("m", "chat_message", &json!({"session_id": theirs, "content": "x"}));
        assert_eq!(answer["data"]["code"], "NOT_FOUND");
        // On the envelope it is not read at all.
        wire.bytes(&text(
            &json!({"type": "chat_message", "id": "e", "session_id": theirs, "data": {"content": "x"}})
                .to_string(),
        ));
        assert_eq!(wire.answer_to("e")["data"]["code"], "INVALID_DATA");
    });
    scene.case("EV-14", "clocks of 1970 and 9999", |at| {
        let mut wire = at.v2();
        let session = wire.session("s");
        for time in ["0", "-1", "253402300799000", "1e300", "\"1970\""] {
            let data = json!({"session_id": session, "content": "now"});
            wire.bytes(&text(
                &format!(r#"{{"type":"chat_message","id":"t{time}","timestamp":{time},"data":{data}}}"#)
                    .replace("t\"1970\"", "t"),
            ));
            let Some(event) = wire.next() else { panic!("ended by the timestamp {time}") };
            let shown = if event["type"] == "error" { continue } else { wire.event("message_created") };
            let at = shown["data"]["message"]["created_at"].as_u64().unwrap();
            assert!((1_700_000_000_000..253_000_000_000_000).contains(&at), "{time}: {at}");
        }
    });
    scene.case("EV-18", "binary, and uploads that only begin", |at| {
        for version in [at.v1(), at.v2()] {
            let mut wire = version;
            for bytes in [&[0_u8, 0xff][..], b"{\"type\":\"ping\"}", &[0; 60_000]] {
                wire.bytes(&frame(0x82, bytes));
                assert_eq!(wire.event("error")["data"]["code"], "INVALID_DATA");
                wire.must_live();
            }
            for n in 0..1_000 {
                let data = json!({"file_id": format!("f{n}"), "filename": "x", "size": 1_u64 << 40, "total_chunks": 1 << 30});
                let answer = wire.ask(&format!("u{n}"), "upload_start", &data);
                assert_eq!(answer["data"]["code"], "UNKNOWN_TYPE", "files are not built: cap them when they are");
            }
        }
    });
}

#[test]
fn rs1_hostile_resumes() {
    let mut scene = Scene::start(BRISK);
    scene.case("EV-21", "points that never were", |at| {
        let mut wire = at.v2();
        let session = wire.session("s");
        let state = wire.ask("f", "follow_session", &json!({"session_id": session}));
        let epoch = state["data"]["epoch"].clone();
        for (epoch, seq) in [
            (epoch.clone(), json!(u64::MAX)),
            (epoch.clone(), json!(1_000_000)),
            (json!("somebody-elses"), json!(1)),
            (json!("0000000000000000"), json!(1)),
            (epoch.clone(), json!(-1)),
            (epoch.clone(), json!(1.5)),
            (json!(null), json!(1)),
        ] {
            let point = json!({"epoch": epoch, "seq": seq});
            let answer = wire.ask("r", "follow_session", &json!({"session_id": session, "resume": point}));
            let (kind, code) = (answer["type"].as_str().unwrap(), answer["data"]["code"].as_str());
            let whole = kind == "session_state" && answer["data"]["recovered"] == false;
            assert!(whole || code == Some("INVALID_DATA"), "{point}: {answer}");
        }
        let rooms: serde_json::Map<_, _> = (0..1_000)
            .map(|n| (format!("ses_01930000000070008000{n:012}"), json!({"epoch": epoch, "seq": n})))
            .collect();
        let mut many = at.upgrade("/ws", &[super::wire::V2]);
        let hello = json!({"client": {"name": "x", "version": "1"}, "resume": {"sessions": rooms}});
        many.command("h", "hello", &hello);
        many.must_live();
    });
}

#[test]
fn cm5_hostile_awareness() {
    let mut scene = Scene::start(BRISK);
    let pid = scene.server.pid();
    scene.case("EV-20", "a hundred thousand times typing", |at| {
        let before = threads(pid);
        let mut wire = at.v2();
        let session = wire.session("s");
        let mut reader = wire.socket.try_clone().unwrap();
        let reading = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        let typing = |on: bool| {
            text(&json!({"type": "set_typing", "data": {"session_id": session, "typing": on}}).to_string())
        };
        let pair = [typing(true), typing(false)].concat();
        for _ in 0..500 {
            wire.bytes(&pair.repeat(100));
        }
        wire.socket.shutdown(std::net::Shutdown::Both).unwrap();
        // Reading ends however the socket ended.
        drop(reading.join().unwrap());
        assert!(threads(pid) <= before.map(|before| before + 2), "threads grew");
    });
}
