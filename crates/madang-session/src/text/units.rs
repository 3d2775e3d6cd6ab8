//! Counting a string as JavaScript does, and its line ends.

use std::borrow::Cow;

/// UTF-16 code units of a string.
pub(crate) fn units_of(text: &str) -> u32 {
    // One for each character, which begins with a byte that continues none, and one more for those beyond U+FFFF.
    let units: usize =
        text.bytes().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum();
    measure(units)
}

/// A length within a document, all of which fit into 32 bits by their limit.
pub(crate) fn measure(length: usize) -> u32 {
    u32::try_from(length).expect("texts are checked against the limit of a document before they are measured")
}

/// The byte at which a unit of a string begins; none within a surrogate pair or beyond the end.
pub(crate) fn byte_of_unit(text: &str, unit: u32) -> Option<usize> {
    let mut at = 0;
    for (byte, char) in text.char_indices() {
        if at >= unit {
            return (at == unit).then_some(byte);
        }
        at += measure(char.len_utf16());
    }
    (at == unit).then_some(text.len())
}

/// A text with CR and CRLF made LF (DO1).
#[must_use]
pub fn normalise(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut owned = text.to_owned();
    normalise_from(&mut owned, 0);
    Cow::Owned(owned)
}

/// The same in place, from a byte on; says whether anything was to be done.
pub(crate) fn normalise_from(text: &mut String, from: usize) -> bool {
    if !text[from..].contains('\r') {
        return false;
    }
    let tail = text.split_off(from);
    text.push_str(&tail.replace("\r\n", "\n").replace('\r', "\n"));
    true
}
