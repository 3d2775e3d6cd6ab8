//! What the edge counts. Every series is known beforehand, but for the models that were asked lately: at most 32.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_hub::{ModelCondition, ModelState, PoolState};

use crate::gateway::Shared;

/// Models with series of their own: those with requests first, then those that are not well. Beyond, a model has none.
const MODELS_MAX: usize = 32;
/// Characters of a model's name in a label; of a longer one, the beginning.
const MODEL_CHARS_MAX: usize = 128;

/// Counters of the edge, from the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    accepted: AtomicU64,
    turned_away: AtomicU64,
    failed_tls: AtomicU64,
    timed_out: AtomicU64,
    upgraded: AtomicU64,
    answered: [AtomicU64; 5],
}

impl Figures {
    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed_tls(&self) {
        self.failed_tls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn timed_out(&self) {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn upgraded(&self) {
        self.upgraded.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, status: u16) {
        if let Some(count) = self.answered.get(usize::from(status / 100).wrapping_sub(1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The figures in Prometheus' text format.
    pub(super) fn render(&self, shared: &Shared) -> String {
        let (hub, pool) = (shared.hub.stats(), shared.hub.pool_state());
        let counters = [
            ("madang_sockets_accepted_total", "Sockets accepted.", &self.accepted),
            ("madang_sockets_turned_away_total", "Sockets dropped for want of room.", &self.turned_away),
            ("madang_tls_handshakes_failed_total", "TLS handshakes that failed.", &self.failed_tls),
            ("madang_http_timed_out_total", "HTTP connections dropped for idleness.", &self.timed_out),
            ("madang_websockets_upgraded_total", "Sockets upgraded to WebSocket.", &self.upgraded),
        ];
        let gauges = [
            ("madang_websockets", "WebSockets that are open.", shared.connections.len()),
            ("madang_event_streams", "Event streams that are open.", shared.streams.len()),
            ("madang_large_message_bytes_left", "Bytes left for large messages.", shared.budget.left()),
            ("madang_sessions_live", "Sessions in memory.", hub.live_sessions),
            ("madang_connections_attached", "Connections attached to the hub.", hub.connections),
            ("madang_running_turns", "Requests to the model that run.", pool.running),
            ("madang_waiting_turns", "Requests to the model that wait their turn.", pool.waiting),
            ("madang_waiting_people", "People whose requests to the model wait.", pool.people_waiting),
            ("madang_running_turns_max", "Requests to the model that may run at once.", pool.places),
        ];
        let mut out = String::new();
        for (name, help, value) in counters {
            series(&mut out, (name, help, "counter"), value.load(Ordering::Relaxed));
        }
        for (name, help, value) in gauges {
            series(&mut out, (name, help, "gauge"), value as u64);
        }
        out.push_str("# HELP madang_http_answers_total Answers by class of status.\n");
        out.push_str("# TYPE madang_http_answers_total counter\n");
        for (class, count) in self.answered.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            writeln!(out, "madang_http_answers_total{{status=\"{}xx\"}} {count}", class + 1)
                .expect("writing to a String cannot fail");
        }
        models(&mut out, pool);
        shared.commands.render(&mut out);
        out
    }
}

/// A figure of one model.
type Count = fn(&ModelState) -> usize;

/// How it goes with each model: one of its states is 1.
fn models(out: &mut String, pool: PoolState) {
    let mut models = pool.models;
    models.sort_by_key(|model| {
        let busy = model.running + model.waiting;
        (std::cmp::Reverse(busy), model.condition == ModelCondition::Ok)
    });
    models.truncate(MODELS_MAX);
    models.sort_unstable_by(|a, b| a.model.cmp(&b.model));
    out.push_str("# HELP madang_model_state 1 for the state that a model's upstream is in.\n");
    out.push_str("# TYPE madang_model_state gauge\n");
    let states = [
        ("ok", ModelCondition::Ok),
        ("limited", ModelCondition::Limited),
        ("broken", ModelCondition::Broken),
    ];
    for model in &models {
        for (state, condition) in states {
            let (name, is) = (label(&model.model), u8::from(model.condition == condition));
            writeln!(out, "madang_model_state{{model=\"{name}\",state=\"{state}\"}} {is}")
                .expect("writing to a String cannot fail");
        }
    }
    let counts: [(&str, &str, Count); 2] = [
        ("madang_model_running_turns", "Requests to a model that run.", |model| model.running),
        ("madang_model_waiting_turns", "Requests to a model that wait their turn.", |model| model.waiting),
    ];
    for (series, help, count) in counts {
        writeln!(out, "# HELP {series} {help}\n# TYPE {series} gauge")
            .expect("writing to a String cannot fail");
        for model in &models {
            let name = label(&model.model);
            writeln!(out, "{series}{{model=\"{name}\"}} {}", count(model))
                .expect("writing to a String cannot fail");
        }
    }
}

/// A name as a label's value.
fn label(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for char in name.chars().take(MODEL_CHARS_MAX) {
        match char {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out
}

fn series(out: &mut String, (name, help, kind): (&str, &str, &str), value: u64) {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}")
        .expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(model: &str, condition: ModelCondition, waiting: usize) -> ModelState {
        ModelState { model: model.into(), condition, retry_after_ms: None, running: 0, waiting }
    }

    fn rendered(models_of: Vec<ModelState>) -> String {
        let mut out = String::new();
        models(
            &mut out,
            PoolState { places: 1, running: 0, waiting: 0, people_waiting: 0, models: models_of },
        );
        out
    }

    #[test]
    fn a_models_series_are_few_whatever_is_asked_for() {
        let mut all: Vec<_> = (0..60).map(|n| state(&format!("m{n:02}"), ModelCondition::Ok, 0)).collect();
        all[50] = state("m50", ModelCondition::Broken, 0);
        all[51] = state("m51", ModelCondition::Ok, 3);
        let text = rendered(all);
        let lines = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(lines, MODELS_MAX * 5, "{text}");
        assert!(text.contains("madang_model_state{model=\"m50\",state=\"broken\"} 1\n"), "{text}");
        assert!(text.contains("madang_model_state{model=\"m50\",state=\"ok\"} 0\n"), "{text}");
        assert!(text.contains("madang_model_waiting_turns{model=\"m51\"} 3\n"), "{text}");
    }

    #[test]
    fn a_models_name_ends_neither_its_label_nor_its_line() {
        let text = rendered(vec![state("a\"} 1\nb\\", ModelCondition::Limited, 0)]);
        assert!(text.contains("{model=\"a\\\"} 1\\nb\\\\\",state=\"limited\"} 1\n"), "{text}");
        assert_eq!(label(&"x".repeat(1_000)).len(), MODEL_CHARS_MAX);
    }
}
