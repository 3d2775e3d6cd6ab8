//! Token counts of one response, in the shapes that the events carry.

use serde_json::{Value, json};

/// Input tokens by how they were served; the three add up to the whole prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) input: usize,
    pub(crate) cache_write_5m: usize,
    pub(crate) cache_write_1h: usize,
    pub(crate) cache_read: usize,
}

/// Output tokens a `message_start` reports, before there is any output.
const FIRST_OUTPUT_TOKENS: usize = 1;

impl Usage {
    /// Tokens that count against the input limit: cache reads are free.
    pub(crate) fn limited_input(&self) -> usize {
        self.input + self.cache_write_5m + self.cache_write_1h
    }

    /// `usage` of `message_start`.
    pub(crate) fn at_start(&self, broken: bool) -> Value {
        let input = if broken { json!(self.input.to_string()) } else { json!(self.input) };
        json!({
            "input_tokens": input,
            "cache_creation_input_tokens": self.cache_write_5m + self.cache_write_1h,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_write_5m,
                "ephemeral_1h_input_tokens": self.cache_write_1h,
            },
            "output_tokens": FIRST_OUTPUT_TOKENS,
            "service_tier": "standard",
            "inference_geo": "global",
        })
    }

    /// `usage` of `message_delta`: cumulative, so a client overwrites and never adds.
    pub(crate) fn at_end(&self, spent: &Spent, broken: bool) -> Value {
        let input = if broken { json!(self.input.to_string()) } else { json!(self.input) };
        let mut usage = json!({
            "input_tokens": input,
            "cache_creation_input_tokens": self.cache_write_5m + self.cache_write_1h,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": spent.output,
        });
        if spent.thinking > 0 {
            usage["output_tokens_details"] = json!({ "thinking_tokens": spent.thinking });
        }
        if spent.web_searches > 0 {
            usage["server_tool_use"] =
                json!({ "web_search_requests": spent.web_searches, "web_fetch_requests": 0 });
        }
        if let Some(iterations) = &spent.iterations {
            usage["iterations"] = iterations.clone();
        }
        usage
    }
}

/// What the response itself cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spent {
    pub(crate) output: usize,
    pub(crate) thinking: usize,
    pub(crate) web_searches: usize,
    pub(crate) iterations: Option<Value>,
}
