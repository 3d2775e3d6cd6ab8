//! Finding messages of the sessions that one belongs to, and of no other (SE9).

use madang_protocol::limits::QUERY_CHARS_MAX;
use madang_protocol::{ErrorCode, ReplyStatus, Role};
use madang_testkit::HubClient;
use serde_json::{Value, json};

use crate::support::{chat, ended, prompt, run, settings};

async fn find(client: &HubClient, query: &str) -> Vec<String> {
    let found = client.question("search", json!({"query": query})).await.unwrap();
    let hits = found["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["snippet"].as_str().unwrap().replace(['\u{e000}', '\u{e001}'], "")).collect()
}

#[test]
fn se9_one_finds_what_one_may_see_and_only_as_long() {
    run(settings(), async |world| {
        let (owner, other, stranger) = (world.client(1), world.client(2), world.client(3));
        let session = world.shared(&owner, &[(&other, Role::Viewer)]).await;
        let said = chat(&owner, session, "where is the marmalade").await;
        prompt(&owner, session, "what is marmalade?").await;
        world.model.next().await.finish("Marmalade is jam of oranges.");
        ended(&owner, session, ReplyStatus::Complete, "Marmalade is jam of oranges.").await;
        assert_eq!(find(&owner, "marmalade").await.len(), 3);
        assert_eq!(find(&other, "marmalade oranges").await, ["Marmalade is jam of oranges."]);
        assert_eq!(find(&stranger, "marmalade").await, [""; 0]);
        let edit = json!({"session_id": session, "message_id": said, "content": "where is the honey"});
        owner.done("edit_message", edit).await;
        assert_eq!(find(&other, "marmalade").await.len(), 2);
        assert_eq!(find(&other, "hone").await, ["where is the honey"]);
        let fork = other.done("fork_session", json!({"session_id": session, "message_id": said})).await;
        owner.done("remove_user", json!({"session_id": session, "target_user_id": other.user()})).await;
        assert_eq!(find(&other, "oranges").await, [""; 0]);
        let own = other.question("search", json!({"query": "honey"})).await.unwrap();
        let sessions: Vec<&Value> =
            own["hits"].as_array().unwrap().iter().map(|hit| &hit["session_id"]).collect();
        assert_eq!(sessions, [&json!(fork.session_id)], "the copy is one's own");
        // And nothing that is done to the copy touches what it was copied from, though both have one id.
        other.done("delete_message", json!({"session_id": fork.session_id, "message_id": said})).await;
        assert_eq!((find(&other, "honey").await.len(), find(&owner, "honey").await.len()), (0, 1));
        owner.done("delete_message", json!({"session_id": session, "message_id": said})).await;
        assert_eq!(find(&owner, "honey").await, [""; 0]);
    });
}

#[test]
fn se9_a_search_has_words_and_bounds() {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        for n in 0..7 {
            chat(&owner, session, &format!("pear {n} AND \"NEAR( * OR")).await;
        }
        for query in ["", "   ", &"x".repeat(QUERY_CHARS_MAX + 1)] {
            let refusal = owner.question("search", json!({"query": query})).await.unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidData, "{query:?}");
        }
        let refusal =
            owner.question("search", json!({"query": "pear", "cursor": "nonsense"})).await.unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidData);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = owner
                .question("search", json!({"query": "pear", "limit": 3, "cursor": cursor}))
                .await
                .unwrap();
            seen.extend(page["hits"].as_array().unwrap().iter().map(|hit| hit["message_id"].clone()));
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 7);
        assert_eq!(find(&owner, "\"NEAR( * OR").await.len(), 7, "nothing in the words is syntax");
        assert!(
            owner
                .question("search", json!({"query": "pear", "session_id": session, "limit": 1000}))
                .await
                .is_ok()
        );
    });
}
