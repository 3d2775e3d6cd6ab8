//! Commands by type and outcome. Every series is known beforehand: no label comes from a client.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_protocol::{Command, ErrorCode};

/// Outcomes: carried out, or one of the codes.
const OUTCOMES: usize = 1 + ErrorCode::ALL.len();
/// Kinds: the commands, what has no known type, what is no envelope.
const KINDS: usize = Command::TYPES.len() + 2;

/// How commands came out, from the start of the process.
pub(crate) struct Counts {
    table: Box<[[AtomicU64; OUTCOMES]]>,
    duration_us: Box<[AtomicU64]>,
}

impl Default for Counts {
    fn default() -> Self {
        Counts {
            table: (0..KINDS).map(|_| std::array::from_fn(|_| AtomicU64::new(0))).collect(),
            duration_us: (0..KINDS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Counts {
    /// What a message of no known type is counted as.
    pub(crate) const UNKNOWN: &'static str = "(unknown)";
    /// What a message that is no envelope is counted as.
    pub(crate) const NO_ENVELOPE: &'static str = "(no envelope)";

    /// Counts one; `outcome` is none for a command that was carried out.
    pub(crate) fn count(&self, kind: &str, outcome: Option<ErrorCode>, duration_us: u64) {
        let row = row(kind);
        self.table[row][column(outcome)].fetch_add(1, Ordering::Relaxed);
        self.duration_us[row].fetch_add(duration_us, Ordering::Relaxed);
    }

    /// The figures in Prometheus' text format; what never happened is left out.
    pub(crate) fn render(&self, out: &mut String) {
        let kinds = Command::TYPES.iter().copied().chain([Counts::UNKNOWN, Counts::NO_ENVELOPE]);
        out.push_str("# HELP madang_commands_total Commands by type and outcome.\n");
        out.push_str("# TYPE madang_commands_total counter\n");
        for (kind, row) in kinds.clone().zip(&self.table) {
            let outcomes = std::iter::once("OK").chain(ErrorCode::ALL.iter().map(|code| code.as_str()));
            for (outcome, count) in outcomes.zip(row) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    line(
                        out,
                        format_args!(r#"madang_commands_total{{type="{kind}",outcome="{outcome}"}} {count}"#),
                    );
                }
            }
        }
        out.push_str("# HELP madang_command_seconds_total Time from a command to its answer, by type.\n");
        out.push_str("# TYPE madang_command_seconds_total counter\n");
        for (kind, sum) in kinds.zip(&self.duration_us) {
            let sum = sum.load(Ordering::Relaxed);
            if sum > 0 {
                let (seconds, rest) = (sum / 1_000_000, sum % 1_000_000);
                line(
                    out,
                    format_args!(r#"madang_command_seconds_total{{type="{kind}"}} {seconds}.{rest:06}"#),
                );
            }
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a String cannot fail");
}

fn row(kind: &str) -> usize {
    let unknown = if kind == Counts::NO_ENVELOPE { KINDS - 1 } else { KINDS - 2 };
    Command::TYPES.iter().position(|known| *known == kind).unwrap_or(unknown)
}

fn column(outcome: Option<ErrorCode>) -> usize {
    outcome.map_or(0, |code| 1 + ErrorCode::ALL.iter().position(|known| *known == code).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_counted_by_type_and_outcome_and_by_nothing_a_client_says() {
        let counts = Counts::default();
        counts.count("ping", None, 1_500_000);
        counts.count("ping", None, 0);
        counts.count("ping", Some(ErrorCode::RateLimited), 2);
        counts.count("\"}evil", Some(ErrorCode::UnknownType), 0);
        counts.count(Counts::NO_ENVELOPE, Some(ErrorCode::InvalidJson), 0);
        let mut text = String::new();
        counts.render(&mut text);
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            r#"madang_commands_total{type="ping",outcome="OK"} 2"#,
            r#"madang_commands_total{type="ping",outcome="RATE_LIMITED"} 1"#,
            r#"madang_commands_total{type="(unknown)",outcome="UNKNOWN_TYPE"} 1"#,
            r#"madang_commands_total{type="(no envelope)",outcome="INVALID_JSON"} 1"#,
            r#"madang_command_seconds_total{type="ping"} 1.500002"#,
        ];
        assert_eq!(lines, expected);
    }
}
