//! A session under test: everything is applied through it, and every step is checked.

use std::collections::BTreeSet;

use madang_protocol::{
    Command, CreateSession, Effort, Epoch, ErrorCode, Event, MessageId, MessageKind, ModelInfo, Part,
    PartKind, ReplyStatus, Role, SessionId, UnixMs, UserId, color_of,
};
use madang_session::{
    Applied, Around, Birth, Caller, Door, Effect, Outcome, Place, Rejection, Sender, Session, SnapshotPart,
    Standing, Target,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

/// The n-th person.
pub(crate) fn person(n: u8) -> Caller {
    let user = UserId::new(UnixMs(1), [n; 10]);
    Caller { user, display_name: format!("P{n}"), color: color_of(user).into(), standing: Standing::PERSON }
}

/// A model with two efforts.
pub(crate) fn models() -> Vec<ModelInfo> {
    let info = |id: &str, efforts| ModelInfo {
        id: id.into(),
        display_name: id.into(),
        simulated: false,
        deprecated: false,
        efforts,
        default_effort: None,
        max_input_tokens: None,
        max_output_tokens: None,
        thinking: false,
        image_input: false,
        pdf_input: false,
    };
    vec![info("one", vec![Effort::Low, Effort::High]), info("two", Vec::new())]
}

/// A session, its clock, its dice and its log.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) log: Vec<(UnixMs, u64, Event)>,
    pub(crate) now: u64,
    rng: StdRng,
    pub(crate) effects: Vec<Effect>,
    next_command: u32,
    /// The invite link that callers come by.
    pub(crate) door: Option<Door>,
}

/// The person that a test names `P2`.
fn target(name: &str) -> Option<Target> {
    let who = person(name.strip_prefix('P')?.parse().ok()?);
    Some(Target { user: who.user, display_name: who.display_name })
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::seeded(7)
    }

    pub(crate) fn seeded(seed: u64) -> Bench {
        let mut rng = StdRng::seed_from_u64(seed);
        let now = UnixMs(1_000);
        let data = CreateSession { title: None, model: Some("one".into()), effort: None };
        let models = models();
        let birth = Birth {
            id: SessionId::new(now, [1; 10]),
            epoch: Epoch::new(5),
            default_model: "one",
            prompt_version: 1,
            models: &models,
        };
        let (session, applied) = Session::create(now, &mut rng, &person(1), &data, &birth).unwrap();
        let log = applied.events.into_iter().map(|(seq, event)| (now, seq, event)).collect();
        Bench { session, log, now: 1_000, rng, effects: Vec::new(), next_command: 0, door: None }
    }

    fn record(&mut self, applied: &Applied) {
        let at = UnixMs(self.now);
        self.log.extend(applied.events.iter().map(|(seq, event)| (at, *seq, event.clone())));
        self.effects.extend(applied.effects.iter().cloned());
        self.check_invariants();
    }

    pub(crate) fn parsed(kind: &str, data: Value) -> Command {
        Command::parse(kind, Some(&data.to_string())).unwrap()
    }

    /// Applies a command of the first person.
    pub(crate) fn apply(&mut self, kind: &str, data: Value) -> Result<Applied, Rejection> {
        self.next_command += 1;
        let id = format!("c{}", self.next_command);
        self.apply_as(&person(1), &id, &Self::parsed(kind, data))
    }

    pub(crate) fn apply_as(
        &mut self,
        who: &Caller,
        id: &str,
        command: &Command,
    ) -> Result<Applied, Rejection> {
        self.now += 1;
        let before = self.session.clone();
        let models = models();
        let target = command.target_user_id().and_then(target);
        let sender = Sender {
            caller: who,
            command_id: Some(id),
            models: &models,
            target: target.as_ref(),
            door: self.door.as_ref(),
        };
        let applied = self.session.apply(UnixMs(self.now), &mut self.rng, &sender, command);
        match &applied {
            Ok(applied) => {
                assert_eq!(applied.answer.seq, applied.events.first().map(|(seq, _)| *seq));
                self.record(applied);
            }
            Err(rejection) => {
                assert!(self.session == before, "a rejected command changed the session");
                assert!(!rejection.message.is_empty());
            }
        }
        applied
    }

    /// The names of a command's events, or the code of its refusal.
    pub(crate) fn outcome(&mut self, kind: &str, data: Value) -> Result<Vec<&'static str>, ErrorCode> {
        names(self.apply(kind, data))
    }

    /// Applies a prompt and returns its id.
    pub(crate) fn prompt(&mut self, text: &str) -> MessageId {
        self.apply("claude_message", serde_json::json!({ "content": text }))
            .unwrap()
            .answer
            .message_id
            .unwrap()
    }

    pub(crate) fn chat(&mut self, text: &str) -> MessageId {
        self.apply("chat_message", serde_json::json!({ "content": text })).unwrap().answer.message_id.unwrap()
    }

    /// Ends the running reply with a text.
    pub(crate) fn end(&mut self, status: ReplyStatus, text: &str) -> MessageId {
        let (_, message_id) = self.session.running_reply().expect("a reply runs");
        self.end_of(message_id, status, text);
        message_id
    }

    pub(crate) fn end_of(&mut self, message_id: MessageId, status: ReplyStatus, text: &str) -> Applied {
        self.now += 1;
        let part = Part {
            index: 0,
            kind: PartKind::Text,
            content: text.into(),
            name: None,
            tool_use_id: None,
            citations: None,
            duration_ms: None,
        };
        let outcome = Outcome {
            message_id,
            status,
            parts: vec![part],
            model: None,
            stop_reason: None,
            usage: None,
            cost: None,
            stopped_by: None,
            error: None,
        };
        let applied = self.session.end_turn(UnixMs(self.now), &mut self.rng, outcome);
        self.record(&applied);
        applied
    }

    /// Asks and answers at once; returns prompt and reply.
    pub(crate) fn exchange(&mut self, text: &str, answer: &str) -> (MessageId, MessageId) {
        let prompt = self.prompt(text);
        (prompt, self.end(ReplyStatus::Complete, answer))
    }

    /// Whoever owns the session now.
    pub(crate) fn owner(&self) -> Caller {
        let owner =
            self.session.people().find(|(_, role)| *role == Role::Owner).expect("a session has an owner");
        (1..=9).map(person).find(|person| person.user == owner.0).expect("the owner is one of ours")
    }

    /// The n-th person's command; what it did, by the names of its events, or why not.
    pub(crate) fn by(&mut self, n: u8, kind: &str, data: Value) -> Result<Vec<&'static str>, ErrorCode> {
        self.next_command += 1;
        let id = format!("c{}", self.next_command);
        names(self.apply_as(&person(n), &id, &Self::parsed(kind, data)))
    }

    /// Asks the n-th person in with a role, and lets them come.
    pub(crate) fn let_in(&mut self, n: u8, role: &str) {
        let invite = serde_json::json!({ "target_user_id": format!("P{n}"), "role": role });
        assert_eq!(self.by(1, "invite_user", invite), Ok(vec!["user_invited"]));
        assert_eq!(self.by(n, "join_collaboration", serde_json::json!({})), Ok(vec!["member_added"]));
    }

    /// The texts of the shown branch, oldest first.
    pub(crate) fn shown(&self) -> Vec<String> {
        let state = self.session.snapshot(&self.owner(), Around::default()).unwrap();
        state.messages.iter().map(|message| message.content.clone()).collect()
    }

    /// The session that the log makes.
    pub(crate) fn replayed(&self) -> Session {
        let (_, _, first) = &self.log[0];
        let Event::SessionCreated(created) = first else { panic!("the log begins with session_created") };
        let mut session = Session::begin(created, Epoch::new(5));
        for (at, _, event) in &self.log[1..] {
            // As it is stored and read back.
            let event = Event::parse(event.kind(), &event.data_json()).unwrap();
            session.evolve(*at, &event);
        }
        session
    }

    /// What must hold after every step.
    pub(crate) fn check_invariants(&self) {
        assert!(self.log.iter().zip(1..).all(|((_, seq, _), expected)| *seq == expected), "a gap in seq");
        assert_eq!(self.session.seq(), self.log.len() as u64);
        assert_eq!(whole(&self.replayed()), whole(&self.session), "the log does not make the live session");

        let owners = self.session.people().filter(|(_, role)| *role == Role::Owner).count();
        assert_eq!(owners, 1, "a session has one owner");
        for asked in self.session.invitations() {
            assert_eq!(self.session.place(asked.user_id), Place::Invited, "a member is asked in");
        }
        let mut running = BTreeSet::new();
        for (_, _, event) in &self.log {
            if let Event::TurnStarted(started) = event {
                assert!(running.is_empty(), "two turns run");
                running.insert(started.message.message_id);
            } else if let Event::ClaudeResponse(end) = event {
                assert!(running.remove(&end.message_id), "an end without a running turn");
                assert_ne!(end.status, Some(ReplyStatus::Streaming));
            }
        }
        let now = self.session.running_reply().map(|(_, message)| message);
        assert_eq!(now, running.first().copied());

        if self.session.is_deleted() {
            return;
        }
        let state = self.session.snapshot(&self.owner(), Around::default()).unwrap();
        assert!(state.head.is_none_or(|head| self.session.transcript().get(head).is_some()), "no head");
        assert!(state.queued.iter().zip(1..).all(|(waiting, place)| waiting.position == place));
        assert!(state.queued.is_empty() || running.len() == 1 || !self.is_open(), "prompts wait for nothing");
        for message in &state.messages {
            if let Some(reply) = &message.reply {
                assert_eq!(message.kind, MessageKind::Reply);
                let runs = now == Some(message.message_id);
                assert_eq!(reply.status == ReplyStatus::Streaming, runs, "a reply without an end");
            }
        }
    }

    fn is_open(&self) -> bool {
        use madang_protocol::SessionStatus::{Active, Idle};
        matches!(self.session.status(true), Active | Idle)
    }
}

/// All parts of a session as they would be written now; what only this run of a server knows is not in them.
pub(crate) fn whole(session: &Session) -> Vec<SnapshotPart> {
    let mut session = session.clone();
    let parts = session.transcript().len() as u32 + 1;
    session.snapshot_failed(0..=parts);
    session.take_snapshot()
}

/// The names of the events, or the code of the refusal.
pub(crate) fn names(applied: Result<Applied, Rejection>) -> Result<Vec<&'static str>, ErrorCode> {
    applied
        .map(|applied| applied.events.iter().map(|(_, event)| event.kind()).collect())
        .map_err(|rejection| rejection.code)
}
