//! What each command is sent with, for each thing that it can be done to.

use serde_json::{Value, json};

use super::scene::{Column, Scene};

/// What a command needs of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// The session, or a chat message in it.
    Plain,
    /// A running turn and waiting ones.
    Turn,
    /// A prompt with its reply.
    Reply,
    /// An invite link.
    Link,
}

/// What something is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    /// Nothing in particular.
    Nothing,
    /// The session.
    In(Sort),
    /// A session that nobody of the columns may know of.
    Other,
    /// A thing of one's own.
    Own(Sort),
    /// One of another person's.
    Anothers(Sort),
    /// The session, after one was asked in by name.
    Invited,
    /// The session, by a code in place of its id.
    Link,
}

impl Thing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Thing::Nothing => "",
            Thing::In(_) => "in",
            Thing::Other => "other",
            Thing::Own(_) => "own",
            Thing::Anothers(_) => "anothers",
            Thing::Invited => "invited",
            Thing::Link => "link",
        }
    }
}

/// What a command can be done to. A command that is not here fails the test: it has no line in the table.
pub(super) fn things(kind: &str) -> &'static [Thing] {
    use Sort::{Link, Plain, Reply, Turn};
    use Thing::{Anothers, In, Nothing, Other, Own};
    match kind {
        "hello" | "auth" | "ping" | "create_session" | "list_sessions" | "list_models" => &[Nothing],
        "search" => &[Nothing, In(Plain), Other],
        "join_collaboration" => &[In(Plain), Other, Thing::Invited, Thing::Link],
        "follow_session"
        | "unfollow_session"
        | "session_status"
        | "rename_session"
        | "configure_session"
        | "close_session"
        | "reopen_session"
        | "delete_session"
        | "get_history"
        | "claude_message"
        | "chat_message"
        | "leave_collaboration"
        | "leave_session"
        | "invite_user"
        | "create_invite"
        | "list_invites"
        | "set_typing"
        | "set_budget"
        | "open_document"
        | "close_document"
        | "create_document"
        | "rename_document"
        | "delete_document"
        | "code_change"
        | "cursor_update"
        | "save_version"
        | "list_versions"
        | "get_version"
        | "restore_version"
        | "get_blame"
        | "summarize" => &[In(Plain), Other],
        "revoke_invite" => &[In(Link), Other],
        "regenerate" | "edit_prompt" | "select_branch" | "fork_session" => &[In(Reply), Other],
        "cancel" | "edit_queued" => &[Own(Turn), Anothers(Turn), Other],
        "edit_message" | "delete_message" | "react" => &[Own(Plain), Anothers(Plain), Other],
        "get_revisions" | "mark_read" => &[Anothers(Plain), Other],
        "remove_user" | "set_role" | "transfer_ownership" => &[Own(Plain), Anothers(Plain), Other],
        other => panic!("{other} has no line in the table"),
    }
}

/// What a command is sent with; none where there is no such thing.
pub(super) fn data(kind: &str, thing: Thing, scene: &Scene, column: Column) -> Option<Value> {
    let world = scene.people();
    let session = match thing {
        Thing::Other => scene.elsewhere().0.clone(),
        Thing::Link => scene.link.as_ref().unwrap().1.clone(),
        _ => scene.session.clone(),
    };
    let message = match thing {
        Thing::Own(Sort::Turn) => scene.own_prompt(column)?,
        Thing::Anothers(Sort::Turn) => scene.anothers_prompt(column),
        Thing::Own(_) if !is_about_a_person(kind) => scene.own(column)?,
        Thing::Other => scene.elsewhere().1.clone(),
        _ => scene.anothers(column),
    };
    let person = match thing {
        Thing::Own(_) => world.of(column)?,
        _ if column == Column::Viewer => world.of(Column::Collaborator)?,
        _ => world.of(Column::Viewer)?,
    };
    let (prompt, _) = scene.answered.clone().unwrap_or((message.clone(), message.clone()));
    let base = json!({"session_id": session});
    let with = |more: Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    Some(match kind {
        "hello" => json!({"client": {"name": "x", "version": "1"}}),
        "auth" => json!({"token": "no such token"}),
        "ping" | "create_session" | "list_sessions" | "list_models" => json!({}),
        "search" if thing == Thing::Nothing => json!({"query": "hello"}),
        "search" => json!({"query": "hello", "session_id": session}),
        "rename_session" => with(json!({"title": "New"})),
        "configure_session" => with(json!({"effort": "low"})),
        "claude_message" => with(json!({"content": "gate-prompt"})),
        "chat_message" => with(json!({"content": "said"})),
        "edit_queued" | "edit_message" => with(json!({"message_id": message, "content": "other"})),
        "edit_prompt" => with(json!({"message_id": prompt, "content": "gate-prompt"})),
        "regenerate" | "select_branch" | "fork_session" => with(json!({"message_id": prompt})),
        "cancel" | "delete_message" | "get_revisions" | "mark_read" => with(json!({"message_id": message})),
        "react" => with(json!({"message_id": message, "emoji": "👍", "on": true})),
        "set_typing" => with(json!({"typing": true})),
        "set_budget" => with(json!({"budget": {"tokens": 1_000_000, "period": "day"}})),
        "invite_user" => with(json!({"target_user_id": world.bystander(), "role": "viewer"})),
        "create_invite" => with(json!({"role": "viewer"})),
        "revoke_invite" => {
            let nobodys = "inv_00000000000000000000000000000000".to_owned();
            with(json!({"invite_id": scene.link.as_ref().map_or(nobodys, |(id, _)| id.clone())}))
        }
        "remove_user" | "transfer_ownership" => with(json!({"target_user_id": person})),
        "set_role" => with(json!({"target_user_id": person, "role": "viewer"})),
        "follow_session"
        | "unfollow_session"
        | "session_status"
        | "close_session"
        | "reopen_session"
        | "delete_session"
        | "get_history"
        | "join_collaboration"
        | "leave_collaboration"
        | "leave_session"
        | "list_invites"
        | "summarize" => base,
        other => with(of_a_document(other)),
    })
}

/// What commands on documents say beside the session.
fn of_a_document(kind: &str) -> Value {
    match kind {
        "create_document" | "rename_document" | "save_version" => json!({"name": "gate"}),
        "get_version" | "restore_version" => json!({"version": 0}),
        "code_change" => json!({"base_version": 0, "op_id": "gate", "change": [[0, "x"]]}),
        "cursor_update" => json!({"position": {"line": 1, "column": 1}}),
        "open_document" | "close_document" | "delete_document" | "list_versions" | "get_blame" => json!({}),
        other => panic!("{other} is sent nothing"),
    }
}

fn is_about_a_person(kind: &str) -> bool {
    matches!(kind, "remove_user" | "set_role" | "transfer_ownership")
}
