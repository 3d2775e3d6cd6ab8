//! Scenario names and their knobs: `name?k=v&k2=v2`, checked key by key so that a typo is an error and not a default.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::error::ApiError;

/// Most deltas one scenario may be asked for; more is a 400.
pub(crate) const DELTAS_MAX: usize = 1_000_000;
/// Most bytes one event may be asked for; more is a 400.
pub(crate) const EVENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Knobs that every scenario understands.
pub(crate) const COMMON: &[&str] = &[
    "rate", "split", "tcp", "coalesce", "pad", "crlf", "ping", "ttft", "stamp", "fault", "type", "after",
    "events", "bytes", "times", "as", "id",
];

/// A scenario chosen by a request, not yet looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) knobs: Knobs,
}

impl Choice {
    /// Parses `name?k=v&…`; a model string has lost its `sim-` already.
    pub(crate) fn parse(text: &str) -> Self {
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "1"));
            (key.to_owned(), percent_decoded(value))
        });
        Self { name: name.to_owned(), knobs: Knobs(pairs.collect()) }
    }

    /// The scenario with its knobs in order of name: what `times=` counts by.
    pub(crate) fn key(&self) -> String {
        let knobs: Vec<String> = self.knobs.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if knobs.is_empty() { self.name.clone() } else { format!("{}?{}", self.name, knobs.join("&")) }
    }
}

/// The `k=v` pairs of a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Knobs(BTreeMap<String, String>);

impl Knobs {
    /// Fails on the first key that neither the scenario nor the transport knows.
    pub(crate) fn check(&self, known: &[&str]) -> Result<(), ApiError> {
        let unknown =
            self.0.keys().find(|key| !known.contains(&key.as_str()) && !COMMON.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| {
            Err(ApiError::invalid(format!(
                "scenario knob `{key}` is unknown; this scenario takes {}",
                [known, COMMON].concat().join(", ")
            )))
        })
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A number, `default` when the knob is absent.
    pub(crate) fn number<T: FromStr>(&self, key: &str, default: T) -> Result<T, ApiError> {
        Ok(self.maybe(key)?.unwrap_or(default))
    }

    /// A number, none when the knob is absent.
    pub(crate) fn maybe<T: FromStr>(&self, key: &str) -> Result<Option<T>, ApiError> {
        self.text(key)
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| ApiError::invalid(format!("scenario knob `{key}={value}` is not a number")))
            })
            .transpose()
    }

    /// A number that may not pass `max`.
    pub(crate) fn at_most(&self, key: &str, default: usize, max: usize) -> Result<usize, ApiError> {
        let value = self.number(key, default)?;
        if value > max {
            return Err(ApiError::invalid(format!(
                "scenario knob `{key}={value}` is over its limit of {max}"
            )));
        }
        Ok(value)
    }

    /// `1`, `true` or the bare key switch a knob on.
    pub(crate) fn on(&self, key: &str) -> bool {
        matches!(self.text(key), Some("1" | "true"))
    }

    /// Milliseconds, zero when the knob is absent.
    pub(crate) fn millis(&self, key: &str) -> Result<Duration, ApiError> {
        Ok(Duration::from_millis(self.number(key, 0)?))
    }

    /// Seconds with a fraction, `default` when the knob is absent.
    pub(crate) fn seconds(&self, key: &str, default: f64) -> Result<Duration, ApiError> {
        let value: f64 = self.number(key, default)?;
        Duration::try_from_secs_f64(value)
            .map_err(|_| ApiError::invalid(format!("scenario knob `{key}={value}` is not a time in seconds")))
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let value = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], value) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// How a stream travels: pace, cutting and padding. Usable with every scenario.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transport {
    /// Time between deltas; zero sends them at once.
    pub(crate) interval: Duration,
    /// Silence before the response head.
    pub(crate) ttft: Duration,
    /// Bytes per HTTP chunk; 0 puts each event in one chunk.
    pub(crate) split_bytes: usize,
    /// Bytes per TCP write, chunk framing and head included; 0 writes whole chunks.
    pub(crate) tcp_bytes: usize,
    /// Bytes gathered before a chunk is written; 0 writes every event at once.
    pub(crate) coalesce_bytes: usize,
    /// Most spaces put around the closing brace of each event.
    pub(crate) pad_spaces: usize,
    /// Lines end in CR LF.
    pub(crate) crlf: bool,
    /// Time between pings in a silence; zero sends none.
    pub(crate) ping: Duration,
    /// Body bytes after which the response is cut.
    pub(crate) bytes_max: Option<u64>,
}

impl Transport {
    /// Reads the transport knobs; `pace` holds what a request without knobs gets.
    pub(crate) fn read(knobs: &Knobs, pace: Pace) -> Result<Self, ApiError> {
        let rate: f64 = knobs.number("rate", pace.tokens_per_second)?;
        let interval = if rate > 0.0 {
            Duration::try_from_secs_f64(1.0 / rate).unwrap_or_default()
        } else {
            Duration::ZERO
        };
        Ok(Self {
            interval,
            ttft: Duration::from_millis(knobs.number("ttft", pace.ttft_ms)?),
            split_bytes: knobs.number("split", 0)?,
            tcp_bytes: knobs.number("tcp", 0)?,
            coalesce_bytes: knobs.number("coalesce", 0)?,
            pad_spaces: knobs.at_most("pad", 0, 4096)?,
            crlf: knobs.on("crlf"),
            ping: knobs.millis("ping")?,
            bytes_max: knobs.maybe("bytes")?,
        })
    }
}

/// How fast answers come when the request does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pace {
    /// Deltas per second; 0 sends everything at once.
    pub tokens_per_second: f64,
    /// Milliseconds before the response head.
    pub ttft_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::{Choice, Knobs};

    #[test]
    fn a_choice_is_a_name_and_its_knobs() {
        let choice = Choice::parse("normal?rate=200&n=50&crlf&id=a%20b");
        assert_eq!(choice.name, "normal");
        assert_eq!(choice.knobs.number("n", 0).unwrap_or(0), 50);
        assert!(choice.knobs.on("crlf"));
        assert_eq!(choice.knobs.text("id"), Some("a b"));
        assert_eq!(choice.key(), "normal?crlf=1&id=a b&n=50&rate=200");
        assert_eq!(Choice::parse("empty").knobs, Knobs::default());
    }

    #[test]
    fn unknown_knobs_and_bad_numbers_are_refused() {
        let choice = Choice::parse("normal?n=x&colour=red");
        assert!(choice.knobs.number::<usize>("n", 0).is_err());
        assert!(choice.knobs.check(&["n"]).is_err());
    }
}
