//! Kills and drains.

use std::path::Path;

use madang_hub::Settings;
use madang_protocol::{ErrorCode, MessageId, ReplyStatus, Role, SessionId};
use madang_store::{Append, SnapshotRow, Store as _};
use madang_testkit::{Failure, HubClient, person};
use serde_json::json;

use crate::support::{World, agree, chat, ended, prompt, reads, run, serve, settings};

#[test]
fn rs5_a_kill_leaves_the_journalled_text_which_can_be_continued() {
    let dir = tempfile::tempdir().unwrap();
    let (session, viewer, _upstream) = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "a story").await;
        let reply = world.model.next().await;
        for piece in ["Once ", "upon ", "a "] {
            reply.say(piece);
        }
        reads(&client, session, "Once upon a ").await;
        world.journalled("a ").await;
        // The upstream goes on talking: only the server dies.
        (session, client.viewer.clone(), reply)
    });
    serve(dir.path(), settings(), async |world| {
        let client = HubClient::come_back(&world.hub, person(1), &viewer);
        client.follow(session).await.unwrap();
        let cut = ended(&client, session, ReplyStatus::Interrupted, "Once upon a ").await;
        let ask = json!({"session_id": session, "content": "", "continues": cut});
        client.done("claude_message", ask).await;
        let reply = world.model.next().await;
        let sent = world.model.last_messages();
        assert_eq!(sent.len(), 3);
        assert!(sent[1].contains("assistant") && sent[1].contains("Once upon a "), "{}", sent[1]);
        assert!(sent[2].contains("cut off"), "{}", sent[2]);
        reply.finish("time.");
        ended(&client, session, ReplyStatus::Complete, "time.").await;
        client.viewer.assert_sound();
    });
}

#[test]
fn rs5_waiting_prompts_go_on_after_a_kill_without_anyone_there() {
    let dir = tempfile::tempdir().unwrap();
    let (session, _upstream) = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        prompt(&client, session, "two").await;
        let reply = world.model.next().await;
        reply.say("x");
        (session, reply)
    });
    serve(dir.path(), settings(), async |world| {
        let reply = world.model.next().await;
        assert!(world.model.last_messages().last().unwrap().contains("two"));
        let client = world.client(1);
        client.follow(session).await.unwrap();
        reply.finish("2");
        ended(&client, session, ReplyStatus::Complete, "2").await;
        assert_eq!(world.count(session, "claude_response").await, 2);
    });
}

#[test]
fn cn8_a_drain_lets_replies_end_and_keeps_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        prompt(&client, session, "two").await;
        let reply = world.model.next().await;
        reply.say("1");
        let drain = world.hub.drain(60_000);
        let end = async {
            // Prompts are refused from now on; only then does the reply end.
            let ask = json!({"session_id": session, "content": "three"});
            while client.ask("claude_message", ask.clone()).await.is_ok() {}
            reply.end("end_turn");
        };
        tokio::join!(drain, end);
        ended(&client, session, ReplyStatus::Complete, "1").await;
        assert!(world.model.try_next().is_none(), "nothing starts in a server that goes");
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        world.model.next().await.finish("2");
        ended(&client, session, ReplyStatus::Complete, "2").await;
    });
}

#[test]
fn cn8_a_drain_interrupts_what_does_not_end_in_time() {
    let dir = tempfile::tempdir().unwrap();
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        reply.say("so far");
        reads(&client, session, "so far").await;
        world.hub.drain(1).await;
        ended(&client, session, ReplyStatus::Interrupted, "so far").await;
        reply.dropped().await;
        assert_eq!(world.upstream(session).await.len(), 2, "it can be continued");
        client.viewer.assert_sound();
    });
}

#[test]
fn cn8_a_drain_ends_although_the_disk_is_full() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        reply.say("kept");
        world.journalled("kept").await;
        world.store.fail_all(Some(madang_testkit::Failure::Full));
        world.hub.drain(1).await;
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        ended(&client, session, ReplyStatus::Interrupted, "kept").await;
    });
}

#[test]
fn cn8_what_calls_claude_by_name_is_refused_while_the_server_drains_as_a_prompt_is() {
    run(settings(), async |world| {
        let (owner, chats) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&chats, Role::Viewer)]).await;
        let rights = json!({"session_id": session, "target_user_id": chats.user(), "role": "viewer", "rights": ["chat"]});
        owner.done("set_role", rights).await;
        world.hub.drain(0).await;
        let ask = json!({"session_id": session, "content": "and you, @claude?"});
        for kind in ["claude_message", "chat_message"] {
            assert_eq!(owner.refused(kind, ask.clone()).await, ErrorCode::ServiceUnavailable, "{kind}");
        }
        // Words between people go on.
        chat(&owner, session, "good night").await;
        chats.done("chat_message", ask).await;
        assert!(world.model.try_next().is_none());
        assert_eq!(world.count(session, "message_created").await, 2);
    });
}

/// Opens a session in a new run of the server, and says how many events of its log that read.
fn read_to_open(dir: &std::path::Path, settings: &Settings, session: SessionId) -> u64 {
    serve(dir, settings.clone(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        world.store.records_read()
    })
}

#[test]
fn a_session_that_was_never_quiet_opens_from_a_snapshot_and_a_bounded_tail() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { snapshot_events: 50, ..settings() };
    let session = serve(dir.path(), settings.clone(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let before = world.store.appends();
        world.store.hold();
        for n in 0..400 {
            // All are under way at once; what comes in a quiet moment after them is not saved.
            world.store.pass_next();
            client
                .send(&format!("s{n}"), "chat_message", json!({"session_id": session, "content": "x"}))
                .await;
        }
        world.store.handed_in(before + 400).await;
        world.store.fail_all(Some(Failure::Failed));
        world.store.release();
        client.answer("s399").await.unwrap();
        session
    });
    let read = read_to_open(dir.path(), &settings, session);
    assert!(read <= 2 * 50, "{read} of 401 events were read");
}

#[test]
fn a_snapshot_that_was_not_saved_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { snapshot_events: 50, ..settings() };
    let (session, after) = serve(dir.path(), settings.clone(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for n in 2..=50 {
            world.store.pass_next();
            if n == 50 {
                world.store.fail_next(Failure::Failed);
            }
            chat(&client, session, "x").await;
        }
        assert_eq!(world.disk.snapshot(session).await.unwrap(), []);
        let written = parts(world, &client, session, 1).await;
        (session, world.log(session).await.len() as u64 - written[0].position)
    });
    let read = read_to_open(dir.path(), &settings, session);
    assert_eq!(read, after, "the events after it, and no others");
}

/// Says so many things, one after the other without waiting, and waits until the last is on disk.
async fn say(client: &HubClient, session: SessionId, count: usize) {
    for n in 0..count {
        let data = json!({"session_id": session, "content": format!("said {n}")});
        client.send(&format!("s{n}"), "chat_message", data).await;
    }
    client.answer(&format!("s{}", count - 1)).await.unwrap();
}

/// Waits for a snapshot of so many parts.
async fn parts(world: &World, client: &HubClient, session: SessionId, count: usize) -> Vec<SnapshotRow> {
    loop {
        let parts = world.disk.snapshot(session).await.unwrap();
        if parts.len() >= count {
            return parts;
        }
        chat(client, session, "one more").await;
    }
}

#[test]
fn a_session_of_several_parts_is_read_back_whole_and_writes_what_changes() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { snapshot_events: 50, ..settings() };
    let (session, first) = serve(dir.path(), settings.clone(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let first = chat(&client, session, "the first").await;
        say(&client, session, 600).await;
        prompt(&client, session, "a question").await;
        world.model.next().await.finish("an answer");
        ended(&client, session, ReplyStatus::Complete, "an answer").await;
        parts(world, &client, session, 4).await;
        (session, first)
    });
    assert!(read_to_open(dir.path(), &settings, session) <= 2 * 50);
    serve(dir.path(), settings, async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        let before = world.disk.snapshot(session).await.unwrap();
        // Its answer has the text of an early message, whose part was never looked at.
        let page = json!({"session_id": session, "before": first, "limit": 3});
        assert_eq!(client.question("get_history", page).await.unwrap()["messages"], json!([]));
        client
            .done("react", json!({"session_id": session, "message_id": first, "emoji": "👍", "on": true}))
            .await;
        for n in 0..50 {
            chat(&client, session, &format!("later {n}")).await;
        }
        agree(world, session, &[&client]).await;
        world.hub.drain(1).await;
        let changed = |part: &SnapshotRow| before.iter().all(|known| known != part);
        let after = world.disk.snapshot(session).await.unwrap();
        let changed: Vec<_> = after.iter().filter(|part| changed(part)).map(|part| part.part).collect();
        assert_eq!(changed, [0, 1, 3], "the head, the message's part, the newest one");
        assert!(after[1].data.contains("👍"));
    });
}

/// Makes a session with a snapshot of several parts, one of which is then another.
fn damaged(dir: &Path, settings: &Settings, part: usize, how: fn(SnapshotRow) -> SnapshotRow) -> SessionId {
    let session = serve(dir, settings.clone(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        say(&client, session, 330).await;
        parts(world, &client, session, 3).await;
        session
    });
    // In a run in which nobody opens it: no newer snapshot is written over this one.
    serve(dir, settings.clone(), async |world| {
        let stored = world.disk.snapshot(session).await.unwrap();
        let snapshots = vec![(session, how(stored[part].clone()))];
        let append = Append { snapshots, ..Append::default() };
        world.disk.submit(append).await.unwrap().await.unwrap();
        session
    })
}

/// As no program writes it, in lines that nobody reads before somebody wants them.
fn unreadable(part: SnapshotRow) -> SnapshotRow {
    SnapshotRow { data: part.data.replace("\n[{", "\n[[{"), ..part }
}

#[test]
fn a_snapshot_with_a_part_that_is_not_its_own_is_not_used() {
    let settings = Settings { snapshot_events: 50, ..settings() };
    let breaks: [fn(SnapshotRow) -> SnapshotRow; 3] = [
        |part| SnapshotRow { data: "no part".into(), ..part },
        |part| SnapshotRow { position: part.position + 1, ..part },
        unreadable,
    ];
    for (n, how) in breaks.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let session = damaged(dir.path(), &settings, 2, how);
        serve(dir.path(), settings.clone(), async |world| {
            let client = world.client(1);
            client.follow(session).await.unwrap();
            assert!(world.store.records_read() >= 300, "{n}: its log is read");
            chat(&client, session, "goes on").await;
            agree(world, session, &[&client]).await;
            world.hub.drain(1).await;
        });
        // What was written then is whole.
        let read = read_to_open(dir.path(), &settings, session);
        assert!(read <= 100, "{n}: {read} events were read");
    }
}

#[test]
fn a_session_whose_task_panics_over_a_snapshot_is_read_from_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { snapshot_events: 50, ..settings() };
    let session = damaged(dir.path(), &settings, 1, unreadable);
    serve(dir.path(), settings.clone(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        assert!(world.store.records_read() <= 100, "the part is not looked at yet");
        let all = |before| json!({"session_id": session, "all": true, "limit": 100, "before": before});
        // The newest hundred are in the last two parts: the second is looked at for them.
        client.send("all", "get_history", all(None::<MessageId>)).await;
        client.viewer.wait_for("the session's task is gone", |mirror| mirror.invalidated.then_some(())).await;
        let back = world.client(1);
        back.follow(session).await.unwrap();
        assert!(world.store.records_read() >= 300, "its log is read");
        chat(&back, session, "goes on").await;
        agree(world, session, &[&back]).await;
    });
}
