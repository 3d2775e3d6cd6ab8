//! What `madang config check` prints: a file that would set the same, and where each value comes from.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Config, Loaded, Origin, variables};

impl Loaded {
    /// The settings in force as TOML; what nobody set is a comment, secrets are hidden.
    ///
    /// # Errors
    /// Never in practice: every setting can be written.
    pub fn show(&self) -> anyhow::Result<String> {
        let Value::Object(settings) = serde_json::to_value(&self.config)? else { return Ok(String::new()) };
        let mut out = String::new();
        let (sections, plain): (Vec<_>, Vec<_>) = settings.iter().partition(|(_, value)| value.is_object());
        for (key, value) in plain {
            self.line(&mut out, key, key, value)?;
        }
        for (section, values) in sections {
            write!(out, "\n[{section}]\n")?;
            for (key, value) in values.as_object().into_iter().flatten() {
                self.line(&mut out, &format!("{section}.{key}"), key, value)?;
            }
        }
        Ok(out)
    }

    fn line(&self, out: &mut String, path: &str, key: &str, value: &Value) -> anyhow::Result<()> {
        let origin = self.origin(path);
        match (origin, value) {
            (Origin::Default, Value::Null) => writeln!(out, "# {key} is not set")?,
            (Origin::Default, value) => writeln!(out, "# {key} = {value}")?,
            (set, value) => writeln!(out, "{key} = {value} # {set}")?,
        }
        Ok(())
    }
}

/// One setting, as `docs/configuration.md` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its path in the file: `hub.rollup_ms`.
    pub setting: String,
    /// Its variable.
    pub variable: String,
    /// Its default as JSON; `none` when it has none.
    pub default: String,
}

/// Every setting there is.
///
/// # Errors
/// Never in practice: every setting can be written.
pub fn rows() -> anyhow::Result<Vec<Row>> {
    let defaults = serde_json::to_value(Config::default())?;
    let value = |path: &str| path.split('.').try_fold(&defaults, |value, key| value.get(key));
    let default =
        |path: &str| value(path).filter(|value| !value.is_null()).map_or("none".to_owned(), Value::to_string);
    let row =
        |path: String| Row { variable: variables::name_of(&path), default: default(&path), setting: path };
    Ok(variables::paths(&defaults).into_iter().map(row).collect())
}
