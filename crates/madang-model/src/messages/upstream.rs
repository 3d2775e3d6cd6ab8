//! Everything that the replies of one upstream share.

use std::collections::VecDeque;

use parking_lot::Mutex;
use reqwest::header::HeaderMap;

use super::catalog::Catalog;
use super::headers;
use super::http::Http;
use super::retry::Policy;
use crate::settings::{Settings, SettingsError};
use crate::{PriceTable, RateLimits};

/// Models whose rate limits are remembered; the one that was asked longest ago is forgotten first.
const LIMITS_MAX: usize = 64;

/// The upstream and what is known of it.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) settings: Settings,
    pub(crate) http: Http,
    pub(crate) catalog: Catalog,
    pub(crate) retry: Policy,
    pub(crate) prices: PriceTable,
    limits: Mutex<VecDeque<RateLimits>>,
}

impl Upstream {
    /// Prepares to ask; opens no connection.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self {
            http: Http::new(settings)?,
            catalog: Catalog::new(settings),
            retry: Policy::new(settings),
            prices: settings.prices()?,
            limits: Mutex::default(),
            settings: settings.clone(),
        })
    }

    /// Remembers the rate limits in an answer's headers.
    pub(crate) fn note_limits(&self, model: &str, headers: &HeaderMap) {
        let Some(mut told) = headers::rate_limits(model, headers) else { return };
        told.told_at = Some(tokio::time::Instant::now());
        let mut limits = self.limits.lock();
        limits.retain(|known| known.model != told.model);
        if limits.len() == LIMITS_MAX {
            limits.pop_front();
        }
        limits.push_back(told);
    }

    /// The rate limits that were told last, by model.
    pub(crate) fn limits(&self) -> Vec<RateLimits> {
        self.limits.lock().iter().cloned().collect()
    }
}
