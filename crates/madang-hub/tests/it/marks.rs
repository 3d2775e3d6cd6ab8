//! How far people have read: one mark a person, forward only, on all their devices (SE9).

use madang_protocol::{ErrorCode, MessageId, Role, SessionId};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{chat, prompt, run, serve, settings};

async fn mark(client: &HubClient, session: SessionId, message: MessageId) -> Value {
    client.question("mark_read", json!({"session_id": session, "message_id": message})).await.unwrap()
}

async fn unread(client: &HubClient) -> u64 {
    let lines = client.question("list_sessions", json!({})).await.unwrap();
    lines["sessions"][0]["unread"].as_u64().unwrap()
}

#[test]
fn se9_a_mark_only_moves_forward_and_reaches_every_device() {
    let dir = tempfile::tempdir().unwrap();
    let (session, last) = serve(dir.path(), settings(), async |world| {
        let (owner, reader, device) = (world.client(1), world.client(2), world.client(2));
        let session = world.shared(&owner, &[(&reader, Role::Viewer)]).await;
        let mut said = Vec::new();
        for text in ["one", "two", "three"] {
            said.push(chat(&owner, session, text).await);
        }
        assert_eq!((unread(&owner).await, unread(&reader).await), (0, 3), "one's own words are read");
        let marked = mark(&reader, session, said[1]).await;
        assert_eq!(
            marked,
            json!({"session_id": session, "message_id": said[1], "unread": 1, "unread_mentions": 0})
        );
        let told = device.viewer.wait_for("the mark", |m| m.of_type("read_marked").next().cloned()).await;
        assert_eq!((&told["data"], told.get("correlation_id")), (&marked, None));
        assert_eq!(mark(&reader, session, said[0]).await, marked, "it does not go back");
        assert_eq!(mark(&reader, session, said[1]).await, marked);
        assert_eq!(unread(&reader).await, 1);
        reader.follow_from(session, None).await.unwrap();
        assert_eq!(reader.viewer.look(|m| m.session(session).unwrap().read_to), Some(said[1]));
        let nowhere =
            json!({"session_id": session, "message_id": MessageId::new(madang_protocol::UnixMs(1), [9; 10])});
        assert_eq!(reader.question("mark_read", nowhere).await.unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(device.viewer.look(|m| m.of_type("read_marked").count()), 1);
        (session, said[2])
    });
    serve(dir.path(), settings(), async |world| {
        let (owner, reader) = (world.client(1), world.client(2));
        assert_eq!((unread(&owner).await, unread(&reader).await), (0, 1));
        reader.follow(session).await.unwrap();
        assert!(reader.viewer.look(|m| m.session(session).unwrap().read_to.is_some()));
        assert_eq!(mark(&reader, session, last).await["unread"], 0);
        assert_eq!(unread(&reader).await, 0);
    });
}

#[test]
fn se9_a_reply_is_unread_and_a_mark_that_was_not_saved_did_not_move() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        prompt(&owner, session, "?").await;
        world.model.next().await.finish("!");
        let reply = crate::support::ended(&owner, session, madang_protocol::ReplyStatus::Complete, "!").await;
        assert_eq!(unread(&owner).await, 1);
        world.store.fail_next(madang_testkit::Failure::Full);
        let data = json!({"session_id": session, "message_id": reply});
        assert_eq!(owner.question("mark_read", data).await.unwrap_err().code, ErrorCode::ServiceUnavailable);
        assert_eq!(unread(&owner).await, 1);
        assert_eq!(mark(&owner, session, reply).await["unread"], 0);
        assert_eq!(unread(&owner).await, 0);
        let fork = owner.done("fork_session", json!({"session_id": session, "message_id": reply})).await;
        let lines = owner.question("list_sessions", json!({})).await.unwrap();
        let line = lines["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|line| line["session_id"] == json!(fork.session_id));
        assert_eq!(line.unwrap()["unread"], 0, "what one takes along was read");
    });
}
