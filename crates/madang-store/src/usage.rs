//! Sums of the ledger, from its indexes alone.

use madang_protocol::{Spent, UnixMs};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, query};

use crate::bind::to_column;
use crate::changes::purse_name;
use crate::rows::number;
use crate::{Purse, UsageBy, UsageRow};

/// The number of a row's UTC day after 1970-01-01.
const DAY: &str = "at / 86400000";

/// The condition on a purse, with the purse as `$1`.
fn whose(purse: Purse) -> &'static str {
    match purse {
        // Every row, and a placeholder all the same, so that the others have the same numbers.
        Purse::Server => "$1 = 'server'",
        Purse::User(_) => "\"user\" = $1",
        Purse::Session(_) => "session = $1",
    }
}

/// What was spent since a moment.
pub(crate) async fn spent(readers: &SqlitePool, purse: Purse, since: UnixMs) -> Result<Spent, sqlx::Error> {
    let text = format!(
        "SELECT COALESCE(SUM(input_tokens + output_tokens), 0), COALESCE(SUM(cost_micro_usd), 0) FROM ledger \
        WHERE {} AND at >= $2",
        whose(purse)
    );
    let question = query(AssertSqlSafe(text)).bind(purse_name(purse)).bind(to_column(since.0));
    let row = question.fetch_one(readers).await?;
    Ok(Spent { tokens: number(&row, 0)?, micro_usd: number(&row, 1)? })
}

/// Sums over `[from, to)`, the largest cost first, days in order.
pub(crate) async fn usage(
    readers: &SqlitePool,
    purse: Purse,
    (from, to): (UnixMs, UnixMs),
    by: UsageBy,
    limit: u32,
) -> Result<Vec<UsageRow>, sqlx::Error> {
    const BY_COST: &str = "5 DESC, SUM(input_tokens + output_tokens) DESC, 1";
    let (key, order) = match by {
        UsageBy::Day => (DAY, "1"),
        UsageBy::User => ("\"user\"", BY_COST),
        UsageBy::Session => ("session", BY_COST),
        UsageBy::Model => ("model", BY_COST),
    };
    let text = format!(
        "SELECT {key}, COUNT(*), SUM(input_tokens), SUM(output_tokens), COALESCE(SUM(cost_micro_usd), 0) \
        FROM ledger WHERE {} AND at >= $2 AND at < $3 GROUP BY 1 ORDER BY {order} LIMIT $4",
        whose(purse)
    );
    let question = query(AssertSqlSafe(text))
        .bind(purse_name(purse))
        .bind(to_column(from.0))
        .bind(to_column(to.0))
        .bind(i64::from(limit));
    question.fetch_all(readers).await?.iter().map(|row| sum(row, by)).collect()
}

fn sum(row: &SqliteRow, by: UsageBy) -> Result<UsageRow, sqlx::Error> {
    let key = match by {
        UsageBy::Day => day(row.try_get(0)?),
        UsageBy::User | UsageBy::Session | UsageBy::Model => row.try_get(0)?,
    };
    let (input_tokens, output_tokens): (u64, u64) = (number(row, 2)?, number(row, 3)?);
    let spent = Spent { tokens: input_tokens + output_tokens, micro_usd: number(row, 4)? };
    Ok(UsageRow { key, requests: number(row, 1)?, input_tokens, output_tokens, spent })
}

/// The n-th day after 1970-01-01 in the calendar (proleptic Gregorian, as everyone writes it).
///
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn day(n: i64) -> String {
    let z = n + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_in_the_calendar() {
        for (n, text) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_779, "2026-11-22"),
            (20_818, "2026-12-31"),
            (20_819, "2027-01-01"),
        ] {
            assert_eq!(day(n), text);
        }
    }
}
