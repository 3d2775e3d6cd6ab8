//! The body of a request, put together from JSON that is sent byte for byte.
//!
//! Newer models bind their thinking to the exact bytes of system, tools and earlier messages, and the prompt cache to
//! the exact prefix; so nothing here may depend on anything but the request and the model's capabilities.

use bytes::Bytes;

use super::catalog::Known;
use super::history::without_simulated;
use super::wire::json_string;
use crate::{PromptCache, Request};

/// Bytes that everything but system, tools and messages takes, about; only to allocate once.
const FRAME_BYTES: usize = 512;

/// Writes the body. `known` is what the upstream said the model can; without it nothing is asked for that an unknown
/// server might refuse.
pub(crate) fn write(request: &Request, known: Option<&Known>, cache: PromptCache) -> Bytes {
    let messages: usize = request.messages.iter().map(|message| message.get().len() + 1).sum();
    let tools = request.tools.as_ref().map_or(0, |tools| tools.get().len());
    let mut body = String::with_capacity(FRAME_BYTES + request.system.len() * 9 / 8 + tools + messages);
    body.push_str("{\"model\":");
    body.push_str(json_string(&request.model).get());
    let most = known.and_then(|known| known.info.max_output_tokens).unwrap_or(u64::MAX);
    body.push_str(&format!(",\"max_tokens\":{}", u64::from(request.max_tokens).min(most).max(1)));
    body.push_str(",\"stream\":true");
    if let Some(hash) = &request.user_hash {
        body.push_str(&format!(",\"metadata\":{{\"user_id\":{}}}", json_string(hash)));
    }
    if let Some(known) = known {
        write_thinking(&mut body, request, known);
    }
    if let Some(mark) = cache_mark(cache) {
        // Marks the newest message, wherever it is.
        body.push_str(&format!(",\"cache_control\":{mark}"));
    }
    if let Some(tools) = &request.tools {
        body.push_str(",\"tools\":");
        body.push_str(tools.get());
    }
    if !request.system.is_empty() {
        write_system(&mut body, &request.system, cache);
    }
    body.push_str(",\"messages\":[");
    for (position, message) in request.messages.iter().enumerate() {
        if position > 0 {
            body.push(',');
        }
        body.push_str(&without_simulated(message));
    }
    body.push_str("]}");
    Bytes::from(body)
}

fn write_thinking(body: &mut String, request: &Request, known: &Known) {
    if known.adaptive_thinking {
        // Without "summarized" the newest models are silent while they think and between tool calls.
        body.push_str(",\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}");
    }
    if let Some(effort) = request.effort.filter(|effort| known.info.efforts.contains(effort)) {
        body.push_str(&format!(",\"output_config\":{{\"effort\":\"{}\"}}", effort.as_str()));
    }
}

/// The system prompt, with a mark at its end that covers the tools too: they come first in the cache's order.
fn write_system(body: &mut String, system: &str, cache: PromptCache) {
    body.push_str(",\"system\":[{\"type\":\"text\",\"text\":");
    body.push_str(json_string(system).get());
    if let Some(mark) = cache_mark(cache) {
        body.push_str(&format!(",\"cache_control\":{mark}"));
    }
    body.push_str("}]");
}

fn cache_mark(cache: PromptCache) -> Option<&'static str> {
    match cache {
        PromptCache::Off => None,
        PromptCache::FiveMinutes => Some("{\"type\":\"ephemeral\"}"),
        PromptCache::OneHour => Some("{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"),
    }
}
