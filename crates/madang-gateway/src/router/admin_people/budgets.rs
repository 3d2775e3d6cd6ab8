//! How much the server, and each person, may spend.

use axum::Json;
use axum::extract::{Path, Query};
use http::StatusCode;
use madang_accounts::Refusal;
use madang_hub::period_start;
use madang_protocol::{Budget, ErrorCode, Spent, UserId};
use madang_store::{BudgetRow, Purse};
use serde::{Deserialize, Serialize};

use super::{Asker, Body, id_of};
use crate::error::ApiError;
use crate::message_router::check_amounts;

/// People in one page when nothing is said.
const PAGE: u32 = 50;
/// People in one page at most: what each spent is summed up.
const PAGE_MAX: u32 = 200;

#[derive(Serialize)]
pub(super) struct Budgets {
    server: Option<Budget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_used: Option<Spent>,
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Item {
    user_id: UserId,
    name: Option<String>,
    display_name: String,
    budget: Budget,
    used: Spent,
}

#[derive(Deserialize)]
pub(super) struct Page {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The server's budget, and a page of those people who have one, with what was spent of each.
pub(super) async fn list(asker: Asker, Query(page): Query<Page>) -> Result<Json<Budgets>, ApiError> {
    asker.administrator()?;
    let foreign = || ApiError::of(ErrorCode::InvalidData).details("cursor");
    let after = page.cursor.map(|cursor| cursor.parse::<UserId>()).transpose().map_err(|_| foreign())?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let (store, now) = (asker.shared.accounts.store(), asker.shared.now());
    let used = async |purse, budget: Budget| {
        store.spent(purse, period_start(budget.period, now)).await.map_err(Refusal::from)
    };
    let server = store.budget(Purse::Server).await.map_err(Refusal::from)?;
    let server_used = match server {
        Some(budget) => Some(used(Purse::Server, budget).await?),
        None => None,
    };
    let mut rows = store.budgets(after, limit + 1).await.map_err(Refusal::from)?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| row.user.to_string());
    let mut items = Vec::with_capacity(rows.len());
    for BudgetRow { user, name, display_name, budget } in rows {
        let used = used(Purse::User(user), budget).await?;
        items.push(Item { user_id: user, name, display_name, budget, used });
    }
    Ok(Json(Budgets { server, server_used, items, next_cursor }))
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
    data.budget.map_or(Ok(()), check_amounts)?;
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
    data.budget.map_or(Ok(()), check_amounts)?;
    let purse = Purse::User(id_of(&id)?);
    asker.shared.accounts.set_budget(purse, data.budget, &asker.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
