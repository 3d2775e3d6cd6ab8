//! What an administrator sees of all sessions and of what was spent: figures and names, never content.

use madang_protocol::limits::SESSIONS_PAGE_MAX;
use madang_protocol::{ListSessions, Sessions, Spent, UnixMs};
use madang_store::{Purse, SessionQuery};

pub use madang_store::UsageBy;

use crate::hub::store_rejection;
use crate::{Hub, Rejection};

/// Sessions in a page when nothing is said.
const PAGE: u32 = 50;
/// Lines of a usage table at most: the days of almost three years, or the people who spent most.
const USAGE_LINES_MAX: u32 = 1000;

/// What to sum up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// From this moment on.
    pub from: UnixMs,
    /// Up to this one, which is not in it.
    pub to: UnixMs,
    /// By what.
    pub by: UsageBy,
    /// At most so many lines.
    pub limit: u32,
}

/// A sum of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine {
    /// The day as `2026-11-22`, or the id, or the model.
    pub key: String,
    /// What an id stands for: a name, a title; the key itself where there is nothing better.
    pub label: String,
    /// Upstream requests.
    pub requests: u64,
    /// Tokens read, the cache included.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens and money.
    pub spent: Spent,
}

impl Hub {
    /// A page of everyone's sessions; `role` and `unread` of a line mean nothing here. The caller was authorized.
    ///
    /// # Errors
    /// INVALID_DATA for a cursor that was not given out; SERVICE_UNAVAILABLE when the store can't be read.
    pub async fn all_sessions(&self, asked: &ListSessions) -> Result<Sessions, Rejection> {
        let limit = asked.limit.unwrap_or(PAGE).clamp(1, SESSIONS_PAGE_MAX as u32);
        let title = asked.query.clone().filter(|query| !query.trim().is_empty());
        let query = SessionQuery { title, cursor: asked.cursor.clone(), limit };
        let page = self.inner.store.all_sessions(query).await.map_err(|error| store_rejection(&error))?;
        Ok(self.lines(page))
    }

    /// Sums of what was spent on the whole server. The caller was authorized.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE when the store can't be read.
    pub async fn usage(&self, asked: Usage) -> Result<Vec<UsageLine>, Rejection> {
        let limit = asked.limit.clamp(1, USAGE_LINES_MAX);
        let store = &self.inner.store;
        let rows = store.usage(Purse::Server, (asked.from, asked.to), asked.by, limit).await;
        let rows = rows.map_err(|error| store_rejection(&error))?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            let label = self.label(asked.by, &row.key).await.unwrap_or_else(|| row.key.clone());
            lines.push(UsageLine {
                key: row.key,
                label,
                requests: row.requests,
                input_tokens: row.input_tokens,
                output_tokens: row.output_tokens,
                spent: row.spent,
            });
        }
        Ok(lines)
    }

    /// What an id in the ledger stands for; none when nobody knows any more.
    async fn label(&self, by: UsageBy, key: &str) -> Option<String> {
        let store = &self.inner.store;
        match by {
            UsageBy::Day | UsageBy::Model => None,
            UsageBy::User => Some(store.user(key.parse().ok()?).await.ok()??.display_name),
            UsageBy::Session => {
                let title = store.load(key.parse().ok()?).await.ok()??.row.title;
                (!title.is_empty()).then_some(title)
            }
        }
    }

    /// Whether the last write reached the disk.
    #[must_use]
    pub fn store_is_healthy(&self) -> bool {
        self.inner.store.healthy()
    }
}
