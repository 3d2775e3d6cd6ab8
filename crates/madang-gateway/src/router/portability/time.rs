//! Times as others write them: RFC 3339 and seconds since 1970.

use madang_protocol::UnixMs;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Reads `2024-05-01T12:00:00.123Z`, with `Z` or an offset; none for anything else.
pub(super) fn from_rfc3339(text: &str) -> Option<UnixMs> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let offset = offset_minutes(zone)?;
    let milliseconds: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let seconds = hour * 3600 + (minute - offset) * 60 + second;
    let at = days(year, month, day) * DAY_MS + seconds * 1000 + milliseconds;
    u64::try_from(at).ok().filter(|_| in_range).map(UnixMs)
}

fn offset_minutes(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, zone) = if let Some(zone) = zone.strip_prefix('-') { (-1, zone) } else { (1, zone.get(1..)?) };
    let (hours, minutes) = zone.split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn number(text: &str) -> Option<i64> {
    (text.len() <= 4 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Seconds since 1970, as JSON numbers say them; none for what can't be.
pub(super) fn from_seconds(seconds: f64) -> Option<UnixMs> {
    let milliseconds = seconds * 1000.0;
    // Up to the year 9999; the cast is exact there.
    (milliseconds.is_finite() && (0.0..=253_402_300_799_999.0).contains(&milliseconds))
        .then_some(UnixMs(milliseconds as u64))
}

/// A moment as `2024-05-01 12:00 UTC`.
pub(super) fn plain(at: UnixMs) -> String {
    let minutes = at.0 / 60_000;
    let (year, month, day) = date((minutes / 1440) as i64);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60 % 24, minutes % 60)
}

/// Days from 1970-01-01 to a date. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date so many days after 1970-01-01: the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_said() {
        let known = UnixMs(1_714_564_800_123);
        for text in
            ["2024-05-01T12:00:00.123456Z", "2024-05-01T21:00:00.123+09:00", "2024-05-01 12:00:00.123z"]
        {
            assert_eq!(from_rfc3339(text), Some(known), "{text}");
        }
        assert_eq!(plain(known), "2024-05-01 12:00 UTC");
        assert_eq!(plain(UnixMs(951_782_400_000)), "2000-02-29 00:00 UTC");
        assert_eq!(from_seconds(1_714_564_800.123), Some(known));
        for bad in [
            "",
            "x",
            "2024-05-01",
            "2024-13-01T00:00:00Z",
            "2024-05-01T99:00:00Z",
            "2024-05-01T00:00:00",
            "2024-05-01T00:00:00+",
            "-1-1-1T0:0:0Z",
            "99999999999-01-01T00:00:00Z",
            "1970-01-01T00:00:00+23:59",
            "2024-05-01T00:00:00.é1Z",
        ] {
            assert_eq!(from_rfc3339(bad), None, "{bad}");
        }
        assert_eq!(from_seconds(f64::NAN), None);
        assert_eq!(from_seconds(-1.0), None);
    }
}
