//! What of the unread concerns one: in the list, in its changes, in marks, over restarts (SE9).

use madang_protocol::{MessageId, ReplyStatus, Role, SessionId};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{World, chat, ended, prompt, run, serve, settings};

/// Messages, and those of them that concern this person, as their list says.
async fn unread(client: &HubClient) -> (u64, u64) {
    let lines = client.question("list_sessions", json!({})).await.unwrap();
    let line = &lines["sessions"][0];
    (line["unread"].as_u64().unwrap(), line["unread_mentions"].as_u64().unwrap())
}

async fn mark(client: &HubClient, session: SessionId, message: MessageId) -> u64 {
    let data = json!({"session_id": session, "message_id": message});
    client.question("mark_read", data).await.unwrap()["unread_mentions"].as_u64().unwrap()
}

async fn say(client: &HubClient, session: SessionId, text: &str, more: Value) -> MessageId {
    let mut data = json!({"session_id": session, "content": text});
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    client.done("chat_message", data).await.message_id.unwrap()
}

/// Waits until the client was told that so many concern it.
async fn told(client: &HubClient, count: u64) {
    let last = |m: &madang_testkit::Mirror| {
        let line = m.of_type("session_changed").last()?["data"]["summary"]["unread_mentions"].as_u64();
        (line == Some(count)).then_some(())
    };
    client.viewer.wait_for("the session's line", last).await;
}

async fn shared(world: &World) -> (HubClient, HubClient, SessionId) {
    let (owner, reader) = (world.client(1), world.client(2));
    let session = world.shared(&owner, &[(&reader, Role::Collaborator)]).await;
    (owner, reader, session)
}

#[test]
fn se9_what_names_or_answers_one_is_counted_until_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let (session, named) = serve(dir.path(), settings(), async |world| {
        let (owner, reader, session) = shared(world).await;
        let own = chat(&reader, session, "mine").await;
        chat(&owner, session, "of no concern").await;
        assert_eq!(unread(&reader).await, (1, 0));
        let named = say(&owner, session, "look", json!({"mentions": [reader.user()]})).await;
        assert_eq!(unread(&reader).await, (2, 1));
        told(&reader, 1).await;
        say(&owner, session, "@Person 2, @Person 1", json!({"reply_to": own})).await;
        assert_eq!(
            (unread(&reader).await, unread(&owner).await),
            ((3, 2), (0, 0)),
            "once, and not its author"
        );
        told(&reader, 2).await;
        assert_eq!(mark(&reader, session, named).await, 1);
        assert_eq!(unread(&reader).await, (1, 1));
        (session, named)
    });
    // Before anything loads the session, after it, and told of by its task.
    serve(dir.path(), settings(), async |world| {
        let (owner, reader) = (world.client(1), world.client(2));
        assert_eq!(unread(&reader).await, (1, 1));
        reader.follow(session).await.unwrap();
        assert_eq!(mark(&reader, session, named).await, 1, "it does not go back");
        owner.follow(session).await.unwrap();
        let newest = say(&owner, session, "again", json!({"mentions": [reader.user()]})).await;
        assert_eq!(unread(&reader).await, (2, 2));
        assert_eq!(mark(&reader, session, newest).await, 0);
        assert_eq!(unread(&reader).await, (0, 0));
    });
    serve(dir.path(), settings(), async |world| {
        assert_eq!(unread(&world.client(2)).await, (0, 0));
    });
}

#[test]
fn se9_an_answer_concerns_who_asked_once_it_has_ended_and_nobody_stopped_it() {
    run(settings(), async |world| {
        let (owner, reader, session) = shared(world).await;
        prompt(&reader, session, "?").await;
        let reply = world.model.next().await;
        chat(&owner, session, "meanwhile").await;
        assert_eq!(unread(&reader).await.1, 0, "it is being written");
        reply.finish("!");
        let first = ended(&reader, session, ReplyStatus::Complete, "!").await;
        assert_eq!((unread(&reader).await.1, unread(&owner).await.1), (1, 0));
        assert_eq!(mark(&reader, session, first).await, 0);
        prompt(&reader, session, "and?").await;
        let half = world.model.next().await;
        half.say("half");
        let second = crate::support::reads(&owner, session, "half").await;
        owner.done("cancel", json!({"session_id": session, "message_id": second})).await;
        ended(&reader, session, ReplyStatus::Cancelled, "half").await;
        assert_eq!(unread(&reader).await.1, 0, "who stopped it looks at it");
    });
}

#[test]
fn se9_what_was_taken_back_concerns_nobody() {
    run(settings(), async |world| {
        let (owner, reader, session) = shared(world).await;
        let at = |message: MessageId| json!({"session_id": session, "message_id": message});
        let first = say(&owner, session, "@Person 2", json!({})).await;
        let second = say(&owner, session, "nobody", json!({})).await;
        let mut edit = at(second);
        edit["content"] = json!("@Person 2 after all");
        owner.done("edit_message", edit.clone()).await;
        assert_eq!(unread(&reader).await.1, 2);
        edit["content"] = json!("nobody again");
        owner.done("edit_message", edit).await;
        assert_eq!(unread(&reader).await.1, 1);
        owner.done("delete_message", at(first)).await;
        assert_eq!(unread(&reader).await, (2, 0));
        // A write that did not reach the disk did not count.
        world.store.fail_next(madang_testkit::Failure::Full);
        let lost = json!({"session_id": session, "content": "@Person 2"});
        owner.ask("chat_message", lost).await.unwrap_err();
        assert_eq!(unread(&reader).await, (2, 0));
        say(&owner, session, "@Person 2", json!({})).await;
        assert_eq!(unread(&reader).await, (3, 1));
        say(&reader, session, "here", json!({})).await;
        assert_eq!(unread(&reader).await, (0, 0), "who writes has read what stands above");
    });
}
