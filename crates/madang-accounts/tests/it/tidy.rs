//! What is good for nothing any more goes from the store, in bounded batches, at a moment that the test names.

use madang_accounts::{By, NewToken};
use madang_protocol::{LoginId, Role, Scope, SessionId, UnixMs};
use madang_store::{Append, InviteRow, LoginRow, PersonChange};

use crate::support::{PASSWORD, START, World, new};

const DAY_MS: u64 = 24 * 3_600_000;

fn at(days: u64) -> UnixMs {
    UnixMs(START + days * DAY_MS)
}

#[tokio::test]
async fn what_ran_out_goes_and_what_holds_stays() {
    let world = World::new().await;
    let admin = world.accounts.create(new("admin"), true, &By::operator()).await.unwrap().0;
    let by = By::person(admin.user);
    let entered = world.enter("admin", PASSWORD).await.unwrap();
    for days in [1, 20] {
        let token = NewToken { name: "ci".into(), scope: Scope::Write, days };
        world.accounts.create_token(admin.user, token, &by).await.unwrap();
    }
    let (used, _) = world.accounts.create_invite(admin.user, (Some(20 * DAY_MS), None), &by).await.unwrap();
    let (old, _) = world.accounts.create_invite(admin.user, (Some(DAY_MS), None), &by).await.unwrap();
    let (holds, _) = world.accounts.create_invite(admin.user, (Some(20 * DAY_MS), None), &by).await.unwrap();
    let of_session = InviteRow {
        invite: madang_protocol::InviteId::new(UnixMs(1), [9; 10]),
        hash: [9; 32],
        session: Some(SessionId::new(UnixMs(1), [5; 10])),
        role: Role::Viewer,
        ..old.clone()
    };
    let people = vec![PersonChange::UseInvite(used.invite, at(0)), PersonChange::Invite(of_session.clone())];
    world.accounts.store().submit(Append { people, ..Append::default() }).await.unwrap().await.unwrap();
    let store = world.accounts.store();
    let left = async || {
        let logins = store.logins(admin.user).await.unwrap().len();
        let tokens = store.tokens(admin.user).await.unwrap().len();
        let invites: Vec<_> = store.invites(None).await.unwrap().into_iter().map(|row| row.invite).collect();
        (logins, tokens, invites)
    };
    assert_eq!(world.accounts.tidy(at(2)).await.unwrap(), 0, "what ended lately is still shown");
    // A week after it was used: the login, the token and link that ran out, the link that was used up.
    assert_eq!(world.accounts.tidy(at(8)).await.unwrap(), 4);
    assert_eq!(left().await, (0, 1, vec![holds.invite]));
    assert!(store.invite([9; 32]).await.unwrap().is_some(), "a session's people know it by its link");
    assert_eq!(world.accounts.tidy(at(8)).await.unwrap(), 0);
    assert_eq!(world.accounts.tidy(at(28)).await.unwrap(), 2);
    assert_eq!(left().await, (0, 0, vec![]));
    assert_eq!(world.ended(), [madang_accounts::Which::Changed(admin.user)], "nobody is cut by it");
    assert_eq!(world.audited().await.iter().filter(|kind| *kind == "tidied").count(), 2);
    drop(entered);
}

#[tokio::test]
async fn a_thousand_old_logins_go_in_several_commits() {
    const LOGINS: u64 = 1_000;
    let world = World::new().await;
    let mina = world.person("mina").await;
    let login = |n: u64| {
        let unique = std::array::from_fn(|at| n.to_be_bytes().get(at.wrapping_sub(2)).copied().unwrap_or(0));
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        PersonChange::Login(LoginRow {
            login: LoginId::new(at(0), unique),
            hash,
            user: mina.user,
            created_at: at(0),
            seen_at: at(0),
            expires_at: at(30),
            agent: String::new(),
            address: String::new(),
        })
    };
    let people = (0..LOGINS).map(login).collect();
    let append = Append { people, ..Append::default() };
    world.accounts.store().submit(append).await.unwrap().await.unwrap();
    assert_eq!(world.accounts.tidy(at(30)).await.unwrap() as u64, LOGINS);
    assert!(world.accounts.store().logins(mina.user).await.unwrap().is_empty());
    let commits = world.audited().await.iter().filter(|kind| *kind == "tidied").count();
    assert!((2..=10).contains(&commits), "{commits}");
}

#[tokio::test]
async fn au17_a_link_for_the_first_administrator_that_ran_out_leaves_no_file() {
    let world = World::new().await;
    let path = world.dir.path().join("bootstrap");
    world.accounts.open_bootstrap(&path, "http://127.0.0.1:8080").await.unwrap().unwrap();
    world.accounts.tidy(UnixMs(START + DAY_MS - 1)).await.unwrap();
    assert!(path.exists());
    world.accounts.tidy(UnixMs(START + DAY_MS)).await.unwrap();
    assert!(!path.exists());
}
