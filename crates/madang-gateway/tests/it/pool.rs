//! HT3, TU8: what is seen of the queue at the model, in figures, in an administrator's health, and on a socket.

use madang_hub::Settings;
use serde_json::json;

use crate::http::{Person, send};
use crate::raw::{RawClient, soon};
use crate::server::{TestServer, with_guests};

/// A server where one request runs at once.
async fn narrow() -> TestServer {
    let hub = Settings {
        rollup_ms: 0,
        running_turns_max: 1,
        running_turns_per_person_max: 1,
        ..Settings::default()
    };
    TestServer::start_with(with_guests(), hub, None).await
}

/// A new guest who asks in a session of their own.
async fn asks(server: &TestServer) -> Person {
    let guest = Person::guest(server).await;
    let session = guest.session(server).await;
    guest.command(server, "claude_message", json!({"session_id": session, "content": "Go."})).await;
    guest
}

/// The lines of `/metrics`, once all of these are among them.
async fn metrics(server: &TestServer, wanted: &[&str]) -> String {
    soon("the figures", async {
        loop {
            let text = send(server, "GET", "/metrics", &[], "").await.body;
            if wanted.iter().all(|wanted| text.lines().any(|line| line == *wanted)) {
                return text;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn ht3_the_queue_at_the_model_is_in_figures_and_health() {
    let server = narrow().await;
    let admin = Person::account_of(&server, "admin", true).await;
    metrics(&server, &["madang_running_turns 0", "madang_waiting_turns 0", "madang_running_turns_max 1"])
        .await;
    let first = asks(&server).await;
    let running = server.model.next().await;
    asks(&server).await;
    asks(&server).await;
    let text =
        metrics(&server, &["madang_running_turns 1", "madang_waiting_turns 2", "madang_waiting_people 2"])
            .await;
    let health = admin.get(&server, "/api/v1/admin/health").await.json();
    assert_eq!((&health["waiting_turns"], &health["running_turns"]), (&json!(2), &json!(3)), "{health}");
    let [model] = &health["models"].as_array().unwrap()[..] else { panic!("{health}") };
    let expected = json!({"model": model["model"], "state": "ok", "running": 1, "waiting": 2});
    assert_eq!(model, &expected);
    let name = model["model"].as_str().unwrap();
    for (series, value) in [
        (format!("madang_model_state{{model=\"{name}\",state=\"ok\"}}"), 1),
        (format!("madang_model_state{{model=\"{name}\",state=\"broken\"}}"), 0),
        (format!("madang_model_running_turns{{model=\"{name}\"}}"), 1),
        (format!("madang_model_waiting_turns{{model=\"{name}\"}}"), 2),
    ] {
        assert!(text.contains(&format!("{series} {value}\n")), "{series} in {text}");
    }
    let refused = first.get(&server, "/api/v1/admin/health").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    running.finish("1");
    metrics(&server, &["madang_running_turns 1", "madang_waiting_turns 1"]).await;
    server.model.next().await.finish("2");
    server.model.next().await.finish("3");
    let text = metrics(&server, &["madang_running_turns 0", "madang_waiting_turns 0"]).await;
    assert!(!text.contains("madang_turns_running"), "one name for one figure");
}

#[tokio::test]
async fn tu8_a_socket_hears_why_its_turn_waits() {
    let server = narrow().await;
    let mut second = RawClient::v2(&server).await;
    second.command("c1", "create_session", json!({"title": "Room"})).await;
    let session = second.answer_to("c1").await["data"]["session_id"].clone();
    asks(&server).await;
    let running = server.model.next().await;
    second.command("c2", "claude_message", json!({"session_id": session, "content": "Go."})).await;
    let started = second.event("turn_started").await["data"].clone();
    let waiting = second.event("turn_waiting").await;
    assert!(waiting.get("seq").is_none(), "it is told once and kept nowhere: {waiting}");
    let expected = json!({
        "session_id": session, "message_id": started["message"]["message_id"], "code": "MODEL_OVERLOADED", "ahead": 0,
        "retry_after": 0, "attempt": 1,
    });
    assert_eq!(waiting["data"], expected);
    running.finish("1");
    server.model.next().await.finish("2");
    let response = second.event("claude_response").await;
    assert_eq!(response["data"]["message_id"], expected["message_id"]);
}
