//! The project's own chores: code generation, and the tidy checks that stand in for review comments.
//!
//! Never part of the product. Start at [`tidy`].

mod arrows;
mod files;
mod links;
mod names;
mod repo;
mod rules;
pub mod tidy;
mod web;

pub use repo::Repo;
