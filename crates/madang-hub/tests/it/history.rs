//! What Claude is sent, byte for byte.

use madang_protocol::{PartKind, ReplyStatus};
use serde_json::json;

use crate::support::{chat, ended, prompt, reads, run, settings};

const THINKING: &str = r#"{"signature":"c2ln","thinking":"hm","type":"thinking"}"#;

fn user(texts: &[&str]) -> String {
    let blocks: Vec<_> = texts.iter().map(|text| format!(r#"{{"text":"{text}","type":"text"}}"#)).collect();
    format!(r#"{{"role":"user","content":[{}]}}"#, blocks.join(","))
}

fn claude(text: &str) -> String {
    format!(r#"{{"role":"assistant","content":[{{"text":"{text}","type":"text"}}]}}"#)
}

#[test]
fn tu5_tu6_history_is_verbatim_append_only_and_per_branch() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        let first_prompt = prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        reply.part(PartKind::Thinking, None, None);
        reply.say("hm");
        reply.part(PartKind::Text, None, None);
        reply.finish("1");
        let first = ended(&client, session, ReplyStatus::Complete, "1").await;
        assert_eq!(world.model.last_messages(), [user(&["one"])]);

        chat(&client, session, "psst").await;
        prompt(&client, session, "two").await;
        world.model.next().await.finish("2");
        let second = ended(&client, session, ReplyStatus::Complete, "2").await;
        let thought =
            format!(r#"{{"role":"assistant","content":[{THINKING},{{"text":"1","type":"text"}}]}}"#);
        let before = [user(&["one"]), thought];
        let with_two = [before.to_vec(), vec![user(&["[Person 1] psst", "two"])]].concat();
        assert_eq!(world.model.last_messages(), with_two);

        client.done("regenerate", json!({"session_id": session, "message_id": second})).await;
        world.model.next().await.finish("2b");
        ended(&client, session, ReplyStatus::Complete, "2b").await;
        assert_eq!(world.model.last_messages(), with_two, "the very same is asked again");

        prompt(&client, session, "three").await;
        world.model.next().await.finish("3");
        ended(&client, session, ReplyStatus::Complete, "3").await;
        assert_eq!(
            world.model.last_messages(),
            [with_two.clone(), vec![claude("2b"), user(&["three"])]].concat()
        );

        let edit = json!({"session_id": session, "message_id": first_prompt, "content": "uno"});
        client.done("edit_prompt", edit).await;
        world.model.next().await.finish("I");
        ended(&client, session, ReplyStatus::Complete, "I").await;
        assert_eq!(world.model.last_messages(), [user(&["uno"])]);

        let fork = client.done("fork_session", json!({"session_id": session, "message_id": first})).await;
        let forked = fork.session_id.unwrap();
        prompt(&client, forked, "elsewhere").await;
        world.model.next().await.finish("there");
        ended(&client, forked, ReplyStatus::Complete, "there").await;
        assert_eq!(world.model.last_messages(), [before.to_vec(), vec![user(&["elsewhere"])]].concat());
        client.viewer.assert_sound();
    });
}

#[test]
fn tu5_what_a_stopped_or_failed_reply_said_is_history() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        reply.part(PartKind::Thinking, None, None);
        reply.say("hm");
        reply.part(PartKind::Text, None, None);
        reply.say("whole");
        reply.part(PartKind::Text, None, None);
        reply.say("ha");
        let id = reads(&client, session, "wholeha").await;
        client.done("cancel", json!({"session_id": session, "message_id": id})).await;
        ended(&client, session, ReplyStatus::Cancelled, "wholeha").await;

        prompt(&client, session, "two").await;
        let reply = world.model.next().await;
        reply.part(PartKind::Thinking, None, None);
        reply.say("unfinished");
        reply.fail(madang_protocol::ErrorCode::ModelUnavailable, "gone");
        ended(&client, session, ReplyStatus::Error, "").await;
        prompt(&client, session, "three").await;
        world.model.next().await;
        let partial = format!(
            r#"{{"role":"assistant","content":[{THINKING},{{"text":"whole","type":"text"}},{{"text":"ha","type":"text"}}]}}"#
        );
        assert_eq!(world.model.last_messages(), [user(&["one"]), partial, user(&["two"]), user(&["three"])]);
    });
}

#[test]
fn a_pause_of_the_upstream_is_gone_on_from_and_kept_message_by_message() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "search").await;
        let reply = world.model.next().await;
        reply.say("first ");
        reply.usage(10, 2);
        reply.end("pause_turn");
        let reply = world.model.next().await;
        assert_eq!(world.model.last_messages(), [user(&["search"]), claude("first ")]);
        reply.say("second");
        reply.usage(20, 3);
        reply.end("end_turn");
        let id = ended(&client, session, ReplyStatus::Complete, "first second").await;
        assert_eq!(crate::support::final_of(&client, id)["usage"]["input_tokens"], 30);
        prompt(&client, session, "next").await;
        world.model.next().await;
        let sent = world.model.last_messages();
        assert_eq!(sent, [user(&["search"]), claude("first "), claude("second"), user(&["next"])]);
        client.viewer.assert_sound();
    });
}

#[test]
fn tu6_what_people_said_is_told_up_to_a_limit_newest_first() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for n in 0..4 {
            chat(&client, session, &format!("{n}{}", "x".repeat(100 * 1024))).await;
        }
        prompt(&client, session, "so?").await;
        world.model.next().await;
        let sent: serde_json::Value = serde_json::from_str(&world.model.last_messages()[0]).unwrap();
        let blocks = sent["content"].as_array().unwrap();
        assert_eq!(blocks.len(), 4, "a note, two messages, the prompt");
        assert!(blocks[1]["text"].as_str().unwrap().starts_with("[Person 1] 2x"));
    });
}
