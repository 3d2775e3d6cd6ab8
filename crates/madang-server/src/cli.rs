//! The command line. Every flag is an option here, so that what was not given can come from elsewhere.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use madang_protocol::{Scope, TokenId};

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
    /// Make and change accounts, while the server runs or not.
    #[command(subcommand)]
    User(UserCommand),
    /// Make and end personal API tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Look at the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
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

/// Where the server's data is.
#[derive(Debug, Default, Clone, Args)]
pub struct Place {
    /// Where everything is kept (MADANG_DATA_DIR, data)
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// A TOML file with settings (docs/configuration.md) (MADANG_CONFIG)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What can be done to accounts.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account. The password is asked for, read from standard input, or generated.
    Add {
        /// The name to log in with
        name: String,
        /// The name shown, if it is another
        #[arg(long, value_name = "NAME", default_value = "")]
        display_name: String,
        /// An administrator of this server
        #[arg(long)]
        admin: bool,
        /// Make a password and print it once
        #[arg(long)]
        generate: bool,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// List all accounts.
    List {
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// Suspend an account: nothing of it works any more, and what is open is cut.
    Disable {
        /// Whose
        name: String,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// Put a suspended account in force again.
    Enable {
        /// Whose
        name: String,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// Give someone another password; their logins and tokens end.
    ResetPassword {
        /// Whose
        name: String,
        /// Make a password and print it once
        #[arg(long)]
        generate: bool,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// Let someone whom an identity provider knows come in as this account.
    Link {
        /// Whose
        name: String,
        /// The provider's address, as `issuer` is set
        issuer: String,
        /// Its id for the person (`sub`)
        subject: String,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
}

/// What can be done to tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it once.
    Create {
        /// Whose
        user: String,
        /// What it is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it reaches: read, write or full
        #[arg(long, value_parser = scope, default_value = "write")]
        scope: Scope,
        /// Days that it holds, 1 to 365
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// List someone's tokens.
    List {
        /// Whose
        user: String,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
    /// End a token; what it opened is cut.
    Revoke {
        /// Whose
        user: String,
        /// Its id, as the list shows it
        token_id: TokenId,
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Go through the log: each line must follow from the one before.
    Verify {
        /// Which server's.
        #[command(flatten)]
        place: Place,
    },
}

fn scope(text: &str) -> Result<Scope, String> {
    [Scope::Read, Scope::Write, Scope::Full]
        .into_iter()
        .find(|scope| scope.as_str() == text)
        .ok_or_else(|| "it is read, write or full".to_owned())
}
