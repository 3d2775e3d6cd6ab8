//! Shared documents through the hub, on a real store: changes, readers, limits, versions, restarts (DO1-DO7).

use madang_protocol::{DocumentId, ErrorCode, Role, SessionId};
use madang_store::{Append, Record, Store, Stream};
use madang_testkit::{Failure, HubClient, person};
use serde_json::{Value, json};

use crate::support::{chat, run, serve, settings};

/// Opens `main` and returns what is told of it.
async fn open(client: &HubClient, session: SessionId) -> Value {
    client.question("open_document", json!({"session_id": session})).await.unwrap()
}

fn edit(session: SessionId, base: u64, op_id: &str, change: Value) -> Value {
    json!({"session_id": session, "base_version": base, "op_id": op_id, "change": change})
}

/// Types a text into an empty document.
async fn type_in(client: &HubClient, session: SessionId, text: &str) -> u64 {
    let ack =
        client.done("code_change", edit(session, 0, &format!("first {text}"), json!([[0, text]]))).await;
    ack.version.unwrap()
}

async fn text(client: &HubClient, session: SessionId) -> String {
    open(client, session).await["text"].as_str().unwrap().to_owned()
}

/// Waits until a client was told of a version.
async fn told(client: &HubClient, version: u64) -> Value {
    let what = format!("version {version}");
    let found = client.viewer.wait_for(&what, |mirror| {
        mirror.of_type("code_changed").find(|event| event["data"]["version"] == version).cloned()
    });
    found.await
}

fn count(client: &HubClient, kind: &str) -> usize {
    client.viewer.look(|mirror| mirror.of_type(kind).count())
}

#[test]
fn do3_a_change_is_answered_on_disk_and_told_to_all_who_have_it_open() {
    run(settings(), async |world| {
        let (one, two, three) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&one, &[(&two, Role::Collaborator), (&three, Role::Collaborator)]).await;
        let state = open(&one, session).await;
        assert_eq!(
            (&state["document"], &state["version"], &state["text"]),
            (&json!(1), &json!(0), &json!(""))
        );
        open(&two, session).await;
        let change = edit(session, 0, "a", json!([[0, "let x", ""]]));
        one.send("first", "code_change", change).await;
        assert_eq!(one.answer("first").await.unwrap().version, Some(1));
        let record = world.disk.read(session, Stream::document(DocumentId::MAIN), 0, 9).await.unwrap();
        let expected = json!({
            "document": 1, "version": 1, "user_id": one.user(), "op_id": "a", "change": [[0, "let x", ""]],
        });
        assert_eq!(serde_json::from_str::<Value>(&record[0].data).unwrap(), expected);
        for client in [&one, &two] {
            let event = told(client, 1).await;
            assert_eq!(event["data"], expected, "what is stored is what is sent");
            assert_eq!((&event["seq"], &event["correlation_id"]), (&Value::Null, &Value::Null));
        }
        let order = one.viewer.look(|mirror| {
            let place = |kind: &str| mirror.envelopes.iter().rposition(|event| event["type"] == kind);
            (place("ack"), place("code_changed"))
        });
        assert!(order.0 < order.1, "the answer comes first");
        // Whoever has it not open hears nothing of it, and can look.
        assert_eq!(text(&three, session).await, "let x\n");
        assert_eq!(count(&three, "code_changed"), 0);
        let ack = two.done("code_change", edit(session, 0, "b", json!([[0, "// "]]))).await;
        assert_eq!(ack.version, Some(2), "a late change is moved");
        assert_eq!(told(&three, 2).await["data"]["change"], json!([6, [0, "// "]]));
        three.done("close_document", json!({"session_id": session})).await;
        two.done("code_change", edit(session, 2, "c", json!([9, [0, "!"]]))).await;
        told(&one, 3).await;
        assert_eq!(count(&three, "code_changed"), 1);
        for client in [one, two, three] {
            client.viewer.assert_sound();
        }
    });
}

#[test]
fn do3_an_op_id_is_known_again_after_a_kill_and_is_one_change() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        open(&client, session).await;
        for version in 0..30 {
            let change = json!([version, [0, "x"]]);
            let change = if version == 0 { json!([[0, "x"]]) } else { change };
            client.done("code_change", edit(session, version, &format!("op {version}"), change)).await;
        }
        // While it is under way: one write, two answers.
        let again = edit(session, 30, "twice", json!([30, [0, "y"]]));
        world.store.hold();
        client.send("a", "code_change", again.clone()).await;
        client.send("b", "code_change", again).await;
        world.store.release();
        assert_eq!(client.answer("a").await.unwrap().version, Some(31));
        assert_eq!(client.answer("b").await.unwrap().version, Some(31));
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let again = edit(session, 4, "op 4", json!([4, [0, "x"]]));
        assert_eq!(client.done("code_change", again).await.version, Some(5));
        let other = edit(session, 4, "op 4", json!([4, [0, "z"]]));
        assert_eq!(client.refused("code_change", other).await, ErrorCode::Conflict);
        assert_eq!(text(&client, session).await, format!("{}y", "x".repeat(30)));
    });
}

#[test]
fn do3_what_was_missed_is_told_one_by_one_and_rs5_nothing_acked_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        type_in(&client, session, "ab").await;
        client.done("code_change", edit(session, 1, "2", json!([1, [0, "-"], 1]))).await;
        client.done("code_change", edit(session, 2, "3", json!([[3], [0, "c"]]))).await;
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        let had = |version: u64| json!({"session_id": session, "version": version});
        let resumed = client.question("open_document", had(1)).await.unwrap();
        let changes: Vec<_> = resumed["changes"].as_array().unwrap().iter().map(|c| &c["change"]).collect();
        assert_eq!(changes, [&json!([1, [0, "-"], 1]), &json!([[3], [0, "c"]])]);
        assert_eq!((&resumed["from"], &resumed["version"]), (&json!(1), &json!(3)));
        let whole = client.question("open_document", had(4)).await.unwrap();
        assert_eq!(whole["text"], "c", "a version that is still to come is another log's");
        let mut other_log = had(1);
        other_log["epoch"] = json!("0000000000000000");
        assert_eq!(client.question("open_document", other_log).await.unwrap()["text"], "c");
        assert_eq!(
            world.disk.read(session, Stream::document(DocumentId::MAIN), 0, 9).await.unwrap().len(),
            3
        );
    });
}

#[test]
fn do3_a_base_that_is_too_old_is_refused_and_the_text_sent_again() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        // A long history, written as a session writes it.
        let record = |version: u64| {
            let kept = version - 1;
            let change = if kept == 0 { json!([[0, "x"]]) } else { json!([kept, [0, "x"]]) };
            let by = client.user();
            let data = json!({"document": 1, "version": version, "user_id": by, "change": change});
            Record {
                stream: Stream::document(DocumentId::MAIN),
                position: version,
                at: madang_protocol::UnixMs(1),
                actor: madang_protocol::Actor::User(by),
                kind: "code_changed".into(),
                data: data.to_string(),
            }
        };
        for page in 0..11_u64 {
            let records = (page * 1_000 + 1..=page * 1_000 + 1_000).map(|version| (session, record(version)));
            world.commit(Append { records: records.collect(), ..Append::default() }).await.unwrap();
        }
        let state = open(&client, session).await;
        assert_eq!(state["version"], 11_000);
        let stale = edit(session, 10, "s", json!([10, [0, "y"]]));
        assert_eq!(client.refused("code_change", stale).await, ErrorCode::StaleBase);
        let resync = client.viewer.wait_for("a re-sync", |mirror| {
            let mut states = mirror.of_type("document_state");
            states.find(|event| event["correlation_id"].is_null()).map(|event| event["data"].clone())
        });
        assert_eq!(resync.await["version"], 11_000);
        let late = edit(session, 1_500, "l", json!([1_500, [0, "y"]]));
        assert_eq!(client.done("code_change", late).await.version, Some(11_001), "within the window");
    });
}

#[test]
fn do6_a_viewer_sees_everything_and_changes_nothing() {
    run(settings(), async |world| {
        let (owner, viewer, stranger) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&owner, &[(&viewer, Role::Viewer)]).await;
        type_in(&owner, session, "text").await;
        assert_eq!(text(&viewer, session).await, "text");
        let change = edit(session, 1, "v", json!([[4]]));
        assert_eq!(viewer.refused("code_change", change.clone()).await, ErrorCode::Forbidden);
        let shown = viewer.viewer.wait_for("a re-sync", |mirror| {
            let mut states = mirror.of_type("document_state");
            states.find(|event| event["correlation_id"].is_null()).map(|event| event["data"]["text"].clone())
        });
        assert_eq!(shown.await, "text");
        for (kind, more) in [
            ("create_document", json!({"name": "a"})),
            ("rename_document", json!({"name": "a"})),
            ("delete_document", json!({})),
            ("save_version", json!({"name": "a"})),
            ("restore_version", json!({"version": 0})),
        ] {
            let mut data = json!({"session_id": session});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert_eq!(viewer.refused(kind, data.clone()).await, ErrorCode::Forbidden, "{kind}");
            assert_eq!(stranger.refused(kind, data).await, ErrorCode::NotFound, "{kind}");
        }
        for kind in ["open_document", "close_document", "list_versions", "get_blame", "cursor_update"] {
            assert_eq!(stranger.refused(kind, json!({"session_id": session})).await, ErrorCode::NotFound);
        }
        assert_eq!(stranger.refused("code_change", change).await, ErrorCode::NotFound);
        assert_eq!(text(&owner, session).await, "text");
        owner.done("remove_user", json!({"session_id": session, "target_user_id": viewer.user()})).await;
        owner.done("code_change", edit(session, 1, "w", json!([4, [0, "!"]]))).await;
        told(&owner, 2).await;
        assert_eq!(count(&viewer, "code_changed"), 0, "who is out hears nothing more");
    });
}

#[test]
fn do1_documents_come_and_go_with_their_texts() {
    run(settings(), async |world| {
        let (one, two) = (world.client(1), world.client(2));
        let session = world.shared(&one, &[(&two, Role::Collaborator)]).await;
        let made = json!({"session_id": session, "name": "app.ts", "text": "a\r\nb"});
        let ack = one.done("create_document", made).await;
        let id = ack.document.unwrap();
        assert_eq!(ack.version, Some(1));
        let named = |name: &str| json!({"session_id": session, "document": name});
        let state = two.question("open_document", named("app.ts")).await.unwrap();
        assert_eq!((&state["document"], &state["text"]), (&json!(id), &json!("a\nb")));
        one.done("rename_document", json!({"session_id": session, "document": id, "name": "index.ts"})).await;
        assert!(two.question("open_document", named("app.ts")).await.is_err());
        let change =
            json!({"session_id": session, "document": id, "base_version": 1, "op_id": "x", "change": [[3]]});
        assert_eq!(
            two.done("code_change", change).await.version,
            Some(2),
            "the name changed, the document did not"
        );
        one.done("delete_document", json!({"session_id": session, "document": id})).await;
        let gone = json!({"session_id": session, "document": id, "base_version": 2, "op_id": "y", "change": [[0, "z"]]});
        assert_eq!(two.refused("code_change", gone).await, ErrorCode::NotFound);
        assert_eq!(
            one.done("create_document", json!({"session_id": session, "name": "index.ts"})).await.document,
            Some(DocumentId(3))
        );
        let late = world.client(2);
        late.follow(session).await.unwrap();
        let names = late.viewer.look(|mirror| {
            let state = mirror.of_type("session_state").last().unwrap();
            let list = state["data"]["documents"].as_array().unwrap();
            list.iter().map(|known| known["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        assert_eq!(names, ["main", "index.ts"]);
    });
}

#[test]
fn do5_cursors_are_told_mapped_and_taken_away() {
    run(settings(), async |world| {
        let (one, two) = (world.client(1), world.client(2));
        let session = world.shared(&one, &[(&two, Role::Viewer)]).await;
        type_in(&one, session, "first\nsecond").await;
        let not_open = json!({"session_id": session, "position": {"line": 1, "column": 1}});
        assert_eq!(one.refused("cursor_update", not_open).await, ErrorCode::Conflict);
        open(&one, session).await;
        open(&two, session).await;
        let at = |data: Value| {
            let mut all = json!({"session_id": session});
            all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
            all
        };
        // A viewer shows where they are, in any of the forms; the newest place is told.
        two.done("cursor_update", at(json!({"position": {"line": 0, "character": 2}}))).await;
        two.done("cursor_update", at(json!({"selection": {"anchor": 8, "head": 10}, "version": 1}))).await;
        let moved = async |selection: Value| {
            let what = format!("a cursor at {selection}");
            let found = one.viewer.wait_for(&what, |mirror| {
                let mut all = mirror.of_type("cursor_moved");
                all.find(|event| event["data"]["selection"] == selection).map(|event| event["data"].clone())
            });
            found.await
        };
        let told = moved(json!({"anchor": 8, "head": 10})).await;
        assert_eq!(
            (&told["position"], &told["user_id"]),
            (&json!({"line": 2, "column": 5}), &json!(two.user()))
        );
        assert_eq!(told["color"], "#000002");
        one.done("code_change", edit(session, 1, "m", json!([[0, "12"], 12]))).await;
        let state = open(&one, session).await;
        assert_eq!(
            state["cursors"][0]["selection"],
            json!({"anchor": 10, "head": 12}),
            "mapped through the change"
        );
        let range = json!({"startLineNumber": 1, "startColumn": 1, "endLineNumber": 9, "endColumn": 9});
        two.done("cursor_update", at(json!({"selection": range}))).await;
        moved(json!({"anchor": 0, "head": 14})).await;
        assert_eq!(count(&two, "cursor_moved"), 0, "nobody is told of themselves");
        drop(two);
        let gone = |mirror: &madang_testkit::Mirror| mirror.of_type("cursor_removed").next().cloned();
        one.viewer.wait_for("its end", gone).await;
    });
}

#[test]
fn do7_versions_are_kept_looked_at_and_restored() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        type_in(&client, session, "one").await;
        let keep = json!({"session_id": session, "name": "good"});
        client.send("keep", "save_version", keep.clone()).await;
        assert_eq!(client.answer("keep").await.unwrap().version, Some(1));
        client.done("code_change", edit(session, 1, "2", json!([3, [0, " two"]]))).await;
        // Ten minutes of nothing: what was is kept before it is changed.
        world.clock.advance(600_000);
        client.done("code_change", edit(session, 2, "3", json!([[7, "three"]]))).await;
        client.send("keep", "save_version", keep).await;
        assert_eq!(client.answer("keep").await.unwrap().version, Some(1), "asked twice, kept once");
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let listed = client.question("list_versions", json!({"session_id": session})).await.unwrap();
        let kept: Vec<_> = listed["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kept| (kept["version"].as_u64(), kept["name"].as_str()))
            .collect();
        assert_eq!(kept, [(Some(1), Some("good")), (Some(2), None)]);
        let version = |n: u64| json!({"session_id": session, "version": n});
        for (n, said) in [(0, ""), (1, "one"), (2, "one two"), (3, "three")] {
            assert_eq!(client.question("get_version", version(n)).await.unwrap()["text"], said);
        }
        assert_eq!(client.question("get_version", version(4)).await.unwrap_err().code, ErrorCode::NotFound);
        open(&client, session).await;
        assert_eq!(client.done("restore_version", version(2)).await.version, Some(4));
        told(&client, 4).await;
        assert_eq!(client.done("restore_version", version(2)).await.version, Some(4), "it says that already");
        assert_eq!(text(&client, session).await, "one two");
        let blame = client.question("get_blame", json!({"session_id": session})).await.unwrap();
        assert_eq!(blame["ranges"], json!([{"units": 7, "user_id": client.user()}]));
        let listed = client.question("list_versions", json!({"session_id": session})).await.unwrap();
        assert_eq!(listed["versions"].as_array().unwrap().len(), 3, "what was replaced is kept");
    });
}

#[test]
fn do2_bad_changes_get_the_stated_error_and_harm_nothing() {
    run(settings(), async |world| {
        let (one, two) = (world.client(1), world.client(2));
        let session = world.shared(&one, &[(&two, Role::Collaborator)]).await;
        type_in(&one, session, "a🙂b").await;
        open(&one, session).await;
        open(&two, session).await;
        for (what, change) in [
            ("too short", json!([3])),
            ("too long", json!([5, [0, "x"]])),
            ("half a pair", json!([2, [0, "x"], 2])),
            ("no list", json!({"0": 4})),
            ("an empty section", json!([4, [0]])),
            ("a number below nothing", json!([-1, [0, "x"], 5])),
            ("neighbours that are one", json!([2, 2])),
        ] {
            let refused = one.refused("code_change", edit(session, 1, what, change)).await;
            assert_eq!(refused, ErrorCode::InvalidData, "{what}");
        }
        let ok = json!([4, [0, "!"]]);
        for (what, data) in [
            ("a base to come", edit(session, 2, "f", ok.clone())),
            ("no op id", json!({"session_id": session, "base_version": 1, "change": ok})),
            ("no base", json!({"session_id": session, "op_id": "x", "change": ok})),
            ("no change", json!({"session_id": session, "op_id": "x", "base_version": 1})),
            ("an op id without end", edit(session, 1, &"x".repeat(129), ok.clone())),
        ] {
            assert_eq!(one.refused("code_change", data).await, ErrorCode::InvalidData, "{what}");
        }
        let nowhere =
            json!({"session_id": session, "document": 7, "base_version": 1, "op_id": "x", "change": ok});
        assert_eq!(one.refused("code_change", nowhere).await, ErrorCode::NotFound);
        assert_eq!(count(&two, "code_changed"), 0, "nobody else notices");
        assert_eq!(two.done("code_change", edit(session, 1, "two", ok)).await.version, Some(2));
        // Other line ends are made LF, and whoever sent them is shown what came of it.
        one.done("code_change", edit(session, 2, "crlf", json!([5, [0, "x\r", "y"]]))).await;
        let shown = one.viewer.wait_for("the text", |mirror| {
            let mut states = mirror.of_type("document_state");
            states.find(|event| event["data"]["version"] == 3).map(|event| event["data"]["text"].clone())
        });
        assert_eq!(shown.await, "a🙂b!x\ny");
        chat(&one, session, "and we talk").await;
        one.viewer.assert_sound();
    });
}

#[test]
fn do1_a_text_has_four_mebibytes_and_no_more() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let mut version = 0;
        let block = "0123456789abcdef".repeat(32 * 1024);
        for n in 0..8_u64 {
            let kept = n * block.len() as u64;
            let change = if n == 0 { json!([[0, block]]) } else { json!([kept, [0, block]]) };
            let ack = client.done("code_change", edit(session, version, &n.to_string(), change)).await;
            version = ack.version.unwrap();
        }
        let more = edit(session, version, "more", json!([8 * block.len(), [0, "x"]]));
        assert_eq!(client.refused("code_change", more).await, ErrorCode::InvalidData);
        let all = edit(session, version, "all", json!([[8 * block.len(), "x"]]));
        client.done("code_change", all).await;
        // As long a text comes back in pieces that a log takes.
        let back = client.done("restore_version", json!({"session_id": session, "version": version})).await;
        assert!(back.version.unwrap() > version + 7, "{back:?}");
        assert_eq!(text(&client, session).await.len(), 8 * block.len());
    });
}

#[test]
fn a_failed_write_closes_documents_and_the_conversation_goes_on() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        type_in(&client, session, "kept").await;
        open(&client, session).await;
        world.store.fail_next(Failure::Full);
        let change = edit(session, 1, "lost", json!([4, [0, "!"]]));
        assert_eq!(client.refused("code_change", change.clone()).await, ErrorCode::ServiceUnavailable);
        let closed = |mirror: &madang_testkit::Mirror| mirror.of_type("document_closed").next().cloned();
        assert_eq!(client.viewer.wait_for("its end", closed).await["data"]["document"], 1);
        chat(&client, session, "still here").await;
        let resumed = client.question("open_document", json!({"session_id": session, "version": 1})).await;
        assert_eq!(resumed.unwrap()["changes"], json!([]));
        assert_eq!(client.done("code_change", change).await.version, Some(2), "sent again, done once");
        assert_eq!(text(&client, session).await, "kept!");
        // One that failed and was stored all the same is known by its op id.
        world.store.fail_next(Failure::Late);
        let late = edit(session, 2, "late", json!([5, [0, "?"]]));
        assert_eq!(client.refused("code_change", late.clone()).await, ErrorCode::ServiceUnavailable);
        assert_eq!(client.done("code_change", late).await.version, Some(3));
        assert_eq!(text(&client, session).await, "kept!?");
        client.viewer.assert_sound();
    });
}

#[test]
fn a_document_that_can_not_be_read_leaves_the_conversation_alone() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let record = Record {
            stream: Stream::document(DocumentId::MAIN),
            position: 1,
            at: madang_protocol::UnixMs(1),
            actor: madang_protocol::Actor::Server,
            kind: "code_changed".into(),
            data: r#"{"version":1,"user_id":"server","change":[9]}"#.into(),
        };
        world.commit(Append { records: vec![(session, record)], ..Append::default() }).await.unwrap();
        let opened = client.question("open_document", json!({"session_id": session})).await;
        assert_eq!(opened.unwrap_err().code, ErrorCode::ServiceUnavailable);
        chat(&client, session, "we talk").await;
        let old = world.v1(1);
        old.done("join_collaboration", json!({"session_id": session})).await;
        assert_eq!(count(&old, "session_state"), 1);
        let made = json!({"session_id": session, "name": "another", "text": "x"});
        assert_eq!(client.done("create_document", made).await.version, Some(1));
    });
}

#[test]
fn documents_leave_memory_when_nobody_has_them_open() {
    let settings = madang_hub::Settings { rest_ms: 30, ..settings() };
    run(settings, async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for version in 0..150_u64 {
            let change = if version == 0 { json!([[0, "x"]]) } else { json!([version, [0, "x"]]) };
            client.done("code_change", edit(session, version, &version.to_string(), change)).await;
        }
        let appends = world.store.appends();
        open(&client, session).await;
        client.done("close_document", json!({"session_id": session})).await;
        // It is written out whole as it goes, and so quickly read.
        world.store.handed_in(appends + 1).await;
        let written = async {
            let stream = Stream::document(DocumentId::MAIN);
            while world.disk.snapshot_part(session, stream, 0).await.unwrap().is_none() {}
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), written).await.expect("it is written out");
        let before = world.store.records_read();
        assert_eq!(open(&client, session).await["version"], 150);
        assert!(world.store.records_read() - before <= 1, "the text, and when it was changed last");
        // What it knew before is known again, as far as somebody needs it.
        let again = edit(session, 4, "4", json!([4, [0, "x"]]));
        assert_eq!(client.done("code_change", again).await.version, Some(5));
        let had = json!({"session_id": session, "version": 2});
        let resumed = client.question("open_document", had).await.unwrap();
        assert_eq!(resumed["changes"].as_array().map(Vec::len), Some(148));
        let by = HubClient::pass_by(&world.hub, person(1));
        let change = edit(session, 150, "rest", json!([150, [0, "y"]]));
        assert_eq!(by.done("code_change", change).await.version, Some(151));
        told(&client, 151).await;
    });
}
