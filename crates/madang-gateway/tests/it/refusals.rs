//! Refusals in the audit log: of commands on a socket and over HTTP, and of requests; with ids and without content.

use std::time::Duration;

use madang_protocol::Actor;
use madang_store::AuditRow;
use serde_json::json;

use crate::http::{Person, send};
use crate::raw::{RawClient, V2, soon};
use crate::server::{TestServer, with_guests};

/// The refusals in the audit log, once they are as wanted.
pub(crate) async fn audited(server: &TestServer, wanted: impl Fn(&[AuditRow]) -> bool) -> Vec<AuditRow> {
    soon("the audit log is written", async {
        loop {
            let records = server.accounts.audit_page(0, 500).await.unwrap();
            let rows = records.into_iter().map(|record| record.row).filter(|row| row.kind == "refused");
            let rows: Vec<_> = rows.collect();
            if wanted(&rows) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

#[tokio::test]
async fn se2_whoever_is_refused_in_a_session_is_in_the_audit_log_and_what_they_said_is_not() {
    let mut server = TestServer::start(with_guests()).await;
    let (owner, viewer) = (Person::account(&server, "owner").await, Person::account(&server, "viewer").await);
    let session = owner.session(&server).await;
    let invited = json!({"session_id": session, "target_user_id": viewer.user, "role": "viewer"});
    owner.command(&server, "invite_user", invited).await;
    viewer.command(&server, "join_collaboration", json!({"session_id": session})).await;
    let secret = "Ttitlethatnobodymayset";
    let rename = json!({"session_id": session, "title": secret});
    let bearer = viewer.bearer();
    let mut socket = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
    socket.hello().await;
    for n in 0..3 {
        let id = format!("r{n}");
        socket.command(&id, "rename_session", rename.clone()).await;
        let told = socket.answer_to(&id).await;
        assert_eq!(told["data"]["code"], "FORBIDDEN", "{told}");
    }
    let path = format!("/api/v1/sessions/{session}/commands/delete_session");
    assert_eq!(viewer.post(&server, &path, &json!({})).await.status, 403);
    assert_eq!(viewer.get(&server, "/api/v1/admin/health").await.status, 403);
    assert_eq!(viewer.get(&server, "/api/v1/admin/users").await.status, 403);
    let evil = [bearer.as_str(), "Origin: https://evil.example"];
    assert_eq!(send(&server, "GET", "/api/v1/me", &evil, "").await.status, 403);
    let rows = audited(&server, |rows| rows.len() >= 5).await;
    let actor = Actor::User(viewer.user.parse().unwrap());
    let row = |what: &str| {
        let wanted = json!({"what": what, "times": 1}).to_string();
        let found: Vec<_> = rows.iter().filter(|row| row.details == wanted).collect();
        assert_eq!(found.len(), 1, "{what}: {rows:?}");
        assert_eq!(found[0].address.as_deref(), Some("127.0.0.1"), "{what}");
        found[0]
    };
    let here = Some(session.parse().unwrap());
    for what in ["rename_session", "delete_session"] {
        assert_eq!((row(what).actor, row(what).session), (actor, here), "{what}");
    }
    for what in ["GET /api/v1/admin/health", "GET /api/v1/admin/users"] {
        assert_eq!((row(what).actor, row(what).session), (actor, None), "{what}");
    }
    assert_eq!(row("GET /api/v1/me").actor, Actor::Server, "who sent it is not looked at");
    // What was counted and not written yet is written when the server goes.
    drop(socket);
    server.stopped().await;
    let folded = json!({"what": "rename_session", "times": 2}).to_string();
    let rows = audited(&server, |rows| rows.len() >= 6).await;
    assert!(rows.iter().any(|row| row.details == folded), "{rows:?}");
    assert!(!rows.iter().any(|row| format!("{row:?}").contains(secret)));
}
