//! The tracked files of this repository, as the checks see them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Files larger than this are not read: they are data, not text for people.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// The tracked files by path from the root.
#[derive(Debug, Clone, Default)]
pub struct Repo {
    /// Where it lies; empty for one made up by a test.
    pub root: PathBuf,
    /// Path to text. Files that are not UTF-8 (pictures) have the empty text.
    pub files: BTreeMap<String, String>,
}

impl Repo {
    /// Reads what git tracks around this crate.
    ///
    /// # Errors
    /// When git can't be run here.
    pub fn here() -> anyhow::Result<Repo> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let listed = Command::new("git")
            .args(["ls-files", "-z"])
            .current_dir(&root)
            .output()
            .context("git ls-files")?;
        ensure!(listed.status.success(), "git ls-files failed: tidy looks at a git repository");
        let mut files = BTreeMap::new();
        for path in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let full = root.join(path);
            // A file that is deleted but still tracked is the committer's business.
            let Ok(meta) = full.metadata() else { continue };
            let text = if meta.len() > FILE_BYTES_MAX { Vec::new() } else { std::fs::read(&full)? };
            files.insert(path.to_owned(), String::from_utf8(text).unwrap_or_default());
        }
        Ok(Repo { root, files })
    }

    /// A made-up repository.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Repo {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Repo { root: PathBuf::new(), files }
    }

    /// Path and text of the files with one of these extensions.
    pub fn with_extension<'a>(&'a self, extensions: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(|(path, _)| {
                path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
            })
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Whether a path is a test's: those may be longer and name more.
pub(crate) fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.contains(".test.")
        || path.contains(".spec.")
        || path.starts_with("web/e2e/")
}

/// Whether a machine wrote the file.
pub(crate) fn is_generated(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let by_name = ["package-lock.json", "Cargo.lock", "api-surface.d.ts"].contains(&name);
    by_name || path.starts_with("web/protocol/src/generated")
}
