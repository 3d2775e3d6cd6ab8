//! Turns: streaming, queueing, stopping, and what reaches viewers when.

use madang_protocol::{ErrorCode, PartKind, ReplyStatus};
use serde_json::json;

use crate::support::{ended, final_of, prompt, reads, run, settings};

#[test]
fn tu2_deltas_then_one_final_with_the_whole_text() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        reply.say("안녕");
        reads(&client, session, "안녕").await;
        reply.say("하세요 👋");
        reply.usage(10, 5);
        reply.end("end_turn");
        let id = ended(&client, session, ReplyStatus::Complete, "안녕하세요 👋").await;
        let data = final_of(&client, id);
        assert_eq!(data["content"], "안녕하세요 👋");
        assert_eq!((&data["usage"]["output_tokens"], &data["cost"]["micro_usd"]), (&json!(5), &json!(15)));
        assert_eq!((&data["stop_reason"], &data["simulated"]), (&json!("end_turn"), &json!(true)));
        reply.dropped().await;
        client.viewer.assert_sound();
    });
}

#[test]
fn tu3_the_first_delta_goes_at_once_and_later_ones_are_rolled_up() {
    let settings = madang_hub::Settings { rollup_ms: 500, ..settings() };
    run(settings, async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        reply.say("a");
        reads(&client, session, "a").await;
        (0..200).for_each(|_| assert!(reply.say("b")));
        reply.end("end_turn");
        ended(&client, session, ReplyStatus::Complete, &format!("a{}", "b".repeat(200))).await;
        let deltas = client.viewer.look(|mirror| {
            mirror.of_type("claude_response").filter(|envelope| envelope["data"]["stream"] == true).count()
        });
        assert!(deltas <= 4, "{deltas} deltas");
        client.viewer.assert_sound();
    });
}

#[test]
fn tu4_prompts_wait_in_order_and_can_be_edited_or_taken_back() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        let two = prompt(&client, session, "two").await;
        let three = prompt(&client, session, "three").await;
        client
            .done("edit_queued", json!({"session_id": session, "message_id": two, "content": "zwei"}))
            .await;
        client.done("cancel", json!({"session_id": session, "message_id": three})).await;
        world.model.next().await.finish("1");
        let second = world.model.next().await;
        assert!(world.model.last_messages().last().unwrap().contains("zwei"));
        second.finish("2");
        ended(&client, session, ReplyStatus::Complete, "2").await;
        assert_eq!(world.model.requests().len(), 2, "the third was taken back");
        assert_eq!(world.count(session, "turn_queued").await, 2);
        client.viewer.assert_sound();
    });
}

#[test]
fn tu5_cancel_keeps_the_text_stops_the_upstream_and_says_who() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "Hi").await;
        let reply = world.model.next().await;
        reply.usage(10, 0);
        reply.say("half a sen");
        let id = reads(&client, session, "half a sen").await;
        client.done("cancel", json!({"session_id": session, "message_id": id})).await;
        reply.dropped().await;
        ended(&client, session, ReplyStatus::Cancelled, "half a sen").await;
        let data = final_of(&client, id);
        assert_eq!(data["stopped_by"]["display_name"], "Person 1");
        assert_eq!((&data["usage"]["estimated"], &data["usage"]["output_tokens"]), (&json!(true), &json!(3)));
        client.viewer.assert_sound();
    });
}

#[test]
fn tu5_cancel_by_command_id_finds_a_turn_that_has_ended() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        client.send("ask-1", "claude_message", json!({"session_id": session, "content": "x"})).await;
        client.answer("ask-1").await.unwrap();
        world.model.next().await.finish("done");
        ended(&client, session, ReplyStatus::Complete, "done").await;
        prompt(&client, session, "another").await;
        let another = world.model.next().await;
        client.done("cancel", json!({"session_id": session, "command_id": "ask-1"})).await;
        another.finish("untouched");
        ended(&client, session, ReplyStatus::Complete, "untouched").await;
        let unknown = json!({"session_id": session, "command_id": "never"});
        assert_eq!(client.refused("cancel", unknown).await, ErrorCode::NotFound);
    });
}

#[test]
fn tu5_cancel_racing_the_end_leaves_one_end() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for round in 0..30 {
            prompt(&client, session, "go").await;
            let reply = world.model.next().await;
            let text = format!("{round} text");
            reply.say(&text);
            let id = reads(&client, session, &text).await;
            let cancel = client.done("cancel", json!({"session_id": session, "message_id": id}));
            let finish = async { reply.end("end_turn") };
            tokio::join!(cancel, finish);
            let status = client.viewer.wait_for("its end", |mirror| {
                mirror.status(session, id).filter(|status| *status != ReplyStatus::Streaming)
            });
            let status = status.await;
            assert!(matches!(status, ReplyStatus::Complete | ReplyStatus::Cancelled));
        }
        client.viewer.assert_sound();
        assert_eq!(world.count(session, "turn_started").await, 30);
        assert_eq!(world.count(session, "claude_response").await, 30);
    });
}

#[test]
fn tu7_parts_are_streamed_with_their_kinds_and_counted_without_gaps() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "think").await;
        let reply = world.model.next().await;
        reply.part(PartKind::Thinking, None, None);
        reply.part(PartKind::Thinking, None, None);
        reply.say("hmm");
        reply.part(PartKind::Text, None, None);
        reply.say("I look it up");
        reply.part(PartKind::ToolUse, Some("search"), Some("tool_1"));
        reply.say(r#"{"q":1}"#);
        reply.end("end_turn");
        let id = ended(&client, session, ReplyStatus::Complete, "I look it up").await;
        let data = final_of(&client, id);
        let parts: Vec<_> =
            data["parts"].as_array().unwrap().iter().map(|p| (&p["index"], &p["kind"])).collect();
        let expected = [(0, "thinking"), (1, "text"), (2, "tool_use")].map(|(i, k)| (json!(i), json!(k)));
        assert_eq!(parts, expected.iter().map(|(i, k)| (i, k)).collect::<Vec<_>>());
        assert!(data["parts"][0]["duration_ms"].is_u64());
        client.viewer.assert_sound();
        let upstream = world.upstream(session).await;
        let kinds: Vec<_> =
            upstream[1]["content"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
        assert_eq!(kinds, ["thinking", "thinking", "text"], "a call that nobody answers is not sent back");
    });
}

#[test]
fn dc1_deltas_wait_until_the_turns_start_is_on_disk() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        world.store.hold();
        let ask = json!({"session_id": session, "content": "Hi"});
        client.send("ask", "claude_message", ask).await;
        let reply = world.model.next().await;
        reply.finish("faster than the disk");
        // Read to its end: the session has it all, and the start is not on disk.
        reply.dropped().await;
        assert!(client.viewer.look(|mirror| mirror.of_type("claude_response").next().is_none()));
        assert!(client.viewer.look(|mirror| mirror.envelopes.iter().all(|e| e["correlation_id"] != "ask")));
        world.store.release();
        ended(&client, session, ReplyStatus::Complete, "faster than the disk").await;
        client.viewer.assert_sound();
        let deltas = client.viewer.look(|mirror| {
            mirror.of_type("claude_response").filter(|envelope| envelope["data"]["stream"] == true).count()
        });
        assert_eq!(deltas, 1, "it was streamed all the same");
    });
}

#[test]
fn a_reply_beyond_the_limit_fails_and_keeps_what_came() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "go on for ever").await;
        let reply = world.model.next().await;
        reply.say("fine");
        reply.say(&"\u{1}".repeat(1024 * 1024));
        let id = ended(&client, session, ReplyStatus::Error, "fine").await;
        assert_eq!(final_of(&client, id)["error"]["code"], "MODEL_UNAVAILABLE");
        prompt(&client, session, "again").await;
        world.model.next().await.finish("ok");
        ended(&client, session, ReplyStatus::Complete, "ok").await;
        client.viewer.assert_sound();
    });
}

#[test]
fn a_model_that_fails_refuses_or_breaks_off_ends_its_turn_and_nothing_else() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        reply.say("so");
        reply.fail(ErrorCode::ModelOverloaded, "Claude is busy.");
        let id = ended(&client, session, ReplyStatus::Error, "so").await;
        assert_eq!(final_of(&client, id)["error"]["code"], "MODEL_OVERLOADED");

        prompt(&client, session, "two").await;
        let reply = world.model.next().await;
        reply.say("no");
        reply.end("refusal");
        let id = ended(&client, session, ReplyStatus::Error, "no").await;
        assert_eq!(final_of(&client, id)["error"]["code"], "MODEL_REFUSED");

        prompt(&client, session, "three").await;
        let reply = world.model.next().await;
        reply.say("brok");
        drop(reply);
        let id = ended(&client, session, ReplyStatus::Error, "brok").await;
        assert_eq!(final_of(&client, id)["error"]["code"], "MODEL_UNAVAILABLE");
        client.viewer.assert_sound();
    });
}
