//! The configuration: what may be set, where it comes from, and whether it makes sense.
//!
//! Flag before variable before file before default. Everything is checked here, before any port opens; what each
//! crate may be set to is that crate's own `Settings`.

mod check;
mod environment;
mod layers;
mod show;
mod variables;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use check::Warning;
pub use environment::{Environment, ProcessEnvironment};
pub use layers::{Loaded, Origin};
pub use show::{Row, rows};

/// All settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The directory that holds everything: database, secrets, files. Made at the first start.
    pub data_dir: PathBuf,
    /// A proxy in front speaks TLS, so plain HTTP on another address than loopback is meant.
    pub behind_proxy: bool,
    /// The certificate chain as a PEM file.
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key as a PEM file.
    pub tls_key: Option<PathBuf>,
    /// Make a certificate for this machine at every start, signed by an authority kept in the data directory.
    pub dev_tls: bool,
    /// What is logged: a level, or a list such as `madang_hub=debug,warn`.
    pub log: String,
    /// `text` for people, `json` for machines.
    pub log_format: LogFormat,
    /// What answers.
    pub model: madang_model::Settings,
    /// The database.
    pub store: madang_store::Settings,
    /// People: who may come in, how long they stay.
    pub accounts: madang_accounts::Settings,
    /// Live sessions.
    pub hub: madang_hub::Settings,
    /// The edge.
    pub gateway: madang_gateway::Settings,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data_dir: PathBuf::from("data"),
            behind_proxy: false,
            tls_cert: None,
            tls_key: None,
            dev_tls: false,
            log: "warn".to_owned(),
            log_format: LogFormat::Text,
            model: madang_model::Settings::default(),
            store: madang_store::Settings::default(),
            accounts: madang_accounts::Settings::default(),
            hub: madang_hub::Settings::default(),
            gateway: madang_gateway::Settings::default(),
        }
    }
}
