//! A storm over the real binary: people of both versions who come, drop in the middle of a frame, read slowly, send
//! everything three times, are given other roles, removed and let in again, while the server is restarted and killed.
//! At rest: nothing acked is lost, nothing is there twice, and everyone has the same log.
//!
//! What happens is a plan, made from a seed and written to a file before it begins: a failed run says where it is.
//! `MADANG_STORM_SEED` makes another one, `MADANG_STORM_SECONDS` a longer one, `MADANG_STORM_PLAN` plays a file again.

mod conn;
mod mirror;
mod person;
mod plan;
mod verdict;
mod world;

use std::path::PathBuf;

use plan::Plan;

/// Which storm `make test` plays.
const SEED: u64 = 20_261_122;
/// How long it takes, without the rest at its end.
const SECONDS: u64 = 8;
/// A storm has an ack for so many of its steps at least (it has one for three): with fewer, people were out and stayed out.
const STEPS_PER_ACK: usize = 16;

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn dc1_rs1_rs2_rs5_cm2_after_a_storm_everyone_has_the_same_log() {
    let plan = match setting("MADANG_STORM_PLAN") {
        Some(file) => Plan::read(&PathBuf::from(file)),
        None => Plan::make(number("MADANG_STORM_SEED", SEED), number("MADANG_STORM_SECONDS", SECONDS)),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = std::env::temp_dir().join(format!("madang-storm-{}-{}.plan", plan.seed, std::process::id()));
    plan.write(&file);
    println!("seed {}, {} steps; the plan: {}", plan.seed, plan.steps.len(), file.display());
    let figures = world::play(&plan, folder.path());
    println!("{figures}");
    assert!(figures.acked * STEPS_PER_ACK >= plan.steps.len(), "people stood outside: that was no storm");
    // Only the plan of a storm that failed is worth keeping.
    std::fs::remove_file(&file).unwrap();
}
