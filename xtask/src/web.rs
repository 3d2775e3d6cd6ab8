//! Which web package may depend on which: app -> react -> client -> protocol.

use serde_json::Value;

use crate::Repo;

/// The packages from top to bottom: each may use those after it.
const ORDER: &[&str] = &["app", "react", "client", "protocol"];

/// Packages that ship to other people's pages may pull in nothing.
const WITHOUT_DEPENDENCIES: &[&str] = &["react", "client", "protocol"];

pub(crate) fn check(repo: &Repo) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut names = Vec::new();
    for folder in ORDER {
        let Some(text) = repo.files.get(&format!("web/{folder}/package.json")) else { continue };
        let manifest: Value = serde_json::from_str(text)?;
        names.push((*folder, manifest["name"].as_str().unwrap_or_default().to_owned(), manifest));
    }
    for (rank, (folder, _, manifest)) in names.iter().enumerate() {
        for dependency in dependencies(manifest) {
            match names.iter().position(|(_, name, _)| *name == dependency) {
                Some(other) if other <= rank => {
                    findings.push(format!(
                        "web/{folder}: {dependency} is not below it (app -> react -> client -> protocol)"
                    ));
                }
                Some(_) => {}
                None if WITHOUT_DEPENDENCIES.contains(folder) => {
                    findings.push(format!(
                        "web/{folder}: {dependency}: this package has no dependencies but ours"
                    ));
                }
                None => {}
            }
        }
    }
    Ok(findings)
}

fn dependencies(manifest: &Value) -> impl Iterator<Item = &str> {
    manifest["dependencies"].as_object().into_iter().flat_map(|map| map.keys().map(String::as_str))
}
