//! The first administrator.

use std::os::unix::fs::PermissionsExt as _;

use madang_accounts::{By, Settings, SignUp};
use madang_protocol::ErrorCode;

use crate::support::{World, from, new, seen};

const ADDRESS: &str = "http://127.0.0.1:8080";

fn token(link: &str) -> &str {
    link.strip_prefix("http://127.0.0.1:8080/bootstrap#").unwrap()
}

#[tokio::test]
async fn au17_the_link_is_kept_for_a_day_used_once_and_then_gone() {
    let world = World::new().await;
    let path = world.dir.path().join("bootstrap");
    let open = async || world.accounts.open_bootstrap(&path, ADDRESS).await.unwrap();
    let link = open().await.unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&format!("{link}\n")));
    assert_eq!(open().await.as_deref(), Some(link.as_str()), "a restart keeps it");
    let by = from("127.0.0.1");
    for bad in ["", "null", "mdb1.", "mdb1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(
            seen(world.accounts.bootstrap(bad, new("eve"), &by).await).0,
            ErrorCode::NotFound,
            "{bad}"
        );
    }
    assert!(world.accounts.needs_bootstrap().await.unwrap());
    let mut racers = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (accounts, by, token) = (world.accounts.clone(), by.clone(), token(&link).to_owned());
        racers.spawn(async move { accounts.bootstrap(&token, new(&format!("admin{n}")), &by).await.is_ok() });
    }
    let made = racers.join_all().await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 1);
    assert!(!path.exists());
    assert_eq!(open().await, None);
    assert_eq!(seen(world.accounts.bootstrap(token(&link), new("late"), &by).await).0, ErrorCode::NotFound);
    assert_eq!(world.audited().await, ["account.created", "login.ok"]);
}

#[tokio::test]
async fn au17_the_link_dies_after_a_day_and_with_an_administrator_made_otherwise() {
    let world = World::with(Settings { sign_up: SignUp::Open, ..Settings::default() }).await;
    let path = world.dir.path().join("bootstrap");
    let open = async || world.accounts.open_bootstrap(&path, ADDRESS).await.unwrap();
    let first = open().await.unwrap();
    world.pass(24 * 3_600_000);
    let by = from("127.0.0.1");
    assert_eq!(seen(world.accounts.bootstrap(token(&first), new("late"), &by).await).0, ErrorCode::NotFound);
    let second = open().await.unwrap();
    assert_ne!(first, second);
    world.accounts.create(new("operator"), true, &By::operator()).await.unwrap();
    assert!(!path.exists());
    assert_eq!(seen(world.accounts.bootstrap(token(&second), new("late"), &by).await).0, ErrorCode::NotFound);
}

#[tokio::test]
async fn au17_a_link_that_others_could_read_is_refused() {
    let world = World::new().await;
    let path = world.dir.path().join("bootstrap");
    world.accounts.open_bootstrap(&path, ADDRESS).await.unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = world.accounts.open_bootstrap(&path, ADDRESS).await.unwrap_err();
    assert!(error.to_string().contains("can be read by others"), "{error}");
}
