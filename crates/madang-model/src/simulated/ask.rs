//! What a request asks the simulated model for: its words, its language, and the things it names.

use serde::Deserialize;
use serde_json::Value;

use crate::Request;

/// Words of a long answer when it names no number.
const LONG_WORDS: usize = 400;

/// What the newest message asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Its text.
    pub(crate) text: String,
    /// What our tools answered, when that is what it brings.
    pub(crate) tool_results: Vec<String>,
    /// Messages by people, this one included.
    pub(crate) prompts: usize,
    /// Whether it is in Korean.
    pub(crate) korean: bool,
    pub(crate) wants_table: bool,
    pub(crate) wants_code: bool,
    pub(crate) wants_math: bool,
    pub(crate) wants_diagram: bool,
    pub(crate) wants_thinking: bool,
    pub(crate) wants_tool: bool,
    pub(crate) wants_slow: bool,
    pub(crate) wants_error: bool,
    pub(crate) wants_wait: bool,
    pub(crate) wants_refusal: bool,
    /// How many words it should have, when it should be long.
    pub(crate) long_words: Option<usize>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Value,
}

impl Ask {
    /// Reads the newest message of a person.
    pub(crate) fn read(request: &Request) -> Self {
        let mut people = request
            .messages
            .iter()
            .rev()
            .filter_map(|raw| serde_json::from_str::<Message>(raw.get()).ok())
            .filter(|message| message.role == "user");
        let Some(newest) = people.next() else { return Self::default() };
        let tool_results = tool_results(&newest.content);
        let earlier: Vec<Message> = people.filter(|message| tool_results_absent(&message.content)).collect();
        let mut ask = if tool_results.is_empty() {
            Self::of_text(newest_text(&newest.content))
        } else {
            // An answer of a tool continues the prompt that called it; calling the tool again would never end.
            let text = earlier.first().map(|message| newest_text(&message.content)).unwrap_or_default();
            Self { korean: is_korean(&text), text, ..Self::default() }
        };
        ask.prompts = earlier.len() + usize::from(tool_results.is_empty());
        ask.tool_results = tool_results;
        ask
    }

    fn of_text(text: String) -> Self {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        // Korean words carry endings, so the beginning decides; English words are compared whole.
        let names = |list: &[&str]| {
            words.iter().any(|word| {
                list.iter().any(|name| if name.is_ascii() { word == name } else { word.starts_with(name) })
            })
        };
        Self {
            korean: is_korean(&text),
            wants_table: names(&["table", "tables", "표", "테이블"]),
            wants_code: names(&["code", "코드"]),
            wants_math: names(&["math", "maths", "formula", "수식", "수학"]),
            wants_diagram: names(&["mermaid", "diagram", "chart", "다이어그램", "머메이드", "도표"]),
            wants_thinking: names(&["think", "thinking", "생각"]),
            wants_tool: names(&["tool", "tools", "도구"]),
            wants_slow: names(&["slow", "slowly", "천천히", "느리게", "느린"]),
            wants_error: names(&["error", "fail", "오류", "에러", "실패"]),
            wants_wait: names(&["busy", "overloaded", "혼잡", "과부하"]),
            wants_refusal: names(&["refuse", "refusal", "거절", "거부"]),
            long_words: names(&["long", "길게", "긴"]).then(|| first_number(&words).unwrap_or(LONG_WORDS)),
            text,
            ..Self::default()
        }
    }
}

fn first_number(words: &[&str]) -> Option<usize> {
    words.iter().find_map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok())
}

/// The last text of a message; what comes before it may be what the place adds by itself.
fn newest_text(content: &Value) -> String {
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let newest = blocks.iter().rev().find_map(|block| block.get("text")?.as_str());
    content.as_str().or(newest).unwrap_or_default().trim().to_owned()
}

fn tool_results(content: &Value) -> Vec<String> {
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let results = blocks.iter().filter(|block| block["type"] == "tool_result");
    results
        .map(|result| {
            let text = newest_text(&result["content"]);
            if text.is_empty() { result["content"].to_string() } else { text }
        })
        .collect()
}

fn tool_results_absent(content: &Value) -> bool {
    tool_results(content).is_empty()
}

fn is_korean(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}'))
}
