//! The binary `madang`: configuration, wiring, lifecycle, the built web app inside.
//!
//! A library only so that its parts can be tested; `main.rs` is all that uses it. Nothing of what a session or a
//! connection does belongs here. Start at [`config`], then [`serve`].

pub mod assets;
pub mod cli;
pub mod config;
mod control;
mod lifecycle;
pub mod logging;
pub mod operate;
mod prompt;
pub mod secrets;
pub mod serve;
mod tls;
