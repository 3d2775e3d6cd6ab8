//! Which names people may have: to log in with, and to be shown.

use madang_protocol::limits::DISPLAY_NAME_CHARS_MAX;

use crate::Refusal;

/// Characters of a login name at most.
pub const NAME_CHARS_MAX: usize = 64;

/// Whether a text could be a login name at all; others need no look at the database.
pub(crate) fn could_be(name: &str) -> bool {
    let fits = |one: char| one.is_alphanumeric() && !is_hidden(one) || "._-+@".contains(one);
    let chars = name.chars().count();
    (1..=NAME_CHARS_MAX).contains(&chars) && name.chars().all(fits)
}

/// A login name that may be chosen: letters and digits of any script, and `. _ - + @`.
pub(crate) fn login_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    // The participant of that name is somebody else, and an id must not be mistaken for a name (SE1).
    let reserved = name.eq_ignore_ascii_case("claude") || name.to_lowercase().starts_with("usr_");
    if !could_be(name) || reserved || !name.chars().any(char::is_alphanumeric) {
        return Err(Refusal::invalid(
            "name",
            "must be 1 to 64 letters and digits, with `.`, `_`, `-`, `+` and `@` between",
        ));
    }
    Ok(name.to_owned())
}

/// A name to be shown: one line of 1 to 64 characters, nothing that is invisible or turns the text around.
pub(crate) fn display_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let chars = name.chars().count();
    let visible: String = name.chars().filter(|one| !is_joining(*one)).collect();
    let hidden = name.chars().any(is_hidden) || visible.chars().all(char::is_whitespace);
    if !(1..=DISPLAY_NAME_CHARS_MAX).contains(&chars) || hidden {
        return Err(Refusal::invalid("display_name", "must be 1 to 64 visible characters"));
    }
    if visible.eq_ignore_ascii_case("claude") {
        return Err(Refusal::invalid("display_name", "must not be Claude's"));
    }
    Ok(name.to_owned())
}

/// The same of a name that an issuer gave: what can't be shown is left out.
pub(crate) fn tidied(name: &str) -> Option<String> {
    let kept: String = name.chars().filter(|one| !is_hidden(*one)).take(DISPLAY_NAME_CHARS_MAX).collect();
    display_name(&kept).ok()
}

/// A login name made of what an issuer says; the rest of it is dropped.
pub(crate) fn made_of(text: &str) -> String {
    let kept: String =
        text.chars().filter(|one| could_be(&one.to_string())).take(NAME_CHARS_MAX - 24).collect();
    login_name(&kept).unwrap_or_else(|_| "person".to_owned())
}

/// What only holds others together (in emoji, in some scripts): nothing by itself.
fn is_joining(one: char) -> bool {
    matches!(one, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Control characters, directions, fillers that are letters by name alone, and other things that no one sees.
fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_chosen() {
        for good in ["mina", "Kim.Mina@example.com", "김민아", "a", "x".repeat(64).as_str()] {
            assert_eq!(login_name(good).unwrap(), good);
        }
        for bad in [
            "",
            "  ",
            "a b",
            "Claude",
            "usr_0123",
            "a\u{202e}b",
            "../x",
            "@",
            "x".repeat(65).as_str(),
            "a\u{0}",
            "mina\u{3164}",
        ] {
            assert!(login_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(display_name(" Mina 김 ").unwrap(), "Mina 김");
        assert_eq!(display_name("👩\u{200d}💻").unwrap(), "👩\u{200d}💻");
        for bad in ["", "claude", "a\nb", "a\u{202e}b", "\u{200b}", "x".repeat(65).as_str()] {
            assert!(display_name(bad).is_err(), "{bad:?}");
        }
        // Nothing to be seen, another's name with something unseen in it, a letter that turns the line around.
        for bad in
            ["\u{3164}", "\u{200d}", "Cl\u{200d}aude", "Claude\u{fe0f}", "a\u{61c}b", "a\u{ad}b", "\u{2800}"]
        {
            assert!(display_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(made_of("auth0|5f7c<script>"), "auth05f7cscript");
        assert_eq!(tidied("Ann\u{202e}e\n").as_deref(), Some("Anne"));
    }
}
