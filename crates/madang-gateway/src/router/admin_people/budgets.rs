//! How much the server, and each person, may spend.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use madang_accounts::Refusal;
use madang_protocol::{Budget, UserId};
use madang_store::{Purse, SessionQuery};
use serde::{Deserialize, Serialize};

use super::{Asker, Body, id_of};
use crate::error::ApiError;

/// Accounts that are read at once.
const PAGE: u32 = 100;
/// Accounts that are looked at: a server with more people lists budgets by their own pages.
const USERS_MAX: usize = 2_000;

#[derive(Serialize)]
pub(super) struct Budgets {
    server: Option<Budget>,
    users: Vec<UserBudget>,
}

#[derive(Serialize)]
struct UserBudget {
    user_id: UserId,
    budget: Budget,
}

/// The server's budget, and those people who have one.
pub(super) async fn list(asker: Asker) -> Result<Json<Budgets>, ApiError> {
    asker.administrator()?;
    let store = asker.shared.accounts.store();
    let server = store.budget(Purse::Server).await.map_err(Refusal::from)?;
    let (mut users, mut seen, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = store.accounts(SessionQuery { title: None, cursor, limit: PAGE }).await;
        let page = page.map_err(Refusal::from)?;
        for account in &page.accounts {
            let budget = store.budget(Purse::User(account.user)).await.map_err(Refusal::from)?;
            users.extend(budget.map(|budget| UserBudget { user_id: account.user, budget }));
        }
        seen += page.accounts.len();
        cursor = page.next;
        if cursor.is_none() || seen >= USERS_MAX {
            return Ok(Json(Budgets { server, users }));
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetBudget {
    #[serde(deserialize_with = "Option::deserialize")]
    budget: Option<Budget>,
}

/// Sets the server's budget; null takes it away.
pub(super) async fn set_server(asker: Asker, Body(data): Body<SetBudget>) -> Result<StatusCode, ApiError> {
    asker.administrator()?;
    asker.shared.accounts.set_budget(Purse::Server, data.budget, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets someone's budget; null takes it away.
pub(super) async fn set_user(
    asker: Asker,
    Path(id): Path<String>,
    Body(data): Body<SetBudget>,
) -> Result<StatusCode, ApiError> {
    asker.administrator()?;
    let purse = Purse::User(id_of(&id)?);
    asker.shared.accounts.set_budget(purse, data.budget, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
