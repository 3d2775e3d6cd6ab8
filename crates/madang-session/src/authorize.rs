//! The one place that says who may do what, for every way in (SE2, SE7, invariant 9).

use madang_protocol::{Command, ErrorCode, Right, Role, Scope};

use crate::Rejection;

/// Whether an account is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// It is, or it is a guest's.
    InForce,
    /// An administrator suspended it.
    Suspended,
    /// The credential was ended.
    SignedOut,
}

/// What someone is on this server, whatever the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Whether the account is in force.
    pub account: Account,
    /// Whether they are a guest.
    pub guest: bool,
    /// Whether they administer the server.
    pub admin: bool,
    /// What their credential reaches.
    pub scope: Scope,
}

impl Standing {
    /// A person with an account and a login.
    pub const PERSON: Standing =
        Standing { account: Account::InForce, guest: false, admin: false, scope: Scope::Full };
    /// A guest.
    pub const GUEST: Standing = Standing { guest: true, ..Standing::PERSON };
}

/// What was granted on top of a role, as a small set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u8);

impl Rights {
    fn bit(right: Right) -> u8 {
        match right {
            Right::Prompt => 1,
            Right::Chat => 2,
            Right::Stop => 4,
            Right::Approve => 8,
            Right::Invite => 16,
        }
    }

    /// Whether the set has it.
    #[must_use]
    pub fn has(self, right: Right) -> bool {
        self.0 & Self::bit(right) != 0
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Rights(rights.into_iter().fold(0, |set, right| set | Self::bit(right)))
    }
}

/// What someone is in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Nothing: for them the session does not exist.
    Stranger,
    /// Asked in, or holding a link that lets in.
    Invited,
    /// One of its people.
    Member(Role, Rights),
}

/// What something is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// The server, and what is one's own on it.
    Server,
    /// A session, with what the actor is in it.
    Session(Place),
}

/// What someone wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See one's own list, the models, one's own profile; search what one may see.
    Look,
    /// Make a session.
    CreateSession,
    /// Change one's own account, logins and tokens.
    OwnAccount,
    /// Administer the server.
    Administer,
    /// Enter a session.
    Join,
    /// See a session at all.
    Read,
    /// Ask Claude, ask again, ask something else; have Claude summarise.
    Prompt,
    /// Speak to people.
    Chat,
    /// Put an emoji under a message.
    React,
    /// Say that one is typing, or where one is in a document; remember how far one has read.
    Signal,
    /// Change or delete a message of one's own.
    ChangeOwn,
    /// Delete a message of another person.
    DeleteAny,
    /// Stop a turn that one asked for oneself.
    StopOwn,
    /// Stop anyone's turn.
    StopAny,
    /// Change a waiting prompt of one's own.
    EditOwn,
    /// Change a waiting prompt of another.
    EditAny,
    /// Choose the branch that everyone sees.
    SelectBranch,
    /// Make, name and delete documents, change what they say, keep and restore versions.
    EditDocument,
    /// Make a session of one's own from this one.
    Fork,
    /// Give it another title, model or effort.
    Configure,
    /// Ask people in, make and end links.
    Invite,
    /// Leave.
    Leave,
    /// Close, reopen or delete it; roles, removals, the budget.
    Govern,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 23] = [
        Self::Look,
        Self::CreateSession,
        Self::OwnAccount,
        Self::Administer,
        Self::Join,
        Self::Read,
        Self::Prompt,
        Self::Chat,
        Self::React,
        Self::Signal,
        Self::ChangeOwn,
        Self::DeleteAny,
        Self::StopOwn,
        Self::StopAny,
        Self::EditOwn,
        Self::EditAny,
        Self::SelectBranch,
        Self::EditDocument,
        Self::Fork,
        Self::Configure,
        Self::Invite,
        Self::Leave,
        Self::Govern,
    ];

    /// The least that a command needs; what it does to another's things needs more, which its handler asks for.
    ///
    /// None for what says who one is, and so can't need it.
    #[must_use]
    pub fn of(command: &Command) -> Option<Action> {
        Some(match command {
            Command::Hello(_) | Command::Auth(_) | Command::Ping(_) => return None,
            Command::ListSessions(_) | Command::ListModels(_) | Command::Search(_) => Self::Look,
            Command::CreateSession(_) => Self::CreateSession,
            Command::JoinCollaboration(_) => Self::Join,
            Command::FollowSession(_)
            | Command::UnfollowSession(_)
            | Command::LeaveCollaboration(_)
            | Command::SessionStatus(_)
            | Command::GetHistory(_)
            | Command::GetRevisions(_)
            | Command::OpenDocument(_)
            | Command::CloseDocument(_)
            | Command::ListVersions(_)
            | Command::GetVersion(_)
            | Command::GetBlame(_) => Self::Read,
            Command::ClaudeMessage(_)
            | Command::Regenerate(_)
            | Command::EditPrompt(_)
            | Command::Summarize(_) => Self::Prompt,
            Command::ChatMessage(_) => Self::Chat,
            Command::React(_) => Self::React,
            Command::SetTyping(_) | Command::MarkRead(_) | Command::CursorUpdate(_) => Self::Signal,
            Command::EditMessage(_) | Command::DeleteMessage(_) => Self::ChangeOwn,
            Command::Cancel(_) => Self::StopOwn,
            Command::EditQueued(_) => Self::EditOwn,
            Command::SelectBranch(_) => Self::SelectBranch,
            Command::CreateDocument(_)
            | Command::RenameDocument(_)
            | Command::DeleteDocument(_)
            | Command::CodeChange(_)
            | Command::SaveVersion(_)
            | Command::RestoreVersion(_) => Self::EditDocument,
            Command::ForkSession(_) => Self::Fork,
            Command::RenameSession(_) | Command::ConfigureSession(_) => Self::Configure,
            Command::InviteUser(_)
            | Command::CreateInvite(_)
            | Command::ListInvites(_)
            | Command::RevokeInvite(_) => Self::Invite,
            Command::LeaveSession(_) => Self::Leave,
            Command::CloseSession(_)
            | Command::ReopenSession(_)
            | Command::DeleteSession(_)
            | Command::SetRole(_)
            | Command::TransferOwnership(_)
            | Command::SetBudget(_) => Self::Govern,
            // Withdrawing an invitation is the inviter's; removing a member is refused to all but the owner.
            Command::RemoveUser(_) => Self::Invite,
        })
    }

    /// What a credential must at least reach.
    fn scope(self) -> Scope {
        match self {
            Self::Look | Self::Read | Self::Signal => Scope::Read,
            Self::OwnAccount | Self::Administer => Scope::Full,
            Self::CreateSession
            | Self::Join
            | Self::Prompt
            | Self::Chat
            | Self::React
            | Self::ChangeOwn
            | Self::DeleteAny
            | Self::StopOwn
            | Self::StopAny
            | Self::EditOwn
            | Self::EditAny
            | Self::SelectBranch
            | Self::EditDocument
            | Self::Fork
            | Self::Configure
            | Self::Invite
            | Self::Leave
            | Self::Govern => Scope::Write,
        }
    }
}

/// Says whether someone may do this here; for a stranger a session does not exist.
///
/// # Errors
/// INVALID_AUTH for an account that is not in force, NOT_FOUND for what one may not know of, FORBIDDEN for the rest.
pub fn authorize(actor: Standing, action: Action, object: Object) -> Result<(), Rejection> {
    match actor.account {
        Account::InForce => {}
        Account::Suspended => {
            return Err(Rejection::new(ErrorCode::InvalidAuth, "This account is suspended."));
        }
        Account::SignedOut => return Err(Rejection::new(ErrorCode::InvalidAuth, "You are signed out.")),
    }
    let place = match object {
        Object::Server => return on_server(actor, action),
        Object::Session(place) => place,
    };
    let allowed = match place {
        Place::Stranger => return Err(Rejection::not_found("session")),
        // Asked in, one may enter, and know of nothing before.
        Place::Invited if action != Action::Join => return Err(Rejection::not_found("session")),
        Place::Invited => true,
        Place::Member(role, rights) => in_session(role, rights, action),
    };
    if !allowed {
        return Err(forbidden("Your role in this session does not allow this. Ask the owner for access."));
    }
    reaches(actor, action)
}

fn on_server(actor: Standing, action: Action) -> Result<(), Rejection> {
    match action {
        Action::Look | Action::CreateSession => {}
        Action::OwnAccount if actor.guest => {
            return Err(forbidden("A guest has no account. Sign up to have one."));
        }
        Action::OwnAccount => {}
        Action::Administer if !actor.admin => return Err(forbidden("Only administrators may do this.")),
        Action::Administer => {}
        Action::Join
        | Action::Read
        | Action::Prompt
        | Action::Chat
        | Action::React
        | Action::Signal
        | Action::ChangeOwn
        | Action::DeleteAny
        | Action::StopOwn
        | Action::StopAny
        | Action::EditOwn
        | Action::EditAny
        | Action::SelectBranch
        | Action::EditDocument
        | Action::Fork
        | Action::Configure
        | Action::Invite
        | Action::Leave
        | Action::Govern => return Err(Rejection::not_found("session")),
    }
    reaches(actor, action)
}

/// SE7: what a role allows, and what can be granted on top of it.
fn in_session(role: Role, rights: Rights, action: Action) -> bool {
    match action {
        Action::Join | Action::Read | Action::React | Action::Signal | Action::Fork | Action::Leave => true,
        Action::Prompt | Action::StopOwn | Action::EditOwn => {
            role != Role::Viewer || rights.has(Right::Prompt)
        }
        Action::Chat => role != Role::Viewer || rights.has(Right::Chat),
        Action::ChangeOwn => role != Role::Viewer || rights.has(Right::Chat) || rights.has(Right::Prompt),
        Action::SelectBranch | Action::Configure | Action::EditDocument => role != Role::Viewer,
        Action::StopAny => role == Role::Owner || role == Role::Collaborator && rights.has(Right::Stop),
        Action::Invite => role == Role::Owner || role == Role::Collaborator && rights.has(Right::Invite),
        Action::EditAny | Action::DeleteAny | Action::Govern => role == Role::Owner,
        // These are the server's, whoever one is in a session.
        Action::Look | Action::CreateSession | Action::OwnAccount | Action::Administer => false,
    }
}

fn reaches(actor: Standing, action: Action) -> Result<(), Rejection> {
    if actor.scope >= action.scope() {
        return Ok(());
    }
    Err(forbidden("This token does not reach that far. Make one with a wider scope."))
}

fn forbidden(sentence: &str) -> Rejection {
    Rejection::new(ErrorCode::Forbidden, sentence)
}
