//! Every row of trust.md 2.3 on handshake, frames, envelope, credentials, roles, REST and event streams: where it is
//! tested, or why it does not apply. Uploads (FI) come with files; rendering (MD) is tested in web/app and web/e2e.

use At::{Elsewhere, Here, Nowhere};

/// Where a row is.
pub(crate) enum At {
    /// Played by this suite under its id.
    Here,
    /// Held by other tests, which are named.
    Elsewhere(&'static str),
    /// Does not apply, for this reason.
    Nowhere(&'static str),
}

/// Tests of who may do what, and of live connections that are cut.
const GATE: &str =
    "the table of the gate (madang-session) and madang-hub's and madang-gateway's tests of SE2, SE4";
/// Tests of accounts.
const ACCOUNTS: &str = "madang-accounts and madang-gateway's tests of accounts";
/// What is not built.
const NO_DOCUMENTS: &str = "there are no shared documents yet";

/// All rows.
pub(crate) const ROWS: &[(&str, At)] = &[
    // A: handshake
    ("HS-01", Here),
    ("HS-02", Here),
    ("HS-03", Here),
    ("HS-05", Here),
    ("HS-06", Here),
    ("HS-07", Here),
    ("HS-09", Here),
    ("HS-10", Here),
    ("HS-11", Here),
    ("HS-13", Here),
    ("HS-14", Here),
    ("HS-15", Here),
    ("HS-16", Here),
    ("HS-17", Here),
    ("HS-20", Here),
    ("HS-21", Here),
    ("HS-22", Here),
    ("HS-23", Here),
    ("HS-25", Here),
    ("HS-26", Here),
    // B: frames
    ("FR-01", Here),
    ("FR-02", Here),
    ("FR-03", Here),
    ("FR-05", Here),
    ("FR-06", Here),
    ("FR-07", Here),
    ("FR-08", Here),
    ("FR-12", Here),
    ("FR-13", Here),
    ("FR-14", Here),
    ("FR-15", Here),
    ("FR-16", Here),
    ("FR-17", Here),
    // C: envelope
    ("EV-01", Here),
    ("EV-02", Here),
    ("EV-03", Here),
    ("EV-04", Here),
    ("EV-05", Here),
    ("EV-07", Here),
    ("EV-08", Here),
    ("EV-09", Here),
    ("EV-12", Here),
    ("EV-13", Here),
    ("EV-14", Here),
    ("EV-16", Here),
    (
        "EV-17",
        Nowhere(
            "there are no cursors yet; colours and names are INVALID_DATA by their form (madang-accounts)",
        ),
    ),
    ("EV-18", Here),
    ("EV-20", Here),
    ("EV-21", Here),
    // D: credentials
    ("AU-01", Here),
    ("AU-02", Elsewhere(ACCOUNTS)),
    ("AU-03", Elsewhere(ACCOUNTS)),
    ("AU-07", Here),
    ("AU-08", Here),
    ("AU-09", Here),
    ("AU-10", Elsewhere(ACCOUNTS)),
    ("AU-11", Elsewhere(ACCOUNTS)),
    ("AU-12", Elsewhere(ACCOUNTS)),
    ("AU-13", Elsewhere(ACCOUNTS)),
    ("AU-14", Elsewhere(ACCOUNTS)),
    ("AU-15", Nowhere("there is no second factor, so nobody is half authenticated")),
    ("AU-16", Elsewhere(ACCOUNTS)),
    ("AU-17", Here),
    ("AU-18", Nowhere("there is no option that switches a protection off")),
    ("AU-20", Elsewhere(ACCOUNTS)),
    ("AU-21", Here),
    // E: roles, with what a stranger can do
    ("CO-01", Elsewhere(GATE)),
    ("CO-02", Elsewhere(GATE)),
    ("CO-03", Here),
    ("CO-04", Here),
    ("CO-05", Elsewhere(GATE)),
    ("CO-06", Elsewhere(GATE)),
    ("CO-07", Here),
    ("CO-08", Here),
    ("CO-09", Here),
    ("CO-10", Here),
    ("CO-11", Here),
    ("CO-12", Elsewhere(GATE)),
    ("CO-13", Elsewhere(GATE)),
    ("CO-14", Here),
    ("CO-16", Nowhere(NO_DOCUMENTS)),
    ("CO-17", Here),
    ("CO-18", Nowhere(NO_DOCUMENTS)),
    // G: REST
    ("RE-01", Here),
    ("RE-02", Here),
    ("RE-03", Here),
    ("RE-04", Here),
    ("RE-08", Here),
    ("RE-09", Here),
    ("RE-10", Here),
    ("RE-12", Here),
    ("RE-13", Elsewhere("madang-gateway's listener bounds streams and resets; h2 has its own tests")),
    ("RE-14", Here),
    ("RE-15", Here),
    ("RE-16", Elsewhere("the lock file pins rustls; `make check` looks for advisories")),
    ("RE-17", Nowhere("no address that a client names is ever fetched")),
    ("RE-18", Here),
    ("RE-19", Here),
    ("RE-21", Here),
    // H: event streams
    ("SS-01", Here),
    ("SS-02", Here),
    ("SS-03", Here),
    ("SS-05", Here),
    ("SS-06", Here),
    ("SS-07", Elsewhere(GATE)),
    ("SS-08", Here),
];

/// The sources of the suite.
const SOURCES: &[&str] = &[
    include_str!("credentials.rs"),
    include_str!("envelope.rs"),
    include_str!("frames.rs"),
    include_str!("generated.rs"),
    include_str!("handshake.rs"),
    include_str!("rates.rs"),
    include_str!("rest.rs"),
    include_str!("strangers.rs"),
];

/// Whether a row is said to be tested here.
pub(crate) fn is_tested(row: &str) -> bool {
    ROWS.iter().any(|(id, at)| *id == row && matches!(at, Here))
}

#[test]
fn every_row_is_played_or_says_why_not() {
    for (n, (row, at)) in ROWS.iter().enumerate() {
        assert!(ROWS[..n].iter().all(|(before, _)| before != row), "{row} stands twice");
        let played = SOURCES.iter().any(|source| source.contains(&format!("\"{row}\"")));
        match at {
            Here => assert!(played, "{row} is not played"),
            Elsewhere(why) | Nowhere(why) => {
                assert!(!played && why.len() > 20, "{row} is played, or says nothing")
            }
        }
    }
}
