//! Which events each role receives: one session from beginning to end, heard by everyone who is connected.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::data::{Sort, Thing};
use super::scene::{Column, Scene, World};
use crate::raw::{RawClient, V2};

/// Who listens.
const LISTENERS: [Column; 7] = [
    Column::Owner,
    Column::Collaborator,
    Column::Viewer,
    Column::None,
    Column::Admin,
    Column::Guest,
    Column::Removed,
];

/// What is done, one after the other: by whom, what, with what.
fn steps(scene: &Scene) -> Vec<(&'static str, Column, &'static str, Value)> {
    let session = &scene.session;
    let with = |more: Value| {
        let mut all = json!({"session_id": session});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let of = |column| scene.people().of(column).unwrap();
    let message = scene.own(Column::Collaborator).unwrap();
    vec![
        ("a chat message", Column::Collaborator, "chat_message", with(json!({"content": "hello"}))),
        (
            "an edit",
            Column::Collaborator,
            "edit_message",
            with(json!({"message_id": message, "content": "x"})),
        ),
        (
            "a reaction",
            Column::Viewer,
            "react",
            with(json!({"message_id": message, "emoji": "👍", "on": true})),
        ),
        ("a deletion", Column::Collaborator, "delete_message", with(json!({"message_id": message}))),
        ("a prompt", Column::Owner, "claude_message", with(json!({"content": "short", "stream": true}))),
        ("a document", Column::Collaborator, "create_document", with(json!({"name": "a"}))),
        (
            "a change of one that nobody opened",
            Column::Collaborator,
            "code_change",
            with(json!({"base_version": 0, "op_id": "1", "change": [[0, "x"]]})),
        ),
        ("a version", Column::Collaborator, "save_version", with(json!({"name": "v"}))),
        ("another title", Column::Collaborator, "rename_session", with(json!({"title": "New"}))),
        ("a mark", Column::Viewer, "mark_read", with(json!({"message_id": scene.own(Column::Owner)}))),
        ("a budget", Column::Owner, "set_budget", with(json!({"budget": {"tokens": 1000, "period": "day"}}))),
        ("a link", Column::Owner, "create_invite", with(json!({"role": "viewer"}))),
        (
            "an invitation",
            Column::Owner,
            "invite_user",
            with(json!({"target_user_id": of(Column::None), "role": "viewer"})),
        ),
        ("its withdrawal", Column::Owner, "remove_user", with(json!({"target_user_id": of(Column::None)}))),
        (
            "another role",
            Column::Owner,
            "set_role",
            with(json!({"target_user_id": of(Column::Collaborator), "role": "viewer"})),
        ),
        ("a removal", Column::Owner, "remove_user", with(json!({"target_user_id": of(Column::Viewer)}))),
        ("the end", Column::Owner, "delete_session", with(json!({}))),
    ]
}

/// Per step, which kinds of events each listener was sent. Lines of the list (`session_changed`) come when they come, and
/// are told of once, at the end.
pub(super) async fn table(world: &World) -> String {
    let scene = Scene::new(world, Thing::In(Sort::Plain)).await;
    let mut sockets = Vec::new();
    for column in LISTENERS {
        let person = world.known(column);
        let path = format!("/ws?token={}", person.token);
        let mut socket = RawClient::connect(&world.server, &path, &[V2]).await;
        socket.hello().await;
        socket.command("follow", "follow_session", json!({"session_id": scene.session})).await;
        let answer = socket.answer_to("follow").await;
        assert_eq!(answer["type"] == "session_state", column.is_member(), "{column:?}: {answer}");
        sockets.push(socket);
    }
    let mut table = String::new();
    let mut lists: Vec<bool> = vec![false; LISTENERS.len()];
    for (name, actor, kind, data) in steps(&scene) {
        world.known(actor).command(&world.server, kind, data).await;
        if kind == "claude_message" {
            settled(world, &scene).await;
        }
        write!(table, "{name:<16}").unwrap();
        for ((column, socket), listed) in LISTENERS.iter().zip(&mut sockets).zip(&mut lists) {
            let mut heard = heard(socket, &world.fresh(), &scene).await;
            *listed |= heard.remove("session_changed");
            heard.remove("presence_changed");
            heard.remove("participant_joined");
            heard.remove("participant_left");
            let heard: Vec<_> = heard.into_iter().collect();
            write!(
                table,
                " | {}: {}",
                column.name(),
                if heard.is_empty() { "-".into() } else { heard.join(" ") }
            )
            .unwrap();
        }
        table.push('\n');
    }
    for (column, listed) in LISTENERS.iter().zip(lists) {
        assert!(!listed || column.is_member(), "{column:?} was told of a line of a list that is not theirs");
    }
    table
}

/// Waits until the reply has ended.
async fn settled(world: &World, scene: &Scene) {
    loop {
        let state = world
            .known(Column::Owner)
            .get(&world.server, &format!("/api/v1/sessions/{}", scene.session))
            .await;
        if state.json()["running"].is_null() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// The kinds of what came before the answer to a ping, which is sent now: all that was told before it. People have sessions
/// of their own, whose lines come late: they are not meant.
async fn heard(socket: &mut RawClient, id: &str, scene: &Scene) -> BTreeSet<String> {
    socket.command(id, "ping", json!({})).await;
    let mut kinds = BTreeSet::new();
    loop {
        let event = socket.next().await;
        if event["correlation_id"] == id {
            return kinds;
        }
        let line_of = &event["data"]["summary"]["session_id"];
        if event["type"] != "session_changed" || *line_of == json!(scene.session) {
            kinds.insert(event["type"].as_str().unwrap().to_owned());
        }
    }
}
