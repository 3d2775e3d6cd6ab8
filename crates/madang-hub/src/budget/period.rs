//! Days and calendar months in UTC: when a budget's time begins and ends. Pure.

use madang_protocol::{Period, UnixMs};

const DAY_MS: u64 = 86_400_000;

/// When the period began that a moment is in.
#[must_use]
pub fn start(period: Period, at: UnixMs) -> UnixMs {
    let day = at.0 / DAY_MS;
    match period {
        Period::Day => UnixMs(day * DAY_MS),
        Period::Month => UnixMs((day - day_of_month(day)) * DAY_MS),
    }
}

/// When the next one begins.
pub(crate) fn end(period: Period, at: UnixMs) -> UnixMs {
    let start = start(period, at);
    match period {
        Period::Day => UnixMs(start.0 + DAY_MS),
        // Every month is over 31 days after its first, and none two are.
        Period::Month => self::start(Period::Month, UnixMs(start.0 + 31 * DAY_MS)),
    }
}

/// The day of its month that a day since 1970-01-01 is, from 0.
///
/// Source: Howard Hinnant, `civil_from_days`, <https://howardhinnant.github.io/date_algorithms.html>
fn day_of_month(day: u64) -> u64 {
    let of_era = (day + 719_468) % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: u64, day: (u64, u64), month: (u64, u64)) {
        let at = UnixMs(at * 1_000);
        let of = |period| (start(period, at).0 / 1_000, end(period, at).0 / 1_000);
        assert_eq!((of(Period::Day), of(Period::Month)), (day, month), "{at:?}");
    }

    #[test]
    fn days_and_months_in_utc() {
        check(0, (0, 86_400), (0, 2_678_400));
        // 2023-11-14 22:13:20
        check(1_700_000_000, (1_699_920_000, 1_700_006_400), (1_698_796_800, 1_701_388_800));
        // The last and the first second around the leap day of 2024.
        check(1_709_164_799, (1_709_078_400, 1_709_164_800), (1_706_745_600, 1_709_251_200));
        check(1_709_164_800, (1_709_164_800, 1_709_251_200), (1_706_745_600, 1_709_251_200));
        check(1_709_251_200, (1_709_251_200, 1_709_337_600), (1_709_251_200, 1_711_929_600));
        // 2026-12-31 23:59:59
        check(1_798_761_599, (1_798_675_200, 1_798_761_600), (1_796_083_200, 1_798_761_600));
    }

    #[test]
    fn every_month_begins_where_the_one_before_ended() {
        let mut at = UnixMs(0);
        for month in 0..12 * 300 {
            let next = end(Period::Month, at);
            let days = (next.0 - at.0) / DAY_MS;
            assert!((28..=31).contains(&days), "month {month} has {days} days");
            assert_eq!((start(Period::Month, UnixMs(next.0 - 1)), start(Period::Month, next)), (at, next));
            at = next;
        }
        assert_eq!(at.0 / DAY_MS, 109_573, "2270-01-01");
    }
}
