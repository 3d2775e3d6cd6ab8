//! Sums of the ledger (SE8).

use madang_protocol::{Spent, UnixMs};
use madang_store::{Append, LedgerRow, Purse, Store, UsageBy, UsageRow};

use crate::support::{commit, creation, session, turn, user};

/// Noon of 2026-11-22.
const NOON: u64 = 1_795_348_800_000;
/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

fn entry(at: u64, n: u64, who: u64, input_tokens: u64, cost: Option<u64>) -> LedgerRow {
    LedgerRow {
        at: UnixMs(at),
        session: session(n),
        turn: turn(1),
        user: user(who),
        model: format!("model-{n}"),
        request_id: None,
        upstream_id: None,
        usage: "{}".into(),
        input_tokens,
        output_tokens: 1,
        cost_micro_usd: cost,
        price_table: "2026-11".into(),
        estimated: false,
        outcome: "complete".into(),
    }
}

async fn filled(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    let ledger = vec![
        entry(NOON - DAY, 1, 1, 10, Some(100)),
        entry(NOON, 1, 2, 20, Some(200)),
        entry(NOON + 1, 2, 1, 30, None),
        entry(NOON + 2, 2, 1, 40, Some(50)),
        entry(NOON + 40 * DAY, 1, 1, 50, Some(500)),
    ];
    commit(store, Append { ledger, ..Append::default() }).await.unwrap();
}

fn spent(tokens: u64, micro_usd: u64) -> Spent {
    Spent { tokens, micro_usd }
}

pub(crate) async fn se8_what_was_spent_is_summed_up_since_a_moment(store: &dyn Store) {
    let ask = async |purse, since| store.spent(purse, UnixMs(since)).await.unwrap();
    assert_eq!(ask(Purse::Server, 0).await, spent(0, 0));
    filled(store).await;
    assert_eq!(ask(Purse::Server, 0).await, spent(155, 850));
    assert_eq!(ask(Purse::Server, NOON).await, spent(144, 750));
    assert_eq!(ask(Purse::Server, NOON + 1).await, spent(123, 550));
    assert_eq!(ask(Purse::User(user(1)), 0).await, spent(134, 650));
    assert_eq!(ask(Purse::User(user(1)), NOON + 1).await, spent(123, 550));
    assert_eq!(ask(Purse::User(user(3)), 0).await, spent(0, 0));
    assert_eq!(ask(Purse::Session(session(2)), 0).await, spent(72, 50));
    assert_eq!(ask(Purse::Session(session(1)), u64::MAX).await, spent(0, 0));
}

pub(crate) async fn se8_spending_in_the_same_group_counts(store: &dyn Store) {
    for n in 1..=20 {
        commit(store, Append { ledger: vec![entry(NOON, 1, 1, 1, Some(1))], ..Append::default() })
            .await
            .unwrap();
        assert_eq!(store.spent(Purse::Server, UnixMs(0)).await.unwrap(), spent(n * 2, n), "what was acked");
    }
}

fn row(key: impl ToString, requests: u64, input_tokens: u64, micro_usd: u64) -> UsageRow {
    let spent = spent(input_tokens + requests, micro_usd);
    UsageRow { key: key.to_string(), requests, input_tokens, output_tokens: requests, spent }
}

pub(crate) async fn usage_is_summed_up_by_what_is_asked(store: &dyn Store) {
    filled(store).await;
    let all = (UnixMs(0), UnixMs(u64::MAX));
    let ask = async |purse, span, by| store.usage(purse, span, by, 100).await.unwrap();
    let days = [row("2026-11-21", 1, 10, 100), row("2026-11-22", 3, 90, 250), row("2027-01-01", 1, 50, 500)];
    assert_eq!(ask(Purse::Server, all, UsageBy::Day).await, days);
    assert_eq!(store.usage(Purse::Server, all, UsageBy::Day, 2).await.unwrap(), days[..2]);
    let people = [row(user(1), 4, 130, 650), row(user(2), 1, 20, 200)];
    assert_eq!(ask(Purse::Server, all, UsageBy::User).await, people);
    let sessions = [row(session(1), 3, 80, 800), row(session(2), 2, 70, 50)];
    assert_eq!(ask(Purse::Server, all, UsageBy::Session).await, sessions);
    let models = [row("model-1", 2, 60, 600), row("model-2", 2, 70, 50)];
    assert_eq!(ask(Purse::User(user(1)), all, UsageBy::Model).await, models);
    assert_eq!(ask(Purse::Session(session(2)), all, UsageBy::Day).await, [row("2026-11-22", 2, 70, 50)]);
    // From the first moment on, up to the last and without it.
    let span = (UnixMs(NOON), UnixMs(NOON + 2));
    assert_eq!(ask(Purse::Server, span, UsageBy::Day).await, [row("2026-11-22", 2, 50, 200)]);
    assert_eq!(ask(Purse::User(user(9)), all, UsageBy::Session).await, []);
}

pub(crate) async fn numbers_nobody_can_believe_do_not_break_the_sums(store: &dyn Store) {
    let ledger = vec![entry(NOON, 1, 1, u64::MAX, Some(u64::MAX)); 100];
    commit(store, Append { ledger, ..Append::default() }).await.unwrap();
    let sum = store.spent(Purse::Server, UnixMs(0)).await.unwrap();
    assert!(sum.tokens >= 1_000_000 && sum.micro_usd >= 1_000_000, "{sum:?}");
    let by_day = store.usage(Purse::Server, (UnixMs(0), UnixMs(u64::MAX)), UsageBy::Day, 9).await.unwrap();
    assert_eq!((by_day.len(), by_day[0].spent), (1, sum));
}
