//! What commands name: a session, a person; and what outlives them.

use madang_protocol::{Command, SessionRef};

/// The session that a command names; none for those that are not a session's.
pub(super) fn session_of(command: &Command) -> Option<&SessionRef> {
    Some(match command {
        Command::Hello(_)
        | Command::Auth(_)
        | Command::Ping(_)
        | Command::CreateSession(_)
        | Command::ListSessions(_)
        | Command::ListModels(_)
        | Command::Search(_) => return None,
        Command::FollowSession(data) => &data.session_id,
        Command::UnfollowSession(data)
        | Command::SessionStatus(data)
        | Command::CloseSession(data)
        | Command::ReopenSession(data)
        | Command::DeleteSession(data)
        | Command::JoinCollaboration(data)
        | Command::LeaveCollaboration(data)
        | Command::LeaveSession(data)
        | Command::ListInvites(data) => &data.session_id,
        Command::RenameSession(data) => &data.session_id,
        Command::ConfigureSession(data) => &data.session_id,
        Command::GetHistory(data) => &data.session_id,
        Command::ClaudeMessage(data) => &data.session_id,
        Command::ChatMessage(data) => &data.session_id,
        Command::Cancel(data) => &data.session_id,
        Command::EditQueued(data) => &data.session_id,
        Command::Regenerate(data) => &data.session_id,
        Command::EditPrompt(data) => &data.session_id,
        Command::SelectBranch(data)
        | Command::ForkSession(data)
        | Command::DeleteMessage(data)
        | Command::GetRevisions(data)
        | Command::MarkRead(data) => &data.session_id,
        Command::InviteUser(data) => &data.session_id,
        Command::RemoveUser(data) | Command::TransferOwnership(data) => &data.session_id,
        Command::SetRole(data) => &data.session_id,
        Command::CreateInvite(data) => &data.session_id,
        Command::RevokeInvite(data) => &data.session_id,
        Command::EditMessage(data) => &data.session_id,
        Command::React(data) => &data.session_id,
        Command::SetTyping(data) => &data.session_id,
        Command::SetBudget(data) => &data.session_id,
        Command::Summarize(data) => &data.session_id,
        Command::OpenDocument(data) => &data.session_id,
        Command::CloseDocument(data)
        | Command::DeleteDocument(data)
        | Command::ListVersions(data)
        | Command::GetBlame(data) => &data.session_id,
        Command::CreateDocument(data) => &data.session_id,
        Command::RenameDocument(data) => &data.session_id,
        Command::CodeChange(data) => &data.session_id,
        Command::CursorUpdate(data) => &data.session_id,
        Command::SaveVersion(data) => &data.session_id,
        Command::GetVersion(data) | Command::RestoreVersion(data) => &data.session_id,
    })
}

/// The person that a command is about, as its sender names them.
#[expect(clippy::wildcard_enum_match_arm, reason = "few commands name a person")]
pub(super) fn person_of(command: &Command) -> Option<&str> {
    match command {
        Command::InviteUser(data) => Some(&data.target_user_id),
        Command::RemoveUser(data) | Command::TransferOwnership(data) => Some(&data.target_user_id),
        Command::SetRole(data) => Some(&data.target_user_id),
        _ => None,
    }
}

/// Whether a command attaches its connection to the session (SE7).
pub(super) fn follows(command: &Command) -> bool {
    matches!(
        command,
        Command::FollowSession(_)
            | Command::JoinCollaboration(_)
            | Command::ClaudeMessage(_)
            | Command::ChatMessage(_)
            | Command::OpenDocument(_)
            | Command::CodeChange(_)
    )
}

/// Whether a command leaves something behind, so that a repeat must not be carried out again.
pub(crate) fn is_durable(command: &Command) -> bool {
    match command {
        Command::CreateSession(_)
        | Command::RenameSession(_)
        | Command::ConfigureSession(_)
        | Command::CloseSession(_)
        | Command::ReopenSession(_)
        | Command::DeleteSession(_)
        | Command::ClaudeMessage(_)
        | Command::ChatMessage(_)
        | Command::Cancel(_)
        | Command::EditQueued(_)
        | Command::Regenerate(_)
        | Command::EditPrompt(_)
        | Command::SelectBranch(_)
        | Command::ForkSession(_)
        | Command::LeaveSession(_)
        | Command::InviteUser(_)
        | Command::RemoveUser(_)
        | Command::SetRole(_)
        | Command::TransferOwnership(_)
        | Command::RevokeInvite(_)
        | Command::EditMessage(_)
        | Command::DeleteMessage(_)
        | Command::React(_)
        | Command::SetBudget(_)
        | Command::CreateDocument(_)
        | Command::RenameDocument(_)
        | Command::DeleteDocument(_)
        | Command::SaveVersion(_)
        | Command::RestoreVersion(_) => true,
        Command::Hello(_)
        | Command::Auth(_)
        | Command::Ping(_)
        | Command::ListSessions(_)
        | Command::ListModels(_)
        | Command::FollowSession(_)
        | Command::UnfollowSession(_)
        | Command::SessionStatus(_)
        | Command::GetHistory(_)
        // Joining twice is being there once, whatever the id.
        | Command::JoinCollaboration(_)
        | Command::LeaveCollaboration(_)
        // Answered with a secret that is not kept: a repeat makes another link.
        | Command::CreateInvite(_)
        | Command::ListInvites(_)
        | Command::GetRevisions(_)
        | Command::SetTyping(_)
        | Command::MarkRead(_)
        | Command::Summarize(_)
        | Command::Search(_)
        | Command::OpenDocument(_)
        | Command::CloseDocument(_)
        // Known again by its `op_id`, in the document's own log.
        | Command::CodeChange(_)
        | Command::CursorUpdate(_)
        | Command::ListVersions(_)
        | Command::GetVersion(_)
        | Command::GetBlame(_) => false,
    }
}
