//! The prefix check: a thinking block is valid only after exactly the conversation that it was made in.
//!
//! A signature names the account, the model and a hash of `system`, `tools` and every earlier message, and is sealed
//! with a key. Cache breakpoints, null fields and the difference between a string and one text block do not count.

use serde_json::{Value, json};

use super::error::ApiError;
use super::profile::Profile;
use super::request::{Caller, MessagesRequest};

/// Starts every signature of the stand-in, so that it can't be taken for a real one.
const SIGNATURE_START: &str = "EsimA";
/// Beta header that allows `drop_block`.
const BINDING_BETA: &str = "thinking-binding-controls-2026-08-01";
/// Hex digits of the account and of the model in a signature.
const TAG_DIGITS: usize = 8;
/// Hex digits of the prefix hash and of the seal.
const HASH_DIGITS: usize = 32;

/// Makes the signatures of one response.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    key: [u8; 32],
    claims: String,
}

impl Signer {
    /// A signer for a response of this model to this request.
    pub(crate) fn new(key: [u8; 32], caller: &Caller, profile: Profile, request: &MessagesRequest) -> Self {
        let prefix = prefixes(request).pop().unwrap_or_default();
        Self { key, claims: claims(&caller.tag(), profile.binding, &prefix) }
    }

    /// The signature of a block that shows this text.
    pub(crate) fn sign(&self, thinking: &str) -> String {
        format!("{SIGNATURE_START}{}{}", self.claims, seal(&self.key, &self.claims, thinking))
    }
}

/// What came of the check: blocks that were dropped, in the API's words.
pub(crate) type Transformations = Vec<Value>;

/// Checks every thinking block, and takes those out that may be dropped.
pub(crate) fn check(
    key: &[u8; 32],
    caller: &Caller,
    profile: Profile,
    request: &mut MessagesRequest,
) -> Result<Transformations, ApiError> {
    let prefixes = prefixes(request);
    let drops = caller.has_beta(BINDING_BETA)
        && request.body["thinking"]["block_binding"]["prefix_mismatch_behavior"] == "drop_block";
    let mut dropped = Vec::new();
    let Some(messages) = request.body["messages"].as_array_mut() else { return Ok(dropped) };
    for (at, message) in messages.iter_mut().enumerate().filter(|(_, message)| message["role"] == "assistant")
    {
        let Some(blocks) = message["content"].as_array_mut() else { continue };
        let mut kept = Vec::with_capacity(blocks.len());
        for (position, block) in blocks.drain(..).enumerate() {
            let path = format!("messages.{at}.content.{position}");
            let expected = claims(&caller.tag(), profile.binding, &prefixes[at]);
            match verdict(key, &expected, &block) {
                Verdict::Fits => kept.push(block),
                Verdict::Forged => {
                    return Err(ApiError::invalid(format!(
                        "{path}: Invalid `signature` in `thinking` block"
                    )));
                }
                Verdict::Mismatch(reason) if drops || reason == MODEL_MISMATCH => {
                    dropped.push(json!({ "type": "thinking_dropped", "path": path, "reason": reason }));
                }
                Verdict::Mismatch(_) => {
                    return Err(ApiError::invalid(format!(
                        "{path}: The block is bound to a different conversation"
                    )));
                }
            }
        }
        *blocks = kept;
    }
    Ok(dropped)
}

enum Verdict {
    Fits,
    Forged,
    Mismatch(&'static str),
}

const MODEL_MISMATCH: &str = "model_binding_mismatch";

fn verdict(key: &[u8; 32], expected: &str, block: &Value) -> Verdict {
    if block["type"] != "thinking" {
        return Verdict::Fits;
    }
    let signature =
        block["signature"].as_str().and_then(|text| text.strip_prefix(SIGNATURE_START)).unwrap_or("");
    let Some((claimed, sealed)) = signature.split_at_checked(2 * TAG_DIGITS + HASH_DIGITS) else {
        return Verdict::Forged;
    };
    if sealed != seal(key, claimed, block["thinking"].as_str().unwrap_or("")) {
        return Verdict::Forged;
    }
    let differs = |from: usize, to: usize| claimed.get(from..to) != expected.get(from..to);
    if differs(0, TAG_DIGITS) {
        Verdict::Mismatch("organization_binding_mismatch")
    } else if differs(TAG_DIGITS, 2 * TAG_DIGITS) {
        Verdict::Mismatch(MODEL_MISMATCH)
    } else if claimed != expected {
        Verdict::Mismatch("prefix_binding_mismatch")
    } else {
        Verdict::Fits
    }
}

fn claims(account: &str, model: &str, prefix: &str) -> String {
    format!("{account}{}{prefix}", &blake3::hash(model.as_bytes()).to_hex()[..TAG_DIGITS])
}

fn seal(key: &[u8; 32], claims: &str, thinking: &str) -> String {
    let mut mac = blake3::Hasher::new_keyed(key);
    mac.update(claims.as_bytes()).update(thinking.as_bytes());
    mac.finalize().to_hex()[..HASH_DIGITS].to_owned()
}

/// The hash of everything before each message, and last of everything.
fn prefixes(request: &MessagesRequest) -> Vec<String> {
    let mut hasher = blake3::Hasher::new();
    for text in blocks_of(&request.body["system"]) {
        feed(&mut hasher, "system", &text);
    }
    for tool in request.body["tools"].as_array().into_iter().flatten() {
        feed(&mut hasher, "tool", tool);
    }
    let mut hashes = vec![digest(&hasher)];
    for message in request.messages() {
        for block in blocks_of(&message["content"]) {
            feed(&mut hasher, message["role"].as_str().unwrap_or(""), &block);
        }
        hashes.push(digest(&hasher));
    }
    hashes
}

fn digest(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex()[..HASH_DIGITS].to_owned()
}

/// A `content` or `system` field as a list of blocks; a string is one text block.
pub(crate) fn blocks_of(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![json!({ "type": "text", "text": text })],
        Value::Array(blocks) => blocks.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// A block as the model sees it: without cache breakpoints and empty fields, keys in order.
pub(crate) fn canonical(block: &Value) -> String {
    let Some(fields) = block.as_object() else { return block.to_string() };
    let kept = fields.iter().filter(|(key, value)| *key != "cache_control" && !value.is_null());
    let kept: serde_json::Map<String, Value> =
        kept.map(|(key, value)| (key.clone(), value.clone())).collect();
    Value::Object(kept).to_string()
}

fn feed(hasher: &mut blake3::Hasher, role: &str, block: &Value) {
    let text = canonical(block);
    hasher.update(role.as_bytes()).update(&text.len().to_le_bytes()).update(text.as_bytes());
}
