//! What the pool shows of itself, for metrics and health.

use serde::Serialize;

use super::lane::Why;
use super::queue::Queue;

/// How it goes with a model's upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelCondition {
    /// Requests are made as they come.
    Ok,
    /// The upstream's rate limits hold requests back.
    Limited,
    /// It can't be reached or fails: the breaker is open, or one request tries.
    Broken,
}

/// One model, as the pool knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelState {
    /// Its id.
    pub model: String,
    /// How it goes.
    pub condition: ModelCondition,
    /// Milliseconds until the next request is made to it, when it is shut.
    pub retry_after_ms: Option<u64>,
    /// Requests that run.
    pub running: usize,
    /// Requests that wait.
    pub waiting: usize,
}

/// The pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolState {
    /// Requests that may run at once.
    pub places: usize,
    /// Requests that run.
    pub running: usize,
    /// Requests that wait.
    pub waiting: usize,
    /// People whose requests wait.
    pub people_waiting: usize,
    /// The models that were asked lately, by id.
    pub models: Vec<ModelState>,
}

impl PoolState {
    pub(super) fn of(queue: &Queue, places: usize, now: u64) -> PoolState {
        let model = |(model, lane): (&std::sync::Arc<str>, &super::lane::Lane)| {
            let shut = lane.shut(now);
            let condition = match shut {
                Some((_, _, Why::Broken(_))) => ModelCondition::Broken,
                Some((_, _, Why::Limited)) => ModelCondition::Limited,
                None if lane.first.is_some() => ModelCondition::Limited,
                None => ModelCondition::Ok,
            };
            ModelState {
                model: model.to_string(),
                condition,
                retry_after_ms: shut.and_then(|(_, until, _)| Some(until? - now)),
                running: lane.running,
                waiting: lane.waiting,
            }
        };
        let mut models: Vec<_> = queue.lanes().map(model).collect();
        models.sort_unstable_by(|a, b| a.model.cmp(&b.model));
        let (running, waiting) = (queue.running(), queue.waiting());
        PoolState { places, running, waiting, people_waiting: queue.people_waiting(), models }
    }
}
