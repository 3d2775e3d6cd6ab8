//! The tables of `docs/configuration.md` say what the `Settings` structs say. `UPDATE=1` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use madang_server::config::{Row, rows};

/// Between these two lines of the page everything is generated.
const BEGIN: &str = "<!-- From the code: `cargo xtask codegen` writes everything down to the end mark. -->";
const END: &str = "<!-- end -->";

/// Where each section's settings are declared.
const SOURCES: &[(&str, &str, &str)] = &[
    ("", "madang-server/src/config.rs", "At the top of the file"),
    ("accounts", "madang-accounts/src/settings.rs", "`[accounts]`: people"),
    ("gateway", "madang-gateway/src/settings.rs", "`[gateway]`: the edge"),
    ("hub", "madang-hub/src/settings.rs", "`[hub]`: live sessions"),
    ("model", "madang-model/src/settings.rs", "`[model]`: what answers"),
    ("store", "madang-store/src/settings.rs", "`[store]`: the database"),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_configuration_page_says_what_the_code_says() {
    let path = crates().join("../docs/configuration.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has its begin mark");
    let (_, after) = rest.split_once(END).expect("the page has its end mark");
    let wanted = format!("{before}{BEGIN}\n{}{END}{after}", tables());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(page == wanted, "docs/configuration.md has drifted: run `cargo xtask codegen`");
    }
}

fn tables() -> String {
    let mut rows: BTreeMap<String, Row> =
        rows().unwrap().into_iter().map(|row| (row.setting.clone(), row)).collect();
    let mut out = String::new();
    for (section, source, title) in SOURCES {
        write!(out, "\n## {title}\n\n| Setting | Variable | Default | What it does |\n|---|---|---|---|\n")
            .unwrap();
        for (name, about) in descriptions(&std::fs::read_to_string(crates().join(source)).unwrap()) {
            let path = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
            let Some(row) = rows.remove(&path) else { continue };
            let default = if row.default == "none" { row.default } else { format!("`{}`", row.default) };
            writeln!(out, "| `{name}` | `{}` | {default} | {about} |", row.variable).unwrap();
        }
    }
    assert!(rows.is_empty(), "settings that no source describes: {:?}", rows.keys());
    out.push('\n');
    out
}

/// The doc comments of public fields in the order of the source, each on one line.
fn descriptions(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut about: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            about.push(text.trim());
        } else if let Some(name) =
            line.strip_prefix("pub ").and_then(|field| field.split_once(": ")).map(|(name, _)| name)
        {
            found.push((name.to_owned(), without_links(&about.join(" "))));
            about.clear();
        } else if !line.starts_with("#[") {
            about.clear();
        }
    }
    found
}

/// ``[`Name`](path)`` and ``[`Name`]`` mean something to rustdoc alone.
fn without_links(text: &str) -> String {
    let mut out = text.replace("[`", "`").replace("`]", "`").replace('|', "\\|");
    while let Some((start, rest)) = out.split_once("`(") {
        let after = rest.split_once(')').map_or("", |(_, after)| after);
        out = format!("{start}`{after}");
    }
    out
}
