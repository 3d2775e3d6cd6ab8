//! A session's life: made, named, configured, closed, reopened, deleted.

use madang_protocol::limits::{EVENT_BYTES_MAX, TITLE_CHARS_MAX};
use madang_protocol::{
    Actor, BudgetChanged, CLAUDE_COLOR, Closed, ConfigureSession, CreateSession, Deleted, Effort, Epoch,
    Event, Message, MessagesCopied, ModelInfo, Participant, RenameSession, Reopened, Role, SessionBy,
    SessionConfigured, SessionCreated, SessionId, SessionRenamed, SetBudget, UnixMs,
};
use rand::Rng;

use crate::apply::{Member, Step, Stopper, check_choice, session_of};
use crate::{Applied, Caller, Fork, Rejection, Session};

/// Bytes of copied messages in one event: well under the limit of stored events.
const COPIED_BYTES_MAX: usize = EVENT_BYTES_MAX / 4;

/// Tokens or millionths of a dollar in a budget: the largest number that JavaScript counts exactly. Beyond: INVALID_DATA.
const AMOUNT_MAX: u64 = (1 << 53) - 1;

/// Claude as a participant.
pub(crate) fn claude(joined_at: UnixMs) -> Participant {
    Participant {
        user_id: Actor::Claude,
        display_name: "Claude".into(),
        role: Role::Collaborator,
        color: CLAUDE_COLOR.into(),
        joined_at,
        rights: Vec::new(),
    }
}

fn check_title(title: &str) -> Result<String, Rejection> {
    let title = title.trim();
    if title.chars().count() > TITLE_CHARS_MAX {
        return Err(Rejection::invalid("title", "is too long")
            .details(format!("title: {TITLE_CHARS_MAX} characters at most")));
    }
    if title.chars().any(char::is_control) {
        return Err(Rejection::invalid("title", "has a control character"));
    }
    Ok(title.to_owned())
}

/// What a new session is made with, beside the command.
#[derive(Debug, Clone)]
pub struct Birth<'a> {
    /// Its id.
    pub id: SessionId,
    /// Its log's identity.
    pub epoch: Epoch,
    /// The model used when none is chosen.
    pub default_model: &'a str,
    /// The newest tool set and system prompt.
    pub prompt_version: u32,
    /// What one may choose.
    pub models: &'a [ModelInfo],
}

impl Session {
    /// Makes a session that belongs to the caller.
    ///
    /// # Errors
    /// INVALID_DATA for a title, model or effort that can't be.
    pub fn create(
        now: UnixMs,
        rng: &mut dyn Rng,
        caller: &Caller,
        data: &CreateSession,
        birth: &Birth<'_>,
    ) -> Result<(Session, Applied), Rejection> {
        check_choice(data.model.as_deref(), data.effort, birth.models)?;
        let title = check_title(data.title.as_deref().unwrap_or_default())?;
        let model = data.model.clone().unwrap_or_else(|| birth.default_model.to_owned());
        let created = created(now, caller, birth, (title, model, data.effort));
        Ok(born(now, rng, created, birth.epoch, Vec::new()))
    }

    /// Makes a session that begins with messages from elsewhere and belongs to the caller.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn create_import(
        now: UnixMs,
        rng: &mut dyn Rng,
        caller: &Caller,
        data: &CreateSession,
        (messages, birth): (Vec<Message>, &Birth<'_>),
    ) -> Result<(Session, Applied), Rejection> {
        let title = check_title(data.title.as_deref().unwrap_or_default())?;
        // A title that was taken from a prompt where it comes from goes with that prompt here too.
        let taken = crate::title::taken(&messages).is_some_and(|(_, taken)| taken == title);
        let title = if taken { String::new() } else { title };
        let created = created(now, caller, birth, (title, birth.default_model.to_owned(), None));
        Ok(born(now, rng, created, birth.epoch, messages))
    }

    /// Makes a session that begins with another's branch and belongs to the caller.
    #[must_use]
    pub fn create_fork(
        now: UnixMs,
        rng: &mut dyn Rng,
        caller: &Caller,
        fork: Fork,
        birth: &Birth<'_>,
    ) -> (Session, Applied) {
        let mut created =
            created(now, caller, birth, (fork.title.unwrap_or_default(), fork.model, fork.effort));
        created.forked_from = Some(fork.from);
        created.prompt_version = fork.prompt_version;
        born(now, rng, created, birth.epoch, fork.messages)
    }
}

fn created(
    now: UnixMs,
    caller: &Caller,
    birth: &Birth<'_>,
    (title, model, effort): (String, String, Option<Effort>),
) -> SessionCreated {
    let owner = Participant {
        user_id: Actor::User(caller.user),
        display_name: caller.display_name.clone(),
        role: Role::Owner,
        color: caller.color.clone(),
        joined_at: now,
        rights: Vec::new(),
    };
    SessionCreated {
        session_id: birth.id,
        title,
        created_at: now,
        owner,
        model,
        effort,
        prompt_version: birth.prompt_version,
        forked_from: None,
    }
}

fn born(
    now: UnixMs,
    rng: &mut dyn Rng,
    created: SessionCreated,
    epoch: Epoch,
    copied: Vec<Message>,
) -> (Session, Applied) {
    let mut session = Session::begin(&created, epoch);
    let mut step = Step::new(&mut session, now, rng);
    step.applied.answer.seq = Some(1);
    step.applied.events.push((1, Event::from(created)));
    for messages in chunks(copied) {
        step.emit(MessagesCopied { session_id: session_of(&step), messages });
    }
    if step.session.title.is_empty() {
        step.take_title();
    }
    let applied = step.applied;
    (session, applied)
}

/// Cuts copied messages so that each event stays far below the limit of stored events.
fn chunks(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut chunks: Vec<Vec<Message>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = crate::transcript::size(&message) + escapes(&message);
        bytes += size;
        match chunks.last_mut() {
            Some(chunk) if bytes <= COPIED_BYTES_MAX => chunk.push(message),
            _ => {
                bytes = size;
                chunks.push(vec![message]);
            }
        }
    }
    chunks
}

/// Bytes that JSON adds to a message's texts: six for one where a text is made of control characters.
fn escapes(message: &Message) -> usize {
    let parts = message.reply.iter().flat_map(|reply| &reply.parts).map(|part| part.content.as_str());
    let bytes = parts.chain([message.content.as_str()]).flat_map(str::bytes);
    bytes
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
            0..=0x1f => 5,
            _ => 0,
        })
        .sum()
}

impl Step<'_> {
    pub(crate) fn rename(&mut self, member: &Member<'_>, data: &RenameSession) -> Result<(), Rejection> {
        let title = check_title(&data.title)?;
        if title.is_empty() {
            return Err(Rejection::invalid("title", "is empty"));
        }
        // Who gives it the name that it has already gives it one that stays.
        if title != self.session.title || self.session.title_from.is_some() {
            let by = self.session.author(member.actor());
            self.emit(SessionRenamed { session_id: session_of(self), title, by, message_id: None });
        }
        Ok(())
    }

    pub(crate) fn configure(
        &mut self,
        member: &Member<'_>,
        data: &ConfigureSession,
        models: &[ModelInfo],
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let model = data.model.clone().unwrap_or_else(|| self.session.model.clone());
        check_choice(Some(&model), data.effort, models)?;
        // An effort that the new model does not take is let go of rather than refused.
        let kept = data.effort.or(self.session.effort);
        let effort = kept.filter(|_| check_choice(Some(&model), kept, models).is_ok());
        if model != self.session.model || effort != self.session.effort {
            let by = self.session.author(member.actor());
            self.emit(SessionConfigured { session_id: session_of(self), model, effort, by });
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, member: &Member<'_>) -> Result<(), Rejection> {
        if !self.session.closed {
            self.end_everything(member);
            let by = self.by(member);
            self.emit_life(Closed(by));
        }
        Ok(())
    }

    pub(crate) fn reopen(&mut self, member: &Member<'_>) -> Result<(), Rejection> {
        if self.session.closed {
            let by = self.by(member);
            self.emit_life(Reopened(by));
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, member: &Member<'_>) -> Result<(), Rejection> {
        self.end_everything(member);
        let by = self.by(member);
        self.emit_life(Deleted(by));
        Ok(())
    }

    fn emit_life(&mut self, event: impl Into<Event>) {
        self.emit(event);
    }

    fn by(&self, member: &Member<'_>) -> SessionBy {
        SessionBy { session_id: session_of(self), by: self.session.author(member.actor()) }
    }

    /// Sets or takes away what the session may spend.
    pub(crate) fn set_budget(&mut self, member: &Member<'_>, data: &SetBudget) -> Result<(), Rejection> {
        let exact = |amount: Option<u64>| amount.is_none_or(|amount| amount <= AMOUNT_MAX);
        if data.budget.is_some_and(|budget| !exact(budget.tokens) || !exact(budget.micro_usd)) {
            return Err(Rejection::invalid("budget", "is too large"));
        }
        if data.budget != self.session.budget {
            let by = self.session.author(member.actor());
            self.emit(BudgetChanged { session_id: session_of(self), budget: data.budget, by });
        }
        Ok(())
    }

    /// Takes waiting prompts back and stops the running reply: nothing goes on in a session that ends.
    fn end_everything(&mut self, member: &Member<'_>) {
        let by = self.session.author(member.actor());
        for waiting in self.session.queue.clone() {
            self.emit(madang_protocol::TurnDequeued {
                session_id: session_of(self),
                turn_id: waiting.turn_id,
                prompt_id: waiting.prompt_id,
                by: by.clone(),
            });
        }
        if let Some(running) = &self.session.running {
            let stop =
                crate::Effect::Stop { message_id: running.message_id, by: Stopper::Person(member.user) };
            self.applied.effects.push(stop);
        }
    }
}
