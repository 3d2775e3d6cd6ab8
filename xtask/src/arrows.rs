//! Which crate may depend on which (ARCHITECTURE.md, "Arrows").

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// The direct arrows that are allowed, per crate.
const ARROWS: &[(&str, &[&str])] = &[
    ("madang-protocol", &[]),
    ("madang-session", &["madang-protocol"]),
    ("madang-model", &["madang-protocol"]),
    ("madang-store", &["madang-protocol"]),
    ("madang-bus", &["madang-protocol"]),
    ("madang-hub", &["madang-session", "madang-model", "madang-store", "madang-bus", "madang-protocol"]),
    ("madang-accounts", &["madang-store", "madang-protocol"]),
    ("madang-gateway", &["madang-hub", "madang-accounts", "madang-store", "madang-protocol"]),
    // The server wires everything together; what a session does is none of its business.
    (
        "madang-server",
        &[
            "madang-gateway",
            "madang-hub",
            "madang-accounts",
            "madang-model",
            "madang-store",
            "madang-bus",
            "madang-protocol",
        ],
    ),
    ("madang-testkit", &["madang-hub", "madang-session", "madang-model", "madang-store", "madang-protocol"]),
    // Drives the built binaries from outside.
    ("madang-bench", &[]),
    ("xtask", &[]),
];

/// Dependencies that only these crates may have: what they are is the whole reason for the crate.
const RESERVED: &[(&str, &[&str])] = &[
    // The server hands the built web app to the gateway as a service of axum's.
    ("axum", &["madang-gateway", "madang-server"]),
    ("hyper", &["madang-gateway"]),
    ("hyper-util", &["madang-gateway"]),
    ("tokio-rustls", &["madang-gateway"]),
    // Claude, and the issuers that say who people are: nobody else is called.
    ("reqwest", &["madang-model", "madang-accounts"]),
    ("argon2", &["madang-accounts"]),
    ("jsonwebtoken", &["madang-accounts"]),
    ("sqlx", &["madang-store"]),
    ("libsqlite3-sys", &["madang-store"]),
    ("async-nats", &["madang-bus"]),
    ("anyhow", &["madang-server", "madang-bench", "xtask"]),
];

/// All that the pure core may use (invariant 1).
const SESSION_MAY_USE: &[&str] = &["madang-protocol", "rand", "ropey", "serde", "serde_json", "thiserror"];

/// One dependency of a crate of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The crate that depends.
    pub from: String,
    /// What it depends on.
    pub to: String,
    /// Whether only its tests do.
    pub dev: bool,
}

/// Reads the edges of the workspace.
pub(crate) fn read(root: &Path) -> anyhow::Result<Vec<Edge>> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("running cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            edges.push(Edge {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
                dev: dependency["kind"] == "dev",
            });
        }
    }
    Ok(edges)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Says which edges must not be.
pub(crate) fn check(edges: &[Edge]) -> Vec<String> {
    edges
        .iter()
        .filter_map(|edge| complaint(edge).map(|why| format!("{} -> {}: {why}", edge.from, edge.to)))
        .collect()
}

fn complaint(edge: &Edge) -> Option<&'static str> {
    if !ARROWS.iter().any(|(name, _)| *name == edge.from) {
        return Some("a new crate needs a line in xtask/src/arrows.rs and in ARCHITECTURE.md");
    }
    let ours = edge.to.starts_with("madang-") || edge.to == "xtask";
    if ours && edge.to == "madang-testkit" {
        return (!edge.dev).then_some("the testkit may only be a dev-dependency");
    }
    if ours {
        let allowed = if edge.dev { below(&edge.from) } else { direct(&edge.from).to_vec() };
        return (!allowed.contains(&edge.to.as_str())).then_some("this arrow is not in ARCHITECTURE.md");
    }
    if edge.dev {
        return None;
    }
    if edge.from == "madang-session" && !SESSION_MAY_USE.contains(&edge.to.as_str()) {
        return Some("madang-session is pure: no new dependency without an architecture change");
    }
    let holders = RESERVED.iter().find(|(name, _)| *name == edge.to).map(|(_, holders)| *holders)?;
    (!holders.contains(&edge.from.as_str()))
        .then_some("this dependency belongs to another crate (xtask/src/arrows.rs)")
}

fn direct(from: &str) -> &'static [&'static str] {
    ARROWS.iter().find(|(name, _)| *name == from).map_or(&[], |(_, to)| to)
}

/// Everything that lies below a crate: its tests may name that.
fn below(from: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = direct(from).to_vec();
    let mut next = 0;
    while let Some(&name) = found.get(next) {
        for &lower in direct(name) {
            if !found.contains(&lower) {
                found.push(lower);
            }
        }
        next += 1;
    }
    found
}
