//! Logging in, and everything that ends it.

use std::time::{Duration, Instant};

use madang_accounts::{Decision, NewToken, Profile, Settings, Which};
use madang_protocol::{Actor, ErrorCode, Scope, UserId};

use crate::support::{OTHER, PASSWORD, World, from, new, seen, typed};

const DAY_MS: u64 = 24 * 3_600_000;

fn token(name: &str) -> NewToken {
    NewToken { name: name.to_owned(), scope: Scope::Read, days: 30 }
}

#[tokio::test]
async fn a_login_is_known_by_its_token_and_by_nothing_like_it() {
    let world = World::new().await;
    let row = world.person("Mina").await;
    let entered = world.enter("mINA", PASSWORD).await.unwrap();
    assert_eq!(world.verdict(&entered.token).await, Ok("Mina".to_owned()));
    for (name, password) in
        [("Mina", ""), ("Mina", "A quiet courtyard"), ("", PASSWORD), ("Mina ' OR 1=1", PASSWORD)]
    {
        assert_eq!(seen(world.enter(name, password).await).0, ErrorCode::InvalidAuth, "{name} {password}");
    }
    let logins = world.accounts.logins(row.user).await.unwrap();
    assert_eq!(logins.len(), 1);
    assert_eq!((logins[0].agent.as_str(), logins[0].address.as_str()), ("Browser 1", "203.0.113.5"));
    assert_eq!(logins[0].hash, madang_accounts::hash_of(&entered.token));
    assert_eq!(
        world.audited().await,
        ["account.created", "login.ok", "login.failed", "login.failed", "login.failed", "login.failed"]
    );
    let records = world.accounts.audit_page(0, 100).await.unwrap();
    assert!(
        records.iter().all(|record| !record.row.details.contains("OR 1=1")),
        "what was typed is not kept"
    );
    assert_eq!(records[4].row.actor, Actor::User(row.user));
}

#[tokio::test]
async fn au07_no_secret_is_no_secret() {
    let world = World::new().await;
    world.person("mina").await;
    for text in [
        "",
        "null",
        "undefined",
        "[]",
        "mdl1.",
        "mdp1.",
        "mdl1.AAAA",
        "mdi1.AAAA",
        "Bearer",
        &"mdl1.x".repeat(1_000),
    ] {
        assert_eq!(world.verdict(text).await, Err(ErrorCode::InvalidAuth), "{text}");
    }
    assert!(world.accounts.find_invite("").await.unwrap().is_none());
    assert!(world.accounts.find_invite("mdi1.").await.unwrap().is_none());
}

#[tokio::test]
async fn au20_unknown_name_and_wrong_password_can_not_be_told_apart() {
    let world =
        World::with(Settings { login_tries: 1_000, login_tries_per_address: 1_000, ..Settings::default() })
            .await;
    world.person("mina").await;
    let suspended = world.person("gone").await;
    let decision = Decision { disabled: Some(true), ..Decision::default() };
    world.accounts.decide(suspended.user, decision, &from("127.0.0.1")).await.unwrap();
    let wrong = seen(world.enter("mina", OTHER).await);
    assert_eq!(wrong, seen(world.enter("nobody", OTHER).await));
    assert_eq!(wrong, seen(world.enter("gone", PASSWORD).await));
    // In turn, so that what else the machine does falls on both alike.
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        for (name, times) in [("mina", &mut known), ("nobody", &mut unknown)] {
            let begun = Instant::now();
            world.enter(name, OTHER).await.unwrap_err();
            times.push(begun.elapsed());
        }
    }
    known.sort_unstable();
    unknown.sort_unstable();
    let (known, unknown) = (known[20], unknown[20]);
    let allowed = Duration::from_millis(5).max(known / 5);
    assert!(known.abs_diff(unknown) < allowed, "{known:?} for a name, {unknown:?} for none");
}

#[tokio::test]
async fn au16_guessing_is_slowed_and_locks_nobody_out_elsewhere() {
    let world = World::new().await;
    world.person("mina").await;
    for _ in 0..5 {
        assert_eq!(seen(world.enter("mina", OTHER).await).0, ErrorCode::InvalidAuth);
    }
    let refused = world.enter("mina", PASSWORD).await.unwrap_err();
    assert_eq!((refused.code, refused.retry_after_ms), (ErrorCode::RateLimited, Some(12_000)));
    world.accounts.log_in(typed("mina", PASSWORD), &from("198.51.100.7"), None).await.unwrap();
    world.pass(12_000);
    world.enter("mina", PASSWORD).await.unwrap();
    world.enter("mina", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_login_ends_when_it_is_idle_and_when_it_is_old() {
    let world = World::new().await;
    world.person("mina").await;
    let entered = world.enter("mina", PASSWORD).await.unwrap();
    // Used every few days it lasts a month and no longer.
    for _ in 0..7 {
        world.pass(4 * DAY_MS);
        // Past the memory of credentials that were found good, which goes by the machine's own clock.
        world.person(&format!("other{}", world.audited().await.len())).await;
        assert_eq!(world.verdict(&entered.token).await, Ok("mina".to_owned()));
        while world.accounts.logins(entered.account.user).await.unwrap()[0].seen_at.0 + DAY_MS < now(&world) {
            tokio::task::yield_now().await;
        }
    }
    world.pass(2 * DAY_MS);
    world.person("another").await;
    assert_eq!(world.verdict(&entered.token).await, Err(ErrorCode::TokenExpired));
    let idle = world.enter("mina", PASSWORD).await.unwrap();
    world.pass(7 * DAY_MS);
    assert_eq!(world.verdict(&idle.token).await, Err(ErrorCode::TokenExpired));
    assert!(world.accounts.logins(entered.account.user).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_login_with_a_socket_open_is_not_idle() {
    let world = World::new().await;
    let row = world.person("mina").await;
    let entered = world.enter("mina", PASSWORD).await.unwrap();
    for _ in 0..3 {
        world.pass(6 * DAY_MS);
        world.accounts.are_in_use(&[entered.login]).await.unwrap();
        while world.accounts.logins(row.user).await.unwrap()[0].seen_at.0 < now(&world) {
            tokio::task::yield_now().await;
        }
    }
    world.person("other").await;
    assert_eq!(world.verdict(&entered.token).await, Ok("mina".to_owned()));
    // One that ended does not come back by being used.
    world.pass(DAY_MS);
    world.accounts.are_in_use(&[entered.login]).await.unwrap();
    world.accounts.end_login(row.user, entered.login, &from("127.0.0.1")).await.unwrap();
    world.accounts.are_in_use(&[entered.login]).await.unwrap();
    assert!(world.accounts.logins(row.user).await.unwrap().is_empty());
    assert_eq!(world.verdict(&entered.token).await, Err(ErrorCode::InvalidAuth));
}

fn now(world: &World) -> u64 {
    world.clock.load(std::sync::atomic::Ordering::Relaxed)
}

#[tokio::test]
async fn au13_one_login_too_many_ends_the_oldest() {
    let world = World::with(Settings { logins_max: 3, ..Settings::default() }).await;
    let row = world.person("mina").await;
    let mut entered = Vec::new();
    for _ in 0..4 {
        world.pass(1_000);
        entered.push(world.enter("mina", PASSWORD).await.unwrap());
    }
    assert_eq!(world.verdict(&entered[0].token).await, Err(ErrorCode::InvalidAuth));
    for later in &entered[1..] {
        assert_eq!(world.verdict(&later.token).await, Ok("mina".to_owned()));
    }
    assert_eq!(world.accounts.logins(row.user).await.unwrap().len(), 3);
    assert_eq!(world.ended().last(), Some(&Which::Login(entered[0].login)));
}

#[tokio::test]
async fn a_login_is_rotated_when_the_browser_logs_in_again() {
    let world = World::new().await;
    world.person("mina").await;
    let first = world.enter("mina", PASSWORD).await.unwrap();
    let by = from("203.0.113.5");
    let second = world.accounts.log_in(typed("mina", PASSWORD), &by, Some(first.login)).await.unwrap();
    assert_ne!(first.token, second.token);
    assert_eq!(world.verdict(&first.token).await, Err(ErrorCode::InvalidAuth));
    assert_eq!(world.verdict(&second.token).await, Ok("mina".to_owned()));
}

#[tokio::test]
async fn au11_another_password_ends_every_other_login_and_every_token() {
    let world = World::new().await;
    let row = world.person("mina").await;
    let (here, there) =
        (world.enter("mina", PASSWORD).await.unwrap(), world.enter("mina", PASSWORD).await.unwrap());
    let by = from("203.0.113.5");
    let (_, personal) = world.accounts.create_token(row.user, token("script"), &by).await.unwrap();
    assert_eq!(world.verdict(&personal).await, Ok("mina".to_owned()));
    let wrong = world
        .accounts
        .set_password(row.user, (Some(OTHER.into()), OTHER.into()), Some(here.login), &by)
        .await;
    assert_eq!(seen(wrong).0, ErrorCode::Forbidden);
    let none = world.accounts.set_password(row.user, (None, OTHER.into()), Some(here.login), &by).await;
    assert_eq!(seen(none).0, ErrorCode::Forbidden);
    world.ended();
    let change = (Some(PASSWORD.into()), OTHER.into());
    world.accounts.set_password(row.user, change, Some(here.login), &by).await.unwrap();
    assert_eq!(world.ended(), [Which::Logins(row.user, Some(here.login)), Which::Tokens(row.user)]);
    assert_eq!(world.verdict(&here.token).await, Ok("mina".to_owned()));
    assert_eq!(world.verdict(&there.token).await, Err(ErrorCode::InvalidAuth));
    assert_eq!(world.verdict(&personal).await, Err(ErrorCode::InvalidAuth));
    assert_eq!(seen(world.enter("mina", PASSWORD).await).0, ErrorCode::InvalidAuth);
    world.enter("mina", OTHER).await.unwrap();
}

#[tokio::test]
async fn au10_a_suspended_person_is_refused_whatever_they_show() {
    let world = World::new().await;
    let row = world.person("mina").await;
    let entered = world.enter("mina", PASSWORD).await.unwrap();
    let by = from("127.0.0.1");
    let (_, personal) = world.accounts.create_token(row.user, token("script"), &by).await.unwrap();
    let suspend = |disabled| Decision { disabled: Some(disabled), ..Decision::default() };
    world.ended();
    world.accounts.decide(row.user, suspend(true), &by).await.unwrap();
    assert_eq!(world.ended(), [Which::Person(row.user)]);
    for credential in [&entered.token, &personal] {
        assert_eq!(world.verdict(credential).await, Err(ErrorCode::InvalidAuth));
    }
    assert_eq!(seen(world.enter("mina", PASSWORD).await).0, ErrorCode::InvalidAuth);
    assert!(!world.accounts.is_guest(row.user).await.unwrap());
    world.accounts.decide(row.user, suspend(false), &by).await.unwrap();
    assert_eq!(world.verdict(&entered.token).await, Err(ErrorCode::InvalidAuth), "what ended stays ended");
    world.enter("mina", PASSWORD).await.unwrap();
    let kinds = world.audited().await;
    assert!(kinds.contains(&"account.disabled".to_owned()) && kinds.contains(&"account.enabled".to_owned()));
}

#[tokio::test]
async fn tokens_are_scoped_expire_and_end() {
    let world = World::new().await;
    let row = world.person("mina").await;
    let by = from("127.0.0.1");
    let (first, text) = world.accounts.create_token(row.user, token("one"), &by).await.unwrap();
    let known = world.accounts.known_by(&text).await.unwrap();
    assert_eq!((known.scope, known.account.user), (Scope::Read, row.user));
    for days in [0, 366] {
        let bad = world.accounts.create_token(row.user, NewToken { days, ..token("x") }, &by).await;
        assert_eq!(seen(bad).0, ErrorCode::InvalidData);
    }
    let stranger = UserId::new(madang_protocol::UnixMs(1), [9; 10]);
    assert_eq!(seen(world.accounts.end_token(stranger, first.token, &by).await).0, ErrorCode::NotFound);
    world.accounts.end_token(row.user, first.token, &by).await.unwrap();
    assert_eq!(world.verdict(&text).await, Err(ErrorCode::InvalidAuth));
    let (_, text) = world.accounts.create_token(row.user, token("two"), &by).await.unwrap();
    world.pass(30 * DAY_MS);
    assert_eq!(world.verdict(&text).await, Err(ErrorCode::TokenExpired));
}

#[tokio::test]
async fn what_people_change_about_themselves() {
    let world = World::new().await;
    let row = world.person("mina").await;
    let by = from("127.0.0.1");
    let set = |display_name: &str, color: &str, language: &str| {
        let profile = Profile {
            display_name: Some(display_name.to_owned()),
            color: Some(color.to_owned()),
            language: Some(language.to_owned()),
        };
        let (accounts, by, user) = (world.accounts.clone(), by.clone(), row.user);
        async move { accounts.set_profile(user, profile, &by).await }
    };
    let changed = set("민아", "3", "ko").await.unwrap();
    assert_eq!((changed.display_name.as_str(), changed.language.as_str()), ("민아", "ko"));
    assert_eq!(madang_accounts::css_color(&changed), madang_protocol::PALETTE[2]);
    assert_eq!(world.ended().last(), Some(&Which::Changed(row.user)));
    for (name, color, language) in [
        ("a\u{202e}b", "1", "en"),
        ("ok", "9", "en"),
        ("ok", "red;background:url(//evil)", "en"),
        ("ok", "1", "de"),
    ] {
        assert_eq!(
            seen(set(name, color, language).await).0,
            ErrorCode::InvalidData,
            "{name} {color} {language}"
        );
    }
    let same = set("민아", "", "").await.unwrap();
    assert_eq!(madang_accounts::css_color(&same), madang_protocol::color_of(row.user));
}

#[tokio::test]
async fn there_is_always_an_administrator_left() {
    let world = World::new().await;
    let by = from("127.0.0.1");
    let (one, _) = world.accounts.create(new("one"), true, &by).await.unwrap();
    let (two, _) = world.accounts.create(new("two"), true, &by).await.unwrap();
    let out = Decision { admin: Some(false), ..Decision::default() };
    let (by_one, by_two) = (by.acting_as(one.user), by.acting_as(two.user));
    assert_eq!(seen(world.accounts.decide(one.user, out.clone(), &by_one).await).0, ErrorCode::Conflict);
    let (a, b) = tokio::join!(
        world.accounts.decide(two.user, out.clone(), &by_one),
        world.accounts.decide(one.user, out, &by_two)
    );
    assert!(a.is_ok() != b.is_ok(), "of two who do it to each other at once, one stays");
    assert!(!world.accounts.needs_bootstrap().await.unwrap());
}
