//! The repository is tidy, and the checks see what is not.

use xtask::tidy::Edge;
use xtask::{Repo, tidy};

/// The whole list, so that one run shows everything.
#[track_caller]
fn tidy(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn the_arrows_between_crates_are_kept() {
    tidy(&tidy::crate_arrows(&Repo::here().unwrap()).unwrap());
}

#[test]
fn source_files_are_tidy() {
    tidy(&tidy::source_files(&Repo::here().unwrap()));
}

#[test]
fn names_stay_in_their_crate() {
    tidy(&tidy::forbidden_names(&Repo::here().unwrap()));
}

#[test]
fn rules_and_tests_name_each_other() {
    tidy(&tidy::protocol_rules(&Repo::here().unwrap()));
}

#[test]
fn the_arrows_between_web_packages_are_kept() {
    tidy(&tidy::web_arrows(&Repo::here().unwrap()).unwrap());
}

#[test]
fn documents_link_to_files_that_exist() {
    tidy(&tidy::document_links(&Repo::here().unwrap()));
}

#[test]
fn a_wrong_arrow_is_found() {
    let edge = |from: &str, to: &str, dev| Edge { from: from.into(), to: to.into(), dev };
    let edges = [
        edge("madang-session", "tokio", false),
        edge("madang-session", "proptest", true),
        edge("madang-store", "madang-hub", false),
        edge("madang-hub", "madang-testkit", false),
        edge("madang-hub", "madang-testkit", true),
        edge("madang-gateway", "madang-model", true),
        edge("madang-gateway", "madang-model", false),
        edge("madang-hub", "axum", false),
        edge("madang-new", "serde", false),
    ];
    let found: Vec<String> =
        tidy::crate_arrows_of(&edges).iter().map(|f| f.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(
        found,
        [
            "madang-session -> tokio",
            "madang-store -> madang-hub",
            "madang-hub -> madang-testkit",
            "madang-gateway -> madang-model",
            "madang-hub -> axum",
            "madang-new -> serde",
        ]
    );
}

#[test]
fn untidy_files_are_found() {
    let long = format!("//! Long.\n{}", "\n".repeat(700));
    let leftover = format!("//! Left.\n// {}: later\n", concat!("TO", "DO"));
    let home = format!("see {}notes", concat!("/ro", "ot/"));
    let repo = Repo::of(&[
        ("a/src/lib.rs", "//! Ours.\n\nmod x;\npub use x::{\n    A,\n    B,\n};\n"),
        ("b/src/lib.rs", "//! Ours.\nfn main() {}\n"),
        ("c/src/bare.rs", "fn main() {}\n"),
        ("d/src/long.rs", &long),
        ("d/tests/it/long.rs", &long),
        ("e/src/left.rs", &leftover),
        ("f.md", &home),
        ("g.md", "http://host/x, a crate's src/ro.rs\n"),
    ]);
    let found: Vec<String> =
        tidy::source_files(&repo).iter().map(|f| f.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(found, ["b/src/lib.rs:2", "c/src/bare.rs", "d/src/long.rs", "e/src/left.rs:2", "f.md:1"]);
}

#[test]
fn names_out_of_place_are_found() {
    let repo = Repo::of(&[
        ("crates/madang-hub/src/a.rs", "//! x\nuse axum::Router;\n// sqlx::query\n"),
        ("crates/madang-gateway/src/a.rs", "//! x\nuse axum::Router;\n"),
        (
            "crates/madang-session/src/a.rs",
            "//! x\nlet now = Instant::now();\n#[cfg(test)]\nasync fn x() {}\n",
        ),
        ("crates/madang-protocol/src/a.rs", "//! x\nconst A: &str = \"Anthropic\";\n"),
    ]);
    let found: Vec<String> =
        tidy::forbidden_names(&repo).iter().map(|f| f.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(
        found,
        [
            "crates/madang-hub/src/a.rs:2",
            "crates/madang-protocol/src/a.rs:2",
            "crates/madang-session/src/a.rs:2"
        ]
    );
}

#[test]
fn wrong_web_arrows_are_found() {
    let repo = Repo::of(&[
        ("web/app/package.json", r#"{"name":"app","dependencies":{"@m/react":"*","marked":"1"}}"#),
        ("web/react/package.json", r#"{"name":"@m/react","dependencies":{"@m/client":"*"}}"#),
        ("web/client/package.json", r#"{"name":"@m/client","dependencies":{"@m/react":"*","left-pad":"1"}}"#),
    ]);
    let found = tidy::web_arrows(&repo).unwrap();
    assert_eq!(
        found,
        [
            "web/client: @m/react is not below it (app -> react -> client -> protocol)",
            "web/client: left-pad: this package has no dependencies but ours",
        ]
    );
}

#[test]
fn dead_links_are_found() {
    let repo = Repo::of(&[
        (
            "docs/a.md",
            "[b](b.md#x) [up](../README.md) [web](https://example.org/x) [gone](gone.md) [dir](images)",
        ),
        ("docs/b.md", "[self](#here)"),
        ("docs/images/a.png", ""),
        ("README.md", ""),
        ("ARCHITECTURE.md", "| `madang-hub/src/live.rs` | `madang-hub/src/gone.rs`, `web/app/` | `a/b` |"),
        ("crates/madang-hub/src/live.rs", ""),
        ("web/app/x.ts", ""),
    ]);
    let wanted = [
        "docs/a.md: the link to gone.md leads nowhere",
        "ARCHITECTURE.md: there is no madang-hub/src/gone.rs",
    ];
    assert_eq!(tidy::document_links(&repo), wanted);
}
