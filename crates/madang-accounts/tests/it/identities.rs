//! The outside identities of an account: which there are, and that the last way in stays.

use madang_accounts::{IssuerKind, Settings, Which};
use madang_protocol::ErrorCode;
use madang_store::Subject;

use crate::jwt::{SHOP, shop};
use crate::oidc::provider_at;
use crate::support::{PASSWORD, World, from, seen};

const CORP: &str = "https://corp.example";
const OLD: &str = "https://old.example";

fn subject(issuer: &str, subject: &str) -> Subject {
    Subject { issuer: issuer.to_owned(), subject: subject.to_owned() }
}

async fn world() -> World {
    let (oidc, embedders) = (vec![provider_at(CORP)], vec![shop()]);
    World::with(Settings { oidc, embedders, ..Settings::default() }).await
}

#[tokio::test]
async fn people_see_their_identities_and_take_them_away() {
    let world = world().await;
    let (mina, other) = (world.person("mina").await.user, world.person("other").await.user);
    let by = from("203.0.113.5");
    for (issuer, name) in [(SHOP, "u-1"), (CORP, "mina"), (OLD, "m")] {
        world.accounts.link(mina, subject(issuer, name), &by).await.unwrap();
    }
    world.ended();
    let listed = world.accounts.identities(mina).await.unwrap();
    let seen_as: Vec<_> = listed.identities.iter().map(|one| (one.kind, one.issuer_name.as_str())).collect();
    let wanted = [(IssuerKind::Provider, "Local"), (IssuerKind::Gone, OLD), (IssuerKind::Embedder, "shop")];
    assert_eq!((seen_as.as_slice(), listed.password), (&wanted[..], true));
    assert!(listed.identities.iter().all(|one| one.removable));
    assert_eq!(world.accounts.identities(other).await.unwrap().identities, []);

    let id = |n: usize| listed.identities[n].id.as_str();
    for (user, id) in [(other, id(0)), (mina, "0123"), (mina, "")] {
        let refused = seen(world.accounts.unlink(user, id, &by).await);
        assert_eq!(refused.0, ErrorCode::NotFound, "one's own alone");
    }
    world.accounts.unlink(mina, id(0), &by).await.unwrap();
    assert_eq!(world.ended(), [], "logins stay");
    world.accounts.unlink(mina, id(2), &by).await.unwrap();
    assert_eq!(
        world.ended(),
        [Which::Changed(mina)],
        "whoever the application vouches for is somebody else now"
    );
    assert_eq!(world.accounts.store().account_of_subject(&subject(CORP, "mina")).await.unwrap(), None);
    assert_eq!(world.accounts.identities(mina).await.unwrap().identities.len(), 1);
    let kinds = world.audited().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "account.unlinked").count(), 2);
    // It is free again, for whomever it belongs to.
    world.accounts.link(other, subject(CORP, "mina"), &by).await.unwrap();
}

#[tokio::test]
async fn au19_the_last_way_in_is_not_taken_away() {
    let world = world().await;
    let by = from("203.0.113.5");
    let token = crate::jwt::shops_token();
    let user = world.accounts.known_by(&token).await.unwrap().account.user;
    let only = world.accounts.identities(user).await.unwrap();
    assert!(!only.password && !only.identities[0].removable);
    let shops = only.identities[0].id.clone();
    let refused = seen(world.accounts.unlink(user, &shops, &by).await);
    assert_eq!(refused.0, ErrorCode::Conflict);
    assert!(refused.1.contains("only way"), "{}", refused.1);

    // An issuer that is not configured lets nobody in; it may go, and keeps nothing else.
    world.accounts.link(user, subject(OLD, "m"), &by).await.unwrap();
    let two = world.accounts.identities(user).await.unwrap().identities;
    assert_eq!(two.iter().map(|one| one.removable).collect::<Vec<_>>(), [true, false]);

    world.accounts.link(user, subject(CORP, "mina"), &by).await.unwrap();
    world.accounts.unlink(user, &shops, &by).await.unwrap();
    let again = world.accounts.known_by(&token).await.unwrap().account.user;
    assert_ne!(again, user, "the application's token is another person's now");
    let corp = world.accounts.identities(user).await.unwrap().identities[0].id.clone();
    assert_eq!(seen(world.accounts.unlink(user, &corp, &by).await).0, ErrorCode::Conflict);
    world.accounts.set_password(user, (None, PASSWORD.to_owned()), None, &by).await.unwrap();
    world.accounts.unlink(user, &corp, &by).await.unwrap();
}
