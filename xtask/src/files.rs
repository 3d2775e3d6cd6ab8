//! What every source file owes its reader.

use crate::Repo;
use crate::repo::{is_generated, is_test};

/// Lines that a source file may have; longer ones hide two things in one file.
const LINES_MAX: usize = 600;

/// Files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Extensions of source files.
const SOURCE: &[&str] = &["rs", "ts", "tsx", "css", "mjs", "js", "py", "sh"];

pub(crate) fn check(repo: &Repo) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension(SOURCE) {
        if is_generated(path) {
            continue;
        }
        findings.extend(length(path, text));
        findings.extend(heading(path, text));
        findings.extend(leftovers(path, text));
        if path.ends_with("src/lib.rs") {
            findings.extend(lib_holds_only_names(path, text));
        }
        if path.ends_with("/mod.rs") && !is_test(path) {
            findings.push(format!("{path}: name the file as its module, not mod.rs"));
        }
    }
    for (path, text) in &repo.files {
        findings.extend(machine_paths(path, text));
    }
    findings
}

fn length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let long = lines > LINES_MAX && !is_test(path) && !LONG_FILES.iter().any(|(allowed, _)| *allowed == path);
    long.then(|| format!("{path}: {lines} lines, at most {LINES_MAX}: split it by what changes together"))
}

fn heading(path: &str, text: &str) -> Option<String> {
    let missing = path.ends_with(".rs") && !text.starts_with("//!");
    missing.then(|| format!("{path}: begins without `//!`: say in a sentence what the file is"))
}

fn leftovers(path: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file doesn't find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("HA", "CK"), concat!("X", "XX")];
    let skips =
        [concat!("#[", "ignore"), concat!(".sk", "ip("), concat!(".on", "ly("), concat!("it.", "todo(")];
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let word = |word: &&&str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == **word);
        if let Some(word) = words.iter().find(word) {
            findings.push(format!("{path}:{}: {word}: do it, or file an issue", number + 1));
        }
        let skipped = skips.iter().find(|skip| line.contains(**skip));
        if let Some(skip) =
            skipped.filter(|skip| !skip.starts_with('.') || (is_test(path) && !path.ends_with(".rs")))
        {
            findings.push(format!("{path}:{}: {skip}: every test runs", number + 1));
        }
    }
    findings
}

fn lib_holds_only_names(path: &str, text: &str) -> Option<String> {
    let allowed = |line: &str| {
        let line = line.trim_start();
        line.is_empty()
            || ["//", "#", "mod ", "pub mod ", "pub use ", "pub(crate) use "]
                .iter()
                .any(|start| line.starts_with(start))
    };
    let mut in_list = false;
    for (number, line) in text.lines().enumerate() {
        if !in_list && !allowed(line) {
            return Some(format!(
                "{path}:{}: lib.rs holds docs, `mod` and `pub use`, nothing else",
                number + 1
            ));
        }
        let code = line.split("//").next().unwrap_or_default();
        in_list = (in_list || code.contains("use ")) && !code.contains(';');
    }
    None
}

fn machine_paths(path: &str, text: &str) -> Option<String> {
    let homes = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/home", "/")];
    let line = text.lines().position(|line| homes.iter().any(|home| mentions(line, home)))?;
    Some(format!("{path}:{}: names a folder of one machine", line + 1))
}

/// Whether the line has the absolute path `home`, and not merely a longer path or address that contains it.
fn mentions(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| {
            !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ')' | '*' | '/' | '@'))
        })
    })
}
