//! The program `sim-upstream`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::client::Client;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sim-upstream"))
}

/// Ends the program with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn it_prints_its_address_and_answers() {
    let mut child =
        Running(program().args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("sim-upstream listening on http://").unwrap();
    let mut client = Client::connect(address.parse().unwrap()).await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(client.receive().await.json()["simulated"], true);
}

#[test]
fn it_refuses_other_addresses_and_unknown_flags() {
    let output = program().args(["--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("listens on loopback only, not on 0.0.0.0:0"));
    for args in [&["--colour", "red"][..], &["--rate"], &["--rate", "fast"], &["--broken", "everything"]] {
        assert_eq!(program().args(args).output().unwrap().status.code(), Some(2), "{args:?}");
    }
    assert!(program().arg("--help").output().unwrap().status.success());
}
