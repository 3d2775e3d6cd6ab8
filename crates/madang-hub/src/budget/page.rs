//! One purse's figures: what was spent today and this month, what is set aside, what may be spent. Pure.

use madang_protocol::{Budget, Period, Spent, UnixMs};

use super::period;

/// What a purse has spent, has set aside, and may spend.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    day: (UnixMs, Spent),
    month: (UnixMs, Spent),
    aside: Spent,
    claims: u32,
    /// The budget as it was read last, and when.
    pub(crate) budget: Option<Budget>,
    pub(crate) budget_at: Option<UnixMs>,
    pub(crate) used_at: UnixMs,
}

/// Adds up.
pub(crate) fn sum(a: Spent, b: Spent) -> Spent {
    Spent { tokens: a.tokens.saturating_add(b.tokens), micro_usd: a.micro_usd.saturating_add(b.micro_usd) }
}

/// What may still be spent; what is none is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) tokens: Option<u64>,
    pub(crate) micro_usd: Option<u64>,
}

impl Room {
    pub(crate) fn of(budget: Budget, used: Spent) -> Room {
        Room {
            tokens: budget.tokens.map(|tokens| tokens.saturating_sub(used.tokens)),
            micro_usd: budget.micro_usd.map(|micro_usd| micro_usd.saturating_sub(used.micro_usd)),
        }
    }

    /// Whether something that is limited is used up.
    pub(crate) fn is_empty(self) -> bool {
        self.tokens == Some(0) || self.micro_usd == Some(0)
    }

    /// Tokens that a reply can have beside its question, at a price for a million; none left when there is none.
    pub(crate) fn reply_tokens(self, question: Spent, per_million: u64) -> u64 {
        let by_tokens = self.tokens.map_or(u64::MAX, |tokens| tokens.saturating_sub(question.tokens));
        let by_money = match self.micro_usd {
            Some(left) if left <= question.micro_usd && per_million > 0 => 0,
            Some(left) if per_million > 0 => {
                let tokens = u128::from(left - question.micro_usd) * 1_000_000 / u128::from(per_million);
                u64::try_from(tokens).unwrap_or(u64::MAX)
            }
            // What has no price takes no money; but nothing is asked of an empty purse.
            Some(0) => 0,
            Some(_) | None => u64::MAX,
        };
        by_tokens.min(by_money)
    }
}

impl Page {
    /// Nothing spent.
    pub(crate) fn empty(now: UnixMs) -> Page {
        Page::read(now, Spent::default(), Spent::default())
    }

    /// As the ledger has it.
    pub(crate) fn read(now: UnixMs, day: Spent, month: Spent) -> Page {
        Page {
            day: (period::start(Period::Day, now), day),
            month: (period::start(Period::Month, now), month),
            aside: Spent::default(),
            claims: 0,
            budget: None,
            budget_at: None,
            used_at: now,
        }
    }

    /// Begins a new day or month when one has begun.
    pub(crate) fn turn(&mut self, now: UnixMs) {
        for (period, counted) in [(Period::Day, &mut self.day), (Period::Month, &mut self.month)] {
            let start = period::start(period, now);
            // A clock that goes back opens nothing anew.
            if start > counted.0 {
                *counted = (start, Spent::default());
            }
        }
        self.used_at = self.used_at.max(now);
    }

    /// Counts what was spent.
    pub(crate) fn charge(&mut self, at: UnixMs, spent: Spent) {
        self.turn(at);
        self.day.1 = sum(self.day.1, spent);
        self.month.1 = sum(self.month.1, spent);
    }

    pub(crate) fn set_aside(&mut self, spent: Spent) {
        self.aside = sum(self.aside, spent);
        self.claims += 1;
    }

    pub(crate) fn give_back(&mut self, spent: Spent) {
        self.aside.tokens = self.aside.tokens.saturating_sub(spent.tokens);
        self.aside.micro_usd = self.aside.micro_usd.saturating_sub(spent.micro_usd);
        self.claims = self.claims.saturating_sub(1);
    }

    /// Whether something is set aside here, so that it must not be forgotten.
    pub(crate) fn is_held(&self) -> bool {
        self.claims > 0
    }

    /// What was spent in the current period.
    pub(crate) fn spent(&self, period: Period) -> Spent {
        match period {
            Period::Day => self.day.1,
            Period::Month => self.month.1,
        }
    }

    /// What may still be spent, and of which budget: the one given, or the one that was read; none where there is none.
    pub(crate) fn room(&self, own: Option<Budget>, with_aside: bool) -> Option<(Budget, Room)> {
        let budget = own.or(self.budget)?;
        let spent = self.spent(budget.period);
        let used = if with_aside { sum(spent, self.aside) } else { spent };
        Some((budget, Room::of(budget, used)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn spent(tokens: u64, micro_usd: u64) -> Spent {
        Spent { tokens, micro_usd }
    }

    fn budget(tokens: Option<u64>, micro_usd: Option<u64>) -> Budget {
        Budget { tokens, micro_usd, period: Period::Day }
    }

    #[test]
    fn a_day_and_a_month_are_counted_beside_each_other_and_begin_anew() {
        // 2023-11-14
        let now = UnixMs(1_700_000_000_000);
        let mut page = Page::read(now, spent(10, 1), spent(100, 10));
        page.charge(now, spent(5, 2));
        assert_eq!((page.spent(Period::Day), page.spent(Period::Month)), (spent(15, 3), spent(105, 12)));
        page.turn(UnixMs(now.0 + DAY));
        assert_eq!((page.spent(Period::Day), page.spent(Period::Month)), (spent(0, 0), spent(105, 12)));
        page.charge(now, spent(1, 0));
        assert_eq!(page.spent(Period::Day), spent(1, 0), "a clock that goes back opens nothing anew");
        page.turn(UnixMs(now.0 + 20 * DAY));
        assert_eq!((page.spent(Period::Day), page.spent(Period::Month)), (spent(0, 0), spent(0, 0)));
    }

    #[test]
    fn what_is_set_aside_counts_only_where_it_is_asked_for() {
        let mut page = Page::empty(UnixMs(0));
        page.budget = Some(budget(Some(100), None));
        page.set_aside(spent(70, 0));
        let left = |page: &Page, aside| page.room(None, aside).unwrap().1.tokens;
        assert_eq!((left(&page, true), left(&page, false), page.is_held()), (Some(30), Some(100), true));
        page.give_back(spent(70, 0));
        assert_eq!((left(&page, true), page.is_held()), (Some(100), false));
        let own = Budget { period: Period::Month, ..budget(Some(7), None) };
        assert_eq!(page.room(Some(own), true).unwrap(), (own, Room { tokens: Some(7), micro_usd: None }));
        page.budget = None;
        assert_eq!(page.room(None, true), None);
    }

    fn check(budget: Budget, used: Spent, question: Spent, per_million: u64, reply_tokens: u64) {
        let room = Room::of(budget, used);
        assert_eq!(
            room.reply_tokens(question, per_million),
            reply_tokens,
            "{budget:?} {used:?} {question:?}"
        );
    }

    #[test]
    fn a_reply_has_what_the_question_leaves() {
        check(budget(None, None), spent(9, 9), spent(9, 9), 5, u64::MAX);
        check(budget(Some(1_000), None), spent(300, 0), spent(200, 0), 0, 500);
        check(budget(Some(1_000), None), spent(900, 0), spent(200, 0), 0, 0);
        check(budget(Some(1_000), None), spent(2_000, 0), spent(0, 0), 0, 0);
        // 20 dollars a million: for 1 cent 500 tokens.
        check(budget(None, Some(10_000)), spent(0, 0), spent(0, 0), 20_000_000, 500);
        check(budget(None, Some(10_000)), spent(0, 4_000), spent(0, 4_000), 20_000_000, 100);
        check(budget(None, Some(10_000)), spent(0, 4_000), spent(0, 6_000), 20_000_000, 0);
        check(budget(Some(50), Some(10_000)), spent(0, 0), spent(0, 0), 20_000_000, 50);
        // The simulated model costs no money, but nothing is asked of an empty purse.
        check(budget(None, Some(10_000)), spent(0, 0), spent(99, 0), 0, u64::MAX);
        check(budget(None, Some(10_000)), spent(0, 10_000), spent(99, 0), 0, 0);
        check(budget(None, Some(u64::MAX)), spent(0, 0), spent(0, 0), 1, u64::MAX);
    }

    #[test]
    fn empty_is_what_has_a_limit_and_nothing_left_of_it() {
        assert!(!Room::of(budget(None, None), spent(1, 1)).is_empty());
        assert!(!Room::of(budget(Some(2), Some(2)), spent(1, 1)).is_empty());
        assert!(Room::of(budget(Some(1), Some(2)), spent(1, 1)).is_empty());
        assert!(Room::of(budget(None, Some(1)), spent(1, 1)).is_empty());
    }
}
