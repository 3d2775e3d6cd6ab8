//! The control socket: `DATA/control.sock`, on which the operator's command line asks the running server. One JSON line
//! there, one back.
//!
//! Who may open the data may speak here: the socket is its owner's alone, and the peer's user is checked besides.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use madang_accounts::{Accounts, Operation, Outcome};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

/// The socket's name in the data directory.
const NAME: &str = "control.sock";
/// Bytes of a line at most, either way.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// For one question and its answer; a look through a long audit log takes longest.
const PATIENCE: Duration = Duration::from_secs(120);
/// Questions at once; more wait.
const AT_ONCE: usize = 4;

/// The server's end; dropped, the socket goes.
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

impl Control {
    /// Opens the socket. The data directory is locked, so one that is there is left over. It is made in the folder of
    /// secrets, which is its owner's alone, and moved when nobody else may open it.
    pub(crate) fn open(data_dir: &Path) -> anyhow::Result<Control> {
        let (draft, path) = (data_dir.join("secrets").join("control.new"), data_dir.join(NAME));
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} can't be removed", draft.display()));
            }
            _ => {}
        }
        let listener =
            UnixListener::bind(&draft).with_context(|| format!("{} can't be made", draft.display()))?;
        let moved = fs::set_permissions(&draft, fs::Permissions::from_mode(0o600))
            .and_then(|()| fs::rename(&draft, &path));
        moved.with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Control { listener, path })
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(self, accounts: Accounts) {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let accounts = accounts.clone();
                    tokio::spawn(async move {
                        let answered = tokio::time::timeout(PATIENCE, answer(stream, &accounts)).await;
                        if let Ok(Err(error)) = answered {
                            tracing::warn!(%error, "a question at the control socket was not answered");
                        }
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket failed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

async fn answer(stream: UnixStream, accounts: &Accounts) -> anyhow::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer != 0 && peer != rustix::process::geteuid().as_raw() {
        bail!("it came from another user of this machine");
    }
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LINE_BYTES_MAX)).read_line(&mut line).await?;
    let outcome = match serde_json::from_str::<Operation>(&line) {
        Ok(operation) => Box::pin(accounts.operate(operation)).await,
        Err(_) => Outcome::Refused { message: "The server is of another version: restart it.".to_owned() },
    };
    let mut text = serde_json::to_string(&outcome)?;
    text.push('\n');
    write.write_all(text.as_bytes()).await?;
    write.shutdown().await?;
    Ok(())
}

/// Asks the running server; none when there is no such server. The last answer is returned.
pub(crate) async fn ask(data_dir: &Path, operations: &[Operation]) -> anyhow::Result<Option<Outcome>> {
    let mut last = None;
    for operation in operations {
        let path = data_dir.join(NAME);
        let stream = match UnixStream::connect(&path).await {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Ok(None);
            }
            stream => stream.with_context(|| format!("{} can't be opened", path.display()))?,
        };
        let (read, mut write) = stream.into_split();
        let mut text = serde_json::to_string(operation)?;
        text.push('\n');
        let mut line = String::new();
        let asked = async {
            write.write_all(text.as_bytes()).await?;
            BufReader::new(read.take(LINE_BYTES_MAX)).read_line(&mut line).await
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .context("the server does not answer")?
            .context("the server went away before it answered")?;
        last = Some(serde_json::from_str(&line).context("the server's answer can't be read")?);
    }
    Ok(last)
}
