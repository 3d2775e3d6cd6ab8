//! Live sessions on the real store, with a model that says what a test tells it to.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests by panicking")]

mod budgets;
mod coauthors;
mod commands;
mod crowd;
mod documents;
mod documents_version1;
mod failures;
mod history;
mod invites;
mod marks;
mod mentions;
mod messages;
mod people;
mod pool;
mod presence;
mod removals;
mod restarts;
mod resume;
mod search;
mod storm;
mod summaries;
mod summaries_stopped;
mod support;
mod suspension;
mod turns;
