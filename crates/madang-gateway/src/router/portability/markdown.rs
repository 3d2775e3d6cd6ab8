//! A session as Markdown, for people to read and keep.

use madang_protocol::{Message, MessageKind, ReplyStatus, SessionState};

use super::time;

/// The whole: a title, then the entries.
pub(super) fn whole(state: &SessionState, entries: &[String]) -> String {
    let title = if state.summary.title.is_empty() { "Untitled session" } else { &state.summary.title };
    let people: Vec<_> = state.participants.iter().map(|person| line(&person.display_name)).collect();
    let since = time::plain(state.summary.created_at);
    format!("# {}\n\n{} · {since}\n\n{}", line(title), people.join(", "), entries.concat())
}

/// One entry: who, when, what. The text is Markdown itself and stays as it is.
pub(super) fn entry(message: &Message) -> String {
    let to = match message.kind {
        MessageKind::Prompt => " → Claude",
        MessageKind::Chat | MessageKind::Reply => "",
    };
    let edited = if message.edited_at.is_some() { " · edited" } else { "" };
    let status = match message.reply.as_ref().map(|reply| reply.status) {
        Some(ReplyStatus::Cancelled) => " · stopped",
        Some(ReplyStatus::Error) => " · failed",
        Some(ReplyStatus::Interrupted) => " · interrupted",
        Some(ReplyStatus::Streaming) => " · not finished",
        Some(ReplyStatus::Complete) | None => "",
    };
    let text = if message.deleted_at.is_some() { "*deleted*" } else { message.content.trim_end() };
    let (name, at) = (line(&message.author.display_name), time::plain(message.created_at));
    format!("## {name}{to}\n\n<sub>{at}{edited}{status}</sub>\n\n{text}\n\n")
}

/// A name or title as one line in which nothing is markup.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            out.push(' ');
            continue;
        }
        if letter.is_ascii_punctuation() && !matches!(letter, '.' | ',' | '\'' | '-' | '?' | ':' | '/') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(line("A <b>*x*\n# y"), "A \\<b\\>\\*x\\* \\# y");
    }
}
