//! What tokens cost: a versioned table that can be edited, not a ratio in code.
//!
//! Absolute prices, because the relation between them differs per model.

use std::path::Path;

use madang_protocol::Usage;
use serde::Deserialize;

use crate::PromptCache;

/// The table that is built in; see the file for its form.
const BUILT_IN: &str = include_str!("../data/prices.toml");

/// Bytes a price table may have; a larger file is something else and is refused.
const TABLE_BYTES_MAX: u64 = 1024 * 1024;

/// Prices by model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    version: String,
    #[serde(rename = "model")]
    models: Vec<ModelPrice>,
}

/// A price table that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PricesError {
    /// The file can't be read.
    #[error("the file can't be read")]
    Read(#[source] std::io::Error),
    /// The file is larger than any price table.
    #[error("the file is larger than a price table may be (1 MiB)")]
    TooLarge,
    /// The file is not of the form of the built-in table.
    #[error("the file does not have the form of a price table")]
    Form(#[source] Box<toml::de::Error>),
    /// A price is negative or no number.
    #[error("the price of {0} is negative or no number")]
    Price(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelPrice {
    id: String,
    input: f64,
    output: f64,
    cache_write_5m: f64,
    cache_write_1h: f64,
    cache_read: f64,
    #[serde(default)]
    long: Option<LongPrice>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LongPrice {
    above_input_tokens: u64,
    input: f64,
    output: f64,
    cache_write_5m: f64,
    cache_write_1h: f64,
    cache_read: f64,
}

/// Prices of one request in dollars per million tokens: input, cache write (5 minutes, 1 hour), cache read, output.
type Rates = [f64; 5];

impl PriceTable {
    /// The table of this build.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in table is tested")
    }

    /// Reads a table from a file.
    ///
    /// # Errors
    /// [`PricesError`] when the file can't be read or is no table.
    pub fn read(path: &Path) -> Result<Self, PricesError> {
        if std::fs::metadata(path).map_err(PricesError::Read)?.len() > TABLE_BYTES_MAX {
            return Err(PricesError::TooLarge);
        }
        Self::parse(&std::fs::read_to_string(path).map_err(PricesError::Read)?)
    }

    /// Reads a table from its text.
    ///
    /// # Errors
    /// [`PricesError`] when it is no table.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let table: Self = toml::from_str(text).map_err(|error| PricesError::Form(Box::new(error)))?;
        let wrong = |model: &&ModelPrice| {
            let rates = model.rates(0).into_iter().chain(model.rates(u64::MAX));
            rates.into_iter().any(|rate| !rate.is_finite() || rate < 0.0)
        };
        match table.models.iter().find(wrong) {
            Some(model) => Err(PricesError::Price(model.id.clone())),
            None => Ok(table),
        }
    }

    /// The version of the table, stored with every cost.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What was used, in millionths of a US dollar rounded up from a half; none for a model without a price.
    ///
    /// The upstream's sum of cache writes is taken to be of the one kind that requests ask for.
    #[must_use]
    pub fn price(&self, model: &str, usage: &Usage, cache: PromptCache) -> Option<u64> {
        let found = self.models.iter().find(|price| is_same_model(&price.id, model))?;
        let read = [usage.cache_read_input_tokens, usage.cache_creation_input_tokens]
            .into_iter()
            .fold(usage.input_tokens, u64::saturating_add);
        let [input, write_5m, write_1h, cache_read, output] = found.rates(read);
        let write = if cache == PromptCache::OneHour { write_1h } else { write_5m };
        let nano_usd = nano(usage.input_tokens, input)
            + nano(usage.cache_creation_input_tokens, write)
            + nano(usage.cache_read_input_tokens, cache_read)
            + nano(usage.output_tokens, output);
        Some(u64::try_from((nano_usd + 500) / 1000).unwrap_or(u64::MAX))
    }
}

impl ModelPrice {
    fn rates(&self, input_tokens: u64) -> Rates {
        match &self.long {
            Some(long) if input_tokens > long.above_input_tokens => {
                [long.input, long.cache_write_5m, long.cache_write_1h, long.cache_read, long.output]
            }
            _ => [self.input, self.cache_write_5m, self.cache_write_1h, self.cache_read, self.output],
        }
    }
}

/// Dollars per million tokens are millionths per token; counted in billionths, so that 0.0125 is exact.
fn nano(tokens: u64, usd_per_million: f64) -> u128 {
    u128::from(tokens) * u128::from((usd_per_million * 1000.0).round() as u64)
}

/// Whether `id` is `known`, or `known` with a date.
pub(crate) fn is_same_model(known: &str, id: &str) -> bool {
    let Some(rest) = id.strip_prefix(known) else { return false };
    let date = rest.strip_prefix('-');
    rest.is_empty() || date.is_some_and(|date| date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, write: u64, read: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            output_tokens: output,
            cache_read_input_tokens: read,
            cache_creation_input_tokens: write,
            estimated: false,
        }
    }

    fn check(model: &str, used: Usage, cache: PromptCache, micro_usd: Option<u64>) {
        assert_eq!(PriceTable::built_in().price(model, &used, cache), micro_usd);
    }

    #[test]
    fn every_kind_of_token_has_its_price() {
        let million = usage(1_000_000, 1_000_000, 1_000_000, 1_000_000);
        check("claude-opus-5-5", million, PromptCache::FiveMinutes, Some(29_200_000));
        check("claude-opus-5-5", million, PromptCache::OneHour, Some(32_200_000));
    }

    #[test]
    fn a_dated_id_is_the_same_model_and_a_longer_one_is_not() {
        check("claude-haiku-4-5-20251001", usage(1000, 0, 0, 0), PromptCache::Off, Some(1000));
        check("claude-opus-5-50", usage(1000, 0, 0, 0), PromptCache::Off, None);
        check("llama3", usage(1000, 0, 0, 0), PromptCache::Off, None);
    }

    #[test]
    fn long_prompts_cost_more_where_the_table_says_so() {
        check("claude-haiku-5-5", usage(100_000, 0, 0, 0), PromptCache::Off, Some(10_000));
        check("claude-haiku-5-5", usage(1, 0, 100_000, 1000), PromptCache::Off, Some(7_501));
    }

    #[test]
    fn halves_of_a_millionth_round_up_and_nothing_overflows() {
        check("claude-haiku-5-5", usage(0, 4, 0, 0), PromptCache::FiveMinutes, Some(1));
        check("claude-fable-5", usage(0, 0, 0, u64::MAX), PromptCache::Off, Some(u64::MAX));
    }

    #[test]
    fn a_wrong_table_is_refused() {
        assert!(matches!(PriceTable::parse("version = 3"), Err(PricesError::Form(_))));
        let negative = BUILT_IN.replacen("input = 4.0", "input = -4.0", 1);
        assert!(
            matches!(PriceTable::parse(&negative), Err(PricesError::Price(id)) if id == "claude-opus-5-5")
        );
        assert!(matches!(PriceTable::read(Path::new("/nowhere/prices.toml")), Err(PricesError::Read(_))));
    }
}
