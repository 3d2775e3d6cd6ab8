//! What administrators do about people: accounts, links to sign up, budgets, the audit log.

mod budgets;
mod ledger;
mod links;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use super::accounts::{Asker, Body, id_of};
use crate::gateway::Shared;

/// The paths.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/admin/users", get(users::list).post(users::create))
        .route("/api/v1/admin/users/{id}", patch(users::change))
        .route("/api/v1/admin/users/{id}/reset-password", post(users::reset_password))
        .route("/api/v1/admin/users/{id}/logins", delete(users::end_logins))
        .route("/api/v1/admin/invites", get(links::list).post(links::create))
        .route("/api/v1/admin/invites/{id}", delete(links::revoke))
        .route("/api/v1/admin/budgets", get(budgets::list))
        .route("/api/v1/admin/budgets/server", put(budgets::set_server))
        .route("/api/v1/admin/budgets/users/{id}", put(budgets::set_user))
        .route("/api/v1/admin/audit", get(ledger::page))
        .route("/api/v1/admin/audit/verify", post(ledger::verify))
}
