//! Flag before variable before file before default; secrets stay hidden.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use madang_server::cli::{Cli, Command, ConfigCommand, Flags};
use madang_server::config::{Loaded, Origin};

use crate::binary::output;

fn flags(arguments: &[&str]) -> Flags {
    let cli = Cli::try_parse_from(["madang", "config", "check"].iter().chain(arguments)).unwrap();
    match cli.command {
        Command::Config(ConfigCommand::Check(flags)) | Command::Serve(flags) => flags,
        Command::User(_) | Command::Token(_) | Command::Audit(_) => panic!("nobody asked for that"),
    }
}

fn load(arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<Loaded> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Loaded::load(&flags(arguments), &variables)
}

fn file(folder: &Path, text: &str) -> String {
    let path = folder.join("madang.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Arguments and variables; the port, guests and roll-up they make; where the port comes from.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], u16, bool, u64, Origin);

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let path =
        file(folder.path(), "listen = \"127.0.0.1:2\"\n[gateway]\nguests = true\n[hub]\nrollup_ms = 7\n");
    let with_file = ["--config", &path];
    let variables =
        [("MADANG_LISTEN", "127.0.0.1:3"), ("MADANG_GUESTS", "false"), ("MADANG_HUB_ROLLUP_MS", "8")];
    let with_flags = ["--config", &path, "--listen", "127.0.0.1:4", "--guests"];
    let from_file = Origin::File(PathBuf::from(&path));
    let from = |name: &str| Origin::Variable(name.to_owned());
    let cases: [Case<'_>; 4] = [
        (&[], &[], 8080, false, 40, Origin::Default),
        (&with_file, &[], 2, true, 7, from_file),
        (&with_file, &variables, 3, false, 8, from("MADANG_LISTEN")),
        (&with_flags, &variables, 4, true, 8, Origin::Flag("listen")),
    ];
    for (arguments, variables, port, guests, rollup, origin) in cases {
        let loaded = load(arguments, variables).unwrap();
        let found = (loaded.config.listen.port(), loaded.config.gateway.guests, loaded.config.hub.rollup_ms);
        assert_eq!(found, (port, guests, rollup), "{arguments:?}");
        assert_eq!(loaded.origin("listen"), &origin, "{arguments:?}");
    }
}

#[test]
fn the_file_may_be_named_by_a_variable_and_a_flag_beats_that_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "listen = \"127.0.0.1:2\"");
    let by_variable = load(&[], &[("MADANG_CONFIG", &path)]).unwrap();
    assert_eq!(by_variable.config.listen.port(), 2);
    let gone = load(&["--config", "/nowhere.toml"], &[("MADANG_CONFIG", &path)]).unwrap_err();
    assert!(gone.to_string().contains("/nowhere.toml can't be read"), "{gone:#}");
}

#[test]
fn the_models_settings_have_their_usual_names() {
    let usual = [
        ("ANTHROPIC_API_KEY", "sk-secret"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
        ("MADANG_MODEL", "claude-x"),
    ];
    let config = load(&[], &usual).unwrap().config;
    assert_eq!(
        (config.model.base_url.as_str(), config.model.model.as_deref()),
        ("http://127.0.0.1:9", Some("claude-x"))
    );
    assert!(!config.model.is_simulated());
    assert!(load(&[], &[("ANTHROPIC_API_KEY", "")]).unwrap().config.model.is_simulated());
    assert!(load(&[], &[]).unwrap().config.model.is_simulated());
}

#[test]
fn the_key_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "  sk-secret\n");
    assert!(!load(&[], &[("ANTHROPIC_API_KEY_FILE", &path)]).unwrap().config.model.is_simulated());
    let both = load(&[], &[("ANTHROPIC_API_KEY_FILE", &path), ("ANTHROPIC_API_KEY", "sk")]).unwrap_err();
    assert!(both.to_string().ends_with("are both set: keep one of them"), "{both:#}");
    let empty = load(&[], &[("ANTHROPIC_API_KEY_FILE", &file(folder.path(), "\n"))]).unwrap_err();
    assert!(empty.to_string().ends_with("is empty"), "{empty:#}");
}

#[test]
fn a_file_with_a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "[model]\napi_key = \"sk-secret\"");
    assert!(!load(&["--config", &path], &[]).unwrap().config.model.is_simulated());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = load(&["--config", &path], &[]).unwrap_err();
    assert!(error.to_string().ends_with("can be read by others: run chmod 600 on it"), "{error:#}");
}

#[test]
fn config_check_prints_what_is_in_force_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "[gateway]\nguests = true\n[hub]\nrollup_ms = 7\n");
    let run = output(
        &["config", "check", "--config", &path, "--listen=127.0.0.1:4"],
        &[("ANTHROPIC_API_KEY", "sk-secret"), ("MADANG_LOG", "info")],
    );
    let (shown, said) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(run.status.success(), "{said}");
    assert!(!shown.contains("sk-secret") && !said.contains("sk-secret"), "{shown}{said}");
    for line in [
        "listen = \"127.0.0.1:4\" # --listen",
        "log = \"info\" # MADANG_LOG",
        "# log_format = \"text\"",
        "api_key = \"(hidden)\" # ANTHROPIC_API_KEY",
        &format!("guests = true # {path}"),
        &format!("rollup_ms = 7 # {path}"),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "no line `{line}` in\n{shown}");
    }
    // What it prints is itself a file with the same meaning, but for the secret.
    let again = file(folder.path(), &shown);
    assert_eq!(load(&["--config", &again], &[]).unwrap().config.listen.port(), 4);
}

#[test]
fn a_wrong_value_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let in_file = |text: &str| load(&["--config", &file(folder.path(), text)], &[]).unwrap_err().to_string();
    let variable = |name: &str, value: &str| load(&[], &[(name, value)]).unwrap_err().to_string();
    let with_key = [("ANTHROPIC_BASE_URL", "ftp://x"), ("ANTHROPIC_API_KEY", "sk-secret")];
    let with_key = format!("{:#}", load(&[], &with_key).unwrap_err());
    let cases = [
        (in_file("\nlisten = 1"), "madang.toml, line 2: invalid type"),
        (in_file("lisen = \"x\""), "line 1: unknown field `lisen`"),
        (in_file("[hub]\n\nrollup_ms = \"x\""), "line 3: invalid type"),
        (in_file("[hub]\nrollupms = 1"), "line 2: unknown field `rollupms`"),
        (in_file("listen = "), "line 1: "),
        (variable("MADANG_LISTEN", "nowhere"), "MADANG_LISTEN: "),
        (variable("MADANG_GUESTS", "maybe"), "MADANG_GUESTS: "),
        (variable("MADANG_HUB_ROLLUP_MS", "-1"), "MADANG_HUB_ROLLUP_MS: "),
        (variable("MADANG_HUB_ROLLUPMS", "1"), "MADANG_HUB_ROLLUPMS is not a setting"),
        (variable("MADANG_LOG", "madang=loud"), "log = \"madang=loud\" is not a log filter"),
        (variable("MADANG_PUBLIC_URL", "madang.example.org"), "the section [gateway]"),
        (variable("MADANG_PUBLIC_URL", "https://madang.example.org/x"), "the section [gateway]"),
        (variable("MADANG_PUBLIC_URL", "http://madang.example.org"), "public_url is plain HTTP"),
        (variable("MADANG_GATEWAY_PONG_MS", "0"), "the section [gateway]"),
        (with_key, "the section [model]"),
    ];
    for (error, wanted) in cases {
        assert!(error.contains(wanted), "`{wanted}` is not in `{error}`");
        assert!(!error.contains('\n'), "more than a line: {error}");
    }
}
