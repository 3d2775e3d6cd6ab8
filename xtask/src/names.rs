//! Names that belong to one crate alone, and calls that the pure core must not make (ARCHITECTURE.md, invariants 1 and 2).

use crate::Repo;
use crate::repo::is_test;

/// A word in source code, the crates that may say it, and why.
struct Reserved {
    word: &'static str,
    crates: &'static [&'static str],
    why: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        word: "axum::",
        crates: &["madang-gateway", "madang-server"],
        why: "only the edge knows HTTP",
    },
    Reserved { word: "hyper::", crates: &["madang-gateway"], why: "only the edge knows HTTP" },
    Reserved { word: "sqlx::", crates: &["madang-store"], why: "only the store knows SQL" },
    Reserved {
        word: "reqwest::",
        crates: &["madang-model", "madang-accounts"],
        why: "only the models and the issuers that say who people are are called",
    },
    Reserved {
        word: "anthropic",
        crates: &["madang-model"],
        why: "only the model crate names whose model it is",
    },
];

/// The only other places that may say `anthropic`: the stand-in, and the server's table of variables.
const MAY_NAME_ANTHROPIC: &[&str] = &["crates/madang-testkit/", "crates/madang-server/src/config/", "xtask/"];

/// What would make the session's state machine depend on something other than its arguments.
const IMPURE: &[&str] = &[
    "async fn",
    ".await",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "::now()",
    "rand::rng(",
];

pub(crate) fn check(repo: &Repo) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension(&["rs"]).filter(|(path, _)| !is_test(path)) {
        let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next()) else {
            continue;
        };
        for (number, code) in code_lines(text) {
            for reserved in RESERVED.iter().filter(|reserved| !reserved.crates.contains(&name)) {
                let excused =
                    reserved.word == "anthropic" && MAY_NAME_ANTHROPIC.iter().any(|p| path.starts_with(p));
                if !excused && code.to_lowercase().contains(reserved.word) {
                    findings.push(format!("{path}:{number}: `{}`: {}", reserved.word, reserved.why));
                }
            }
            // An example measures it from outside.
            if name == "madang-session" && !path.contains("/examples/") {
                findings.extend(impure(path, number, code));
            }
        }
    }
    findings
}

fn impure(path: &str, number: usize, code: &str) -> Option<String> {
    let word = IMPURE.iter().find(|word| code.contains(**word))?;
    Some(format!("{path}:{number}: `{word}`: the session is a pure state machine, take it as an argument"))
}

/// Lines without comments, numbered from 1, up to the file's own tests.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}
