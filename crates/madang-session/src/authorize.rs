//! The one place that says who may do what in a session (SE2, SE7, invariant 9).

use madang_protocol::{ErrorCode, Role};

use crate::Rejection;

/// What someone wants to do to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See it at all.
    Read,
    /// Ask Claude, ask again, ask something else.
    Prompt,
    /// Speak to people.
    Chat,
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
    /// Make a session of one's own from this one.
    Fork,
    /// Give it another title, model or effort.
    Configure,
    /// Close, reopen or delete it.
    Govern,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 11] = [
        Self::Read,
        Self::Prompt,
        Self::Chat,
        Self::StopOwn,
        Self::StopAny,
        Self::EditOwn,
        Self::EditAny,
        Self::SelectBranch,
        Self::Fork,
        Self::Configure,
        Self::Govern,
    ];
}

/// Says whether a person of this role may do this; without a role the session does not exist for them.
///
/// # Errors
/// NOT_FOUND without a role, FORBIDDEN for what the role does not allow.
pub fn authorize(role: Option<Role>, action: Action) -> Result<(), Rejection> {
    let Some(role) = role else { return Err(Rejection::not_found("session")) };
    let allowed = match (role, action) {
        (Role::Owner, _) | (_, Action::Read | Action::Fork) => true,
        (
            Role::Collaborator,
            Action::Prompt
            | Action::Chat
            | Action::StopOwn
            | Action::EditOwn
            | Action::SelectBranch
            | Action::Configure,
        ) => true,
        (Role::Collaborator, Action::StopAny | Action::EditAny | Action::Govern) => false,
        (
            Role::Viewer,
            Action::Prompt
            | Action::Chat
            | Action::StopOwn
            | Action::StopAny
            | Action::EditOwn
            | Action::EditAny
            | Action::SelectBranch
            | Action::Configure
            | Action::Govern,
        ) => false,
    };
    if allowed {
        return Ok(());
    }
    Err(Rejection::new(
        ErrorCode::Forbidden,
        "Your role in this session does not allow this. Ask the owner for access.",
    ))
}
