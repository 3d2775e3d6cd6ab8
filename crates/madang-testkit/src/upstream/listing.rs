//! `GET /v1/models` and `GET /v1/models/{id}`.

use serde_json::{Value, json};

use super::error::ApiError;
use super::models;
use super::server::Shared;

/// Models on a page when the client does not say.
const PAGE_DEFAULT: usize = 20;
/// Most models on a page; a larger `limit` is a 400.
const PAGE_MAX: usize = 1_000;

/// One page of the list.
pub(crate) fn list(shared: &Shared, query: &str) -> Result<Value, ApiError> {
    let pairs: Vec<(String, &str)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| {
            (key.replace("%5B", "[").replace("%5D", "]").trim_end_matches("[]").to_owned(), value)
        })
        .collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
    let limit: usize = value("limit").map_or(Ok(PAGE_DEFAULT), str::parse).map_err(|_| bad_limit())?;
    if limit == 0 || limit > PAGE_MAX {
        return Err(bad_limit());
    }
    let all = models::list(&stages(&pairs)?, shared.options.lists_simulated_models);
    let position = |id: &str| all.iter().position(|model| model["id"] == id);
    let (start, end) = match (value("after_id"), value("before_id")) {
        (Some(id), _) if position(id).is_some() => (position(id).map_or(0, |at| at + 1), all.len()),
        (_, Some(id)) if position(id).is_some() => {
            let end = position(id).unwrap_or(0);
            (end.saturating_sub(limit), end)
        }
        _ => (0, all.len()),
    };
    let page = &all[start..end.min(start + limit)];
    let backwards = value("before_id").is_some() && value("after_id").is_none();
    let has_more = if backwards { start > 0 } else { start + page.len() < all.len() };
    let id_of = |model: Option<&Value>| model.map_or(Value::Null, |model| model["id"].clone());
    Ok(json!({
        "data": page, "has_more": has_more, "first_id": id_of(page.first()), "last_id": id_of(page.last()),
    }))
}

/// One model by its id or alias.
pub(crate) fn one(path: &str) -> Result<Value, ApiError> {
    models::describe(path.trim_start_matches("/v1/models/"))
}

/// Stages of life to list: active and deprecated unless the query names others.
fn stages(pairs: &[(String, &str)]) -> Result<Vec<String>, ApiError> {
    let named = pairs.iter().filter(|(key, _)| key == "lifecycle").flat_map(|(_, value)| value.split(','));
    let mut stages: Vec<String> = named.map(str::to_owned).collect();
    if stages.is_empty() {
        stages = vec!["active".to_owned(), "deprecated".to_owned()];
    }
    match stages.iter().find(|stage| !matches!(stage.as_str(), "active" | "deprecated" | "retired")) {
        Some(stage) => {
            Err(ApiError::invalid(format!("lifecycle: `{stage}` is not active, deprecated or retired")))
        }
        None => Ok(stages),
    }
}

fn bad_limit() -> ApiError {
    ApiError::invalid(format!("limit: Input should be from 1 to {PAGE_MAX}"))
}
