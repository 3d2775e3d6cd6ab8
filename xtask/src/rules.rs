//! `PROTOCOL.md` and the tests name the same rules.
//!
//! A test that checks a rule begins with its id: `fn cn5_pings_after_silence`, `test("cn5 pings after silence")`.

use std::collections::{BTreeMap, BTreeSet};

use crate::Repo;

/// Rules that are stated but not built yet, with what they wait for. A rule that has a test must leave this list.
const NOT_YET: &[(&str, &str)] = &[];

pub(crate) fn check(repo: &Repo) -> Vec<String> {
    let Some(protocol) = repo.files.get("PROTOCOL.md") else {
        return vec!["PROTOCOL.md is missing".to_owned()];
    };
    compare(&stated(protocol), &tested(repo), NOT_YET)
}

/// Compares the rules that are stated with those that tests name.
fn compare(
    stated: &BTreeSet<String>,
    tested: &BTreeMap<String, String>,
    not_yet: &[(&str, &str)],
) -> Vec<String> {
    let prefixes: BTreeSet<&str> = stated.iter().map(|id| &id[..2]).collect();
    let waits = |id: &str| not_yet.iter().any(|(waiting, _)| *waiting == id);
    let mut findings = Vec::new();
    for id in stated {
        match (tested.contains_key(id), waits(id)) {
            (false, false) => findings.push(format!("PROTOCOL.md {id}: no test's name begins with it")),
            (true, true) => {
                findings.push(format!("{id} is tested by {}: take it out of NOT_YET", tested[id]))
            }
            (true, false) | (false, true) => {}
        }
    }
    for (id, place) in tested.iter().filter(|(id, _)| prefixes.contains(&id[..2]) && !stated.contains(*id)) {
        findings.push(format!("{place}: {id} is not in PROTOCOL.md"));
    }
    for (id, _) in not_yet.iter().filter(|(id, _)| !stated.contains(*id)) {
        findings.push(format!("NOT_YET names {id}, which is not in PROTOCOL.md"));
    }
    findings
}

/// The ids that begin the list items of `PROTOCOL.md`.
fn stated(protocol: &str) -> BTreeSet<String> {
    protocol
        .lines()
        .filter_map(|line| line.strip_prefix("- "))
        .filter_map(|item| id_at_start(&item.trim_start_matches('*').to_lowercase()))
        .map(|id| id.to_uppercase())
        .collect()
}

/// The ids that tests' names begin with, each with one place where.
fn tested(repo: &Repo) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, text) in repo.with_extension(&["rs", "ts", "tsx", "mjs"]) {
        let openings: &[&str] = if path.ends_with(".rs") {
            &["fn "]
        } else {
            &[
                "test(\"",
                "test('",
                "test(`",
                "it(\"",
                "it('",
                "it(`",
                "describe(\"",
                "describe('",
                "describe(`",
            ]
        };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let names = openings.iter().filter_map(|opening| line.split_once(*opening).map(|(_, name)| name));
            for id in names.flat_map(|name| ids_at_start(&name.to_lowercase())) {
                found.entry(id.to_uppercase()).or_insert_with(|| format!("{path}:{}", number + 1));
            }
        }
    }
    found
}

/// `tu1` and `ht4` of `tu1 ht4 the class streams`.
fn ids_at_start(name: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut rest = name;
    while let Some(id) = id_at_start(rest) {
        rest = rest[id.len()..].trim_start_matches(['_', ' ', ':']);
        ids.push(id);
    }
    ids
}

/// `cn5` of `cn5_pings…`, `cn5 pings…`, `cn5: pings…`.
fn id_at_start(name: &str) -> Option<String> {
    let letters = name.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_lowercase()))?;
    let digits: String = name[2..].chars().take_while(char::is_ascii_digit).collect();
    let after = name[2 + digits.len()..].chars().next();
    let whole = !digits.is_empty() && after.is_some_and(|c| matches!(c, '_' | ' ' | ':' | '*'));
    whole.then(|| format!("{letters}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_between_rules_and_tests_is_named() {
        let stated = stated(
            "# EN: envelope\n- EN1 one\n- **EN2** two\n- EN3 three\n- EN4 four\n- EN5 five\ntext EN9\n",
        );
        let rust = "#[test]\nfn en1_reads() {}\nfn en3_early() {}\nfn en7_unknown() {}\nfn ab1_other() {}\n";
        let repo = Repo::of(&[
            ("a/tests/it/x.rs", rust),
            ("web/e2e/y.spec.ts", "  test(\"en1 en2: in the browser\", …"),
        ]);
        let findings =
            compare(&stated, &tested(&repo), &[("EN3", "later"), ("EN4", "later"), ("EN8", "later")]);
        assert_eq!(
            findings,
            [
                "EN3 is tested by a/tests/it/x.rs:3: take it out of NOT_YET",
                "PROTOCOL.md EN5: no test's name begins with it",
                "a/tests/it/x.rs:4: EN7 is not in PROTOCOL.md",
                "NOT_YET names EN8, which is not in PROTOCOL.md",
            ]
        );
    }
}
