//! What answers: the [`Model`] trait, the client of the Messages API, the simulated model.
//!
//! Alone names Anthropic. Knows nothing of sessions, people or sockets.

mod api;
mod messages;
mod prices;
mod settings;
mod simulated;

pub use api::*;
pub use messages::AnthropicModel;
pub use prices::{PriceTable, PricesError};
pub use settings::{ApiKey, PromptCache, Settings, SettingsError, from_settings};
pub use simulated::SimulatedModel;
