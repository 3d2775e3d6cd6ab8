//! Links between the repository's documents lead somewhere.

use std::path::{Component, Path, PathBuf};

use crate::Repo;

pub(crate) fn check(repo: &Repo) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension(&["md"]) {
        for target in targets(text) {
            let file = normal(&Path::new(path).parent().unwrap_or(Path::new("")).join(target));
            let file = file.to_string_lossy();
            let folder = format!("{file}/");
            let known = file.is_empty() || repo.files.contains_key(&*file);
            if !known && !repo.files.keys().any(|other| other.starts_with(&folder)) {
                findings.push(format!("{path}: the link to {target} leads nowhere"));
            }
        }
    }
    findings
}

/// What `](…)` point to inside the repository, without anchors.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter_map(|target| {
        let file = target.split('#').next().unwrap_or_default();
        let outside =
            file.is_empty() || file.contains("://") || file.starts_with("mailto:") || file.contains(' ');
        (!outside).then_some(file)
    })
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(name) => out.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    out
}
