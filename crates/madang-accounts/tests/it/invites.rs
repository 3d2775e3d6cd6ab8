//! Links by which people sign up.

use madang_accounts::{By, Decision, Settings, SignUp};
use madang_protocol::{Epoch, ErrorCode, InviteId, Role, SessionId, SessionStatus, UnixMs, UserId};
use madang_store::{Append, InviteRow, PersonChange, SessionRow};

use crate::support::{World, from, new, seen};

fn user(n: u8) -> UserId {
    UserId::new(UnixMs(1), [n; 10])
}

#[tokio::test]
async fn au12_fifty_racers_with_one_link_are_one_account() {
    let world = World::new().await;
    let admin = administrator(&world).await;
    let by = from("127.0.0.1").acting_as(admin.user);
    let (_, code) = world.accounts.create_invite(admin.user, (None, None), &by).await.unwrap();
    assert_eq!(race(&world, &code, 0..50).await, 1);
    assert_eq!(seen(sign_up(&world, "late", Some(&code)).await).0, ErrorCode::NotFound);
    assert_eq!(world.audited().await.iter().filter(|kind| *kind == "invite.used").count(), 1);
}

async fn administrator(world: &World) -> madang_store::AccountRow {
    world.accounts.create(new("admin"), true, &By::operator()).await.unwrap().0
}

#[tokio::test]
async fn au10_whoever_was_suspended_lets_nobody_in_least_of_all_themselves() {
    let world = World::new().await;
    let admin = administrator(&world).await;
    let by = By::person(admin.user);
    let terms = (None, Some(9));
    let (_, code) = world.accounts.create_invite(admin.user, terms, &by).await.unwrap();
    sign_up(&world, "first", Some(&code)).await.unwrap();
    let other = world.accounts.create(new("other"), true, &By::operator()).await.unwrap().0;
    let decide = async |decision| {
        world.accounts.decide(admin.user, decision, &By::person(other.user)).await.unwrap();
    };
    decide(Decision { disabled: Some(true), ..Decision::default() }).await;
    assert_eq!(seen(sign_up(&world, "second", Some(&code)).await).0, ErrorCode::NotFound);
    decide(Decision { disabled: Some(false), admin: Some(false), ..Decision::default() }).await;
    assert_eq!(seen(sign_up(&world, "third", Some(&code)).await).0, ErrorCode::NotFound);
    decide(Decision { admin: Some(true), ..Decision::default() }).await;
    sign_up(&world, "fourth", Some(&code)).await.unwrap();
}

#[tokio::test]
async fn a_guest_who_signs_up_in_two_tabs_has_one_account() {
    let world = World::with(Settings { sign_up: SignUp::Open, ..Settings::default() }).await;
    let by = from("127.0.0.1");
    let enter = async |name| {
        let admission = world.accounts.admit(None, &by).await?;
        world.accounts.sign_up(new(name), admission, Some(user(7)), &by).await
    };
    let (one, two) = tokio::join!(enter("one"), enter("two"));
    let entered: Vec<_> = [one, two].into_iter().flatten().collect();
    for logged_in in &entered {
        let account = world.accounts.account(logged_in.account.user).await.unwrap().unwrap();
        assert_eq!(account.name, logged_in.account.name, "nobody's name and password were overwritten");
    }
    assert!(!entered.is_empty());
}

#[tokio::test]
async fn au12_a_sessions_link_makes_no_more_accounts_than_it_lets_people_in() {
    let world = World::new().await;
    let maker = world.person("maker").await;
    let code = madang_accounts::fresh(madang_accounts::INVITE_PREFIX);
    let session = SessionId::new(UnixMs(1), [5; 10]);
    let row = InviteRow {
        invite: InviteId::new(UnixMs(1), [6; 10]),
        hash: madang_accounts::hash_of(&code),
        session: Some(session),
        role: Role::Viewer,
        sign_up: true,
        by: maker.user,
        created_at: UnixMs(crate::support::START),
        expires_at: UnixMs(crate::support::START + 1_000_000),
        uses_left: 2,
        revoked_at: None,
    };
    let line = SessionRow {
        session,
        epoch: Epoch::new(1),
        title: "Garden".into(),
        status: SessionStatus::Idle,
        created_at: UnixMs(1),
        last_activity: UnixMs(1),
        message_count: 0,
        participant_count: 1,
    };
    let append =
        Append { sessions: vec![line], people: vec![PersonChange::Invite(row)], ..Append::default() };
    world.accounts.store().submit(append).await.unwrap().await.unwrap();
    assert_eq!(race(&world, &code, 0..1).await, 1);
    // It is counted where a restart does not forget it.
    let world = world.restarted();
    assert_eq!(race(&world, &code, 1..50).await, 1);
    let world = world.restarted();
    assert_eq!(race(&world, &code, 50..60).await, 0);
    assert!(world.accounts.store().account_named("racer55").await.unwrap().is_none());
    let left = world.accounts.find_invite(&code).await.unwrap().unwrap().uses_left;
    assert_eq!(left, 2, "joining uses it up, not signing up");
}

/// How many of many that try at once get an account.
async fn race(world: &World, code: &str, racing: std::ops::Range<u8>) -> usize {
    let mut racers = tokio::task::JoinSet::new();
    for n in racing {
        let (accounts, code) = (world.accounts.clone(), code.to_owned());
        let by = from(&format!("198.51.100.{n}"));
        racers.spawn(async move {
            let Ok(admission) = accounts.admit(Some(&code), &by).await else { return false };
            accounts.sign_up(new(&format!("racer{n}")), admission, None, &by).await.is_ok()
        });
    }
    racers.join_all().await.into_iter().filter(|entered| *entered).count()
}

async fn sign_up(world: &World, name: &str, code: Option<&str>) -> Result<UserId, madang_accounts::Refusal> {
    let by = from("127.0.0.1");
    let admission = world.accounts.admit(code, &by).await?;
    world.accounts.sign_up(new(name), admission, None, &by).await.map(|entered| entered.account.user)
}

#[tokio::test]
async fn who_may_sign_up() {
    let invite = World::new().await;
    assert_eq!(seen(sign_up(&invite, "mina", None).await).0, ErrorCode::Forbidden);
    assert_eq!(seen(sign_up(&invite, "mina", Some("")).await).0, ErrorCode::Forbidden);
    assert_eq!(seen(sign_up(&invite, "mina", Some("mdi1.nonsense")).await).0, ErrorCode::NotFound);
    let closed = World::with(Settings { sign_up: SignUp::Closed, ..Settings::default() }).await;
    assert_eq!(seen(sign_up(&closed, "mina", None).await).0, ErrorCode::Forbidden);
    let open = World::with(Settings { sign_up: SignUp::Open, ..Settings::default() }).await;
    sign_up(&open, "mina", None).await.unwrap();
    let taken = seen(sign_up(&open, "MINA", None).await);
    assert_eq!(taken, (ErrorCode::Conflict, "That name is taken.".to_owned()));
}

#[tokio::test]
async fn a_link_that_ended_or_ran_out_lets_nobody_in() {
    let world = World::new().await;
    let admin = administrator(&world).await;
    let by = By::person(admin.user);
    let terms = (Some(60_000), Some(5));
    let (row, code) = world.accounts.create_invite(admin.user, terms, &by).await.unwrap();
    sign_up(&world, "first", Some(&code)).await.unwrap();
    world.accounts.revoke_invite(row.invite, &by).await.unwrap();
    assert_eq!(seen(sign_up(&world, "second", Some(&code)).await).0, ErrorCode::NotFound);
    let (_, code) = world.accounts.create_invite(admin.user, terms, &by).await.unwrap();
    world.pass(60_000);
    assert_eq!(seen(sign_up(&world, "third", Some(&code)).await).0, ErrorCode::NotFound);
    for terms in [(Some(0), None), (Some(u64::MAX), None), (None, Some(0)), (None, Some(1_001))] {
        assert_eq!(
            seen(world.accounts.create_invite(admin.user, terms, &by).await).0,
            ErrorCode::InvalidData
        );
    }
}

#[tokio::test]
async fn a_guest_who_signs_up_stays_who_they_are() {
    let world = World::with(Settings { sign_up: SignUp::Open, ..Settings::default() }).await;
    let guest = user(7);
    assert!(world.accounts.is_guest(guest).await.unwrap());
    let by = from("127.0.0.1");
    let enter = async |name| {
        let admission = world.accounts.admit(None, &by).await.unwrap();
        world.accounts.sign_up(new(name), admission, Some(guest), &by).await.unwrap()
    };
    let entered = enter("mina").await;
    assert_eq!(entered.account.user, guest);
    assert!(!world.accounts.is_guest(guest).await.unwrap(), "the guest's credential opens nothing any more");
    // Nobody becomes someone who is there already.
    let other = enter("other").await;
    assert_ne!(other.account.user, guest);
}
