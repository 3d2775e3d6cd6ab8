//! Tokens of an embedding application on the wire; the rows AU-01 to AU-06 are in `madang-accounts`.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use madang_accounts::{Embedder, Secret};
use serde_json::{Value, json};

use crate::accounts::server;
use crate::http::send;
use crate::raw::{RawClient, V2};
use crate::server::with_guests;

const KEY: &str = "a key of more than thirty-two bytes, shared";

/// A good token of the application.
pub(crate) fn token(key: &str, subject: &str, until: u64) -> String {
    let claims = json!({
        "iss": "https://shop.example", "aud": "madang", "sub": subject, "name": "Mina Kim", "exp": until, "admin": true,
    });
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

#[tokio::test]
async fn a_person_of_an_embedding_application_comes_in_by_every_way() {
    let embedder = Embedder {
        id: "shop".into(),
        issuer: "https://shop.example".into(),
        audience: "madang".into(),
        algorithm: madang_accounts::Algorithm::HS256,
        key: Some(Secret::new(KEY)),
        key_file: None,
        key_env: None,
        jwks_url: None,
        name_claim: "name".into(),
        life_ms_max: 3_600_000,
    };
    let accounts = madang_accounts::Settings { embedders: vec![embedder], ..Default::default() };
    let server = server(with_guests(), accounts).await;
    let token = token(KEY, "u-1", jsonwebtoken::get_current_timestamp() + 600);
    let bearer = format!("Authorization: Bearer {token}");
    let me = send(&server, "GET", "/api/v1/me", &[&bearer], "").await.json();
    assert_eq!((&me["name"], &me["display_name"]), (&json!("u-1@shop"), &json!("Mina Kim")));
    assert_eq!((&me["admin"], &me["scope"], &me["guest"]), (&json!(false), &json!("write"), &json!(false)));
    let mut seen: Vec<Value> = vec![me["user_id"].clone()];
    let mut by_header = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
    seen.push(by_header.hello().await["data"]["user_id"].clone());
    let mut by_query = RawClient::connect(&server, &format!("/ws?token={token}"), &[]).await;
    seen.push(by_query.event("connected").await["data"]["user_id"].clone());
    let ticket = send(&server, "POST", "/api/v1/tickets", &[&bearer], "").await.json()["ticket"].clone();
    let path = format!("/ws?ticket={}", ticket.as_str().unwrap());
    let mut by_ticket = RawClient::connect(&server, &path, &[V2]).await;
    seen.push(by_ticket.hello().await["data"]["user_id"].clone());
    let mut by_auth = RawClient::v2(&server).await;
    by_auth.command("a", "auth", json!({"token": token, "token_type": "Bearer"})).await;
    seen.push(by_auth.answer_to("a").await["data"]["user_id"].clone());
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let made = json!({"name": "more", "scope": "read", "expires_in_days": 1}).to_string();
    let refused = send(&server, "POST", "/api/v1/me/tokens", &[&bearer], &made).await;
    assert_eq!(refused.status, 403, "such a token makes none that outlives it");
}
