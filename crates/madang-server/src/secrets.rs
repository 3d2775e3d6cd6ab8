//! What the server keeps secret on disk: `DATA/secrets`, readable by its owner alone.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// Bytes of the key that signs guests' cookies: 256 bits, so that guessing is out of the question.
pub const SIGNING_KEY_BYTES: usize = 32;

/// Larger files are not secrets of ours.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// The folder of secrets.
#[derive(Debug)]
pub struct Secrets {
    folder: PathBuf,
}

impl Secrets {
    /// Opens `DATA/secrets`, making it at the first start.
    ///
    /// # Errors
    /// When it can't be made, or when others than its owner can read it.
    pub fn open(data_dir: &Path) -> anyhow::Result<Secrets> {
        let folder = data_dir.join("secrets");
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("{} can't be made", folder.display()));
            }
            _ => {}
        }
        only_ours(&folder, "700")?;
        Ok(Secrets { folder })
    }

    /// The key that signs guests' cookies; it outlives restarts, so guests stay who they are.
    ///
    /// # Errors
    /// When it can't be read or made, is readable by others, or has another length.
    pub fn signing_key(&self) -> anyhow::Result<[u8; SIGNING_KEY_BYTES]> {
        let make = || {
            let mut key = [0; SIGNING_KEY_BYTES];
            getrandom::fill(&mut key).context("the system gave no random bytes")?;
            Ok(key.to_vec())
        };
        let (path, key) = self.read_or_make("signing.key", make)?;
        key.try_into().map_err(|_| {
            anyhow::anyhow!("{} is damaged: restore it, or remove it to make a new one", path.display())
        })
    }

    /// A secret's bytes; `make` says what they are the first time.
    ///
    /// # Errors
    /// When it can't be read, made or written, or when others can read it.
    pub fn read_or_make(
        &self,
        name: &str,
        make: impl FnOnce() -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<(PathBuf, Vec<u8>)> {
        let path = self.folder.join(name);
        if !path.try_exists().with_context(|| format!("{} can't be read", path.display()))? {
            write_whole(&path, &make()?).with_context(|| format!("{} can't be written", path.display()))?;
        }
        only_ours(&path, "600")?;
        let size = path.metadata().map_or(u64::MAX, |meta| meta.len());
        ensure!(size <= SECRET_BYTES_MAX, "{} is too large to be a secret of Madang's", path.display());
        let bytes = fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?;
        Ok((path, bytes))
    }
}

/// Writes a new file whole or not at all: a crash in between must not leave half a key.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn only_ours(path: &Path, mode: &str) -> anyhow::Result<()> {
    let meta = path.metadata().with_context(|| format!("{} can't be read", path.display()))?;
    let others = meta.permissions().mode() & 0o077;
    ensure!(others == 0, "{} can be read by others: run chmod {mode} on it", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_kept_from_others() {
        let data = tempfile::tempdir().unwrap();
        let key = Secrets::open(data.path()).unwrap().signing_key().unwrap();
        assert_ne!(key, [0; SIGNING_KEY_BYTES]);
        assert_eq!(Secrets::open(data.path()).unwrap().signing_key().unwrap(), key);
        let mode = |path: &str| data.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("secrets"), mode("secrets/signing.key")), (0o700, 0o600));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let data = tempfile::tempdir().unwrap();
        Secrets::open(data.path()).unwrap().signing_key().unwrap();
        let path = data.path().join("secrets/signing.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Secrets::open(data.path()).unwrap().signing_key().unwrap_err();
        assert!(error.to_string().ends_with("can be read by others: run chmod 600 on it"), "{error}");
    }

    #[test]
    fn half_a_key_is_refused() {
        let data = tempfile::tempdir().unwrap();
        Secrets::open(data.path()).unwrap().signing_key().unwrap();
        fs::write(data.path().join("secrets/signing.key"), b"short").unwrap();
        let error = Secrets::open(data.path()).unwrap().signing_key().unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}
