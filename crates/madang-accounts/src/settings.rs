//! What an operator may set about accounts. Every time is here, so that tests shorten it instead of waiting.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::issuers::{Embedder, Provider};

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    /// Nobody: administrators make them.
    Closed,
    /// Whoever has an invite link that allows it.
    Invite,
    /// Everybody.
    Open,
}

impl SignUp {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SignUp::Closed => "closed",
            SignUp::Invite => "invite",
            SignUp::Open => "open",
        }
    }
}

/// Settings of accounts; times in milliseconds. No number may be zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who may make an account: `closed`, `invite` (with a link that allows it) or `open`.
    pub sign_up: SignUp,
    /// Characters of a password at least; 8 or more.
    pub password_chars_min: usize,
    /// A login that is not used for so long ends.
    pub login_idle_ms: u64,
    /// A login ends after so long, used or not.
    pub login_life_ms: u64,
    /// Logins of one person; a further one ends the oldest.
    pub logins_max: usize,
    /// Personal tokens of one person; a further one is CONFLICT.
    pub tokens_max: usize,
    /// Life of the link for the first administrator.
    pub bootstrap_ms: u64,
    /// Wrong passwords for one account from one address before there is a pause between tries.
    pub login_tries: u32,
    /// The first pause; each further wrong password doubles it.
    pub login_pause_ms: u64,
    /// The longest pause; tries of so long ago are forgotten.
    pub login_pause_ms_max: u64,
    /// Tries from one address (IPv6: one /64) a minute, whatever the names; loopback is exempt.
    pub login_tries_per_address: u32,
    /// Passwords that wait to be checked, beyond the two that are; further ones are RATE_LIMITED.
    pub password_queue: usize,
    /// A try that is RATE_LIMITED is answered so much later; without it who tries again at once takes the processor.
    pub turned_away_ms: u64,
    /// Accounts and addresses whose tries are remembered; beyond, the oldest are forgotten.
    pub tries_max: usize,
    /// For so long a credential that was found good counts as good without a look at the database.
    pub checked_ms: u64,
    /// How many such credentials are remembered.
    pub checked_max: usize,
    /// For one question to an identity provider, or for an embedder's keys; then it has failed.
    pub fetch_ms: u64,
    /// Bytes of such an answer at most.
    pub fetch_bytes_max: usize,
    /// After so long an issuer's keys are asked for anew.
    pub keys_ms: u64,
    /// An unknown key makes us ask anew, but not more often than this.
    pub keys_retry_ms: u64,
    /// From the start of a login at an identity provider to its end.
    pub oidc_ms: u64,
    /// Applications that embed this server and say by their own tokens who someone is (docs/accounts.md).
    pub embedders: Vec<Embedder>,
    /// Identity providers at which people sign in (docs/accounts.md).
    pub oidc: Vec<Provider>,
}

impl Default for Settings {
    fn default() -> Settings {
        const DAY_MS: u64 = 24 * 3_600_000;
        Settings {
            sign_up: SignUp::Invite,
            password_chars_min: 12,
            login_idle_ms: 7 * DAY_MS,
            login_life_ms: 30 * DAY_MS,
            logins_max: 1_000,
            tokens_max: 100,
            bootstrap_ms: DAY_MS,
            login_tries: 5,
            login_pause_ms: 12_000,
            login_pause_ms_max: 15 * 60_000,
            login_tries_per_address: 60,
            password_queue: 32,
            turned_away_ms: 500,
            tries_max: 100_000,
            checked_ms: 1_000,
            checked_max: 20_000,
            fetch_ms: 5_000,
            fetch_bytes_max: 256 << 10,
            keys_ms: 10 * 60_000,
            keys_retry_ms: 30_000,
            oidc_ms: 10 * 60_000,
            embedders: Vec::new(),
            oidc: Vec::new(),
        }
    }
}

/// Why settings can't be used: one sentence for the operator, never with a secret in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

impl Settings {
    /// Puts secrets that are named by a file or a variable in their place.
    ///
    /// # Errors
    /// A sentence that names the file or the variable that can't be read.
    pub fn resolve(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
        for embedder in &mut self.embedders {
            let what = format!("the key of the embedder `{}`", embedder.id);
            let (file, name) = (embedder.key_file.as_ref(), embedder.key_env.as_ref());
            resolve(&mut embedder.key, file, name, (&what, &variable))?;
        }
        for provider in &mut self.oidc {
            let what = format!("the client secret of the provider `{}`", provider.id);
            let (file, name) = (provider.client_secret_file.as_ref(), provider.client_secret_env.as_ref());
            resolve(&mut provider.client_secret, file, name, (&what, &variable))?;
        }
        Ok(())
    }

    /// Checks what can be checked before a port opens.
    ///
    /// # Errors
    /// A sentence that names the first setting that can't be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        let numbers = [
            ("login_idle_ms", self.login_idle_ms),
            ("login_life_ms", self.login_life_ms),
            ("logins_max", self.logins_max as u64),
            ("tokens_max", self.tokens_max as u64),
            ("bootstrap_ms", self.bootstrap_ms),
            ("login_tries", self.login_tries.into()),
            ("login_pause_ms", self.login_pause_ms),
            ("login_pause_ms_max", self.login_pause_ms_max),
            ("login_tries_per_address", self.login_tries_per_address.into()),
            ("password_queue", self.password_queue as u64),
            ("turned_away_ms", self.turned_away_ms),
            ("tries_max", self.tries_max as u64),
            ("checked_ms", self.checked_ms),
            ("checked_max", self.checked_max as u64),
            ("fetch_ms", self.fetch_ms),
            ("fetch_bytes_max", self.fetch_bytes_max as u64),
            ("keys_ms", self.keys_ms),
            ("keys_retry_ms", self.keys_retry_ms),
            ("oidc_ms", self.oidc_ms),
        ];
        if let Some((name, _)) = numbers.iter().find(|(_, number)| *number == 0) {
            return Err(SettingsError(format!(
                "{name} is 0: give it a value, or leave it out for the default"
            )));
        }
        if !(8..=crate::PASSWORD_CHARS_MAX).contains(&self.password_chars_min) {
            return Err(SettingsError("password_chars_min must be from 8 to 128".to_owned()));
        }
        if self.turned_away_ms > 5_000 {
            return Err(SettingsError("turned_away_ms is over 5000: people wait for that answer".to_owned()));
        }
        if self.checked_ms > 1_000 {
            return Err(SettingsError(
                "checked_ms is over 1000: what is revoked must end within a second".to_owned(),
            ));
        }
        distinct("embedders", self.embedders.iter().map(|one| one.id.as_str()))?;
        distinct("oidc", self.oidc.iter().map(|one| one.id.as_str()))?;
        // An account belongs to an issuer's subject: two ways to speak for one issuer would be one too many.
        let issuers = self.embedders.iter().map(|one| one.issuer.as_str());
        distinct(
            "the issuers of embedders and oidc",
            issuers.chain(self.oidc.iter().map(|one| one.issuer.as_str())),
        )?;
        self.embedders.iter().try_for_each(Embedder::check)?;
        self.oidc.iter().try_for_each(Provider::check)
    }
}

fn distinct<'a>(what: &str, mut texts: impl Iterator<Item = &'a str>) -> Result<(), SettingsError> {
    let mut seen = HashSet::new();
    match texts.find(|text| !seen.insert(*text)) {
        Some(double) => Err(SettingsError(format!("{what}: `{double}` is there twice"))),
        None => Ok(()),
    }
}

fn resolve(
    secret: &mut Option<Secret>,
    file: Option<&PathBuf>,
    name: Option<&String>,
    (what, variable): (&str, &impl Fn(&str) -> Option<String>),
) -> Result<(), SettingsError> {
    let text = match (secret.is_some(), file, name) {
        (_, None, None) => return Ok(()),
        (false, Some(file), None) => std::fs::read_to_string(file).map_err(|error| {
            SettingsError(format!("{what}: {} can't be read: {}", file.display(), error.kind()))
        })?,
        (false, None, Some(name)) => {
            variable(name).ok_or_else(|| SettingsError(format!("{what}: the variable {name} is not set")))?
        }
        _ => return Err(SettingsError(format!("{what} is given in two ways: keep one of them"))),
    };
    if text.trim().is_empty() {
        return Err(SettingsError(format!("{what} is empty")));
    }
    *secret = Some(Secret::new(&text));
    Ok(())
}
