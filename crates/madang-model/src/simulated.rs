//! The model that answers when no key is set: a script that says so, for trying everything out.
//!
//! The same request gets the same reply. Nothing leaves the machine.

mod ask;
mod script;
mod stream;
mod words;

use std::time::Duration;

use futures_util::StreamExt;
use madang_protocol::{Effort, ModelInfo, Usage};

use crate::settings::ms;
use crate::{BoxFuture, Model, ModelError, Reply, Request, Settings};
use ask::Ask;
pub(crate) use script::SIGNATURE;
use script::Script;
use stream::Playing;

/// The simulated model that takes its time.
const SIMULATED: &str = "simulated";

/// The simulated model that writes four times as fast.
const SIMULATED_FAST: &str = "simulated-fast";

/// Tokens that the simulated model claims to read: those of a real one, so that nothing looks different.
const INPUT_TOKENS_MAX: u64 = 200_000;

/// What answers without Claude.
#[derive(Debug, Clone)]
pub struct SimulatedModel {
    first_piece: Duration,
    per_piece: Duration,
}

impl SimulatedModel {
    /// A model at the pace that the settings name.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let per_piece = match settings.simulated_pieces_per_second {
            0 => Duration::ZERO,
            rate => Duration::from_secs(1) / rate,
        };
        Self { first_piece: ms(settings.simulated_first_piece_ms), per_piece }
    }

    fn info(id: &str, display_name: &str) -> ModelInfo {
        ModelInfo {
            id: id.to_owned(),
            display_name: display_name.to_owned(),
            simulated: true,
            deprecated: false,
            efforts: vec![Effort::Low, Effort::Medium, Effort::High],
            default_effort: Some(Effort::Medium),
            max_input_tokens: Some(INPUT_TOKENS_MAX),
            max_output_tokens: Some(script::WORDS_MAX as u64),
            thinking: true,
            image_input: true,
            pdf_input: true,
        }
    }
}

impl Model for SimulatedModel {
    fn reply(&self, request: Request) -> Reply {
        let ask = Ask::read(&request);
        let script = Script::write(&ask, &request);
        let pace = match (request.model.as_str(), ask.wants_slow) {
            (SIMULATED_FAST, false) => self.per_piece / 4,
            (_, false) => self.per_piece,
            (_, true) => self.per_piece * 8,
        };
        Playing::new(script, request.model, self.first_piece, pace).into_stream().boxed()
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        let models = vec![
            Self::info(SIMULATED, "Simulated (no key set)"),
            Self::info(SIMULATED_FAST, "Simulated, fast (no key set)"),
        ];
        Box::pin(std::future::ready(Ok(models)))
    }

    fn default_model(&self) -> String {
        SIMULATED.to_owned()
    }

    fn simulated(&self) -> bool {
        true
    }

    fn price(&self, _model: &str, _usage: &Usage) -> Option<(u64, String)> {
        None
    }
}
