//! The prompts that one version-1 connection waits for.

use madang_protocol::{Ack, MessageId, SessionId, TurnId};

/// Prompts that are remembered; the oldest goes first. More than can wait in one session, several times over.
const PROMPTS_MAX: usize = 128;

/// One prompt.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The command's id.
    pub(crate) id: String,
    /// Whether deltas are wanted.
    pub(crate) stream: bool,
}

#[derive(Debug)]
struct Prompt {
    asked: Asked,
    session: Option<SessionId>,
    turn: Option<TurnId>,
    reply: Option<MessageId>,
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(super) struct Prompts(Vec<Prompt>);

impl Prompts {
    pub(super) fn ask(&mut self, asked: Asked) {
        if self.0.len() >= PROMPTS_MAX {
            self.0.remove(0);
        }
        self.0.push(Prompt { asked, session: None, turn: None, reply: None });
    }

    pub(super) fn acknowledged(&mut self, id: Option<&str>, ack: &Ack) {
        let waiting =
            self.0.iter_mut().find(|prompt| Some(prompt.asked.id.as_str()) == id && prompt.turn.is_none());
        if let Some(prompt) = waiting {
            prompt.turn = ack.turn_id;
            prompt.session = ack.session_id;
        }
    }

    pub(super) fn started(&mut self, turn: TurnId, reply: MessageId) {
        if let Some(prompt) = self.0.iter_mut().find(|prompt| prompt.turn == Some(turn)) {
            prompt.reply = Some(reply);
        }
    }

    /// Whether no deltas of a reply are wanted.
    pub(super) fn is_quiet(&self, reply: MessageId) -> bool {
        self.0.iter().any(|prompt| prompt.reply == Some(reply) && !prompt.asked.stream)
    }

    pub(super) fn ended(&mut self, reply: MessageId) {
        self.0.retain(|prompt| prompt.reply != Some(reply));
    }

    /// A prompt that was refused; one that was acknowledged is past that.
    pub(super) fn refused(&mut self, id: &str) -> Option<Asked> {
        let at = self.0.iter().position(|prompt| prompt.asked.id == id && prompt.turn.is_none())?;
        Some(self.0.remove(at).asked)
    }

    pub(super) fn dequeued(&mut self, turn: TurnId) -> Option<Asked> {
        let at = self.0.iter().position(|prompt| prompt.turn == Some(turn))?;
        Some(self.0.remove(at).asked)
    }

    /// Takes out the prompts of a session whose replies have not begun; those that have end with their reply.
    pub(super) fn in_session(&mut self, session: SessionId) -> Vec<Asked> {
        let (gone, stay) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|prompt: &Prompt| prompt.session == Some(session));
        self.0 = stay;
        let gone: Vec<Prompt> = gone;
        gone.into_iter().filter(|prompt| prompt.reply.is_none()).map(|prompt| prompt.asked).collect()
    }
}
