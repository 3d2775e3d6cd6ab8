//! This test binary run again as a child, to be killed or made to fail.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the child finds its data directory; without it, a child's part is not played.
const DIR: &str = "MADANG_STORE_TEST_CHILD_DIR";

/// The child's data directory; none in an ordinary run.
pub(crate) fn dir() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

/// Starts one test of this binary as a child, its output piped here; what goes wrong in it is seen in the test's own errors.
pub(crate) fn start(mut command: Command, test: &str, dir: &Path) -> std::io::Result<Child> {
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
}

/// This binary.
pub(crate) fn this_binary() -> PathBuf {
    std::env::current_exe().expect("a test knows where it is")
}

/// Runs one test of this binary under another program; none when that program is missing or refused.
pub(crate) fn output_of(mut under: Command, test: &str, dir: &Path) -> Option<String> {
    under.arg(this_binary());
    let mut child = start(under, test, dir).ok()?;
    let mut output = String::new();
    child.stdout.take().expect("it is piped").read_to_string(&mut output).expect("it is text");
    let status = child.wait().expect("it was started");
    // Without a line of the harness it never ran.
    output.contains("running 1 test").then(|| {
        assert!(status.success(), "{output}");
        output
    })
}

/// Tells the parent, at once.
pub(crate) fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("the parent listens");
}
