//! `madang`: reads the command line, and serves, looks at the configuration, or has something done to accounts.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use madang_server::cli::{Cli, Command, ConfigCommand};
use madang_server::config::{Loaded, ProcessEnvironment};
use madang_server::{operate, serve};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _closed = writeln!(std::io::stderr(), "madang: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(flags) => serve::run(&Loaded::load(&flags, &ProcessEnvironment)?.config),
        Command::User(command) => operate::user(command),
        Command::Token(command) => operate::token(command),
        Command::Audit(command) => operate::audit(command),
        Command::Config(ConfigCommand::Check(flags)) => {
            let shown = Loaded::load(&flags, &ProcessEnvironment)?.show()?;
            std::io::stdout().write_all(shown.as_bytes())?;
            Ok(())
        }
    }
}
