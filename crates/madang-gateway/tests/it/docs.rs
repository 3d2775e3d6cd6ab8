//! `docs/api.md`: what it shows is run; `/openapi.json`: what it describes is what there is, both ways.

use std::collections::BTreeSet;
use std::process::Stdio;

use madang_gateway::Settings;
use madang_protocol::Command;
use serde_json::{Value, json};

use crate::gate::paths;
use crate::http::{Person, send};
use crate::server::{TestServer, with_guests};

/// The shell commands of a page, in order.
fn shown(page: &str) -> String {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ht1_the_commands_of_the_page_work() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let model = server.model.clone();
    tokio::spawn(async move { model.next_ever().await.finish("A drink.") });
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let script = shown(&std::fs::read_to_string(page).unwrap());
    assert!(script.lines().count() > 20, "the page was read");
    let dir = tempfile::tempdir().unwrap();
    let mut bash = std::process::Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script])
        .env("MADANG", format!("http://{}/api/v1", server.address))
        .env("TOKEN", &ann.token)
        .current_dir(dir.path())
        .stdin(Stdio::null());
    let ran = tokio::task::spawn_blocking(move || bash.output()).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}\n{err}");
    assert!(out.contains("A drink.") && out.contains("disconnected"), "{out}");
}

#[tokio::test]
async fn ht1_the_description_has_every_path_and_every_command_and_no_other() {
    let server = TestServer::start(with_guests()).await;
    let answer = send(&server, "GET", "/api/v1/openapi.json", &[], "").await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let socket_only: BTreeSet<&str> =
        document["x-socket-only-commands"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let commands = Command::TYPES.iter().filter(|kind| !socket_only.contains(*kind));
    let mut wanted: BTreeSet<String> = commands.map(|kind| format!("POST /commands/{kind}")).collect();
    wanted.extend(paths::all().iter().map(paths::Operation::name));
    assert_eq!(described, wanted);
    for kind in Command::TYPES {
        let schema = document["x-commands"][kind]["$ref"].as_str().unwrap_or_else(|| panic!("{kind}"));
        let name = schema.strip_prefix("#/components/schemas/").unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
        // The path is what the description says it is: a command, or not one.
        let body = json!({"session_id": 7, "content": 7}).to_string();
        let ann = Person::guest(&server).await;
        let answer =
            send(&server, "POST", &format!("/api/v1/commands/{kind}"), &[&ann.bearer()], &body).await;
        let unknown = answer.json()["code"] == "UNKNOWN_TYPE";
        assert!(!unknown || socket_only.contains(kind), "{kind}: {answer:?}");
    }
    references(&document, &document);
}

/// Every reference leads somewhere.
fn references(value: &Value, document: &Value) {
    if let Some(path) = value["$ref"].as_str() {
        let at = path.strip_prefix('#').unwrap();
        assert!(document.pointer(at).is_some(), "{path} leads nowhere");
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|field| references(field, document)),
        Value::Array(items) => items.iter().for_each(|item| references(item, document)),
        _ => {}
    }
}

#[tokio::test]
async fn ht1_the_page_loads_nothing_from_elsewhere_and_needs_no_script() {
    let server = TestServer::start(Settings::default()).await;
    let page = send(&server, "GET", "/api/v1/docs", &[], "").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
    for kind in Command::TYPES.iter().filter(|kind| page.body.contains(&format!("/commands/{kind}<"))) {
        assert!(page.body.contains(kind));
    }
    assert!(
        page.body.contains("/commands/claude_message<") && page.body.contains("curl -N"),
        "{}",
        page.body
    );
    for foreign in ["<script", "src=", "style=", "<style", "href=\"http", "url("] {
        assert!(!page.body.contains(foreign), "{foreign}");
    }
    let style = send(&server, "GET", "/api/v1/docs.css", &[], "").await;
    assert_eq!(style.header("content-type").as_deref(), Some("text/css; charset=utf-8"));
    assert!(!style.body.contains("url("));
}
