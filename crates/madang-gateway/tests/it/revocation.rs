//! What ends when a credential does (SE4, AU-10, AU-11, AU-14): sockets, within a second.

use std::time::{Duration, Instant};

use madang_accounts::{Algorithm, By, Decision, Embedder, NewToken, Secret};
use madang_gateway::Settings;
use madang_protocol::Scope;
use serde_json::{Value, json};

use crate::accounts::{Browser, PASSWORD, server};
use crate::raw::{RawClient, V2};
use crate::server::TestServer;

async fn plain() -> TestServer {
    server(Settings::default(), madang_accounts::Settings::default()).await
}

async fn by_token(server: &TestServer, token: &str) -> RawClient {
    let bearer = format!("Authorization: Bearer {token}");
    let mut client = RawClient::connect(server, "/ws", &[V2, &bearer]).await;
    client.hello().await;
    client
}

/// Closed with this code, and in time.
async fn cut(client: RawClient, code: u16, since: Instant) {
    client.must_close(code).await;
    assert!(since.elapsed() < Duration::from_secs(1), "it took {:?}", since.elapsed());
}

#[tokio::test]
async fn au14_logging_out_in_one_tab_closes_the_other() {
    let server = plain().await;
    let browser = Browser::new(&server, "mina", false).await;
    let elsewhere = Browser::enter(&server, "mina").await;
    let (tab, mut other) = (browser.socket(&server).await, elsewhere.socket(&server).await);
    let since = Instant::now();
    assert_eq!(browser.ask(&server, "POST", "/logout", &Value::Null).await.status, 204);
    cut(tab, 4401, since).await;
    other.must_live().await;
}

#[tokio::test]
async fn au11_another_password_closes_everything_else() {
    let server = plain().await;
    let browser = Browser::new(&server, "mina", false).await;
    let elsewhere = Browser::enter(&server, "mina").await;
    let new = NewToken { name: "ci".into(), scope: Scope::Write, days: 1 };
    let user = browser.user.parse().unwrap();
    let (_, personal) = server.accounts.create_token(user, new, &By::operator()).await.unwrap();
    let ticket = elsewhere.ask(&server, "POST", "/tickets", &Value::Null).await.json()["ticket"].clone();
    let mut own = browser.socket(&server).await;
    let (login, token) = (elsewhere.socket(&server).await, by_token(&server, &personal).await);
    let change = json!({"old": PASSWORD, "new": "a persimmon tree"});
    assert_eq!(browser.ask(&server, "POST", "/me/password", &change).await.status, 204);
    // Hashing two passwords, which takes a good part of a second on a busy machine, comes before they end.
    let since = Instant::now();
    cut(login, 4401, since).await;
    cut(token, 4401, since).await;
    own.must_live().await;
    let path = format!("/ws?ticket={}", ticket.as_str().unwrap());
    let refused = RawClient::connect(&server, &path, &[V2]).await;
    refused.must_close(4401).await;
    assert_eq!(elsewhere.ask(&server, "GET", "/me", &Value::Null).await.status, 401);
    assert_eq!(browser.ask(&server, "GET", "/me", &Value::Null).await.status, 200);
}

#[tokio::test]
async fn au10_suspending_someone_closes_all_that_is_theirs_and_nothing_else() {
    let server = plain().await;
    let browser = Browser::new(&server, "mina", false).await;
    let other = Browser::new(&server, "other", false).await;
    let mut theirs = Vec::new();
    for _ in 0..3 {
        theirs.push(Browser::enter(&server, "mina").await.socket(&server).await);
    }
    let mut others = other.socket(&server).await;
    let since = Instant::now();
    let decision = Decision { disabled: Some(true), ..Decision::default() };
    server.accounts.decide(browser.user.parse().unwrap(), decision, &By::operator()).await.unwrap();
    for socket in theirs {
        cut(socket, 4401, since).await;
    }
    others.must_live().await;
}

#[tokio::test]
async fn se4_ending_a_token_or_a_login_from_the_list_closes_its_sockets() {
    let server = plain().await;
    let browser = Browser::new(&server, "mina", false).await;
    let elsewhere = Browser::enter(&server, "mina").await;
    let made = json!({"name": "ci", "scope": "read", "expires_in_days": 1});
    let made = browser.ask(&server, "POST", "/me/tokens", &made).await.json();
    let token = by_token(&server, made["token"].as_str().unwrap()).await;
    let login = elsewhere.socket(&server).await;
    let since = Instant::now();
    let path = format!("/me/tokens/{}", made["token_id"].as_str().unwrap());
    assert_eq!(browser.ask(&server, "DELETE", &path, &Value::Null).await.status, 204);
    cut(token, 4401, since).await;
    let listed = browser.ask(&server, "GET", "/me/logins", &Value::Null).await.json();
    let logins = listed["logins"].as_array().unwrap();
    assert_eq!(logins.len(), 2);
    let other = logins.iter().find(|login| login["current"] == false).unwrap();
    let since = Instant::now();
    let path = format!("/me/logins/{}", other["login_id"].as_str().unwrap());
    assert_eq!(browser.ask(&server, "DELETE", &path, &Value::Null).await.status, 204);
    cut(login, 4401, since).await;
    let mut own = browser.socket(&server).await;
    assert_eq!(browser.ask(&server, "DELETE", "/me/logins", &Value::Null).await.status, 204);
    own.must_live().await;
    let since = Instant::now();
    assert_eq!(browser.ask(&server, "DELETE", "/me/logins?all=true", &Value::Null).await.status, 204);
    cut(own, 4401, since).await;
}

#[tokio::test]
async fn se4_what_changed_about_a_person_brings_their_sockets_back() {
    let server = plain().await;
    let browser = Browser::new(&server, "mina", false).await;
    let socket = browser.socket(&server).await;
    let since = Instant::now();
    let set = browser.ask(&server, "PATCH", "/me", &json!({"display_name": "Min", "color": "3"})).await;
    assert_eq!((set.status, &set.json()["display_name"]), (200, &json!("Min")));
    cut(socket, 4202, since).await;
    let cookie = format!("Cookie: {}", browser.cookie);
    let mut again = RawClient::connect(&server, "/ws", &[V2, &cookie, "Origin: http://localhost"]).await;
    assert_eq!(again.hello().await["data"]["display_name"], "Min");
}

#[tokio::test]
async fn an_embedders_token_that_runs_out_closes_its_socket() {
    let key = "a key of more than thirty-two bytes, shared";
    let embedder = Embedder {
        id: "shop".into(),
        issuer: "https://shop.example".into(),
        audience: "madang".into(),
        algorithm: Algorithm::HS256,
        key: Some(Secret::new(key)),
        key_file: None,
        key_env: None,
        jwks_url: None,
        name_claim: "name".into(),
        life_ms_max: 60_000,
    };
    let accounts = madang_accounts::Settings { embedders: vec![embedder], ..Default::default() };
    let server = server(Settings::default(), accounts).await;
    let until = jsonwebtoken::get_current_timestamp() + 2;
    let token = crate::jwt::token(key, "u-1", until);
    let client = by_token(&server, &token).await;
    client.must_close(4201).await;
    let now = jsonwebtoken::get_current_timestamp();
    assert!((until..=until + 1).contains(&now), "cut at {now}, ran out at {until}");
    let bearer = format!("Authorization: Bearer {token}");
    let refused = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
    refused.must_close(4201).await;
}

#[tokio::test]
async fn co05_rights_that_were_taken_away_before_hello_are_none_after_it() {
    let server = plain().await;
    let admin = Browser::new(&server, "admin", true).await;
    let user = admin.user.parse().unwrap();
    let new = NewToken { name: "ci".into(), scope: Scope::Full, days: 1 };
    let (_, token) = server.accounts.create_token(user, new, &By::operator()).await.unwrap();
    let bearer = format!("Authorization: Bearer {token}");
    let mut silent = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
    let decision = Decision { admin: Some(false), ..Decision::default() };
    server.accounts.decide(user, decision, &By::operator()).await.unwrap();
    let since = Instant::now();
    silent.hello().await;
    cut(silent, 4202, since).await;
}
