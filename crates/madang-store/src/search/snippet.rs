//! The part of a text that was found, with what matched between U+E000 and U+E001.

use super::words::{Term, Token, tokens};

/// Characters shown before the first match.
const BEFORE: usize = 40;
/// Characters shown from the first match on.
const AFTER: usize = 140;

/// A snippet of a text in its normal form. Line breaks become spaces, what is left out is `…`.
pub(crate) fn snippet(text: &str, terms: &[Term]) -> String {
    let mut seen: Vec<Token> = Vec::new();
    let mut matches: Vec<(usize, usize)> = Vec::new();
    let mut window = None;
    for token in tokens(text) {
        if window.is_some_and(|(_, end)| token.start >= end) {
            break;
        }
        seen.push(token);
        for term in terms {
            if let Some(place) = term.matched(&seen) {
                window.get_or_insert_with(|| window_around(text, place.0));
                matches.push(place);
            }
        }
    }
    let (start, end) = window.unwrap_or_else(|| window_around(text, 0));
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    let mut at = start;
    for (from, to) in merged(matches) {
        let (from, to) = (from.clamp(at, end), to.clamp(at, end));
        if from < to {
            push_plain(&mut shown, &text[at..from]);
            shown.push('\u{e000}');
            push_plain(&mut shown, &text[from..to]);
            shown.push('\u{e001}');
            at = to;
        }
    }
    push_plain(&mut shown, &text[at..end]);
    if end < text.len() {
        shown.push('…');
    }
    shown
}

/// From some characters before the place to some after it, in bytes.
fn window_around(text: &str, place: usize) -> (usize, usize) {
    let before = text[..place].char_indices().rev().take(BEFORE).last().map_or(place, |(at, _)| at);
    let after = text[place..].char_indices().nth(AFTER).map_or(text.len(), |(at, _)| place + at);
    (before, after)
}

/// Places in order, those that touch as one.
fn merged(mut places: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    places.sort_unstable();
    let mut all: Vec<(usize, usize)> = Vec::new();
    for (from, to) in places {
        match all.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            Some(_) | None => all.push((from, to)),
        }
    }
    all
}

fn push_plain(shown: &mut String, text: &str) {
    for c in text.chars() {
        if !c.is_whitespace() && !c.is_control() {
            shown.push(c);
        } else if !shown.ends_with(' ') {
            shown.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::terms;
    use super::*;

    fn shown(text: &str, words: &str) -> String {
        snippet(text, &terms(words)).replace('\u{e000}', "[").replace('\u{e001}', "]")
    }

    #[test]
    fn what_matched_is_marked() {
        for (text, words, expected) in [
            ("The deployment failed", "deploy", "The [deployment] failed"),
            ("웹서버를 껐다", "서버", "웹[서버]를 껐다"),
            ("웹서버를 껐다", "서", "웹[서]버를 껐다"),
            ("웹서버를 껐다", "웹서버", "[웹서버]를 껐다"),
            ("서버 회의, 서버 배포", "서버 배포", "[서버] 회의, [서버] [배포]"),
            ("a snake_case name", "snake_case", "a [snake_case] name"),
            ("line\n\n  break here", "here", "line break [here]"),
            ("<b>Café</b>", "cafe", "<b>[Café]</b>"),
            ("nothing of it", "else", "nothing of it"),
        ] {
            assert_eq!(shown(text, words), expected, "{text} {words}");
        }
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_match() {
        let text = format!("{}needle{}needle", "가 ".repeat(500), " 나".repeat(500));
        let shown = shown(&text, "needle");
        assert_eq!(shown.matches("[needle]").count(), 1);
        assert!(shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(shown.chars().count(), BEFORE + AFTER + 4);
    }
}
