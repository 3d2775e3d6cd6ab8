//! Coming back: exact replay, snapshots, re-attachment to a running reply.

use madang_hub::Settings;
use madang_protocol::{Epoch, ReplyStatus, ResumePoint};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{chat, ended, prompt, reads, run, settings};

/// What a connection was sent, without the lines of its person's list, which come at any time.
fn sent(client: &HubClient) -> Vec<Value> {
    let of_a_session = |envelope: &&Value| envelope["type"] != "session_changed";
    client.viewer.look(|mirror| mirror.envelopes.iter().filter(of_a_session).cloned().collect())
}

fn at(epoch: &str, seq: u64) -> Option<ResumePoint> {
    Some(ResumePoint { epoch: epoch.parse().unwrap(), seq, streams: Default::default() })
}

#[test]
fn rs1_a_gap_is_replayed_exactly_or_the_whole_state_comes() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for n in 0..20 {
            chat(&client, session, &format!("{n}")).await;
        }
        let epoch = client.viewer.look(|mirror| mirror.session(session).unwrap().epoch.clone());
        for seq in 0..=21 {
            let back = world.client(1);
            back.follow_from(session, at(&epoch, seq)).await.unwrap();
            let envelopes = sent(&back);
            let data = &envelopes[0]["data"];
            assert_eq!(
                (&data["from"], &data["to"], &data["recovered"]),
                (&json!(seq), &json!(21), &json!(true))
            );
            let seqs: Vec<_> = envelopes.iter().filter_map(|envelope| envelope["seq"].as_u64()).collect();
            assert_eq!(seqs, (seq + 1..=21).collect::<Vec<_>>());
        }
        let other = Epoch::new(1).to_string();
        for point in [at(&epoch, 22), at(&other, 5), None] {
            let back = world.client(1);
            back.follow_from(session, point).await.unwrap();
            let first = &sent(&back)[0];
            assert_eq!((&first["type"], &first["data"]["seq"]), (&json!("session_state"), &json!(21)));
        }
    });
}

#[test]
fn rs4_an_exact_replay_ends_with_who_is_here() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        chat(&client, session, "missed").await;
        let epoch = client.viewer.look(|mirror| mirror.session(session).unwrap().epoch.clone());
        let back = world.client(1);
        back.follow_from(session, at(&epoch, 1)).await.unwrap();
        let envelopes = sent(&back);
        let kinds: Vec<_> = envelopes.iter().map(|envelope| envelope["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["resumed", "message_created", "presence_changed"]);
        let present =
            json!({"user_id": back.link.caller().user, "state": "here", "devices": 2, "typing": false});
        assert_eq!(envelopes[2]["data"], json!({"session_id": session, "presence": present}));
    });
}

#[test]
fn rs1_a_gap_that_a_connection_has_no_room_for_gets_the_state() {
    run(Settings { replay_bytes_max: 2_000, ..settings() }, async |world| {
        let client = world.client(1);
        let session = client.create().await;
        chat(&client, session, &"x".repeat(3_000)).await;
        let epoch = client.viewer.look(|mirror| mirror.session(session).unwrap().epoch.clone());
        let back = world.client(1);
        back.follow_from(session, at(&epoch, 1)).await.unwrap();
        let envelopes = sent(&back);
        assert_eq!((&envelopes[0]["type"], envelopes.len()), (&json!("session_state"), 1));
    });
}

#[test]
fn rs2_whoever_attaches_at_any_delta_reads_the_same() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        let pieces = ["마", "당 ", "is ", "a ", "court", "yard ", "👪", "\n", "for ", "all", "."];
        let mut clients = Vec::new();
        let mut text = String::new();
        for piece in pieces {
            clients.push(world.client(1));
            let fresh = clients.last().unwrap().follow(session);
            // One attaches while the piece is on its way, others come back with what they know.
            let (attached, _) = tokio::join!(fresh, async { reply.say(piece) });
            attached.unwrap();
            text.push_str(piece);
            reads(clients.last().unwrap(), session, &text).await;
            if let Some(before) = clients.first() {
                let back = before.reconnect(&world.hub);
                back.follow(session).await.unwrap();
                clients[0] = back;
                reads(&clients[0], session, &text).await;
            }
        }
        reply.end("end_turn");
        for client in &clients {
            ended(client, session, ReplyStatus::Complete, &text).await;
            client.viewer.assert_sound();
        }
        client.viewer.assert_sound();
    });
}

#[test]
fn dc5_what_attaches_shows_what_is_on_disk_alone() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        world.store.hold();
        client.send("say", "chat_message", json!({"session_id": session, "content": "not saved"})).await;
        let other = world.client(1);
        let (follow, history) = (other.follow(session), async {
            client.done("get_history", json!({"session_id": session})).await;
            client.viewer.look(|m| m.of_type("history").next().unwrap()["data"]["messages"].clone())
        });
        let release = async {
            world.store.fail_next(madang_testkit::Failure::Full);
            world.store.release();
        };
        let (followed, shown, ()) = tokio::join!(follow, history, release);
        followed.unwrap();
        assert_eq!(shown, json!([]), "what was never saved is shown to nobody");
        assert!(client.answer("say").await.is_err());
        let state = other.viewer.look(|m| m.of_type("session_state").next().unwrap()["data"].clone());
        assert_eq!((&state["seq"], &state["messages"]), (&json!(1), &json!([])));
        chat(&client, session, "saved").await;
        reads(&other, session, "saved").await;
        other.viewer.assert_sound();
    });
}

#[test]
fn rs3_a_prompt_is_answered_although_whoever_asked_has_gone() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        world.store.hold();
        client.send("say", "chat_message", json!({"session_id": session, "content": "x"})).await;
        // Waits to be attached behind the commit; its connection goes before that.
        let tab = world.client(1);
        tab.send("ask", "claude_message", json!({"session_id": session, "content": "still there?"})).await;
        drop(tab);
        world.store.release();
        let reply = world.model.next().await;
        reply.say("yes");
        reads(&client, session, "yes").await;
        drop(client);
        reply.end("end_turn");
        reply.dropped().await;
        let back = world.client(1);
        back.follow(session).await.unwrap();
        ended(&back, session, ReplyStatus::Complete, "yes").await;
    });
}

#[test]
fn rs3_sessions_leave_memory_and_come_back_while_commands_arrive() {
    let settings = Settings { idle_eviction_ms: 0, ..settings() };
    run(settings, async |world| {
        let first = world.client(1);
        let session = first.create().await;
        drop(first);
        for round in 0..60 {
            let (a, b) = (world.client(1), world.client(1));
            let id = |n: u32| format!("{round}-{n}");
            let say = |who: &str| json!({"session_id": session, "content": format!("{round}{who}")});
            a.send(&id(1), "chat_message", say("a")).await;
            a.send(&id(2), "get_history", json!({"session_id": session})).await;
            b.send(&id(3), "chat_message", say("b")).await;
            a.answer(&id(1)).await.unwrap();
            a.answer(&id(2)).await.unwrap();
            b.answer(&id(3)).await.unwrap();
            let order = a.viewer.look(|mirror| {
                let answers = mirror.envelopes.iter().filter_map(|e| e["correlation_id"].as_str());
                answers.map(str::to_owned).collect::<Vec<_>>()
            });
            assert_eq!(order, [id(1), id(2)]);
            a.viewer.assert_sound();
            b.viewer.assert_sound();
        }
        assert_eq!(world.count(session, "message_created").await, 120);
    });
}
