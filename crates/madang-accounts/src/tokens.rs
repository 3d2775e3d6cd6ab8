//! Personal API tokens: scoped, expiring, shown once.

use madang_protocol::{AuditKind, ErrorCode, Scope, TokenId, UnixMs, UserId};
use madang_store::{PersonChange, TokenRow};
use serde_json::json;

use crate::Refusal;
use crate::accounts::{Accounts, By, Step};
use crate::ended::Which;
use crate::secret::{TOKEN_PREFIX, fresh, hash_of};

/// Days that a token may hold at most.
pub const TOKEN_DAYS_MAX: u32 = 365;
/// Characters of a token's name at most.
const LABEL_CHARS_MAX: usize = 64;
/// A day.
const DAY_MS: u64 = 24 * 3_600_000;

/// What a new token needs.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// What it reaches.
    pub scope: Scope,
    /// Days that it holds, 1 to 365.
    pub days: u32,
}

impl Accounts {
    /// Makes a token for a person; its text is returned here and never again.
    ///
    /// # Errors
    /// INVALID_DATA, or CONFLICT when the person has too many.
    pub async fn create_token(
        &self,
        user: UserId,
        new: NewToken,
        by: &By,
    ) -> Result<(TokenRow, String), Refusal> {
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > LABEL_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Refusal::invalid("name", "must be 1 to 64 characters"));
        }
        if !(1..=TOKEN_DAYS_MAX).contains(&new.days) {
            return Err(Refusal::invalid("expires_in_days", "must be 1 to 365"));
        }
        let _guard = self.lock(user).await;
        self.in_force(user).await?;
        let now = self.now();
        let rows = self.inner.store.tokens(user).await?;
        if rows.iter().filter(|row| now < row.expires_at).count() >= self.settings().tokens_max {
            return Err(Refusal::new(
                ErrorCode::Conflict,
                "There are too many tokens: end one of them first.",
            ));
        }
        let text = fresh(TOKEN_PREFIX);
        let row = TokenRow {
            token: TokenId::new(now, crate::secret::random()),
            hash: hash_of(&text),
            user,
            name: name.to_owned(),
            scope: new.scope,
            created_at: now,
            expires_at: UnixMs(now.0 + u64::from(new.days) * DAY_MS),
            used_at: None,
        };
        let old =
            rows.iter().filter(|row| now >= row.expires_at).map(|row| PersonChange::EndToken(row.token));
        let details = json!({ "scope": row.scope, "days": new.days, "user": user.to_string() });
        self.carry_out(Step {
            people: old.chain([PersonChange::Token(row.clone())]).collect(),
            audit: vec![self.line(by, AuditKind::TokenCreated, Some(row.token.to_string()), &details)],
            ends: Vec::new(),
        })
        .await?;
        Ok((row, text))
    }

    /// A person's tokens, newest first; those that ran out are there until the next one is made.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<TokenRow>, Refusal> {
        Ok(self.inner.store.tokens(user).await?)
    }

    /// Ends one of a person's tokens.
    ///
    /// # Errors
    /// NOT_FOUND when it is none of theirs.
    pub async fn end_token(&self, user: UserId, token: TokenId, by: &By) -> Result<(), Refusal> {
        let _guard = self.lock(user).await;
        if !self.inner.store.tokens(user).await?.iter().any(|row| row.token == token) {
            return Err(Refusal::nothing_here("There is no such token."));
        }
        self.carry_out(Step {
            people: vec![PersonChange::EndToken(token)],
            audit: vec![self.line(by, AuditKind::TokenEnded, Some(token.to_string()), &json!(null))],
            ends: vec![Which::Token(token)],
        })
        .await
    }
}
