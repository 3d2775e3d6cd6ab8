//! The prompt cache: which part of a prompt was seen before, and what writing the rest costs.
//!
//! Prefix order is tools, system, messages; an entry is found by the hash of everything before and including its
//! breakpoint, and lives from the start of the request that last used it.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::prefix::{blocks_of, canonical};
use super::profile::Profile;
use super::request::{Caller, MessagesRequest, tokens_of_bytes};
use super::usage::Usage;

/// Blocks before a breakpoint in which an older entry is still found, as documented.
const LOOKBACK_BLOCKS: usize = 20;
/// Entries kept; the oldest expire first and at this number everything expired is swept out.
const ENTRIES_MAX: usize = 100_000;
/// Lifetime of an entry when `cache_control` does not say `1h`.
const TTL_SHORT: Duration = Duration::from_secs(5 * 60);
/// Lifetime of an entry with `ttl: "1h"`.
const TTL_LONG: Duration = Duration::from_secs(60 * 60);

/// Entries by hash, with the time until which they live.
#[derive(Debug, Default)]
pub(crate) struct PromptCache {
    entries: HashMap<blake3::Hash, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    until: Duration,
    ttl: Duration,
}

/// A prompt as the cache sees it.
#[derive(Debug, Default)]
pub(crate) struct Prompt {
    blocks: Vec<Prefix>,
    cache_min_tokens: usize,
}

#[derive(Debug)]
struct Prefix {
    hash: blake3::Hash,
    /// Tokens up to and including this block.
    tokens: usize,
    /// The block is a breakpoint, and its entry lives this long.
    ttl: Option<Duration>,
}

impl Prompt {
    /// Reads the blocks and breakpoints of a request.
    pub(crate) fn of(caller: &Caller, profile: Profile, request: &MessagesRequest) -> Self {
        let body = &request.body;
        let mut reader = Reader::new(&format!("{}/{}", caller.tag(), request.model()));
        for tool in body["tools"].as_array().into_iter().flatten() {
            reader.push("tool", tool);
        }
        for block in blocks_of(&body["system"]) {
            reader.push("system", &block);
        }
        // A change of these keeps tools and system cached, and no message.
        reader.mix(&[&body["tool_choice"], &body["thinking"], &body["output_config"]]);
        for message in request.messages() {
            for block in blocks_of(&message["content"]) {
                reader.push(message["role"].as_str().unwrap_or(""), &block);
            }
        }
        let automatic = ttl_of(&body["cache_control"]);
        if let (Some(ttl), Some(last)) = (automatic, reader.blocks.last_mut()) {
            last.ttl = Some(ttl);
        }
        Self { blocks: reader.blocks, cache_min_tokens: profile.cache_min_tokens }
    }

    /// Tokens of the whole prompt.
    pub(crate) fn tokens(&self) -> usize {
        self.blocks.last().map_or(1, |block| block.tokens)
    }

    fn breakpoints(&self) -> impl DoubleEndedIterator<Item = (usize, &Prefix, Duration)> {
        let marked = self.blocks.iter().enumerate().filter_map(|(at, block)| Some((at, block, block.ttl?)));
        marked.filter(|(_, block, _)| block.tokens >= self.cache_min_tokens)
    }
}

impl PromptCache {
    /// What this prompt reads and writes at time `now`; nothing is remembered yet.
    pub(crate) fn look_up(&self, prompt: &Prompt, now: Duration) -> Usage {
        let read = self.longest_hit(prompt, now);
        let mut usage = Usage { cache_read: read, ..Usage::default() };
        let mut written = read;
        for (_, block, ttl) in prompt.breakpoints().filter(|(_, block, _)| block.tokens > read) {
            let part = if ttl == TTL_LONG { &mut usage.cache_write_1h } else { &mut usage.cache_write_5m };
            *part += block.tokens - written;
            written = block.tokens;
        }
        usage.input = prompt.tokens() - written;
        usage
    }

    /// Remembers the breakpoints of a prompt whose request started at `now`, and refreshes the entry it read.
    pub(crate) fn store(&mut self, prompt: &Prompt, now: Duration) {
        if self.entries.len() >= ENTRIES_MAX {
            self.entries.retain(|_, entry| entry.until > now);
        }
        for (at, _, _) in prompt.breakpoints() {
            for block in &prompt.blocks[at.saturating_sub(LOOKBACK_BLOCKS)..=at] {
                if let Some(entry) = self.entries.get_mut(&block.hash).filter(|entry| entry.until > now) {
                    entry.until = now + entry.ttl;
                }
            }
        }
        for (_, block, ttl) in prompt.breakpoints() {
            self.entries.insert(block.hash, Entry { until: now + ttl, ttl });
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    fn longest_hit(&self, prompt: &Prompt, now: Duration) -> usize {
        let alive = |block: &Prefix| self.entries.get(&block.hash).is_some_and(|entry| entry.until > now);
        let hits = prompt.breakpoints().filter_map(|(at, _, _)| {
            let window = &prompt.blocks[at.saturating_sub(LOOKBACK_BLOCKS)..=at];
            window.iter().rev().find(|block| alive(block)).map(|block| block.tokens)
        });
        hits.max().unwrap_or(0)
    }
}

struct Reader {
    hasher: blake3::Hasher,
    bytes: usize,
    blocks: Vec<Prefix>,
}

impl Reader {
    fn new(start: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(start.as_bytes());
        Self { hasher, bytes: 0, blocks: Vec::new() }
    }

    fn push(&mut self, role: &str, block: &Value) {
        let text = canonical(block);
        self.bytes += text.len();
        self.hasher.update(role.as_bytes()).update(&text.len().to_le_bytes()).update(text.as_bytes());
        let ttl = ttl_of(&block["cache_control"]);
        self.blocks.push(Prefix { hash: self.hasher.finalize(), tokens: tokens_of_bytes(self.bytes), ttl });
    }

    fn mix(&mut self, settings: &[&Value]) {
        for setting in settings {
            self.hasher.update(setting.to_string().as_bytes());
        }
    }
}

fn ttl_of(cache_control: &Value) -> Option<Duration> {
    match (cache_control["type"].as_str()?, cache_control["ttl"].as_str()) {
        ("ephemeral", Some("1h")) => Some(TTL_LONG),
        ("ephemeral", _) => Some(TTL_SHORT),
        _ => None,
    }
}
