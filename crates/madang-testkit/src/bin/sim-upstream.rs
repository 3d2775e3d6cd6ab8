//! The stand-in of the Claude Messages API as a program, for development and for the checks by the official SDKs.
//!
//! It prints one line with its address and runs until it is killed. It must never listen beyond loopback.

use std::io::Write;
use std::process::ExitCode;

use madang_testkit::upstream::{Broken, Limits, Options, Pace, PrefixCheck, Upstream};

const USAGE: &str = "\
usage: sim-upstream [--listen 127.0.0.1:PORT] [--rate DELTAS_PER_SECOND] [--ttft MILLISECONDS] [--key KEY]...
                    [--requests N] [--input-tokens N] [--output-tokens N] (limits a minute for each key)
                    [--seed N] [--send-buffer BYTES] [--no-prefix-check] [--no-sim-models] [--broken usage-string]

Point a client at it with ANTHROPIC_BASE_URL. GET / explains the control paths, GET /_scenarios the scenarios.";

/// Pace of a person's terminal, so that development looks like the real thing.
const PACE: Pace = Pace { tokens_per_second: 60.0, ttft_ms: 300 };

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => return say(&mut std::io::stdout(), USAGE, ExitCode::SUCCESS),
        Err(problem) => {
            return say(
                &mut std::io::stderr(),
                &format!("sim-upstream: {problem}\n{USAGE}"),
                ExitCode::from(2),
            );
        }
    };
    let upstream = match Upstream::start(options).await {
        Ok(upstream) => upstream,
        Err(error) => {
            let source =
                std::error::Error::source(&error).map_or(String::new(), |source| format!(": {source}"));
            return say(&mut std::io::stderr(), &format!("sim-upstream: {error}{source}"), ExitCode::FAILURE);
        }
    };
    say(
        &mut std::io::stdout(),
        &format!("sim-upstream listening on {}", upstream.base_url()),
        ExitCode::SUCCESS,
    );
    std::future::pending().await
}

fn say(to: &mut dyn Write, text: &str, code: ExitCode) -> ExitCode {
    // With its output closed there is nobody left to tell.
    drop(writeln!(to, "{text}").and_then(|()| to.flush()));
    code
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { pace: PACE, ..Options::default() };
    let mut limits = Limits::default();
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--help" | "-h" => return Ok(None),
            "--no-prefix-check" => options.prefix_check = PrefixCheck::Off,
            "--no-sim-models" => options.lists_simulated_models = false,
            _ => {
                let value = args.next().ok_or_else(|| format!("{flag} needs a value"))?;
                set(&mut options, &mut limits, &flag, &value)?;
            }
        }
    }
    options.limits = limits;
    Ok(Some(options))
}

fn set(options: &mut Options, limits: &mut Limits, flag: &str, value: &str) -> Result<(), String> {
    match flag {
        "--listen" => options.listen = parsed(flag, value)?,
        "--rate" => options.pace.tokens_per_second = parsed(flag, value)?,
        "--ttft" => options.pace.ttft_ms = parsed(flag, value)?,
        "--key" => options.keys.push(value.to_owned()),
        "--requests" => limits.requests = parsed(flag, value)?,
        "--input-tokens" => limits.input_tokens = parsed(flag, value)?,
        "--output-tokens" => limits.output_tokens = parsed(flag, value)?,
        "--seed" => options.seed = parsed(flag, value)?,
        "--send-buffer" => options.send_buffer_bytes = Some(parsed(flag, value)?),
        "--broken" if value == "usage-string" => options.broken = Some(Broken::UsageString),
        "--broken" => return Err(format!("--broken {value} is unknown; the only one is usage-string")),
        _ => return Err(format!("{flag} is unknown")),
    }
    Ok(())
}

fn parsed<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{flag} {value} is not valid"))
}
