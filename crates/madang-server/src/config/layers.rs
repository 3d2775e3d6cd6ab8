//! Defaults, file, variables and flags laid over one another, each checked by itself so that an error names its source.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::variables::{self, CONFIG_FILE};
use super::{Config, Environment, LogFormat};
use crate::cli::Flags;

/// Bytes a configuration file may have; a larger one was named by mistake.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The file.
    File(PathBuf),
    /// This variable.
    Variable(String),
    /// This flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) => f.write_str(name),
            Origin::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// The settings in force, and who set them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    origins: BTreeMap<String, Origin>,
}

impl Loaded {
    /// Lays everything over the defaults and checks the whole.
    ///
    /// # Errors
    /// One sentence that says what is wrong, where, and what would be right.
    pub fn load(flags: &Flags, environment: &dyn Environment) -> anyhow::Result<Loaded> {
        let variables = environment.variables();
        let defaults = serde_json::to_value(Config::default())?;
        let mut layers = Layers { values: Map::new(), origins: BTreeMap::new(), defaults };
        let named = variables.get(CONFIG_FILE).filter(|path| !path.is_empty()).map(PathBuf::from);
        if let Some(path) = flags.config.clone().or(named) {
            layers.add_file(&path)?;
        }
        for (path, name, text) in variables::given(&variables, &layers.defaults)? {
            layers.add_variable(&path, name, &text)?;
        }
        layers.add_flags(flags)?;
        let mut config = Config::deserialize(Value::Object(layers.values))?;
        config.accounts.resolve(|name| variables.get(name).cloned()).context("the section [accounts]")?;
        config.check()?;
        Ok(Loaded { config, origins: layers.origins })
    }

    /// Where a setting (`listen`, `hub.rollup_ms`) comes from.
    #[must_use]
    pub fn origin(&self, path: &str) -> &Origin {
        self.origins.get(path).unwrap_or(&Origin::Default)
    }
}

/// What is set so far.
struct Layers {
    values: Map<String, Value>,
    origins: BTreeMap<String, Origin>,
    defaults: Value,
}

impl Layers {
    fn add_file(&mut self, path: &Path) -> anyhow::Result<()> {
        let shown = path.display();
        let meta =
            path.metadata().with_context(|| format!("the configuration file {shown} can't be read"))?;
        ensure!(meta.len() <= FILE_BYTES_MAX, "the configuration file {shown} is larger than 1 MiB");
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {shown} can't be read"))?;
        let wrong = |error: toml::de::Error| {
            let line =
                error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            anyhow!("{shown}, line {line}: {}", error.message().replace('\n', " "))
        };
        // Read as settings for the line numbers of its errors, and as a table for what it sets.
        toml::from_str::<Config>(&text).map_err(wrong)?;
        let table: Map<String, Value> = toml::from_str(&text).map_err(wrong)?;
        let has_key = holds_a_secret(&table);
        if has_key && meta.permissions().mode() & 0o077 != 0 {
            bail!("{shown} holds a key and can be read by others: run chmod 600 on it");
        }
        for (key, value) in table {
            if let Value::Object(section) = value {
                for (inner, value) in section {
                    self.set(&format!("{key}.{inner}"), value, Origin::File(path.to_owned()));
                }
            } else {
                self.set(&key, value, Origin::File(path.to_owned()));
            }
        }
        Ok(())
    }

    fn add_variable(&mut self, path: &str, name: String, text: &str) -> anyhow::Result<()> {
        let mut why = anyhow!("it has the wrong form");
        for value in readings(lookup(&self.defaults, path), text) {
            match Config::deserialize(nested(path, value.clone())) {
                Ok(_) => {
                    self.set(path, value, Origin::Variable(name));
                    return Ok(());
                }
                Err(error) => why = error.into(),
            }
        }
        Err(anyhow!("{name}: {why}"))
    }

    fn add_flags(&mut self, flags: &Flags) -> anyhow::Result<()> {
        let Flags {
            listen,
            data_dir,
            guests,
            public_url,
            config: _,
            behind_proxy,
            tls_cert,
            tls_key,
            dev_tls,
            log,
            log_format,
        } = flags;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let text = |text: Option<String>| text.map(Value::String);
        let given = [
            ("listen", "listen", text(listen.map(|address| address.to_string()))),
            ("data_dir", "data-dir", text(path(data_dir))),
            ("gateway.guests", "guests", guests.map(Value::Bool)),
            ("gateway.public_url", "public-url", text(public_url.clone())),
            ("behind_proxy", "behind-proxy", behind_proxy.map(Value::Bool)),
            ("tls_cert", "tls-cert", text(path(tls_cert))),
            ("tls_key", "tls-key", text(path(tls_key))),
            ("dev_tls", "dev-tls", dev_tls.map(Value::Bool)),
            ("log", "log", text(log.clone())),
            ("log_format", "log-format", log_format.map(serde_json::to_value::<LogFormat>).transpose()?),
        ];
        for (path, flag, value) in given {
            if let Some(value) = value {
                self.set(path, value, Origin::Flag(flag));
            }
        }
        Ok(())
    }

    fn set(&mut self, path: &str, value: Value, origin: Origin) {
        self.origins.insert(path.to_owned(), origin);
        match path.split_once('.') {
            None => {
                self.values.insert(path.to_owned(), value);
            }
            Some((section, key)) => {
                let section = self.values.entry(section).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(map) = section {
                    map.insert(key.to_owned(), value);
                }
            }
        }
    }
}

/// Whether a file has a secret in it.
fn holds_a_secret(table: &Map<String, Value>) -> bool {
    let each = |list: &str| {
        let accounts = table.get("accounts").and_then(|accounts| accounts.get(list));
        accounts.and_then(Value::as_array).into_iter().flatten().collect::<Vec<_>>()
    };
    table.get("model").is_some_and(|model| model.get("api_key").is_some())
        || each("embedders").iter().any(|one| one.get("key").is_some())
        || each("oidc").iter().any(|one| one.get("client_secret").is_some())
}

/// What the text of a variable may mean, likeliest first; the default's type decides.
fn readings(default: Option<&Value>, text: &str) -> Vec<Value> {
    let as_text = Value::String(text.to_owned());
    let literal =
        text.parse::<u64>().map(Value::from).or_else(|_| text.parse::<bool>().map(Value::from)).ok();
    match default {
        Some(Value::Array(_)) => vec![text.split(',').map(|item| Value::from(item.trim())).collect()],
        Some(Value::Number(_) | Value::Bool(_)) => vec![literal.unwrap_or(as_text)],
        _ => std::iter::once(as_text).chain(literal).collect(),
    }
}

fn lookup<'a>(defaults: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(defaults, |value, key| value.get(key))
}

fn nested(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |inner, key| Value::Object(Map::from_iter([(key.to_owned(), inner)])))
}
