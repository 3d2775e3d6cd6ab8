//! `cargo xtask codegen` and `cargo xtask tidy`.

use std::io::Write as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};
use xtask::{Repo, tidy};

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&[format!("{error:#}")]);
            ExitCode::FAILURE
        }
    }
}

fn run(task: Option<&str>) -> anyhow::Result<()> {
    match task {
        Some("codegen") => codegen(),
        Some("tidy") => {
            let findings = tidy::run(&Repo::here()?)?;
            report(&findings);
            ensure!(findings.is_empty(), "tidy found {} problems", findings.len());
            Ok(())
        }
        _ => bail!("usage: cargo xtask codegen | tidy"),
    }
}

/// What is generated: the package whose tests compare it, a feature they need, and the test's name.
const GENERATED: &[(&str, &str, &str)] = &[
    ("madang-protocol", "ts", "the_typescript_types_are_those_of_rust"),
    ("madang-protocol", "schema", "the_schemas_are_those_of_rust"),
    ("madang-server", "default", "the_configuration_page_says_what_the_code_says"),
];

/// Writes anew what the tests compare: the TypeScript types, the JSON schemas, the configuration page.
fn codegen() -> anyhow::Result<()> {
    for (package, feature, test) in GENERATED {
        let status = Command::new("cargo")
            .args(["test", "--quiet", "--package", package, "--features", feature, "--test", "it", test])
            .env("UPDATE", "1")
            .status()
            .context("running cargo")?;
        ensure!(status.success(), "{package}: what {test} compares could not be generated");
    }
    Ok(())
}

fn report(lines: &[String]) {
    let mut out = std::io::stderr().lock();
    for line in lines {
        // Nobody is left to tell when standard error is closed.
        let _closed = writeln!(out, "{line}");
    }
}
