//! All tidy checks. Each returns sentences that say what is wrong and what to do; none means tidy.

use crate::{Repo, arrows, files, links, names, rules, web};

/// Runs every check.
///
/// # Errors
/// When a check can't be carried out at all (no cargo, a manifest that is not JSON).
pub fn run(repo: &Repo) -> anyhow::Result<Vec<String>> {
    let mut findings = crate_arrows(repo)?;
    findings.extend(source_files(repo));
    findings.extend(forbidden_names(repo));
    findings.extend(protocol_rules(repo));
    findings.extend(web_arrows(repo)?);
    findings.extend(document_links(repo));
    Ok(findings)
}

/// The arrows between crates, and who may use which heavy dependency.
///
/// # Errors
/// When `cargo metadata` fails.
pub fn crate_arrows(repo: &Repo) -> anyhow::Result<Vec<String>> {
    Ok(arrows::check(&arrows::read(&repo.root)?))
}

/// The same over edges that a test makes up.
#[must_use]
pub fn crate_arrows_of(edges: &[Edge]) -> Vec<String> {
    arrows::check(edges)
}

pub use crate::arrows::Edge;

/// Length, headings, `lib.rs`, leftovers, paths of one machine.
#[must_use]
pub fn source_files(repo: &Repo) -> Vec<String> {
    files::check(repo)
}

/// Words that belong to one crate alone.
#[must_use]
pub fn forbidden_names(repo: &Repo) -> Vec<String> {
    names::check(repo)
}

/// `PROTOCOL.md` against the names of tests.
#[must_use]
pub fn protocol_rules(repo: &Repo) -> Vec<String> {
    rules::check(repo)
}

/// The arrows between the web packages.
///
/// # Errors
/// When a `package.json` is not JSON.
pub fn web_arrows(repo: &Repo) -> anyhow::Result<Vec<String>> {
    web::check(repo)
}

/// Links between the repository's documents.
#[must_use]
pub fn document_links(repo: &Repo) -> Vec<String> {
    links::check(repo)
}
