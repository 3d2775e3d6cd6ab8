//! Runs the real binary with an environment of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longer than anything here takes, also on a busy machine; then a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// `madang` with arguments and variables, and nothing else of this process's environment.
pub(crate) fn madang(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madang"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command
}

/// Runs it to its end.
pub(crate) fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    madang(arguments, variables).output().unwrap()
}

/// A running server; dropped, it is killed.
pub(crate) struct Server {
    child: Option<Child>,
    stdout: BufReader<ChildStdout>,
    /// All that it printed until it was ready.
    pub(crate) printed: Vec<String>,
}

impl Server {
    /// Starts one on any port and waits until it is ready.
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Server {
        let data = data.to_str().unwrap();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", data];
        all.extend(arguments);
        let mut child = madang(&all, &[])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = Vec::new();
        while !printed.iter().any(|line: &String| line.starts_with("Madang is ready at ")) {
            let mut line = String::new();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ended before it was ready: {printed:?}");
            printed.push(line.trim_end().to_owned());
        }
        Server { child: Some(child), stdout, printed }
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        self.printed.iter().find_map(|line| line.strip_prefix("Madang is ready at ")).unwrap()
    }

    /// Sends a signal (`TERM`, `INT`, `KILL`).
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Waits for its end: the exit code, and what it printed after it was ready.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut child = self.child.take().unwrap();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || tell.send(child.wait()));
        let status = told.recv_timeout(PATIENCE).expect("the server did not end").unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _already_gone = child.kill();
            let _status = child.wait();
        }
    }
}
