//! What the operator has done, as it travels through the control socket.

use madang_accounts::{Operation, Outcome, Typed};
use madang_protocol::{ErrorCode, Scope};

use crate::support::{OTHER, PASSWORD, World, seen};

/// There and back as one line of JSON each, as on the socket.
async fn operate(world: &World, operation: &Operation) -> Outcome {
    let line = serde_json::to_string(operation).unwrap();
    assert!(!line.contains('\n'));
    let outcome = world.accounts.operate(serde_json::from_str(&line).unwrap()).await;
    serde_json::from_str(&serde_json::to_string(&outcome).unwrap()).unwrap()
}

#[tokio::test]
async fn an_operator_makes_changes_and_ends_people() {
    let world = World::new().await;
    let add = |name: &str, password: Option<&str>| Operation::AddUser {
        name: name.to_owned(),
        display_name: String::new(),
        admin: true,
        password: password.map(|text| Typed(text.to_owned())),
    };
    let Outcome::User { user, password: Some(generated) } = operate(&world, &add("mina", None)).await else {
        panic!("a user with a generated password")
    };
    assert!(user.admin);
    world.enter("mina", &generated).await.unwrap();
    assert_eq!(
        operate(&world, &add("MINA", Some(PASSWORD))).await,
        Outcome::Refused { message: "That name is taken.".into() }
    );
    let reset = Operation::ResetPassword { name: "mina".into(), password: Some(Typed(OTHER.into())) };
    assert!(matches!(operate(&world, &reset).await, Outcome::User { password: None, .. }));
    assert_eq!(seen(world.enter("mina", &generated).await).0, ErrorCode::InvalidAuth);
    let entered = world.enter("mina", OTHER).await.unwrap();
    let create =
        Operation::CreateToken { user: "mina".into(), name: "ci".into(), scope: Scope::Full, days: 1 };
    let Outcome::Token { token_id, token } = operate(&world, &create).await else { panic!("a token") };
    assert_eq!(world.verdict(&token).await, Ok("mina".to_owned()));
    let Outcome::Tokens { tokens } = operate(&world, &Operation::ListTokens { user: "mina".into() }).await
    else {
        panic!("tokens")
    };
    assert_eq!(tokens[0].token_id, token_id);
    let revoke = Operation::RevokeToken { user: "mina".into(), token: token_id };
    assert_eq!(operate(&world, &revoke).await, Outcome::Done {});
    assert_eq!(world.verdict(&token).await, Err(ErrorCode::InvalidAuth));
    let disable = Operation::DisableUser { name: "mina".into(), disabled: true };
    assert!(matches!(operate(&world, &disable).await, Outcome::User { user, .. } if user.disabled));
    assert_eq!(world.verdict(&entered.token).await, Err(ErrorCode::InvalidAuth));
    let Outcome::Audit { whole: true, lines, .. } = operate(&world, &Operation::VerifyAudit {}).await else {
        panic!("a whole log")
    };
    assert_eq!(lines as usize, world.audited().await.len());
    let records = world.accounts.audit_page(0, 100).await.unwrap();
    let all = format!("{records:?}");
    for secret in [PASSWORD, OTHER, &generated, &token, &entered.token] {
        assert!(!all.contains(secret), "no secret is in the audit log");
    }
}

#[tokio::test]
async fn a_password_on_its_way_is_not_shown() {
    let operation = Operation::ResetPassword { name: "mina".into(), password: Some(Typed(OTHER.into())) };
    assert!(!format!("{operation:?}").contains(OTHER));
}
