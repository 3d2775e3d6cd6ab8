//! The words of a text, as they are searched; the same for what people write and for what they look for.
//!
//! Scripts that put spaces between words give words in lower case and without accents. Those that don't, or that write
//! particles onto words as Korean does, give every pair of neighbouring characters and, at the end of a run, its last
//! one: so a word of two syllables is found wherever it stands. See docs/decisions/0005-search.md.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word that count: longer ones are data that nobody looks for.
const WORD_CHARS_MAX: usize = 64;

/// What kind of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word between other characters.
    Word,
    /// Two neighbours of a run, or the last one of it.
    Pair,
    /// A sign on its own, an emoji for instance.
    Sign,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What is compared. No spaces, no ASCII but digits and small letters.
    pub(crate) text: String,
    /// Where it begins in the text, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Where its first character ends.
    pub(crate) first_end: usize,
    /// Its kind.
    pub(crate) kind: Kind,
}

/// What a character is to the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Pair,
    Sign,
    /// Belongs to whatever it stands in, and says nothing.
    Ignored,
    Between,
}

/// The form in which texts are kept and compared: composed, without the characters that mark what was found.
pub(crate) fn normal(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{e000}' | '\u{e001}' | '\0')).nfc().collect()
}

/// The tokens of a text in its [`normal`] form, one after the other.
pub(crate) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0 }
}

/// See [`tokens`].
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.text[self.at..].chars().next()?;
            let start = self.at;
            self.at += c.len_utf8();
            let token = match class(c) {
                Class::Between | Class::Ignored => continue,
                Class::Sign => self.token(Kind::Sign, start, self.at, c.to_string()),
                Class::Pair => self.pair(start, c),
                Class::Word => self.word(start),
            };
            // Nothing may be left of a character, a lone accent for instance.
            if !token.text.is_empty() {
                return Some(token);
            }
        }
    }
}

impl Tokens<'_> {
    fn token(&self, kind: Kind, start: usize, first_end: usize, text: String) -> Token {
        Token { text, start, end: self.at.max(first_end), first_end, kind }
    }

    /// The character at `start` with its neighbour, which the next token begins with.
    fn pair(&mut self, start: usize, first: char) -> Token {
        let first_end = self.at;
        let mut text = String::new();
        fold_into(&mut text, first);
        let mut after = first_end;
        for c in self.text[first_end..].chars() {
            after += c.len_utf8();
            match class(c) {
                Class::Ignored => {}
                Class::Pair => {
                    fold_into(&mut text, c);
                    return Token { text, start, end: after, first_end, kind: Kind::Pair };
                }
                Class::Word | Class::Sign | Class::Between => break,
            }
        }
        Token { text, start, end: first_end, first_end, kind: Kind::Pair }
    }

    fn word(&mut self, start: usize) -> Token {
        let mut text = String::new();
        let (mut chars, mut end) = (0, start);
        for c in self.text[start..].chars() {
            match class(c) {
                Class::Word if chars < WORD_CHARS_MAX => {
                    fold_into(&mut text, c);
                    chars += 1;
                }
                Class::Word | Class::Ignored => {}
                Class::Pair | Class::Sign | Class::Between => break,
            }
            end += c.len_utf8();
        }
        self.at = end;
        self.token(Kind::Word, start, end, text)
    }
}

fn class(c: char) -> Class {
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {
            Class::Ignored
        }
        // Thai, Lao, Myanmar, Khmer; Hangul; kana; Chinese characters.
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{318f}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}'
            if c.is_alphanumeric() || is_combining_mark(c) =>
        {
            Class::Pair
        }
        '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' if !c.is_alphanumeric() => Class::Sign,
        _ if c.is_alphanumeric() || is_combining_mark(c) => Class::Word,
        _ => Class::Between,
    }
}

/// Adds a character as it is compared. What is not a letter or digit of it goes: it would end the token in the index.
fn fold_into(text: &mut String, c: char) {
    let accents_go = matches!(c, '\0'..='\u{58f}' | '\u{1e00}'..='\u{1fff}');
    let mut add = |c: char| {
        for c in c.to_lowercase() {
            match c {
                'ς' => text.push('σ'),
                // `İ` in lower case has an accent of its own.
                '\u{300}'..='\u{36f}' => {}
                _ if c.is_ascii() && !c.is_ascii_alphanumeric() => {}
                _ if c.is_whitespace() => {}
                _ => text.push(c),
            }
        }
    };
    if accents_go {
        std::iter::once(c).nfkd().filter(|&c| !is_combining_mark(c)).for_each(&mut add);
    } else {
        std::iter::once(c).nfkc().for_each(&mut add);
    }
}

/// One of the words that someone looks for: tokens that stand next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    tokens: Vec<String>,
    /// Whether more may follow the last token: people write endings onto words.
    open: bool,
}

/// What someone looks for; all of it must be in a text.
pub(crate) fn terms(words: &str) -> Vec<Term> {
    let normal = normal(words);
    normal.split_whitespace().filter_map(term).collect()
}

fn term(word: &str) -> Option<Term> {
    let mut found: Vec<Token> = tokens(word).collect();
    let last = found.last()?;
    let alone = last.kind == Kind::Pair && last.end == last.first_end;
    let open = match last.kind {
        Kind::Word => true,
        Kind::Sign => false,
        Kind::Pair if found.len() > 1 && found[found.len() - 2].end > last.start => {
            // The end of a run of two or more: in the text the run may go on.
            found.pop();
            false
        }
        Kind::Pair => alone,
    };
    Some(Term { tokens: found.into_iter().map(|token| token.text).collect(), open })
}

/// Whether all of it is in a text in its [`normal`] form, as the index would find it.
pub(crate) fn found_in(text: &str, terms: &[Term]) -> bool {
    let mut missing: Vec<&Term> = terms.iter().collect();
    let mut seen = Vec::new();
    for token in tokens(text) {
        seen.push(token);
        missing.retain(|term| term.matched(&seen).is_none());
        if missing.is_empty() {
            return true;
        }
    }
    missing.is_empty()
}

impl Term {
    /// The term as FTS5 reads it. Tokens have no quotes in them.
    pub(crate) fn expression(&self) -> String {
        format!("\"{}\"{}", self.tokens.join(" "), if self.open { " *" } else { "" })
    }

    /// Where the term stands when it ends with the last of these tokens.
    pub(crate) fn matched(&self, before: &[Token]) -> Option<(usize, usize)> {
        let here = &before[before.len().checked_sub(self.tokens.len())?..];
        let (last, others) = here.split_last()?;
        let (wanted_last, wanted) = self.tokens.split_last()?;
        let fits = wanted.iter().zip(others).all(|(wanted, token)| *wanted == token.text);
        if !fits {
            return None;
        }
        let end = if *wanted_last == last.text {
            last.end
        } else if self.open && last.text.starts_with(wanted_last.as_str()) {
            match last.kind {
                Kind::Word | Kind::Sign => last.end,
                Kind::Pair => last.first_end,
            }
        } else {
            return None;
        };
        Some((here[0].start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        tokens(&normal(text)).map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    fn sought(words: &str) -> String {
        terms(words).iter().map(Term::expression).collect::<Vec<_>>().join(" AND ")
    }

    #[test]
    fn a_text_becomes_words_and_pairs() {
        for (text, expected) in [
            ("Deploy the SERVER, please!", "deploy the server please"),
            ("웹서버를 껐다", "웹서 서버 버를 를 껐다 다"),
            ("Rust로 짠 API는", "rust 로 짠 api 는"),
            ("snake_case don't", "snake case don t"),
            ("Café NAÏVE ÅÄÖ Ёлка ΟΔΟΣ ὀδός", "cafe naive aao елка οδοσ οδοσ"),
            ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}", "한글 글"),
            ("東京へ", "東京 京へ へ"),
            ("ｆｕｌｌ　ｗｉｄｔｈ ﬁne ①", "full width fine 1"),
            ("हिन्दी भाषा", "हिन्दी भाषा"),
            ("좋아요 👍🏽!", "좋아 아요 요 👍 🏽"),
            ("soft\u{ad}hyphen zero\u{200b}width", "softhyphen zerowidth"),
            ("\u{e000}mark\u{e001}ed \0", "marked"),
            ("\u{301} ~ ... ²", "2"),
            ("İstanbul ǅ", "istanbul dz"),
            ("", ""),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_sought_has_no_syntax() {
        for (words, expected) in [
            ("서버", "\"서버\""),
            ("서", "\"서\" *"),
            ("웹서버 배포", "\"웹서 서버\" AND \"배포\""),
            ("deploy", "\"deploy\" *"),
            ("snake_case", "\"snake case\" *"),
            ("서버API는", "\"서버 버 api 는\" *"),
            (
                "a\" OR \"b* NEAR(x) -y col:z ^",
                "\"a\" * AND \"or\" * AND \"b\" * AND \"near x\" * AND \"y\" * AND \"col z\" *",
            ),
            ("👍", "\"👍\""),
            ("\"*\" -- ; ' ( )", ""),
        ] {
            assert_eq!(sought(words), expected, "{words}");
        }
    }

    #[test]
    fn a_long_word_is_cut_alike_in_text_and_query() {
        let long = "x".repeat(1_000);
        assert_eq!(words(&long), "x".repeat(WORD_CHARS_MAX));
        assert_eq!(sought(&long), format!("\"{}\" *", "x".repeat(WORD_CHARS_MAX)));
    }

    #[test]
    fn tokens_say_where_they_stand() {
        let text = "a 웹서버!";
        let places: Vec<_> = tokens(text).map(|token| &text[token.start..token.end]).collect();
        assert_eq!(places, ["a", "웹서", "서버", "버"]);
    }
}
