//! What the edge counts. Every series is known beforehand: no label comes from a client.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::gateway::Shared;

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
        let hub = shared.hub.stats();
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
            ("madang_turns_running", "Turns that are being answered.", hub.running_turns),
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
        shared.commands.render(&mut out);
        out
    }
}

fn series(out: &mut String, (name, help, kind): (&str, &str, &str), value: u64) {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}")
        .expect("writing to a String cannot fail");
}
