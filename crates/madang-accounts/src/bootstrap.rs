//! The first administrator: a one-use link in a file that only the operator can read.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use madang_protocol::{Actor, UnixMs, UserId};
use madang_store::SecretHash;
use serde_json::json;

use crate::accounts::{Accounts, By};
use crate::people::{NewAccount, account_row};
use crate::secret::{BOOTSTRAP_PREFIX, fresh, hash_of};
use crate::{LoggedIn, Refusal};

/// Bytes of the file at most; ours has under 500.
const FILE_BYTES_MAX: u64 = 4096;

/// The link that is in force.
pub(crate) struct Bootstrap {
    hash: SecretHash,
    until: UnixMs,
    path: PathBuf,
}

/// Why the file can't be used: one sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The file can't be read, made or removed.
    #[error("the file {0} can't be used")]
    File(PathBuf, #[source] io::Error),
    /// Others can read it, so anybody may know the link.
    #[error("{0} can be read by others: remove it, and the next start makes a new link")]
    Open(PathBuf),
    /// The store can't be read.
    #[error("the accounts can't be read")]
    Store(#[source] Refusal),
}

impl Accounts {
    /// While there is no administrator: the link with which somebody becomes the first one, made now or kept from an
    /// earlier start. Afterwards: none, and the file goes. `address` is where people reach this server.
    ///
    /// # Errors
    /// When the file or the store can't be used.
    pub async fn open_bootstrap(&self, path: &Path, address: &str) -> Result<Option<String>, BootstrapError> {
        if self.has_admin().await.map_err(BootstrapError::Store)? {
            remove(path).map_err(|error| BootstrapError::File(path.to_owned(), error))?;
            return Ok(None);
        }
        let now = self.now();
        let kept = read(path)?.filter(|(_, until)| now < *until);
        let (token, until) = match kept {
            Some(kept) => kept,
            None => (fresh(BOOTSTRAP_PREFIX), UnixMs(now.0 + self.settings().bootstrap_ms)),
        };
        let link = format!("{}/bootstrap#{token}", address.trim_end_matches('/'));
        let text = format!(
            "{link}\nOpen this address to become the first administrator. It works once.\nuntil {} (Unix time in milliseconds)\n",
            until.0
        );
        // Written at every start: the address may be another.
        write(path, &text).map_err(|error| BootstrapError::File(path.to_owned(), error))?;
        *self.inner.bootstrap.lock() =
            Some(Bootstrap { hash: hash_of(&token), until, path: path.to_owned() });
        Ok(Some(link))
    }

    /// Whether there is no administrator yet.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn needs_bootstrap(&self) -> Result<bool, Refusal> {
        Ok(!self.has_admin().await?)
    }

    /// Makes the first administrator, once.
    ///
    /// # Errors
    /// NOT_FOUND for a token that is not in force, or what is wrong with the account.
    pub async fn bootstrap(&self, token: &str, new: NewAccount, by: &By) -> Result<LoggedIn, Refusal> {
        self.inner.attempts.knock(by.address, self.now().0)?;
        let stale = || {
            Refusal::nothing_here(
                "This link is not in force. The server prints the current one when it starts.",
            )
        };
        // The hash is compared, so time tells nothing of the token.
        let holds = || {
            let held = self.inner.bootstrap.lock();
            held.as_ref().is_some_and(|held| held.hash == hash_of(token) && self.now() < held.until)
        };
        if token.is_empty() || !holds() {
            return Err(stale());
        }
        let phc = self.checked_hash(&new).await?;
        let _guard = self.lock_admins().await;
        if !holds() || self.has_admin().await? {
            return Err(stale());
        }
        let user = UserId::new(self.now(), crate::secret::random());
        let mut row = account_row(user, &new, phc, self.now())?;
        row.admin = true;
        let by = By { actor: Actor::User(user), ..by.clone() };
        let step = self.created(&row, &by, &json!({ "by": "bootstrap", "admin": true }));
        let logged_in = self.begin_login(row, &by, None, step).await?;
        self.close_bootstrap();
        Ok(logged_in)
    }

    pub(crate) async fn has_admin(&self) -> Result<bool, Refusal> {
        Ok(self.inner.store.has_admin().await?)
    }

    /// A link that ran out goes, with its file; the next start makes another.
    pub(crate) fn forget_stale_bootstrap(&self, now: UnixMs) {
        let stale = self.inner.bootstrap.lock().as_ref().is_some_and(|held| held.until <= now);
        if stale {
            self.close_bootstrap();
        }
    }

    /// An administrator exists: the link is in force no longer.
    pub(crate) fn close_bootstrap(&self) {
        let Some(held) = self.inner.bootstrap.lock().take() else { return };
        if let Err(error) = remove(&held.path) {
            tracing::warn!(%error, "the file with the used link for the first administrator is still there");
        }
    }
}

/// The token in the file, and until when it holds.
fn read(path: &Path) -> Result<Option<(String, UnixMs)>, BootstrapError> {
    let failed = |error| BootstrapError::File(path.to_owned(), error);
    let meta = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        meta => meta.map_err(failed)?,
    };
    if meta.permissions().mode() & 0o077 != 0 || !meta.is_file() || meta.len() > FILE_BYTES_MAX {
        return Err(BootstrapError::Open(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let token = text.lines().next().and_then(|link| link.split_once('#')).map(|(_, token)| token.trim());
    let until = text.lines().find_map(|line| line.strip_prefix("until ")?.split(' ').next()?.parse().ok());
    let token = token
        .filter(|token| token.starts_with(BOOTSTRAP_PREFIX) && token.len() == BOOTSTRAP_PREFIX.len() + 43);
    // A damaged file is as good as none.
    Ok(token.zip(until).map(|(token, until)| (token.to_owned(), UnixMs(until))))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    remove(&draft)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
