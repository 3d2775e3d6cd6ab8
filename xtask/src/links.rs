//! Links between the repository's documents lead somewhere, and so do the paths that ARCHITECTURE.md names.

use std::path::{Component, Path, PathBuf};

use crate::Repo;

pub(crate) fn check(repo: &Repo) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension(&["md"]) {
        for target in targets(text) {
            let file = normal(&Path::new(path).parent().unwrap_or(Path::new("")).join(target));
            if !exists(repo, &file) {
                findings.push(format!("{path}: the link to {target} leads nowhere"));
            }
        }
    }
    for named in repo.files.get("ARCHITECTURE.md").into_iter().flat_map(|text| named_paths(text)) {
        let below = if named.starts_with("madang-") { "crates" } else { "" };
        if !exists(repo, &normal(&Path::new(below).join(named))) {
            findings.push(format!("ARCHITECTURE.md: there is no {named}"));
        }
    }
    findings
}

/// Whether it is a tracked file or a folder that has some.
fn exists(repo: &Repo, path: &Path) -> bool {
    let file = path.to_string_lossy();
    let folder = format!("{file}/");
    file.is_empty()
        || repo.files.contains_key(&*file)
        || repo.files.keys().any(|other| other.starts_with(&folder))
}

/// The code spans that are paths: they begin like one of ours and have a slash.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    let ours = ["madang-", "crates/", "web/", "xtask/", "docs/"];
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(move |span| span.contains('/') && ours.iter().any(|o| span.starts_with(o)))
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
