//! Rows on rates, under the limits as they are shipped.

use std::io::Write as _;
use std::time::Instant;

use serde_json::json;

use super::scene::{Scene, threads};
use super::wire::text;

/// Shipped limits, but for the canary's own: it is another person, who would be limited too.
const SHIPPED: &str = "[gateway]\nguests = true\ncontrol_per_second = 400\ncontrol_burst = 400\nchat_per_second = 40\nchat_burst = 40\n";

#[test]
fn cm5_hostile_rates_on_the_socket() {
    let mut scene = Scene::start(SHIPPED);
    let pid = scene.server.pid();
    scene.case("EV-16", "50,000 messages as fast as they go", |at| {
        let before = threads(pid);
        let mut wire = at.v2();
        let session = wire.session("s");
        let said = text(
            &json!({"type": "chat_message", "id": "", "data": {"session_id": session, "content": "x"}})
                .to_string(),
        );
        let mut socket = wire.socket.try_clone().unwrap();
        let writer =
            std::thread::spawn(move || (0..500).all(|_| socket.write_all(&said.repeat(100)).is_ok()));
        let begun = Instant::now();
        let (mut taken, mut refused) = (0, 0);
        while taken + refused < 50_000 {
            let Some(event) = wire.next() else { break };
            match event["type"].as_str() {
                Some("message_created") => taken += 1,
                Some("error") => {
                    assert!(
                        matches!(event["data"]["code"].as_str(), Some("RATE_LIMITED" | "INVALID_JSON")),
                        "{event}"
                    );
                    refused += 1;
                }
                _ => {}
            }
        }
        drop(wire);
        writer.join().unwrap();
        let allowed = 40 + 40 * (begun.elapsed().as_secs() + 1);
        assert!(taken <= allowed, "{taken} taken, {allowed} allowed");
        assert!(threads(pid) <= before.map(|before| before + 2), "threads grew");
    });
    scene.case("RE-09", "each limit refuses by itself, and zero is no way out", |at| {
        let mut wire = at.v2();
        let mut codes = Vec::new();
        for n in 0..500 {
            wire.command(&format!("l{n}"), "list_sessions", &json!({}));
        }
        for n in 0..500 {
            codes.push(wire.answer_to(&format!("l{n}"))["data"]["code"] == "RATE_LIMITED");
        }
        assert!(codes[..300].iter().all(|refused| !refused) && codes.iter().any(|refused| *refused));
    });
    scene.case("RE-08", "an address that changes in every header", |at| {
        let statuses: Vec<u16> = (0..80)
            .map(|n| {
                let headers =
                    ["X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Forwarded", "True-Client-IP"]
                        .map(|name| format!("{name}: 10.0.0.{n}"));
                at.ask("POST /api/v1/guests", &headers.each_ref().map(String::as_str), "").status
            })
            .collect();
        assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    });
}

#[test]
fn en4_hostile_settings_of_zero_are_refused() {
    for name in [
        "chat_burst",
        "control_per_second",
        "connections_max",
        "hello_ms",
        "backlog_bytes",
        "guests_per_minute",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("madang.toml");
        std::fs::write(&file, format!("[gateway]\n{name} = 0\n")).unwrap();
        let output = crate::binary::output(&["config", "check", "--config", file.to_str().unwrap()], &[]);
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains(name), "{name}: {said}");
    }
}
