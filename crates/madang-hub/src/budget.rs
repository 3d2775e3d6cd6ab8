//! Budgets: what a person, a session and the server may still spend, checked before the upstream is asked.
//!
//! What was spent is kept in memory and moved with each row of the ledger, so that a prompt reads no table. What a
//! running reply may cost at most is set aside before it starts: budgets are kept, however many replies run at once.

mod page;
mod period;

use std::collections::HashMap;
use std::sync::Arc;

use madang_model::Model;
use madang_protocol::{Budget, ErrorCode, Period, SessionId, Spent, UnixMs, Usage, UserId};
use madang_session::Rejection;
use madang_store::{Append, LedgerRow, PersonChange, Purse, Store, StoreError};
use parking_lot::Mutex;

use crate::hub::store_rejection;
use crate::{Clock, Hub};
use page::{Page, Room};
pub use period::start as period_start;

/// Purses whose figures are kept; beyond, those are forgotten that were not used for longest, and read anew at need.
const PAGES_MAX: usize = 20_000;
/// Milliseconds after which a budget is read again, because someone may have changed it past [`Hub::set_budget`].
const BUDGET_FRESH_MS: u64 = 2_000;
/// Tokens that a reply must be able to have: with less it would break off in its first sentence.
const REPLY_TOKENS_MIN: u32 = 64;
/// Milliseconds after which someone may ask again when what is left is set aside for replies that run.
const SET_ASIDE_RETRY_MS: u64 = 10_000;

/// Who pays for a request: the person who asked, the session, and the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payer {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    /// The session's budget, which is in its log.
    pub(crate) budget: Option<Budget>,
}

impl Payer {
    fn purses(&self) -> [Purse; 3] {
        [Purse::User(self.user), Purse::Session(self.session), Purse::Server]
    }
}

/// What a request will take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) model: &'a str,
    /// Tokens to be read, estimated.
    pub(crate) input_tokens: u64,
    /// Tokens that the reply may have.
    pub(crate) max_tokens: u32,
}

/// The budgets of this node.
pub(crate) struct Budgets {
    store: Arc<dyn Store>,
    model: Arc<dyn Model>,
    clock: Arc<dyn Clock>,
    pages: Mutex<HashMap<Purse, Page>>,
}

/// What is set aside for a running request; dropping it gives it back.
pub(crate) struct Claim {
    budgets: Arc<Budgets>,
    purses: [Purse; 3],
    aside: Spent,
    /// Tokens that the reply may have: what was asked for, or what is left.
    pub(crate) max_tokens: u32,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut pages = self.budgets.pages.lock();
        for purse in &self.purses {
            if let Some(page) = pages.get_mut(purse) {
                page.give_back(self.aside);
            }
        }
    }
}

impl Budgets {
    pub(crate) fn new(store: Arc<dyn Store>, model: Arc<dyn Model>, clock: Arc<dyn Clock>) -> Arc<Budgets> {
        Arc::new(Budgets { store, model, clock, pages: Mutex::default() })
    }

    /// Whether a prompt may be taken: nothing that pays for it is used up. What running replies have set aside counts
    /// only for one that would be answered at once.
    ///
    /// # Errors
    /// BUDGET_EXCEEDED, with whose budget it is and when it opens again; SERVICE_UNAVAILABLE when the store can't be read.
    pub(crate) async fn admit(&self, payer: Payer, at_once: bool) -> Result<(), Rejection> {
        let now = self.ready(&payer).await?;
        let pages = self.pages.lock();
        for purse in payer.purses() {
            let Some((budget, room)) =
                pages.get(&purse).and_then(|page| page.room(payer.budget_of(purse), at_once))
            else {
                continue;
            };
            if room.is_empty() {
                return Err(refusal(purse, budget, now, pages.get(&purse)));
            }
        }
        Ok(())
    }

    /// Sets aside what a request may cost at most, or less when less is left.
    ///
    /// # Errors
    /// As [`Budgets::admit`], also when not even the question can be paid for.
    pub(crate) async fn claim(self: &Arc<Self>, payer: Payer, plan: Plan<'_>) -> Result<Claim, Rejection> {
        let now = self.ready(&payer).await?;
        let price = |input_tokens, output_tokens| {
            let usage = Usage { input_tokens, output_tokens, ..Usage::default() };
            self.model.price(plan.model, &usage).map_or(0, |(micro_usd, _)| micro_usd)
        };
        let question = Spent { tokens: plan.input_tokens, micro_usd: price(plan.input_tokens, 0) };
        let per_million = price(0, 1_000_000);
        let least = plan.max_tokens.min(REPLY_TOKENS_MIN);
        let mut max_tokens = plan.max_tokens;
        let mut pages = self.pages.lock();
        for purse in payer.purses() {
            let Some((budget, room)) =
                pages.get(&purse).and_then(|page| page.room(payer.budget_of(purse), true))
            else {
                continue;
            };
            let tokens = room.reply_tokens(question, per_million);
            if tokens < u64::from(least) {
                return Err(refusal(purse, budget, now, pages.get(&purse)));
            }
            max_tokens = max_tokens.min(u32::try_from(tokens).unwrap_or(u32::MAX));
        }
        let written = Spent { tokens: max_tokens.into(), micro_usd: price(0, max_tokens.into()) };
        let aside = page::sum(question, written);
        for purse in payer.purses() {
            pages.entry(purse).or_insert_with(|| Page::empty(now)).set_aside(aside);
        }
        drop(pages);
        Ok(Claim { budgets: self.clone(), purses: payer.purses(), aside, max_tokens })
    }

    /// Counts a row of the ledger. Once for each row, and before what was set aside for it is given back.
    pub(crate) fn charge(&self, row: &LedgerRow) {
        let spent = Spent {
            tokens: row.input_tokens + row.output_tokens,
            micro_usd: row.cost_micro_usd.unwrap_or_default(),
        };
        let mut pages = self.pages.lock();
        for purse in [Purse::User(row.user), Purse::Session(row.session), Purse::Server] {
            if let Some(page) = pages.get_mut(&purse) {
                page.charge(row.at, spent);
            }
        }
    }

    /// What a session spent in its budget's current period, or today.
    pub(crate) async fn spent_in(
        &self,
        session: SessionId,
        budget: Option<Budget>,
    ) -> Result<Spent, StoreError> {
        let (purse, now) = (Purse::Session(session), self.clock.now());
        self.load(purse, now).await?;
        let period = budget.map_or(Period::Day, |budget| budget.period);
        Ok(self.pages.lock().get(&purse).map(|page| page.spent(period)).unwrap_or_default())
    }

    /// Forgets what the budget of a purse was: it was changed.
    pub(crate) fn changed(&self, purse: Purse) {
        if let Some(page) = self.pages.lock().get_mut(&purse) {
            page.budget_at = None;
        }
    }

    /// Makes sure that everything about a payer is in memory and of this period; returns the time that this was done for.
    async fn ready(&self, payer: &Payer) -> Result<UnixMs, Rejection> {
        let now = self.clock.now();
        for purse in payer.purses() {
            self.load(purse, now).await.map_err(|error| store_rejection(&error))?;
        }
        Ok(now)
    }

    async fn load(&self, purse: Purse, now: UnixMs) -> Result<(), StoreError> {
        let known = self.pages.lock().get_mut(&purse).map(|page| {
            page.turn(now);
            page.budget_at
        });
        let fresh = |at: Option<UnixMs>| at.is_some_and(|at| now.since(at) < BUDGET_FRESH_MS);
        let is_session = matches!(purse, Purse::Session(_));
        if known.is_some_and(|at| is_session || fresh(at)) {
            return Ok(());
        }
        // A session's own budget is in its log.
        let budget = if is_session { None } else { self.store.budget(purse).await? };
        if known.is_none() {
            let day = self.store.spent(purse, period::start(Period::Day, now)).await?;
            let month = self.store.spent(purse, period::start(Period::Month, now)).await?;
            let mut pages = self.pages.lock();
            make_room(&mut pages);
            // Whoever read it at the same time was first: their page has been charged since.
            pages.entry(purse).or_insert_with(|| Page::read(now, day, month));
        }
        if let Some(page) = self.pages.lock().get_mut(&purse) {
            (page.budget, page.budget_at) = (budget, Some(now));
        }
        Ok(())
    }
}

impl Payer {
    /// The budget that a purse has by itself, beside the store's.
    fn budget_of(&self, purse: Purse) -> Option<Budget> {
        self.budget.filter(|_| matches!(purse, Purse::Session(_)))
    }
}

fn make_room(pages: &mut HashMap<Purse, Page>) {
    if pages.len() < PAGES_MAX {
        return;
    }
    let mut used: Vec<_> = pages.values().map(|page| page.used_at).collect();
    let half = used.len() / 2;
    let (_, middle, _) = used.select_nth_unstable(half);
    let middle = *middle;
    pages.retain(|purse, page| page.is_held() || page.used_at > middle || *purse == Purse::Server);
}

/// Why a prompt is refused: whose budget it is, and when it opens again.
fn refusal(purse: Purse, budget: Budget, now: UnixMs, page: Option<&Page>) -> Rejection {
    let (whose, word) = match purse {
        Purse::User(_) => ("Your budget", "user"),
        Purse::Session(_) => ("This session's budget", "session"),
        Purse::Server => ("This server's budget", "server"),
    };
    let (time, name) = match budget.period {
        Period::Day => ("today", "day"),
        Period::Month => ("this month", "month"),
    };
    let spent = page.map(|page| page.spent(budget.period)).unwrap_or_default();
    let (message, retry_after) = if Room::of(budget, spent).is_empty() {
        let what = format!("{whose} for {time} is used up. It opens again with the next {name} (UTC).");
        (what, period::end(budget.period, now).since(now))
    } else {
        let what = format!(
            "What is left of {} for {time} is too little for this, or set aside for replies that are being written.",
            whose.replace("Your", "your").replace("This", "this")
        );
        (what, SET_ASIDE_RETRY_MS)
    };
    let rejection = Rejection::new(ErrorCode::BudgetExceeded, message).details(format!("{word}/{name}"));
    Rejection { retry_after_ms: Some(retry_after), ..rejection }
}

impl Hub {
    /// Sets or takes away the budget of a person or of the server; in force at once. The caller was authorized; a
    /// session's own is set by its `set_budget`.
    ///
    /// # Errors
    /// INVALID_DATA for a session's purse; SERVICE_UNAVAILABLE when it can't be saved.
    pub async fn set_budget(&self, purse: Purse, budget: Option<Budget>) -> Result<(), Rejection> {
        if matches!(purse, Purse::Session(_)) {
            return Err(Rejection::invalid("purse", "is a session's, whose budget is in its log"));
        }
        let append = Append { people: vec![PersonChange::Budget(purse, budget)], ..Append::default() };
        let commit = self.inner.store.submit(append).await;
        let saved = match commit {
            Ok(commit) => commit.await,
            Err(error) => Err(error),
        };
        saved.map_err(|error| store_rejection(&error))?;
        self.inner.budgets.changed(purse);
        Ok(())
    }

    /// The budget of a person or of the server, and what was spent in its period (today without one).
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE when the store can't be read.
    pub async fn budget(&self, purse: Purse) -> Result<(Option<Budget>, Spent), Rejection> {
        let budgets = &self.inner.budgets;
        let now = budgets.clock.now();
        budgets.changed(purse);
        budgets.load(purse, now).await.map_err(|error| store_rejection(&error))?;
        let pages = budgets.pages.lock();
        let Some(page) = pages.get(&purse) else { return Ok((None, Spent::default())) };
        let period = page.budget.map_or(Period::Day, |budget| budget.period);
        Ok((page.budget, page.spent(period)))
    }
}
