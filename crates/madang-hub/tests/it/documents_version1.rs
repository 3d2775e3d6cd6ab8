//! Version-1 clients in shared documents: ranges, one document, states to start over from (DO4, SE3).

use madang_protocol::{ErrorCode, Role, SessionId};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{run, settings};

fn at(start: (u32, u32), end: (u32, u32), text: &str) -> Value {
    let range = json!({
        "startLineNumber": start.0, "startColumn": start.1, "endLineNumber": end.0, "endColumn": end.1,
    });
    json!({"range": range, "text": text})
}

fn change(session: SessionId, changes: Value) -> Value {
    json!({"session_id": session, "changes": changes, "timestamp": 1})
}

async fn main_text(client: &HubClient, session: SessionId) -> String {
    let state = client.question("open_document", json!({"session_id": session})).await.unwrap();
    state["text"].as_str().unwrap().to_owned()
}

async fn changed(client: &HubClient, text: &str) -> Value {
    let what = format!("the change {text:?}");
    let found = client.viewer.wait_for(&what, |mirror| {
        let mut all = mirror.of_type("code_changed");
        all.find(|event| event["data"]["change"]["text"] == text).map(|event| event["data"].clone())
    });
    found.await
}

/// The text that the newest state has.
fn state_text(client: &HubClient) -> Option<String> {
    client.viewer.look(|mirror| {
        let state = mirror.of_type("session_state").last()?;
        state["data"]["document"]["text"].as_str().map(str::to_owned)
    })
}

#[test]
fn do4_ranges_are_told_to_all_but_the_connection_that_sent_them() {
    run(settings(), async |world| {
        let new = world.client(1);
        let (old, other, tab) = (world.v1(2), world.v1(3), world.v1(2));
        let session = world.shared(&new, &[(&old, Role::Collaborator), (&other, Role::Collaborator)]).await;
        tab.done("join_collaboration", json!({"session_id": session})).await;
        assert_eq!(state_text(&old).as_deref(), Some(""), "a state has the text");
        let two = json!([at((1, 1), (1, 1), "line\r\n")]);
        assert_eq!(old.done("code_change", change(session, two)).await.version, Some(1));
        let told = changed(&other, "line\n").await;
        let expected = json!({
            "range": {"startLineNumber": 1, "startColumn": 1, "endLineNumber": 1, "endColumn": 1},
            "text": "line\n", "rangeLength": 0, "position": {"line": 2, "column": 1},
        });
        assert_eq!((&told["change"], &told["changes"]), (&expected, &json!([expected])));
        assert_eq!((&told["user_id"], &told["version"]), (&json!(old.user()), &json!(1)));
        changed(&tab, "line\n").await;
        // All ranges of one event are of the text before it, in whatever order.
        let both = json!([at((1, 1), (1, 5), "A"), at((2, 1), (2, 1), "B")]);
        assert_eq!(old.done("code_change", change(session, both)).await.version, Some(2));
        changed(&other, "A").await;
        let lsp = json!([{"range": {"start": {"line": 1, "character": 1}, "end": {"line": 1, "character": 1}}, "text": "C"}]);
        old.done("code_change", change(session, lsp)).await;
        assert_eq!(main_text(&new, session).await, "A\nBC");
        assert_eq!(old.viewer.look(|mirror| mirror.of_type("code_changed").count()), 0);
        // What version 2 types is told as ranges, last position first.
        let typed = json!({"session_id": session, "base_version": 3, "op_id": "x", "change": [[0, "1"], 1, [0, "2"], 3]});
        new.done("code_change", typed).await;
        let first = changed(&other, "1").await;
        assert_eq!(first["version"], 4);
        let order = other.viewer.look(|mirror| {
            let texts = mirror.of_type("code_changed").map(|event| event["data"]["change"]["text"].clone());
            texts.skip_while(|text| text != "2").collect::<Vec<_>>()
        });
        assert_eq!(order, ["2", "1"]);
        for client in [&new, &old, &other, &tab] {
            client.viewer.assert_sound();
        }
    });
}

#[test]
fn do4_a_file_path_is_followed_and_made_at_need() {
    run(settings(), async |world| {
        let (new, old, other) = (world.client(1), world.v1(2), world.v1(3));
        let session = world.shared(&new, &[(&old, Role::Collaborator), (&other, Role::Viewer)]).await;
        let mut data = change(session, json!([at((1, 1), (1, 1), "x")]));
        data["file_path"] = json!("src/app.ts");
        let ack = old.done("code_change", data.clone()).await;
        assert_eq!((ack.document.map(|id| id.0), ack.version), (Some(2), Some(1)));
        let open = json!({"session_id": session, "document": "src/app.ts"});
        assert_eq!(new.question("open_document", open).await.unwrap()["text"], "x");
        // From now on it hears of that one, and means it where it names none.
        let typed = json!({"session_id": session, "document": 2, "base_version": 1, "op_id": "a", "change": [1, [0, "y"]]});
        new.done("code_change", typed).await;
        changed(&old, "y").await;
        old.done("code_change", change(session, json!([at((1, 1), (1, 1), "z")]))).await;
        let open = json!({"session_id": session, "document": 2});
        assert_eq!(new.question("open_document", open).await.unwrap()["text"], "zxy");
        assert_eq!(main_text(&new, session).await, "");
        // A viewer makes none.
        data["file_path"] = json!("other");
        assert_eq!(other.refused("code_change", data).await, ErrorCode::Forbidden);
        new.viewer.assert_sound();
    });
}

#[test]
fn do4_whoever_may_have_another_text_is_sent_a_state_in_their_pause() {
    run(settings(), async |world| {
        let (new, old) = (world.client(1), world.v1(2));
        let session = world.shared(&new, &[(&old, Role::Collaborator)]).await;
        new.done(
            "code_change",
            json!({"session_id": session, "base_version": 0, "op_id": "a", "change": [[0, "abc"]]}),
        )
        .await;
        changed(&old, "abc").await;
        // It types at once: whether it had seen that, nobody can know.
        old.done("code_change", change(session, json!([at((1, 4), (1, 4), "d")]))).await;
        let state = old.viewer.wait_for("a state", |mirror| {
            let state = mirror.of_type("session_state").last()?;
            (state["data"]["document"]["version"] == 2).then(|| state["data"]["document"]["text"].clone())
        });
        assert_eq!(state.await, "abcd");
        // What can't be a change of its text is refused, and it starts over too.
        let beyond = change(session, json!([at((9, 1), (9, 1), "x")]));
        assert_eq!(old.refused("code_change", beyond).await, ErrorCode::InvalidData);
        let states = |mirror: &madang_testkit::Mirror| {
            let count = mirror.of_type("session_state").count();
            (count >= 3).then_some(())
        };
        old.viewer.wait_for("another state", states).await;
        assert_eq!(main_text(&new, session).await, "abcd");
    });
}

#[test]
fn do4_a_large_paste_and_a_whole_text_set_anew() {
    run(settings(), async |world| {
        let (new, old) = (world.client(1), world.v1(2));
        let session = world.shared(&new, &[(&old, Role::Collaborator)]).await;
        let megabyte = "줄 line\n".repeat(100_000);
        let pasted = change(session, json!([at((1, 1), (1, 1), &megabyte)]));
        let ack = old.done("code_change", pasted).await;
        assert!(ack.version.unwrap() > 1, "in pieces that a log takes");
        assert_eq!(main_text(&new, session).await, megabyte);
        // `setValue` deletes all and inserts all: only what differs is changed.
        let set = megabyte.replacen("line", "LINE", 1);
        let all = change(session, json!([at((1, 1), (100_001, 1), &set)]));
        let version = old.done("code_change", all).await.version.unwrap();
        let event = new.viewer.wait_for("the difference", |mirror| {
            let mut all = mirror.of_type("code_changed");
            all.find(|event| event["data"]["version"] == version).cloned()
        });
        assert!(event.await["data"]["change"].to_string().len() < 60, "the smallest change");
    });
}

#[test]
fn do6_a_version_1_viewer_is_shown_the_text_again() {
    run(settings(), async |world| {
        let (owner, viewer) = (world.client(1), world.v1(2));
        let session = world.shared(&owner, &[(&viewer, Role::Viewer)]).await;
        let typed = change(session, json!([at((1, 1), (1, 1), "x")]));
        assert_eq!(viewer.refused("code_change", typed).await, ErrorCode::Forbidden);
        let states =
            |mirror: &madang_testkit::Mirror| (mirror.of_type("session_state").count() >= 2).then_some(());
        viewer.viewer.wait_for("a state", states).await;
        assert_eq!(state_text(&viewer).as_deref(), Some(""));
    });
}

#[test]
fn do5_a_version_1_cursor_is_lines_and_columns() {
    run(settings(), async |world| {
        let (new, old) = (world.client(1), world.v1(2));
        let session = world.shared(&new, &[(&old, Role::Collaborator)]).await;
        old.done("code_change", change(session, json!([at((1, 1), (1, 1), "ab\ncd")]))).await;
        main_text(&new, session).await;
        old.done("cursor_update", json!({"session_id": session, "position": {"line": 2, "column": 2}})).await;
        let moved = |mirror: &madang_testkit::Mirror| mirror.of_type("cursor_moved").next().cloned();
        let told = new.viewer.wait_for("the cursor", moved).await["data"].clone();
        assert_eq!(
            (&told["position"], &told["selection"]),
            (&json!({"line": 2, "column": 2}), &json!({"anchor": 4, "head": 4}))
        );
        new.done("cursor_update", json!({"session_id": session, "selection": {"anchor": 0, "head": 1}}))
            .await;
        let told = old.viewer.wait_for("the other's", moved).await["data"].clone();
        assert_eq!(told["position"], json!({"line": 1, "column": 2}));
    });
}
