//! One form for texts that look alike.

use unicode_normalization::UnicodeNormalization as _;

/// A login or display name as it is compared: NFKC in lower case, so that names that differ in case, width or Unicode
/// form alone are one. NUL ends a text in LIKE, so it is replaced.
pub(crate) fn name(text: &str) -> String {
    // Lower case may need composing again: `İ` becomes `i` and a dot.
    text.nfkc()
        .flat_map(char::to_lowercase)
        .nfkc()
        .map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// A LIKE pattern for folded texts that contain this folded text, whatever its characters; `!` escapes.
pub(crate) fn containing(folded: &str) -> String {
    let mut pattern = String::with_capacity(folded.len() + 2);
    pattern.push('%');
    for c in folded.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_fold_to_one() {
        for (a, b) in [
            ("Mina", "mINA"),
            ("mina", "ｍｉｎａ"),
            ("미나", "\u{1106}\u{1175}\u{1102}\u{1161}"),
            ("café", "CAFE\u{301}"),
            ("ﬁne", "FINE"),
            ("Å", "\u{212b}"),
        ] {
            assert_eq!(name(a), name(b), "{a}");
        }
        assert_ne!(name("mina"), name("minä"));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["İstanbul", "ΟΔΟΣ", "ẞ", "ǅ", "㎏", "\u{fdfa}", "a\0b", "ϓ"] {
            assert_eq!(name(&name(text)), name(text), "{text}");
        }
    }

    #[test]
    fn a_search_text_is_taken_literally() {
        assert_eq!(containing("100%_!\\마당"), "%100!%!_!!\\마당%");
    }
}
