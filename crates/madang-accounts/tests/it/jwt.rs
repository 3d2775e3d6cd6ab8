//! Tokens of embedding applications: who they are for, and everything that must not pass for one.

use madang_accounts::{Algorithm, By, Decision, Embedder, Proof, Secret, Settings};
use madang_protocol::{ErrorCode, Scope, UnixMs};
use serde_json::{Value, json};

use crate::issuer::{KeyServer, Pair, forged, good, shared, with};
use crate::support::{PASSWORD, START, World, from, new, seen};

const SHARED: &str = "a key of more than thirty-two bytes, shared";
/// How long an issuer is left alone after it was asked.
const RETRY_MS: u64 = 50;
pub(crate) const SHOP: &str = "https://shop.example";

/// An application with a shared key.
pub(crate) fn shop() -> Embedder {
    with_key("shop", SHOP, Algorithm::HS256, SHARED)
}

/// A good token of its.
pub(crate) fn shops_token() -> String {
    shared(SHARED.as_bytes(), &good(SHOP))
}

fn embedder(id: &str, issuer: &str, algorithm: Algorithm) -> Embedder {
    Embedder {
        id: id.to_owned(),
        issuer: issuer.to_owned(),
        audience: "madang".to_owned(),
        algorithm,
        key: None,
        key_file: None,
        key_env: None,
        jwks_url: None,
        name_claim: "name".to_owned(),
        life_ms_max: 24 * 3_600_000,
    }
}

fn with_key(id: &str, issuer: &str, algorithm: Algorithm, key: &str) -> Embedder {
    Embedder { key: Some(Secret::new(key)), ..embedder(id, issuer, algorithm) }
}

async fn world(embedders: Vec<Embedder>) -> World {
    World::with(Settings { embedders, keys_retry_ms: RETRY_MS, ..Settings::default() }).await
}

#[tokio::test]
async fn a_good_token_makes_its_person_at_first_sight_and_finds_them_again() {
    let (rsa, ec) = (Pair::rsa(), Pair::ec());
    let world = world(vec![
        with_key("shop", SHOP, Algorithm::HS256, SHARED),
        with_key("rsa", "rsa", Algorithm::RS256, &rsa.public_pem),
        with_key("ec", "ec", Algorithm::ES256, &ec.public_pem),
    ])
    .await;
    let token = shared(SHARED.as_bytes(), &good(SHOP));
    let known = world.accounts.known_by(&token).await.unwrap();
    assert_eq!(known.scope, Scope::Write);
    assert_eq!(known.proof, Proof::Embedder(UnixMs(START + 600_000)));
    assert_eq!((known.account.name.as_str(), known.account.display_name.as_str()), ("u-17@shop", "Mina Kim"));
    // The same person by a later token, another one of the same name at another issuer.
    let later = shared(SHARED.as_bytes(), &with(good(SHOP), "exp", json!(START / 1000 + 900)));
    assert_eq!(world.accounts.known_by(&later).await.unwrap().account.user, known.account.user);
    let elsewhere = world.accounts.known_by(&rsa.sign(None, &good("rsa"))).await.unwrap();
    assert_ne!(elsewhere.account.user, known.account.user);
    world.accounts.known_by(&ec.sign(None, &good("ec"))).await.unwrap();
    let list = shared(SHARED.as_bytes(), &with(good(SHOP), "aud", json!(["other", "madang"])));
    world.accounts.known_by(&list).await.unwrap();
    assert_eq!(world.audited().await, ["account.created"; 3]);
}

#[tokio::test]
async fn two_tokens_of_a_new_person_at_once_are_one_account() {
    let world = world(vec![with_key("shop", SHOP, Algorithm::HS256, SHARED)]).await;
    let token = shared(SHARED.as_bytes(), &good(SHOP));
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (accounts, token) = (world.accounts.clone(), token.clone());
        racers.spawn(async move { accounts.known_by(&token).await.unwrap().account.user });
    }
    let mut users = racers.join_all().await;
    users.dedup();
    assert_eq!(users.len(), 1);
}

#[tokio::test]
async fn au01_to_au03_what_is_not_signed_for_us_and_now_is_refused() {
    let (rsa, other) = (Pair::rsa(), Pair::rsa());
    let world = world(vec![
        with_key("shop", SHOP, Algorithm::HS256, SHARED),
        with_key("rsa", "rsa", Algorithm::RS256, &rsa.public_pem),
    ])
    .await;
    let claims = good(SHOP);
    let sign = |claims: &Value| shared(SHARED.as_bytes(), claims);
    let mut tokens = Vec::new();
    for alg in ["none", "None", "nOnE", "NONE", "", "HS384", "RS256", "ES256", "PS256", "EdDSA"] {
        tokens.push((format!("AU-01 {alg}"), forged(&json!({ "alg": alg, "typ": "JWT" }), &claims, b"")));
    }
    // AU-02: the public key of RS256, taken for a shared one.
    for key in [rsa.public_pem.as_bytes(), rsa.public_pem.trim().as_bytes()] {
        tokens.push(("AU-02".to_owned(), shared(key, &good("rsa"))));
    }
    tokens.push(("another key".to_owned(), other.sign(None, &good("rsa"))));
    tokens.push(("another shared key".to_owned(), shared(&[7; 40], &claims)));
    let seconds = START / 1000;
    for (name, value) in [
        ("exp", Value::Null),
        ("exp", json!("later")),
        ("exp", json!((seconds + 600).to_string())),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("exp", json!([seconds + 600])),
        ("exp", json!(seconds + 2 * 24 * 3600)),
        ("nbf", json!(seconds + 300)),
        ("nbf", json!("now")),
        ("aud", Value::Null),
        ("aud", json!("elsewhere")),
        ("aud", json!([])),
        ("aud", json!({ "madang": true })),
        ("iss", json!("https://shop.example.evil")),
        ("iss", json!([SHOP])),
        ("iss", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!(17)),
        ("sub", json!("a\u{0}b")),
    ] {
        tokens.push((format!("AU-03 {name} {value}"), sign(&with(claims.clone(), name, value))));
    }
    let parts: Vec<String> = sign(&claims).split('.').map(str::to_owned).collect();
    tokens.push(("no signature".to_owned(), format!("{}.{}.", parts[0], parts[1])));
    tokens.push(("two parts".to_owned(), format!("{}.{}", parts[0], parts[1])));
    tokens.push(("four parts".to_owned(), format!("{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[2])));
    tokens.push(("too long".to_owned(), sign(&with(claims.clone(), "pad", json!("x".repeat(9_000))))));
    for (what, token) in tokens {
        assert_eq!(world.verdict(&token).await, Err(ErrorCode::InvalidAuth), "{what}");
    }
    for (name, extra) in [("typ", json!("at+jwt")), ("crit", json!(["exp"]))] {
        let mut header = json!({ "alg": "HS256", "typ": "JWT" });
        header[name] = extra;
        let token = resigned(&header, &claims);
        assert_eq!(world.verdict(&token).await, Err(ErrorCode::InvalidAuth), "AU-03 {name}");
    }
    assert_eq!(
        world.verdict(&resigned(&json!({ "alg": "HS256" }), &claims)).await,
        Ok("u-17@shop".to_owned())
    );
    world.pass(600_000);
    assert_eq!(world.verdict(&sign(&claims)).await, Err(ErrorCode::TokenExpired));
}

/// A token with a header of one's own, rightly signed with the shared key.
fn resigned(header: &Value, claims: &Value) -> String {
    let unsigned = forged(header, claims, b"");
    let message = unsigned.trim_end_matches('.');
    let key = jsonwebtoken::EncodingKey::from_secret(SHARED.as_bytes());
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

#[tokio::test]
async fn au04_no_address_in_a_token_is_ever_called() {
    let (configured, trap) = (KeyServer::start().await, KeyServer::start().await);
    let pair = Pair::rsa();
    configured.serve(vec![pair.jwk("k1")]);
    trap.serve(vec![pair.jwk("k1")]);
    let remote = Embedder { jwks_url: Some(configured.url()), ..embedder("shop", SHOP, Algorithm::RS256) };
    let world = world(vec![remote]).await;
    for issuer in [trap.url(), format!("{SHOP}/../{}", trap.url()), "http://169.254.169.254/".to_owned()] {
        let mut claims = with(good(SHOP), "iss", json!(issuer));
        claims["jku"] = json!(trap.url());
        assert_eq!(world.verdict(&pair.sign(Some("k1"), &claims)).await, Err(ErrorCode::InvalidAuth));
    }
    let header = json!({ "alg": "RS256", "kid": "k2", "jku": trap.url(), "x5u": trap.url() });
    assert_eq!(world.verdict(&forged(&header, &good(SHOP), b"x")).await, Err(ErrorCode::InvalidAuth));
    assert_eq!(trap.asked(), 0);
    assert_eq!(configured.asked(), 1, "only for the issuer that is configured");
    assert_eq!(world.verdict(&pair.sign(Some("k1"), &good(SHOP))).await, Ok("u-17@shop".to_owned()));
    assert_eq!(configured.asked(), 1, "and then they are remembered");
}

#[tokio::test]
async fn au05_a_key_id_of_one_issuer_says_nothing_about_another() {
    let (one, two) = (Pair::rsa(), Pair::rsa());
    let (keys_one, keys_two) = (KeyServer::start().await, KeyServer::start().await);
    keys_one.serve(vec![one.jwk("same")]);
    keys_two.serve(vec![two.jwk("same")]);
    let remote = |id: &str, keys: &KeyServer| Embedder {
        jwks_url: Some(keys.url()),
        ..embedder(id, &format!("https://{id}.example"), Algorithm::RS256)
    };
    let world = world(vec![remote("one", &keys_one), remote("two", &keys_two)]).await;
    let claims = |id: &str| good(&format!("https://{id}.example"));
    assert!(world.verdict(&one.sign(Some("same"), &claims("one"))).await.is_ok());
    assert!(world.verdict(&two.sign(Some("same"), &claims("two"))).await.is_ok());
    assert_eq!(world.verdict(&one.sign(Some("same"), &claims("two"))).await, Err(ErrorCode::InvalidAuth));
    assert_eq!(world.verdict(&two.sign(Some("same"), &claims("one"))).await, Err(ErrorCode::InvalidAuth));
}

#[tokio::test]
async fn new_keys_are_fetched_once_and_an_issuer_that_is_away_is_no_verdict() {
    let keys = KeyServer::start().await;
    let (old, new) = (Pair::rsa(), Pair::ec());
    let remote = Embedder { jwks_url: Some(keys.url()), ..embedder("shop", SHOP, Algorithm::RS256) };
    let world = world(vec![remote]).await;
    let token = old.sign(Some("k1"), &good(SHOP));
    // Once for each time that an issuer is left alone.
    let begun = std::time::Instant::now();
    let allowed = |begun: std::time::Instant| 1 + begun.elapsed().as_millis() / u128::from(RETRY_MS);
    for answer in [
        "",
        "HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 302 go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    ] {
        keys.say(answer);
        assert_eq!(world.verdict(&token).await, Err(ErrorCode::ServiceUnavailable), "{answer}");
    }
    let asked = keys.asked();
    assert!(asked as u128 <= allowed(begun), "an issuer that fails is left alone for a while: {asked}");
    // An elliptic key of the same id fits no RS256 token.
    keys.serve(vec![new.jwk("k1"), old.jwk("k1")]);
    let fetched_again = async {
        while world.verdict(&token).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let wait = std::time::Duration::from_secs(20);
    tokio::time::timeout(wait, fetched_again).await.expect("the keys are fetched again after the pause");
    let (asked, begun) = (keys.asked(), std::time::Instant::now());
    for n in 0..50 {
        let unknown = old.sign(Some(&format!("made-up-{n}")), &good(SHOP));
        assert_eq!(world.verdict(&unknown).await, Err(ErrorCode::InvalidAuth));
    }
    let asked = keys.asked() - asked;
    assert!(asked as u128 <= allowed(begun), "made-up ids make few requests: {asked}");
}

#[tokio::test]
async fn au06_what_a_token_claims_about_rights_counts_for_nothing() {
    let world = world(vec![with_key("shop", SHOP, Algorithm::HS256, SHARED)]).await;
    for claim in [json!(true), json!(false), json!("false"), json!(0), json!([])] {
        let mut claims = good(SHOP);
        for name in ["admin", "is_admin", "role", "scope", "guest", "user_id"] {
            claims[name] = claim.clone();
        }
        let known = world.accounts.known_by(&shared(SHARED.as_bytes(), &claims)).await.unwrap();
        assert_eq!((known.account.admin, known.scope), (false, Scope::Write));
    }
}

#[tokio::test]
async fn au10_a_suspended_person_is_refused_with_a_good_token_too() {
    let world = world(vec![with_key("shop", SHOP, Algorithm::HS256, SHARED)]).await;
    let token = shared(SHARED.as_bytes(), &good(SHOP));
    let user = world.accounts.known_by(&token).await.unwrap().account.user;
    let decision = Decision { disabled: Some(true), ..Decision::default() };
    world.accounts.decide(user, decision, &from("127.0.0.1")).await.unwrap();
    assert_eq!(world.verdict(&token).await, Err(ErrorCode::InvalidAuth));
}

#[test]
fn settings_that_would_weaken_tokens_are_refused() {
    let pem = Pair::rsa().public_pem;
    let ec = Pair::ec().public_pem;
    let bad = [
        ("short", with_key("a", "a", Algorithm::HS256, "short")),
        ("PEM", with_key("a", "a", Algorithm::HS256, &pem)),
        ("RSA", with_key("a", "a", Algorithm::RS256, &ec)),
        ("P-256", with_key("a", "a", Algorithm::ES256, SHARED)),
        ("needs a key", embedder("a", "a", Algorithm::RS256)),
        (
            "HS256",
            Embedder { jwks_url: Some("https://a.example".into()), ..embedder("a", "a", Algorithm::HS256) },
        ),
        (
            "https",
            Embedder { jwks_url: Some("http://a.example".into()), ..embedder("a", "a", Algorithm::RS256) },
        ),
        ("id", with_key("A B", "a", Algorithm::HS256, SHARED)),
        ("issuer", with_key("a", "", Algorithm::HS256, SHARED)),
    ];
    for (what, embedder) in bad {
        let settings = Settings { embedders: vec![embedder], ..Settings::default() };
        let error = settings.check().unwrap_err().to_string();
        assert!(!error.contains(SHARED) && !error.contains("BEGIN"), "{what}: {error}");
    }
    let twice = vec![
        with_key("a", "same", Algorithm::HS256, SHARED),
        with_key("b", "same", Algorithm::HS256, SHARED),
    ];
    assert!(Settings { embedders: twice, ..Settings::default() }.check().is_err());
}

/// Names to log in with and what an application calls its people are two things, whatever they look like.
#[tokio::test]
async fn se1_a_subject_that_looks_like_a_login_name_is_another_person_and_the_other_way_round() {
    let world = world(vec![with_key("shop", SHOP, Algorithm::HS256, SHARED)]).await;
    let mina = world.person("mina").await;
    let token = |subject: &str| shared(SHARED.as_bytes(), &with(good(SHOP), "sub", json!(subject)));
    let known = world.accounts.known_by(&token("mina")).await.unwrap();
    assert_ne!(known.account.user, mina.user);
    assert_eq!((known.account.name.as_str(), &known.account.password), ("mina@shop", &None));
    let subject = world.accounts.known_by(&token("u-7")).await.unwrap().account;
    // Neither what it calls somebody, nor what their names are made like, is for others to choose.
    for name in ["u-7", "u-8@shop", "x@SHOP"] {
        let made = world.accounts.create(new(name), false, &By::operator()).await;
        assert_eq!(seen(made).0, ErrorCode::Conflict, "{name}");
    }
    assert_eq!(world.accounts.account(subject.user).await.unwrap().unwrap().name, "u-7@shop");
    // Its people have no password to try.
    assert_eq!(seen(world.enter("u-7@shop", PASSWORD).await).0, ErrorCode::InvalidAuth);
}
