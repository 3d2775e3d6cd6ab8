//! A parsed Messages request: its JSON, who sent it, and the few questions scenarios ask about it.

use serde_json::Value;

use super::http::Request;

/// Bytes of text that count as one token, here and in every count of the stand-in.
pub(crate) const BYTES_PER_TOKEN: usize = 4;

/// The API version that removed sampling parameters.
pub(crate) const VERSION_2026: &str = "2026-10-21";
/// The first API version, still accepted.
pub(crate) const VERSION_2023: &str = "2023-06-01";

/// How the client said who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthKind {
    Bearer,
    ApiKey,
}

/// Who asks, in which version and with which betas.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The key itself; never logged, only its tag is.
    pub(crate) key: String,
    pub(crate) version: String,
    pub(crate) betas: Vec<String>,
}

impl Caller {
    /// Eight hex digits that stand for the key in logs, buckets and signatures.
    pub(crate) fn tag(&self) -> String {
        tag_of(&self.key)
    }

    /// Whether a beta was asked for by header.
    pub(crate) fn has_beta(&self, name: &str) -> bool {
        self.betas.iter().any(|beta| beta == name)
    }
}

/// Eight hex digits that stand for an API key.
pub(crate) fn tag_of(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex()[..8].to_owned()
}

/// Reads the credential, if there is one, from either header the API accepts.
pub(crate) fn credential(request: &Request) -> Option<(AuthKind, String)> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let found = match (request.header("x-api-key"), bearer) {
        (Some(key), _) => (AuthKind::ApiKey, key),
        (None, Some(token)) => (AuthKind::Bearer, token),
        (None, None) => return None,
    };
    let key = found.1.trim();
    (!key.is_empty()).then(|| (found.0, key.to_owned()))
}

/// The names in every `anthropic-beta` header and in none twice.
pub(crate) fn betas(request: &Request) -> Vec<String> {
    let headers = request.headers.iter().filter(|(name, _)| name == "anthropic-beta");
    let mut names: Vec<String> = headers
        .flat_map(|(_, value)| value.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    names.dedup();
    names
}

/// The JSON body of POST /v1/messages, valid as far as `validate.rs` goes.
#[derive(Debug, Clone)]
pub(crate) struct MessagesRequest {
    pub(crate) body: Value,
}

impl MessagesRequest {
    pub(crate) fn new(body: Value) -> Self {
        Self { body }
    }

    pub(crate) fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or("")
    }

    pub(crate) fn streams(&self) -> bool {
        self.body["stream"].as_bool().unwrap_or(false)
    }

    pub(crate) fn max_tokens(&self) -> usize {
        self.body["max_tokens"].as_u64().and_then(|tokens| usize::try_from(tokens).ok()).unwrap_or(usize::MAX)
    }

    pub(crate) fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    /// A hash of everything but `stream`, so that both kinds of answer get the same ids.
    pub(crate) fn digest(&self) -> blake3::Hash {
        let mut canonical = self.body.clone();
        if let Some(fields) = canonical.as_object_mut() {
            fields.remove("stream");
        }
        blake3::hash(canonical.to_string().as_bytes())
    }

    /// The text of the last user message that has any, blocks joined by line ends.
    pub(crate) fn last_user_text(&self) -> String {
        let users = self.messages().iter().rev().filter(|message| message["role"] == "user");
        users.map(|message| text_of(&message["content"])).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The results of tools in the last message, as text; empty when it has none.
    pub(crate) fn tool_results(&self) -> Vec<String> {
        let last = self.messages().last().map_or(&Value::Null, |message| &message["content"]);
        let blocks = last.as_array().map_or(&[][..], Vec::as_slice);
        let results = blocks.iter().filter(|block| block["type"] == "tool_result");
        results.map(|block| text_of(&block["content"])).collect()
    }

    /// The name of the first tool the client offers.
    pub(crate) fn first_tool(&self) -> Option<&str> {
        self.body["tools"].as_array()?.iter().find_map(|tool| tool["name"].as_str())
    }

    /// Whether thinking text is to be shown; the newest models hide it unless asked.
    pub(crate) fn shows_thinking(&self, hidden_by_default: bool) -> bool {
        match self.body["thinking"]["display"].as_str() {
            Some("omitted") => false,
            Some(_) => true,
            None => !hidden_by_default,
        }
    }
}

/// The text in a `content` field: a string, or its text blocks joined by line ends.
pub(crate) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
            texts.join("\n")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

/// Tokens of a text or of a JSON value, by [`BYTES_PER_TOKEN`].
pub(crate) fn tokens_of_bytes(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_PER_TOKEN)
}
