//! Rows AU that need no account: forged, empty, misplaced and leaked credentials.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::scene::{BRISK, Running, Scene};
use super::wire::{Answer, Target, V2};

/// What a credential opens: the status of the socket's handshake on version 1, and of a ticket.
fn opens(at: Target, token: &str) -> (u16, u16) {
    let bearer = format!("Authorization: Bearer {token}");
    (at.try_upgrade("/ws", &[&bearer]).1.status, at.ask("POST /api/v1/tickets", &[&bearer], "").status)
}

fn jwt(head: &Value, claims: &Value, signature: &str) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.{signature}", encode(head), encode(claims))
}

#[test]
fn cn1_hostile_credentials() {
    let mut scene = Scene::start(BRISK);
    let own = scene.server.target.guest();
    scene.case("AU-01", "tokens that sign themselves", |at| {
        let claims = json!({"sub": "admin", "admin": true, "exp": 4_000_000_000_u64, "aud": "madang", "iss": "madang"});
        for alg in ["none", "None", "nOnE", "HS256", "RS256", ""] {
            for signature in ["", "AAAA", "e30"] {
                let token = jwt(&json!({"alg": alg, "typ": "JWT"}), &claims, signature);
                assert_eq!(opens(at, &token), (401, 401), "{alg} {signature}");
            }
        }
        let cut = [&own[..own.len() - 1], &own.replace("mdg1", "mdg2"), &own.replace('.', "")].map(str::to_owned);
        let (head, mac) = own.rsplit_once('.').unwrap();
        let longer = [format!("{own}A"), format!("{head}."), format!("{head}0.{mac}"), "x".repeat(30_000)];
        for token in cut.iter().chain(&longer) {
            assert_eq!(opens(at, token), (401, 401), "{token:.60}");
        }
    });
    scene.case("AU-07", "nothing in the place of a secret", |at| {
        for secret in [json!(null), json!(""), json!([]), json!({}), json!(0), json!(false), json!(["x"])] {
            // As `auth`: it must not make the connection another's.
            let mut wire = at.v2();
            wire.command("a", "auth", &json!({"token": secret}));
            let refused = wire.try_answer("a").expect("an answer");
            let code = refused["data"]["code"].as_str().unwrap();
            assert!(matches!(code, "INVALID_AUTH" | "INVALID_DATA"), "{secret}: {refused}");
            // As an invite code.
            let mut wire = at.v2();
            let joined = wire.ask("j", "join_collaboration", &json!({"session_id": secret}));
            let code = joined["data"]["code"].as_str().unwrap_or_default();
            assert!(matches!(code, "INVALID_DATA" | "INVALID_SESSION" | "NOT_FOUND"), "{secret}: {joined}");
        }
        // As a ticket: an empty one counts as absent, and the newcomer is a new guest.
        for ticket in ["null", "[]", "undefined", "0", "mdt1.", "%00"] {
            assert_eq!(at.try_upgrade(&format!("/ws?ticket={ticket}"), &[]).1.status, 401, "{ticket}");
        }
    });
}

#[test]
fn cn1_hostile_channels_of_credentials() {
    let mut scene = Scene::start(BRISK);
    let own = scene.server.target.guest();
    scene.case("AU-08", "headers that say who one is", |at| {
        let headers = [
            "X-User-Id: usr_x",
            "X-Forwarded-User: admin",
            "X-Auth-User: admin",
            "X-Remote-User: admin",
            "Remote-User: admin",
            "X-Forwarded-Email: a@b.c",
        ];
        let mut first = at.upgrade("/ws", &headers);
        let mut second = at.upgrade("/ws", &headers);
        let user = |connected: Value| connected["data"]["user_id"].as_str().unwrap().to_owned();
        assert_ne!(
            user(first.event("connected")),
            user(second.event("connected")),
            "two newcomers are two guests"
        );
        assert_eq!(at.ask("POST /api/v1/tickets", &headers, "").status, 401);
    });
    scene.case("AU-09", "one credential by every channel", |at| {
        for (token, right) in [(own.as_str(), true), ("mdg1.made.up", false)] {
            let bearer = format!("Authorization: Bearer {token}");
            let status = |answer: Answer| answer.status;
            let socket = [
                status(at.try_upgrade("/ws", &[&bearer]).1),
                status(at.try_upgrade(&format!("/ws?token={token}"), &[]).1),
            ];
            assert_eq!(socket, [if right { 101 } else { 401 }; 2]);
            let mut wire = at.upgrade("/ws", &[]);
            wire.command("a", "auth", &json!({"token": token}));
            let answer = wire.event(if right { "connected" } else { "error" });
            assert_eq!(answer["data"]["code"] == "INVALID_AUTH", !right, "{answer}");
            // `X-Api-Key` is no channel of ours.
            let key = at.ask("POST /api/v1/tickets", &[&format!("X-Api-Key: {token}")], "");
            assert_eq!(key.status, 401);
        }
    });
    let secret = own.rsplit('.').next().unwrap().to_owned();
    scene.case("AU-21", "a credential in the address", |at| {
        for path in ["/api/v1/tickets", "/api/v1/me", "/api/v1/sessions"] {
            let answer = at.ask(&format!("POST {path}?token={own}"), &[], "");
            assert!(matches!(answer.status, 401 | 404 | 405), "{path}: {answer:?}");
        }
        drop(at.try_upgrade(&format!("/ws?token={own}"), &[V2]));
        drop(at.ask(&format!("GET /nowhere?token={own}"), &[], ""));
        drop(at.ask(&format!("GET /ws?ticket={own}"), &[], ""));
    });
    assert!(!scene.server.log().contains(&secret), "a credential is in the log");
}

#[test]
fn cn1_hostile_hopes_for_a_secret_that_all_servers_share() {
    let mut scene = Scene::start(BRISK);
    let folder = tempfile::tempdir().unwrap();
    let other = Running::start(folder.path(), BRISK);
    let theirs = other.target.guest();
    let secrets = folder.path().join("data/secrets");
    scene.case("AU-17", "a credential of another server", |at| {
        assert_eq!(opens(at, &theirs), (401, 401));
    });
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&secrets), 0o700);
    for file in std::fs::read_dir(&secrets).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}
