//! Accounts on a real database: the rows AU of `trust.md`, and what each change leaves in the audit log.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bootstrap;
mod identities;
mod invites;
mod issuer;
mod jwt;
mod logins;
mod oidc;
mod operations;
mod support;
mod tidy;
