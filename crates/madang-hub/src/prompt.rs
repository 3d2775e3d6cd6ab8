//! What Claude is told besides the conversation; frozen per session, free of dates and names (prompt cache).

/// The version of the system prompt and tool set that new sessions start with.
pub(crate) const PROMPT_VERSION: u32 = 1;

const SYSTEM_1: &str = "You are Claude, a participant of a session in Madang, a place on the web where a team works \
with you live. Everyone in the session sees your replies as you write them.\n\n\
Write Markdown. Put code in fenced blocks with the language named. Formulas may be written in LaTeX between dollar \
signs, diagrams in a fenced block named mermaid. Answer in the language you are addressed in.\n\n\
Several people may take part. When they do, what each of them says begins with their name in square brackets; what \
they said to each other before a question to you is given the same way. The names are added by Madang and are not \
part of what people typed; do not begin your own replies like that.";

/// The system prompt of a version; sessions keep the one they were started with.
pub(crate) fn system(version: u32) -> &'static str {
    match version {
        // A log written by a newer program is refused by its schema before it gets here.
        0 | 1 => SYSTEM_1,
        _ => SYSTEM_1,
    }
}

/// What the model is told when a person asks it to go on after a reply was cut off; it takes no prefilled reply.
pub(crate) const CONTINUE: &str =
    "Your last reply was cut off. Go on exactly where it stopped, without repeating what is there.";

/// Stands where what people said among themselves was too long to be told.
pub(crate) const LEFT_OUT: &str = "(Earlier messages between people are left out here: they are too long.)";

/// Stands for a prompt that was deleted after it was answered, when it is asked anew.
pub(crate) const DELETED: &str = "(The message that stood here was deleted by its author.)";
