//! Which variable sets what.
//!
//! Every setting has one: `hub.rollup_ms` is `MADANG_HUB_ROLLUP_MS`. Those that people set most have a short one beside.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// Bytes a key file may have; a larger one is not a key.
const KEY_FILE_BYTES_MAX: u64 = 16 << 10;

/// Short names, and those that people know from elsewhere. A setting's own name wins over them.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("ANTHROPIC_API_KEY", "model.api_key"),
    ("ANTHROPIC_BASE_URL", "model.base_url"),
    ("MADANG_MODEL", "model.model"),
    ("MADANG_GUESTS", "gateway.guests"),
    ("MADANG_PUBLIC_URL", "gateway.public_url"),
];

/// A file that holds the key, so that it is in no environment.
pub(crate) const KEY_FILE: &str = "ANTHROPIC_API_KEY_FILE";

/// Names the file with the settings.
pub(crate) const CONFIG_FILE: &str = "MADANG_CONFIG";

/// The variable of a setting: its path in capitals.
pub(crate) fn name_of(path: &str) -> String {
    format!("MADANG_{}", path.replace('.', "_").to_uppercase())
}

/// The settings that variables give, weakest name first: path, variable, text. Empty variables count as absent.
///
/// `defaults` is the default configuration; its keys are the settings there are.
pub(crate) fn given(
    variables: &BTreeMap<String, String>,
    defaults: &Value,
) -> anyhow::Result<Vec<(String, String, String)>> {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    let mut given = Vec::new();
    for (name, path) in SHORT_NAMES {
        given.extend(set(name).map(|value| ((*path).to_owned(), (*name).to_owned(), value.clone())));
    }
    if let Some(file) = set(KEY_FILE) {
        ensure!(
            set("ANTHROPIC_API_KEY").is_none(),
            "ANTHROPIC_API_KEY and {KEY_FILE} are both set: keep one of them"
        );
        given.push(("model.api_key".to_owned(), KEY_FILE.to_owned(), read_key(Path::new(file))?));
    }
    for path in paths(defaults) {
        let name = name_of(&path);
        given.extend(set(&name).map(|value| (path, name.clone(), value.clone())));
    }
    refuse_unknown(variables, defaults)?;
    Ok(given)
}

/// A misspelt variable of a section would silently do nothing, so it is refused.
fn refuse_unknown(variables: &BTreeMap<String, String>, defaults: &Value) -> anyhow::Result<()> {
    let known: Vec<String> = paths(defaults).iter().map(|path| name_of(path)).collect();
    let sections = defaults.as_object().into_iter().flatten().filter(|(_, value)| value.is_object());
    let prefixes: Vec<String> = sections.map(|(section, _)| name_of(section) + "_").collect();
    for name in variables.keys().filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix))) {
        if !known.contains(name) {
            bail!("{name} is not a setting of Madang: docs/configuration.md lists them");
        }
    }
    Ok(())
}

/// The paths of all settings: `listen`, `hub.rollup_ms`, …
pub(crate) fn paths(defaults: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in defaults.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(section) => found.extend(section.keys().map(|inner| format!("{key}.{inner}"))),
            None => found.push(key.clone()),
        }
    }
    found
}

fn read_key(path: &Path) -> anyhow::Result<String> {
    let size =
        path.metadata().with_context(|| format!("{KEY_FILE}: {} can't be read", path.display()))?.len();
    ensure!(size <= KEY_FILE_BYTES_MAX, "{KEY_FILE}: {} is too large to be a key", path.display());
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{KEY_FILE}: {} can't be read", path.display()))?;
    ensure!(!text.trim().is_empty(), "{KEY_FILE}: {} is empty", path.display());
    Ok(text.trim().to_owned())
}
