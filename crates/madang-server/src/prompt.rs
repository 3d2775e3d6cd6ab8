//! Asking for a password: on a terminal without showing it, else from the first line of standard input.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, ensure};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Bytes of a line that are read; a password has at most 128 characters.
const LINE_BYTES_MAX: u64 = 4096;

/// Asks for a new password; on a terminal twice.
///
/// # Errors
/// When there is none, or the two are not the same.
pub(crate) fn new_password() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let password = line()?;
        ensure!(
            !password.is_empty(),
            "no password came on standard input: write one there, or use --generate"
        );
        return Ok(password);
    }
    let _quiet = Quiet::begin()?;
    let once = ask("Password: ")?;
    let again = ask("The same again: ")?;
    ensure!(once == again, "the two are not the same");
    Ok(once)
}

fn ask(what: &str) -> anyhow::Result<String> {
    let mut err = std::io::stderr().lock();
    err.write_all(what.as_bytes()).and_then(|()| err.flush()).context("the terminal can't be written")?;
    let typed = line()?;
    err.write_all(b"\n").context("the terminal can't be written")?;
    Ok(typed)
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .take(LINE_BYTES_MAX)
        .read_line(&mut line)
        .context("standard input can't be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed; dropped, it does again.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> anyhow::Result<Quiet> {
        let before = tcgetattr(std::io::stdin()).context("the terminal can't be asked")?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).context("the terminal can't be set")?;
        Ok(Quiet(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Nothing else can be done about a terminal that is gone.
        let _restored = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}
