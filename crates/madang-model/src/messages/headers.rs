//! What the headers of an answer say: rate limits, when to try again, the request's id.
//!
//! Times of day are read relative to the answer's own `date`, so that no clock of ours is compared with theirs.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::{RateLimit, RateLimits};

/// Characters of a header's text that are kept.
const TEXT_CHARS_MAX: usize = 200;

/// A wait above this is nonsense and taken as this: a day.
const WAIT_SECONDS_MAX: f64 = 86_400.0;

/// A header's text, bounded.
pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.chars().take(TEXT_CHARS_MAX).collect())
}

/// The upstream's id of the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    text(headers, "request-id").or_else(|| text(headers, "x-request-id"))
}

/// How long the upstream asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| text(headers, name)?.parse::<f64>().ok();
    let wait = |seconds: f64| {
        let positive = seconds.is_finite() && seconds > 0.0;
        positive.then(|| Duration::from_secs_f64(seconds.min(WAIT_SECONDS_MAX)))
    };
    if let Some(milliseconds) = number("retry-after-ms") {
        return wait(milliseconds / 1000.0);
    }
    if let Some(seconds) = number("retry-after") {
        return wait(seconds);
    }
    let until = http_date(&text(headers, "retry-after")?)?;
    let now = http_date(&text(headers, "date")?)?;
    wait((until - now) as f64)
}

/// The upstream's own opinion on whether trying again makes sense.
pub(crate) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match text(headers, "x-should-retry")?.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The rate limits in the headers; none when there are none.
pub(crate) fn rate_limits(model: &str, headers: &HeaderMap) -> Option<RateLimits> {
    let limits = RateLimits {
        model: model.to_owned(),
        told_at: None,
        requests: rate_limit(headers, "requests"),
        tokens: rate_limit(headers, "tokens"),
        input_tokens: rate_limit(headers, "input-tokens"),
        output_tokens: rate_limit(headers, "output-tokens"),
        retry_after_ms: retry_after(headers).map(|wait| wait.as_millis() as u64),
    };
    let buckets = [&limits.requests, &limits.tokens, &limits.input_tokens, &limits.output_tokens];
    (limits.retry_after_ms.is_some() || buckets.iter().any(|bucket| bucket.is_some())).then_some(limits)
}

fn rate_limit(headers: &HeaderMap, name: &str) -> Option<RateLimit> {
    let field = |field: &str| text(headers, &format!("anthropic-ratelimit-{name}-{field}"));
    let now = text(headers, "date").and_then(|date| http_date(&date));
    let reset = field("reset").and_then(|reset| rfc3339(&reset));
    Some(RateLimit {
        limit: field("limit")?.parse().ok()?,
        remaining: field("remaining")?.parse().ok()?,
        reset_after_ms: reset.zip(now).map(|(reset, now)| (reset - now).max(0) as u64 * 1000),
    })
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<i64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut words = text.split_once(", ")?.1.split(' ');
    let day = words.next()?.parse().ok()?;
    let name = words.next().filter(|name| name.len() == 3)?;
    let month = MONTHS.find(name).filter(|at| at % 3 == 0)? / 3 + 1;
    let year = words.next()?.parse().ok()?;
    let seconds = seconds_of_day(words.next()?)?;
    (words.next() == Some("GMT")).then_some(days(year, month as i64, day)? * 86_400 + seconds)
}

/// Seconds since 1970 of `1994-11-06T08:49:37Z`, with or without a fraction or an offset.
fn rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut numbers = date.splitn(3, '-').map(str::parse);
    let (year, month, day) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let clock = time.get(..8)?;
    let offset = match time[8..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()) {
        "Z" | "z" => 0,
        offset => {
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            sign * seconds_of_day(&format!("{}:00", offset.get(1..)?))?
        }
    };
    Some(days(year, month, day)? * 86_400 + seconds_of_day(clock)? - offset)
}

fn seconds_of_day(clock: &str) -> Option<i64> {
    let mut numbers = clock.splitn(3, ':').map(str::parse::<u32>);
    let (hour, minute, second) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    (hour < 24 && minute < 60 && second <= 60).then(|| i64::from(hour * 3600 + minute * 60 + second))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
///
/// Source: Howard Hinnant, `days_from_civil`, <https://howardhinnant.github.io/date_algorithms.html>
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    fn check_wait(lines: &[(&'static str, &'static str)], milliseconds: Option<u128>) {
        assert_eq!(retry_after(&headers(lines)).map(|wait| wait.as_millis()), milliseconds, "{lines:?}");
    }

    #[test]
    fn both_forms_of_dates() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(rfc3339("1994-11-06T08:49:37Z"), Some(784_111_777));
        assert_eq!(rfc3339("1994-11-06T08:49:37.25Z"), Some(784_111_777));
        assert_eq!(rfc3339("1994-11-06T17:49:37+09:00"), Some(784_111_777));
        assert_eq!(rfc3339("2024-02-29T00:00:00Z"), Some(1_709_164_800));
        for wrong in
            ["", "T", "1994-13-06T08:49:37Z", "1994-11-06T08:49", "1994-11-06T25:00:00Z", "가나다T라마바사"]
        {
            assert_eq!(rfc3339(wrong), None, "{wrong}");
        }
        for wrong in ["", "Sun, 06 Nov 1994 08:49:37 KST", "Sun, 06 anF 1994 08:49:37 GMT", "06 Nov 1994"] {
            assert_eq!(http_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn waits() {
        check_wait(&[("retry-after", "1")], Some(1000));
        check_wait(&[("retry-after-ms", "300"), ("retry-after", "9")], Some(300));
        check_wait(&[("retry-after", "0")], None);
        check_wait(&[("retry-after", "-5")], None);
        check_wait(&[("retry-after", "NaN")], None);
        check_wait(&[("retry-after", "1e300")], Some(86_400_000));
        check_wait(&[("retry-after", "soon")], None);
        check_wait(
            &[("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")],
            Some(3000),
        );
    }

    #[test]
    fn rate_limits_are_read_and_may_be_absent() {
        assert_eq!(rate_limits("m", &headers(&[("request-id", "r")])), None);
        let read = rate_limits(
            "m",
            &headers(&[
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("anthropic-ratelimit-requests-limit", "1000"),
                ("anthropic-ratelimit-requests-remaining", "999"),
                ("anthropic-ratelimit-requests-reset", "1994-11-06T08:49:38Z"),
                ("anthropic-ratelimit-tokens-limit", "many"),
            ]),
        );
        let requests = RateLimit { limit: 1000, remaining: 999, reset_after_ms: Some(1000) };
        let expected = RateLimits { model: "m".to_owned(), requests: Some(requests), ..Default::default() };
        assert_eq!(read, Some(expected));
    }
}
