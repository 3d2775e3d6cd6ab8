//! Text for answers: a fixed list of words, splitting into natural pieces, and the default Markdown reply.

/// Words of the scenario `normal`, repeated in order.
const WORDS: &[&str] = &[
    "The",
    "courtyard",
    "fills",
    "slowly",
    "with",
    "people",
    "and",
    "someone",
    "starts",
    "to",
    "sing",
    "about",
    "rivers",
    "that",
    "run",
    "under",
    "bridges",
    "while",
    "lanterns",
    "sway",
    "in",
    "warm",
    "evening",
    "air.",
];

/// Largest piece in bytes when a text is split at spaces; longer words are cut, at a character.
const PIECE_BYTES_MAX: usize = 12;
/// Most characters of the question that the default reply quotes.
const QUOTE_CHARS_MAX: usize = 160;

/// The n-th word of the fixed list and a space.
pub(crate) fn word(n: usize) -> String {
    format!("{} ", WORDS[n % WORDS.len()])
}

/// Splits a text into pieces like a model's tokens: whole words with the space before them, cut when long.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut after_space = true;
    for letter in text.chars() {
        let starts_word = letter.is_whitespace() && !after_space;
        if !piece.is_empty() && (starts_word || piece.len() + letter.len_utf8() > PIECE_BYTES_MAX) {
            pieces.push(std::mem::take(&mut piece));
        }
        after_space = letter.is_whitespace();
        piece.push(letter);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// Splits a text every `bytes` bytes, never inside a character.
pub(crate) fn every(text: &str, bytes: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in text.chars() {
        if pieces.last().is_some_and(|piece| piece.len() + letter.len_utf8() > bytes && !piece.is_empty()) {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    pieces
}

/// What the stand-in answers when no scenario is named: pleasant, about the question, and honest about itself.
pub(crate) fn default_reply(question: &str, results: &[String]) -> String {
    if !results.is_empty() {
        return format!(
            "The tool answered:\n\n> {}\n\nThat is all I needed. *(Simulated upstream.)*",
            quoted(&results.join(" "))
        );
    }
    let quote = quoted(question);
    if question.chars().any(|letter| ('가'..='힣').contains(&letter)) {
        return korean_reply(&quote, question);
    }
    let turn = blake3::hash(question.as_bytes()).as_bytes()[0] % 3;
    let middle = match turn {
        0 => {
            "1. **Look** at what is there already.\n2. **Change** one thing and see what moves.\n3. **Write down** what you learned."
        }
        1 => {
            "- It is *small enough* to try today.\n- It can be undone.\n- Someone else can read it tomorrow."
        }
        _ => {
            "```js\nconst answer = (question) => `You asked: ${question}`;\nconsole.log(answer(\"a fair thing\"));\n```"
        }
    };
    format!(
        "You said:\n\n> {quote}\n\nHere is how I would go about it.\n\n{middle}\n\n\
         Tell me which part matters most to you and we can go on from there.\n\n\
         *This is the simulated upstream: the same question always gets the same answer.*"
    )
}

fn korean_reply(quote: &str, question: &str) -> String {
    let middle = match blake3::hash(question.as_bytes()).as_bytes()[0] % 2 {
        0 => {
            "1. **먼저** 지금 있는 것을 살펴봅니다.\n2. **하나만** 바꾸고 무엇이 움직이는지 봅니다.\n3. 배운 것을 **적어 둡니다**."
        }
        _ => {
            "- 오늘 해 볼 수 있을 만큼 *작습니다*.\n- 언제든 되돌릴 수 있습니다.\n- 내일 다른 사람이 읽어도 이해할 수 있습니다."
        }
    };
    format!(
        "이렇게 말씀하셨네요.\n\n> {quote}\n\n저라면 이렇게 시작하겠습니다.\n\n{middle}\n\n\
         어느 부분이 가장 중요한지 알려 주시면 거기서부터 함께 이어 가겠습니다.\n\n\
         *시뮬레이션된 업스트림입니다. 같은 질문에는 늘 같은 답을 합니다.*"
    )
}

fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => "(nothing)".to_owned(),
        None => line,
    }
}

/// Hangul, joined emoji, letters outside the first plane, combining marks and the two line separators of Unicode.
pub(crate) const UNICODE: &str = "안녕하세요 마당 👩‍👩‍👧‍👦 𝒜𝓃𝓃𝒶 é ñ\u{2028}줄\u{2029}문단 \u{1F1F0}\u{1F1F7} 한글 \"따옴표\" \\ 역슬래시 \t탭 끝";

/// A page with everything a Markdown renderer has to cope with.
pub(crate) const MARKDOWN: &str = "# A tour of Markdown\n\n\
Plain text with **bold**, *italics*, `inline code`, ~~struck~~ and a [link](https://example.com/).\n\n\
## Lists\n\n- one\n- two\n  1. nested\n  2. again\n- [ ] to do\n- [x] done\n\n\
## A table\n\n| Language | 한국어 | Number |\n| --- | :---: | ---: |\n| Rust | 러스트 | 1 |\n| TypeScript | 타입스크립트 | 22 |\n\n\
## Code\n\n```rust\nfn main() {\n    println!(\"안녕, {}!\", \"마당\");\n}\n```\n\n\
```mermaid\ngraph TD\n  A[Ask] --> B{Stream?}\n  B -->|yes| C[Deltas]\n  B -->|no| D[Message]\n```\n\n\
## Mathematics\n\nInline $e^{i\\pi} + 1 = 0$ and alone:\n\n$$\\int_0^1 x^2\\,dx = \\tfrac{1}{3}$$\n\n\
> A quotation with two lines\n> and a footnote.[^1]\n\n\
<script>alert(\"never run\")</script>\n\n[^1]: The note.\n";

#[cfg(test)]
mod tests {
    use super::{MARKDOWN, UNICODE, every, pieces};

    #[test]
    fn splitting_loses_nothing() {
        for text in [UNICODE, MARKDOWN, "", " ", "a  b", "a_word_that_is_longer_than_any_piece"] {
            assert_eq!(pieces(text).concat(), text);
            assert_eq!(every(text, 5).concat(), text);
        }
    }
}
