//! A title for a session that nobody named: the first line of its first prompt, as long as that is there.

use madang_protocol::{Actor, Author, Message, MessageId, MessageKind, SessionRenamed};

use crate::apply::{Step, session_of};

/// Characters of a derived title; what fits one line of the list.
const DERIVED_TITLE_CHARS: usize = 60;

/// Takes a title from a prompt: its first line, whole words, without Markdown's marks at the front.
pub(crate) fn derive(prompt: &str) -> String {
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.trim_start_matches(['#', '>', '-', '*', '`', ' ']);
    let line = line.replace(char::is_control, " ");
    if line.chars().count() <= DERIVED_TITLE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(DERIVED_TITLE_CHARS).collect();
    // Break at a word, unless that would lose half of it (Korean and Chinese lines may have no spaces).
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    let kept = if whole.chars().count() * 2 >= DERIVED_TITLE_CHARS { whole } else { &cut };
    format!("{}…", kept.trim_end())
}

/// The title that messages give, and the prompt that it is taken from: the oldest that says something.
pub(crate) fn taken<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Option<(MessageId, String)> {
    messages
        .into_iter()
        .filter(|message| message.kind == MessageKind::Prompt && message.deleted_at.is_none())
        .map(|message| (message.message_id, derive(&message.content)))
        .find(|(_, title)| !title.is_empty())
}

impl Step<'_> {
    /// Takes the title from a prompt; an untitled session without one stays so.
    pub(crate) fn take_title(&mut self) {
        let taken = taken(self.session.transcript.prompts());
        let was_taken = self.session.title_from.is_some();
        let (message_id, title) = match taken {
            Some((message, title)) => (Some(message), title),
            None if was_taken => (None, String::new()),
            None => return,
        };
        let by = Author { user_id: Actor::Server, display_name: String::new() };
        self.emit(SessionRenamed { session_id: session_of(self), title, by, message_id });
    }
}

#[cfg(test)]
mod tests {
    use super::derive;

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(derive("\n## Hello there\nmore"), "Hello there");
        assert_eq!(derive("안녕하세요"), "안녕하세요");
        assert_eq!(derive("   \n"), "");
        let long = derive(&"word ".repeat(40));
        assert!(long.ends_with("word…") && long.chars().count() <= 61, "{long}");
        let korean = derive(&"가".repeat(100));
        assert_eq!(korean, format!("{}…", "가".repeat(60)));
    }
}
