//! "While you were away": asked for, paid for, and seen by one person alone.

use std::sync::Arc;

use madang_bus::LocalBus;
use madang_hub::Hub;
use madang_model::SimulatedModel;
use madang_protocol::{Budget, ErrorCode, Period, Role, SessionId, UnixMs};
use madang_store::{People, Purse, SqliteStore};
use madang_testkit::{FakeClock, HubClient, person};
use serde_json::{Value, json};

use crate::support::{World, chat, run, settings};

/// Asks for a summary and returns its answer when the model has said so.
async fn summary(world: &World, client: &HubClient, ask: Value, text: &str) -> Value {
    let answered = async {
        let reply = world.model.next().await;
        reply.finish(text);
    };
    let (answer, ()) = tokio::join!(client.question("summarize", ask), answered);
    answer.unwrap()
}

async fn refused(client: &HubClient, session: SessionId) -> ErrorCode {
    client.refused("summarize", json!({"session_id": session})).await
}

#[test]
fn se9_what_happened_is_told_to_the_asker_alone_and_paid_by_them() {
    run(settings(), async |world| {
        let (owner, reader) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&reader, Role::Collaborator)]).await;
        let known = chat(&owner, session, "an old word").await;
        reader.question("mark_read", json!({"session_id": session, "message_id": known})).await.unwrap();
        let first = chat(&owner, session, "we ship on Friday").await;
        let last = chat(&owner, session, "Person 2, can you check?").await;
        let log = world.log(session).await.len();
        let told = summary(world, &reader, json!({"session_id": session}), "- They ship on Friday.").await;
        assert_eq!(told["content"], "- They ship on Friday.");
        assert_eq!((&told["from"], &told["to"]), (&json!(first), &json!(last)));
        assert_eq!((&told["simulated"], &told["cost"]["micro_usd"]), (&json!(true), &json!(15)));
        let asked = world.model.last_messages().concat();
        assert!(
            asked.contains("[Person 1] we ship on Friday") && asked.contains("[Person 1] Person 2, can"),
            "{asked}"
        );
        assert!(!asked.contains("an old word"), "{asked}");
        assert_eq!(world.log(session).await.len(), log, "nothing of it is in the log");
        assert!(owner.viewer.look(|mirror| mirror.of_type("summary").next().is_none()));
        let spent = async |n| world.disk.spent(Purse::User(person(n).user), UnixMs(0)).await.unwrap().tokens;
        assert_eq!((spent(1).await, spent(2).await), (0, 15));
        // From another message on.
        let all = json!({"session_id": session, "since": first});
        let told = summary(world, &reader, all, "- A question.").await;
        assert_eq!((&told["from"], &told["to"]), (&json!(last), &json!(last)));
        owner.viewer.assert_sound();
        reader.viewer.assert_sound();
    });
}

#[test]
fn se9_nothing_new_a_foreign_message_and_a_second_one_at_once_are_refused() {
    run(settings(), async |world| {
        let (owner, reader) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&reader, Role::Collaborator)]).await;
        assert_eq!(refused(&reader, session).await, ErrorCode::Conflict, "an empty session");
        let known = chat(&owner, session, "a word").await;
        assert_eq!(refused(&owner, session).await, ErrorCode::Conflict, "their own word");
        reader.question("mark_read", json!({"session_id": session, "message_id": known})).await.unwrap();
        assert_eq!(refused(&reader, session).await, ErrorCode::Conflict, "all is read");
        let elsewhere = world.shared(&owner, &[(&reader, Role::Collaborator)]).await;
        let foreign = chat(&owner, elsewhere, "another word").await;
        let ask = json!({"session_id": session, "since": foreign});
        assert_eq!(reader.refused("summarize", ask).await, ErrorCode::NotFound);

        reader.send("one", "summarize", json!({"session_id": elsewhere})).await;
        let reply = world.model.next().await;
        assert_eq!(refused(&reader, elsewhere).await, ErrorCode::RateLimited);
        reply.finish("told");
        reader.answer("one").await.unwrap();
        summary(world, &reader, json!({"session_id": elsewhere}), "told again").await;
        // One that fails makes room for the next too.
        reader.send("two", "summarize", json!({"session_id": elsewhere})).await;
        world.model.next().await.fail(ErrorCode::ModelRefused, "No.");
        assert_eq!(reader.answer("two").await.unwrap_err().code, ErrorCode::ModelRefused);
        summary(world, &reader, json!({"session_id": elsewhere}), "told again").await;
    });
}

#[test]
fn se2_who_may_not_ask_claude_has_nothing_summed_up() {
    run(settings(), async |world| {
        let (owner, viewer, stranger) = (world.client(1), world.client(2), world.client(3));
        let poor = world.client(4);
        let session = world.shared(&owner, &[(&viewer, Role::Viewer), (&poor, Role::Collaborator)]).await;
        chat(&owner, session, "a word").await;
        assert_eq!(refused(&viewer, session).await, ErrorCode::Forbidden);
        assert_eq!(refused(&stranger, session).await, ErrorCode::NotFound);
        let budget = Budget { tokens: Some(10), micro_usd: None, period: Period::Day };
        world.hub.set_budget(Purse::User(person(4).user), Some(budget)).await.unwrap();
        assert_eq!(refused(&poor, session).await, ErrorCode::BudgetExceeded);
        assert!(world.model.requests().is_empty());
    });
}

#[test]
fn se9_the_newest_200_messages_are_told_of_and_no_more_than_200_kib() {
    run(settings(), async |world| {
        let (client, reader) = (world.client(1), world.client(2));
        let session = world.shared(&client, &[(&reader, Role::Collaborator)]).await;
        for n in 0..210 {
            chat(&client, session, &format!("word {n}.")).await;
        }
        summary(world, &reader, json!({"session_id": session}), "much").await;
        let asked = world.model.last_messages().concat();
        assert!(asked.contains("word 10.") && asked.contains("word 209.") && !asked.contains("word 9."));
        assert!(asked.contains("Earlier messages are left out"));
        for n in 0..3 {
            chat(&client, session, &format!("long {n} {}", "x".repeat(90 * 1024))).await;
        }
        summary(world, &reader, json!({"session_id": session}), "more").await;
        let asked = world.model.last_messages().concat();
        assert!(asked.contains("long 1") && asked.contains("long 2") && !asked.contains("long 0"));
    });
}

#[tokio::test]
async fn se9_the_simulated_model_says_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path(), madang_store::Settings::default()).await.unwrap());
    let fast = madang_model::Settings {
        simulated_first_piece_ms: 0,
        simulated_pieces_per_second: 0,
        ..Default::default()
    };
    let (model, bus) = (Arc::new(SimulatedModel::new(&fast)), Arc::new(LocalBus::default()));
    let hub = Hub::start(settings(), store, model, bus, FakeClock::new(1)).await.unwrap();
    let client = HubClient::connect(&hub, person(1));
    let session = client.create().await;
    let since = chat(&client, session, "a word").await;
    chat(&client, session, "another word").await;
    let told = client.question("summarize", json!({"session_id": session, "since": since})).await.unwrap();
    let content = told["content"].as_str().unwrap();
    assert!(content.contains("simulated") && content.contains("1 messages by Person 1"), "{content}");
    assert_eq!(told["simulated"], true);
    assert!(told["usage"]["input_tokens"].as_u64().unwrap() > 0 && told["cost"].is_null());
}

#[test]
fn se9_who_was_removed_meanwhile_is_told_nothing() {
    run(settings(), async |world| {
        let (owner, reader) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&reader, Role::Collaborator)]).await;
        chat(&owner, session, "we ship on Friday").await;
        reader.send("sum", "summarize", json!({"session_id": session})).await;
        let reply = world.model.next().await;
        owner.done("remove_user", json!({"session_id": session, "target_user_id": reader.user()})).await;
        reply.finish("- They ship on Friday.");
        assert_eq!(reader.answer("sum").await.unwrap_err().code, ErrorCode::NotFound);
        assert!(reader.viewer.look(|mirror| mirror.of_type("summary").next().is_none()));
        reader.viewer.assert_sound();
    });
}
