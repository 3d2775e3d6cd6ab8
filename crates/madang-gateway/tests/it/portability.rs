//! Export and import over HTTP: what goes out comes in again, and hostile files do no harm.

use madang_gateway::Settings;
use serde_json::{Value, json};

use crate::http::{Person, send};
use crate::server::{TestServer, with_guests};

const IMPORT: &str = "/api/v1/sessions/import";

#[tokio::test]
async fn ht1_an_exported_session_is_imported_again_and_goes_on() {
    // It asks until the reply has ended, however often that is.
    let settings = Settings { chat_burst: 1000, control_burst: 100_000, ..with_guests() };
    let server = TestServer::start(settings).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    for n in 0..120 {
        let said = json!({"session_id": session, "content": format!("line {n}")});
        ann.command(&server, "chat_message", said).await;
    }
    let ask = json!({"session_id": session, "content": "What is tea?"});
    ann.command(&server, "claude_message", ask).await;
    server.model.next().await.finish("A drink.");
    let path = format!("/api/v1/sessions/{session}");
    while !ann.get(&server, &path).await.json()["running"].is_null() {
        tokio::task::yield_now().await;
    }
    let exported = ann.get(&server, &format!("{path}/export?format=json")).await;
    assert_eq!(exported.status, 200);
    assert_eq!(
        exported.header("content-disposition"),
        Some(format!("attachment; filename=\"{session}.json\""))
    );
    assert_eq!(exported.json()["messages"].as_array().unwrap().len(), 122);

    let ben = Person::guest(&server).await;
    let imported = send(&server, "POST", IMPORT, &[&ben.bearer()], &exported.body).await;
    assert_eq!(imported.status, 200, "{imported:?}");
    let outcome = imported.json();
    assert_eq!(
        (outcome["skipped"].clone(), outcome["sessions"][0]["messages"].clone()),
        (json!(0), json!(122))
    );
    let made = outcome["sessions"][0]["session_id"].as_str().unwrap();
    let again = ben.get(&server, &format!("/api/v1/sessions/{made}/export?format=json")).await.json();
    let texts = |export: &Value| -> Vec<(Value, Value)> {
        let all = export["messages"].as_array().unwrap();
        all.iter().map(|message| (message["kind"].clone(), message["content"].clone())).collect()
    };
    assert_eq!(texts(&again), texts(&exported.json()));
    assert!(again["messages"][0]["author"]["user_id"] != exported.json()["messages"][0]["author"]["user_id"]);
    // Claude is told what was said there.
    let more = json!({"session_id": made, "content": "And coffee?"});
    ben.command(&server, "claude_message", more).await;
    let told: Vec<_> =
        server.model.next().await.request.messages.iter().map(|m| m.get().to_owned()).collect();
    assert!(told[0].contains("What is tea?") && told[1].contains("A drink."), "{told:?}");
    assert!(told[2].contains("And coffee?"));
    let markdown = ann.get(&server, &format!("{path}/export")).await;
    assert!(markdown.body.starts_with("# Room\n"), "{}", &markdown.body[..200]);
    assert!(markdown.body.contains("line 0\n") && markdown.body.ends_with("A drink.\n\n"));
}

/// What hangs on what, by kind and text; and what is shown.
fn tree(export: &Value) -> (Vec<(Value, Value, Value)>, Value) {
    let all = export["messages"].as_array().unwrap();
    let of = |id: &Value| {
        all.iter().find(|m| m["message_id"] == *id).map_or(Value::Null, |m| m["content"].clone())
    };
    let mut lines: Vec<_> =
        all.iter().map(|m| (m["kind"].clone(), m["content"].clone(), of(&m["parent_id"]))).collect();
    lines.sort_by_key(|line| format!("{line:?}"));
    (lines, of(&export["session"]["head"]))
}

#[tokio::test]
async fn ht1_an_export_has_all_branches_and_so_has_what_is_made_of_it() {
    // As above.
    let server = TestServer::start(Settings { control_burst: 100_000, ..with_guests() }).await;
    let ann = Person::guest(&server).await;
    let session = ann.session(&server).await;
    let path = format!("/api/v1/sessions/{session}");
    let answered = async |kind: &str, data: Value, text: &str| {
        ann.command(&server, kind, data).await;
        server.model.next().await.finish(text);
        loop {
            let state = ann.get(&server, &path).await.json();
            if state["running"].is_null() {
                return state["messages"].as_array().unwrap().clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let ask = json!({"session_id": session, "content": "Tea?"});
    let first = answered("claude_message", ask, "one").await;
    let reply = json!({"session_id": session, "message_id": first[1]["message_id"]});
    answered("regenerate", reply, "two").await;
    let edited = json!({"session_id": session, "message_id": first[0]["message_id"], "content": "Coffee?"});
    answered("edit_prompt", edited, "three").await;
    let shown = json!({"session_id": session, "message_id": first[1]["message_id"]});
    ann.command(&server, "select_branch", shown).await;
    let exported = ann.get(&server, &format!("{path}/export?format=json")).await;
    let whole = exported.json();
    assert_eq!(
        (whole["madang"]["format"].clone(), whole["messages"].as_array().unwrap().len()),
        (json!(2), 5)
    );
    let markdown = ann.get(&server, &format!("{path}/export")).await.body;
    assert!(markdown.contains("one") && !markdown.contains("two") && !markdown.contains("Coffee?"));
    let again = async |file: &str| {
        let outcome = send(&server, "POST", IMPORT, &[&ann.bearer()], file).await.json();
        let made = outcome["sessions"][0]["session_id"].as_str().unwrap().to_owned();
        ann.get(&server, &format!("/api/v1/sessions/{made}/export?format=json")).await.json()
    };
    assert_eq!(tree(&again(&exported.body).await), tree(&whole));
    assert_eq!(tree(&whole).1, "one");
    // A file of the first version: the shown branch alone, its last message the last.
    let mut old = whole.clone();
    old["madang"]["format"] = json!(1);
    old["session"].as_object_mut().unwrap().remove("head");
    old["messages"].as_array_mut().unwrap().truncate(2);
    assert_eq!(tree(&again(&old.to_string()).await).1, "one");
}

#[tokio::test]
async fn ht1_what_others_export_becomes_sessions() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let file = json!([
        {"uuid": "c1", "name": "From Claude", "chat_messages": [
            {"uuid": "a", "sender": "human", "text": "hi"}, {"uuid": "b", "sender": "assistant", "text": "hello"}]},
        {"title": "From ChatGPT", "current_node": "y", "mapping": {
            "x": {"parent": null, "message": {"author": {"role": "user"}, "content": {"parts": ["q"]}}},
            "y": {"parent": "x", "message": {"author": {"role": "assistant"}, "content": {"parts": ["a"]}}}}},
        {"nothing": "known"}, 7, {"mapping": "not even a map"},
    ]);
    let key = "Idempotency-Key: file-1";
    let import = async |key: &[&str]| {
        let headers: Vec<_> = key.iter().copied().chain([ann.bearer().leak() as &str]).collect();
        send(&server, "POST", IMPORT, &headers, &file.to_string()).await
    };
    let outcome = import(&[key]).await.json();
    let titles: Vec<_> =
        outcome["sessions"].as_array().unwrap().iter().map(|made| made["title"].clone()).collect();
    assert_eq!(
        (titles, outcome["skipped"].clone()),
        (vec![json!("From Claude"), json!("From ChatGPT")], json!(3))
    );
    assert_eq!(import(&[key]).await.json(), outcome, "the same file with the same key makes nothing new");
    assert_ne!(import(&[]).await.json(), outcome);
}

#[tokio::test]
async fn ht1_a_hostile_file_is_refused_or_passed_over() {
    let server = TestServer::start(Settings { import_bytes: 1 << 20, ..with_guests() }).await;
    let ann = Person::guest(&server).await;
    let import = async |body: &str| send(&server, "POST", IMPORT, &[&ann.bearer()], body).await;
    let deep = format!("[{}]", "[".repeat(100_000) + &"]".repeat(100_000));
    for (body, status) in [("{", 400), ("nonsense", 400), ("[1,", 400), ("[] []", 400)] {
        assert_eq!(import(body).await.status, status, "{}", &body[..body.len().min(20)]);
    }
    for body in ["[]", "{}", "7", "null", "\"x\"", "[null]", "[[]]", "[{}]", &deep] {
        let answer = import(body).await;
        assert_eq!((answer.status, answer.json()["sessions"].clone()), (200, json!([])), "{body}");
    }
    let deep_inside = format!(
        r#"[{{"mapping":{{"a":{{"message":{{"content":{{"parts":[{}]}}}}}}}}}}]"#,
        "[".repeat(500) + &"]".repeat(500)
    );
    assert!(matches!(import(&deep_inside).await.status, 200 | 400));
    let large = format!("[{}]", "\"x\",".repeat(300_000) + "1");
    let refused = import(&large).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (413, json!("FILE_TOO_LARGE")));
    let metrics = send(&server, "GET", "/metrics", &[], "").await.body;
    let whole = Settings::default().large_budget_bytes;
    assert!(
        metrics.contains(&format!("madang_large_message_bytes_left {whole}\n")),
        "what was held is given back"
    );
}

#[tokio::test]
async fn ht1_a_file_that_grows_when_it_is_read_is_passed_over_and_the_rest_is_not() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let import = async |body: &str| {
        let answer = send(&server, "POST", IMPORT, &[&ann.bearer()], body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let good = r#"{"chat_messages":[{"sender":"human","text":"hi"}]}"#;
    // Three bytes each in the file, and some hundred and fifty in memory.
    let messages = format!(r#"{{"chat_messages":[{}{{}}]}}"#, "{},".repeat(30_000));
    let nodes: Vec<String> = (0..30_000).map(|n| format!(r#""{n}":{{}}"#)).collect();
    let nodes = format!(r#"{{"mapping":{{{}}}}}"#, nodes.join(","));
    let blocks = format!(r#"{{"chat_messages":[{{"content":[{}{{}}]}}]}}"#, "{},".repeat(600_000));
    let outcome = import(&format!("[{messages},{nodes},{blocks},{good}]")).await;
    assert_eq!((outcome["skipped"].clone(), outcome["sessions"].as_array().unwrap().len()), (json!(3), 1));
    let outcome = import(&format!("[{good}{}]", ",0".repeat(2_000_000))).await;
    assert_eq!(outcome["skipped"], json!(2_000_000));
}

#[tokio::test]
async fn ht1_a_text_of_control_characters_does_not_spoil_the_file_it_is_in() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let strange = format!("{}seen", "\u{1}".repeat(900_000));
    let long = "\"\\".repeat(500_000);
    let file = json!([
        {"chat_messages": [{"sender": "assistant", "text": strange}]},
        {"chat_messages": [{"sender": "assistant", "text": long}]},
    ]);
    let outcome = send(&server, "POST", IMPORT, &[&ann.bearer()], &file.to_string()).await;
    assert_eq!(outcome.status, 200, "{}", outcome.body);
    assert_eq!(outcome.json()["sessions"].as_array().unwrap().len(), 2);
    let made = outcome.json()["sessions"][0]["session_id"].as_str().unwrap().to_owned();
    let read = ann.get(&server, &format!("/api/v1/sessions/{made}/messages")).await.json();
    assert_eq!(read["messages"][0]["content"], "seen");
}
