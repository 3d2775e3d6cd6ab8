//! The models the upstream offers and what each of them can: asked for, kept, asked for anew when old.
//!
//! The order is the upstream's (newest first): the dates it gives may be unknown ones.
//! What is old is better than nothing: a refresh that fails leaves the list as it was.

use std::sync::Arc;
use std::time::Duration;

use madang_protocol::{Effort, ModelInfo};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::failure::{self, Failure};
use super::http::{Http, Method};
use crate::ModelError;
use crate::prices::is_same_model;
use crate::settings::{Settings, ms};

/// The model used when neither settings nor people choose one and the upstream offers it, or offers no list.
const DEFAULT_MODEL: &str = "claude-sonnet-5-5";

/// After the list could not be had, replies do without it for this long instead of waiting for it each time.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Pages of the list that are read, of 1,000 models each; what comes after is not offered.
const PAGES_MAX: usize = 10;

/// Bytes of a page that are read; more is no list of models.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A model and what it can.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    /// What people are told.
    pub(crate) info: ModelInfo,
    /// Whether it decides itself how long to think.
    pub(crate) adaptive_thinking: bool,
}

/// The list and how old it is.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// The model that the settings name.
    chosen: Option<String>,
    ttl: Duration,
    patience: Duration,
    kept: Mutex<Kept>,
    /// Held while the list is asked for, so that it is asked for once.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    models: Option<(Instant, Arc<Vec<Known>>)>,
    failed_at: Option<Instant>,
}

impl Catalog {
    /// An empty list.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            chosen: settings.model.clone(),
            ttl: ms(settings.models_ttl_ms),
            patience: ms(settings.models_timeout_ms),
            kept: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// The list, asked for anew when it is old.
    pub(crate) async fn list(&self, http: &Http) -> Result<Arc<Vec<Known>>, ModelError> {
        if let (Some(models), true) = self.kept() {
            return Ok(models);
        }
        let _asking = self.asking.lock().await;
        if let (Some(models), true) = self.kept() {
            return Ok(models);
        }
        let asked = tokio::time::timeout(self.patience, self.ask(http)).await;
        let result = asked.unwrap_or_else(|_| Err(failure::of_no_answer(self.patience)));
        let mut kept = self.kept.lock();
        match result {
            Ok(models) => {
                let models = Arc::new(models);
                *kept = Kept { models: Some((Instant::now(), models.clone())), failed_at: None };
                Ok(models)
            }
            Err(failed) => {
                tracing::warn!(detail = %failed.error.detail, "the list of models can't be had");
                kept.failed_at = Some(Instant::now());
                kept.models.as_ref().map(|(_, models)| models.clone()).ok_or(failed.error)
            }
        }
    }

    /// What is known about a model; waits for the list when it was never had, but not for long and not again and again.
    pub(crate) async fn known(&self, http: &Http, model: &str) -> Option<Known> {
        let (models, fresh) = self.kept();
        let found = models.as_deref().and_then(|models| find(models, model));
        if found.is_some() || fresh || self.failed_lately() {
            return found;
        }
        find(&self.list(http).await.ok()?, model)
    }

    /// The model used when none is chosen.
    pub(crate) fn default_model(&self) -> String {
        if let Some(chosen) = &self.chosen {
            return chosen.clone();
        }
        let (models, _) = self.kept();
        let models = models.as_deref().map(Vec::as_slice).unwrap_or_default();
        let offered = models.iter().find(|known| is_same_model(DEFAULT_MODEL, &known.info.id));
        let first = offered.or_else(|| models.iter().find(|known| !known.info.deprecated));
        first.map_or_else(|| DEFAULT_MODEL.to_owned(), |known| known.info.id.clone())
    }

    fn kept(&self) -> (Option<Arc<Vec<Known>>>, bool) {
        let kept = self.kept.lock();
        match &kept.models {
            Some((at, models)) => (Some(models.clone()), at.elapsed() < self.ttl),
            None => (None, false),
        }
    }

    fn failed_lately(&self) -> bool {
        self.kept.lock().failed_at.is_some_and(|at| at.elapsed() < ASK_AGAIN_AFTER)
    }

    async fn ask(&self, http: &Http) -> Result<Vec<Known>, Failure> {
        let mut models = Vec::new();
        let mut after = String::new();
        for _ in 0..PAGES_MAX {
            let path = format!("/v1/models?limit=1000{after}");
            let response = http.send(Method::Get, &path).await?;
            if [404, 405, 501].contains(&response.status().as_u16()) {
                // A local server without a list: what the settings name is all there is.
                return Ok(vec![unlisted(self.chosen.as_deref().unwrap_or(DEFAULT_MODEL))]);
            }
            let page = http.read_answer(response, PAGE_BYTES_MAX).await?;
            let page: Page =
                serde_json::from_slice(&page).map_err(|error| failure::of_models(&error.to_string()))?;
            models.extend(page.data.into_iter().map(Listed::known));
            let last_id = page.last_id.filter(|id| page.has_more && is_plain(id));
            let Some(last_id) = last_id else { break };
            after = format!("&after_id={last_id}");
        }
        Ok(models)
    }
}

/// Whether an id can stand in a URL as it is.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:@".contains(&b))
}

fn find(models: &[Known], model: &str) -> Option<Known> {
    let exact = models.iter().find(|known| known.info.id == model);
    exact.or_else(|| models.iter().find(|known| is_same_model(model, &known.info.id))).cloned()
}

fn unlisted(id: &str) -> Known {
    let id = Value::from(id);
    let listed: Listed = serde_json::from_value(serde_json::json!({ "id": id })).expect("an id is enough");
    listed.known()
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Listed>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    last_id: Option<String>,
}

/// A model as the upstream lists it. Local servers tell little more than the id.
#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    lifecycle: Option<String>,
    #[serde(default)]
    max_input_tokens: Option<u64>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    capabilities: Value,
}

impl Listed {
    fn known(self) -> Known {
        let can = |pointer: &str| {
            self.capabilities.pointer(&format!("{pointer}/supported")).and_then(Value::as_bool) == Some(true)
        };
        let all = [Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max];
        let efforts: Vec<Effort> =
            all.into_iter().filter(|effort| can(&format!("/effort/{}", effort.as_str()))).collect();
        let efforts = if can("/effort") { efforts } else { Vec::new() };
        let info = ModelInfo {
            display_name: self.display_name.clone().unwrap_or_else(|| self.id.clone()),
            simulated: false,
            deprecated: self.lifecycle.as_deref().is_some_and(|stage| stage != "active"),
            default_effort: default_effort(&self.id).filter(|effort| efforts.contains(effort)),
            efforts,
            max_input_tokens: self.max_input_tokens.filter(|tokens| *tokens > 0),
            max_output_tokens: self.max_tokens.filter(|tokens| *tokens > 0),
            thinking: can("/thinking"),
            image_input: can("/image_input"),
            pdf_input: can("/pdf_input"),
            id: self.id.clone(),
        };
        Known { info, adaptive_thinking: can("/thinking/types/adaptive") }
    }
}

/// The effort of a model when none is asked for. Not among the capabilities, so known from the documentation alone.
///
/// Source: <https://platform.claude.com/docs/en/build-with-claude/effort>
fn default_effort(model: &str) -> Option<Effort> {
    let medium = ["claude-opus-5-5", "claude-haiku-5-5"].iter().any(|known| is_same_model(known, model));
    Some(if medium { Effort::Medium } else { Effort::High })
}
