//! Rows EV-03, EV-08 and EV-09 over every field of every command: whatever stands in it, the answer is an answer.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::fields::commands;
use super::scene::{BRISK, Scene};
use super::wire::{Target, Wire, text};

/// Nothing, and what has another type than any field.
const NULLS_AND_TYPES: &[&str] = &["null", "[null]", "{}", "[]", "[[[]]]", "true", "\"\"", "{\"$ne\":null}"];
/// Numbers at the edges.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "4294967296",
    "\"1\"",
    "1E-400",
];
/// Texts that have hurt others: escaped, so that they reach the parser as they are.
const TEXTS: &[&str] = &[
    r#""\ud800""#,
    r#""\udc00x""#,
    r#""\u0000""#,
    r#""a\u0000b""#,
    r#""\u202egnp.exe""#,
    r#""\u200b\u200d\ufeff""#,
    r#""😀👨‍👩‍👧‍👦""#,
    r#""\n\r\t\u001b[31m""#,
    r#""'; DROP TABLE log; --""#,
    r#""%_\\*""#,
    r#""<img src=x onerror=alert(1)>""#,
    r#""../../etc/passwd""#,
    r#""{{7*7}}${7*7}""#,
    r#""e\u0301""#,
    r#""@claude @everyone""#,
    r#""red;background:url(//evil)""#,
];

/// Codes that say whose mistake it is: the sender's.
const HONEST: &[&str] = &[
    "INVALID_DATA",
    "INVALID_JSON",
    "INVALID_SESSION",
    "NOT_FOUND",
    "FORBIDDEN",
    "CONFLICT",
    "STALE_BASE",
    "QUEUE_FULL",
    "SESSION_FULL",
    "INVALID_AUTH",
    "BUDGET_EXCEEDED",
    "UNKNOWN_TYPE",
];

/// One who plays the commands, with things that are really there.
struct Player {
    at: Target,
    token: String,
    wire: Wire,
    session: String,
    message: String,
    n: u64,
}

impl Player {
    fn new(at: Target, token: &str) -> Player {
        let mut wire = at.person(token);
        let session = wire.session("s");
        let said = wire.ask("m", "chat_message", &json!({"session_id": session, "content": "hello"}));
        let message = said["data"]["message_id"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
        Player { at, token: token.to_owned(), wire, session, message, n: 0 }
    }

    /// Data that is right as far as it goes.
    fn right(&self, fields: &[&str]) -> Vec<(String, String)> {
        let value = |field: &str| match field {
            "session_id" => json!(self.session).to_string(),
            "message_id" | "since" | "before" => json!(self.message).to_string(),
            "content" | "title" | "query" => json!("text").to_string(),
            "token" => json!(self.token).to_string(),
            "client" => json!({"name": "x", "version": "1"}).to_string(),
            "role" => json!("viewer").to_string(),
            "emoji" => json!("👍").to_string(),
            "on" | "typing" => "true".to_owned(),
            "name" | "op_id" => json!(format!("n{}", self.n)).to_string(),
            "version" | "base_version" => "0".to_owned(),
            "change" => json!([[0, "x"]]).to_string(),
            "target_user_id" => json!("usr_01930000000070008000000000000000").to_string(),
            "invite_id" => json!("inv_01930000000070008000000000000000").to_string(),
            _ => String::new(),
        };
        let pairs = fields.iter().map(|field| ((*field).to_owned(), value(field)));
        pairs.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Sends one command whose data is written by hand, and judges the answer.
    fn play(&mut self, command: &str, data: &[(String, String)]) {
        self.n += 1;
        let id = format!("g{}", self.n);
        let data: Vec<_> = data.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let envelope = format!(r#"{{"type":"{command}","id":"{id}","data":{{{}}}}}"#, data.join(","));
        self.wire.bytes(&text(&envelope));
        // A text that is no JSON at all has no id to be answered by.
        let answer = loop {
            match self.wire.next() {
                None => break None,
                Some(event) if event["correlation_id"] == id => break Some(event),
                Some(event) if event["type"] == "error" && event.get("correlation_id").is_none() => {
                    break Some(event);
                }
                Some(_) => {}
            }
        };
        let Some(answer) = answer else {
            assert_eq!(command, "auth", "the connection ended after {envelope}");
            return self.again();
        };
        if answer["type"] == "error" {
            let code = answer["data"]["code"].as_str().unwrap_or_default();
            assert!(HONEST.contains(&code), "{envelope}: {answer}");
            assert!(
                answer.to_string().len() < 4_000,
                "{envelope}: an answer of {} bytes",
                answer.to_string().len()
            );
        }
        if command == "auth" {
            self.again();
        }
        if self.n.is_multiple_of(5) {
            // Also ends a row of malformed ones, the tenth of which would rightly end the connection (CM4).
            self.wire.must_live();
        }
    }

    /// Comes back with a connection of its own.
    fn again(&mut self) {
        self.wire = self.at.person(&self.token);
    }
}

/// Puts each value into each field of each command, all others being right.
fn every_field(scene: &mut Scene, play: impl Fn(&mut Scene, &dyn Fn(Target)), values: &[&str]) {
    let token = scene.server.target.guest();
    for (command, fields) in commands() {
        play(scene, &|at| {
            let player = RefCell::new(Player::new(at, &token));
            let mut player = player.borrow_mut();
            for field in &fields {
                for value in values {
                    let mut data = player.right(&fields);
                    data.retain(|(name, _)| name != field);
                    data.push(((*field).to_owned(), (*value).to_owned()));
                    player.play(command, &data);
                }
            }
            player.play(command, &[]);
            still_opens(&mut player);
        });
    }
}

/// What was taken in must not keep anyone from opening the session (a poisoned document).
fn still_opens(player: &mut Player) {
    let mut fresh = player.at.person(&player.token);
    let state = fresh.ask("f", "follow_session", &json!({"session_id": player.session}));
    let opened = state["type"] == "session_state" || state["data"]["code"] == "INVALID_SESSION";
    assert!(opened, "{state}");
    let list: Value = fresh.ask("l", "list_sessions", &json!({}));
    assert_eq!(list["type"], "sessions", "{list}");
}

#[test]
fn cm4_hostile_nulls_and_types_in_every_field() {
    let mut scene = Scene::start(BRISK);
    every_field(&mut scene, |scene, run| scene.case("EV-03", "null and wrong types", run), NULLS_AND_TYPES);
}

#[test]
fn cm4_hostile_numbers_in_every_field() {
    let mut scene = Scene::start(BRISK);
    every_field(&mut scene, |scene, run| scene.case("EV-08", "numbers at the edges", run), NUMBERS);
}

#[test]
fn cm4_hostile_texts_in_every_field() {
    let mut scene = Scene::start(BRISK);
    every_field(&mut scene, |scene, run| scene.case("EV-09", "texts", run), TEXTS);
}
