//! The command line. Every flag is an option here, so that what was not given can come from elsewhere.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::LogFormat;

/// A place on the web where a team and Claude meet.
#[derive(Debug, Parser)]
#[command(name = "madang", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `madang` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(Flags),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check it, and print what would be in force and where it comes from; secrets are hidden.
    Check(Flags),
}

/// Settings from the command line: they win over variables, which win over the file.
#[derive(Debug, Default, Clone, Args)]
pub struct Flags {
    /// Address and port to listen on (MADANG_LISTEN, 127.0.0.1:8080)
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where everything is kept (MADANG_DATA_DIR, data)
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Let people in without an account (MADANG_GUESTS, false)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub guests: Option<bool>,
    /// The address people type, if it is not the listening one (MADANG_PUBLIC_URL)
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// A TOML file with settings (docs/configuration.md) (MADANG_CONFIG)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A proxy in front speaks TLS (MADANG_BEHIND_PROXY, false)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub behind_proxy: Option<bool>,
    /// The certificate chain, PEM (MADANG_TLS_CERT)
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, PEM (MADANG_TLS_KEY)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Make a certificate for this machine, for development (MADANG_DEV_TLS, false)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub dev_tls: Option<bool>,
    /// What to log: error, warn, info, debug, or per part (MADANG_LOG, warn)
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log (MADANG_LOG_FORMAT, text)
    #[arg(long, value_enum)]
    pub log_format: Option<LogFormat>,
}
