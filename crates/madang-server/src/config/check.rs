//! Whether the settings make sense together, said in one sentence each.

use std::fmt;

use anyhow::{Context as _, bail, ensure};

use madang_accounts::SignUp;

use super::Config;
use crate::logging;

/// Something that works and that one should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// No key is set.
    Simulated,
    /// Guests may come in from other machines.
    GuestsFromAfar,
    /// Anyone may make an account, from other machines.
    OpenSignUp,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Warning::Simulated => "the simulated model answers, set ANTHROPIC_API_KEY to talk to Claude",
            Warning::GuestsFromAfar => {
                "anyone who reaches this address comes in as a guest and uses your key"
            }
            Warning::OpenSignUp => "anyone who reaches this address can make an account and use your key",
        })
    }
}

impl Config {
    /// Whether TLS is spoken here.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.dev_tls || self.tls_cert.is_some()
    }

    /// Whether people come by HTTPS, and with a certificate that lasts.
    #[must_use]
    pub fn is_https_for_good(&self) -> bool {
        self.tls_cert.is_some()
            || self.gateway.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// What the operator should be told at the start.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.model.is_simulated() {
            warnings.push(Warning::Simulated);
        }
        if self.gateway.guests
            && (self.behind_proxy || !self.listen.ip().is_loopback())
            && !self.model.is_simulated()
        {
            warnings.push(Warning::GuestsFromAfar);
        }
        if self.accounts.sign_up == SignUp::Open
            && (self.behind_proxy || !self.listen.ip().is_loopback())
            && !self.model.is_simulated()
        {
            warnings.push(Warning::OpenSignUp);
        }
        warnings
    }

    /// Checks what single values can't say.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.data_dir.as_os_str().is_empty(), "data_dir is empty: name a directory");
        logging::parse(&self.log)?;
        self.check_tls()?;
        self.gateway.check().context("the section [gateway]")?;
        if let Some(url) = &self.gateway.public_url {
            self.check_public_url(url)?;
        }
        self.accounts.check().context("the section [accounts]")?;
        ensure!(
            self.accounts.oidc.is_empty()
                || self.gateway.public_url.is_some()
                || self.listen.ip().is_loopback(),
            "[accounts] names identity providers, which send people back to an address: set public_url"
        );
        madang_model::from_settings(&self.model).context("the section [model]")?;
        Ok(())
    }

    fn check_tls(&self) -> anyhow::Result<()> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), _) | (_, Some(_)) if self.dev_tls => {
                bail!("dev_tls makes a certificate of its own: use either it or tls_cert and tls_key")
            }
            (Some(_), None) => bail!("tls_cert needs tls_key"),
            (None, Some(_)) => bail!("tls_key needs tls_cert"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let public = !self.listen.ip().is_loopback();
        ensure!(
            !public || self.has_tls() || self.behind_proxy,
            "{} can be reached from other machines, and plain HTTP would show them everything that is written: \
             use --tls-cert and --tls-key, --dev-tls, or --behind-proxy when a proxy in front speaks TLS",
            self.listen
        );
        Ok(())
    }

    /// An address of plain HTTP would carry logins in the open; the gateway has checked its form.
    fn check_public_url(&self, url: &str) -> anyhow::Result<()> {
        let Some(plain) = url.strip_prefix("http://") else { return Ok(()) };
        let host: http::uri::Authority = plain.trim_end_matches('/').parse()?;
        let local =
            ["localhost", "127.0.0.1", "[::1]"].contains(&host.host()) || host.host().ends_with(".localhost");
        ensure!(
            local || self.behind_proxy,
            "public_url is plain HTTP beyond this machine: use https://, or --behind-proxy if that is really meant"
        );
        Ok(())
    }
}
