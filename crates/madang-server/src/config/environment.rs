//! Variables of the environment, behind a trait so that tests bring their own.

use std::collections::BTreeMap;

/// Where variables come from.
pub trait Environment {
    /// All variables. A value that is not UTF-8 is read as well as it goes, and then fails its check.
    fn variables(&self) -> BTreeMap<String, String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variables(&self) -> BTreeMap<String, String> {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
    }
}

impl Environment for BTreeMap<String, String> {
    fn variables(&self) -> BTreeMap<String, String> {
        self.clone()
    }
}
