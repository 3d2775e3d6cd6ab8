//! Budgets of people, sessions and the server, and the ledger that they are counted by.

use madang_hub::Settings;
use madang_protocol::{
    Budget, ErrorCode, ErrorData, Period, ReplyStatus, Role, SessionId, Spent, UnixMs, UserId,
};
use madang_store::{People, Purse, UsageBy, UsageRow};
use madang_testkit::{HubClient, ScriptedReply, person};
use serde_json::{Value, json};

use crate::support::{World, ended, final_of, prompt, reads, run, serve, settings};

fn tokens(tokens: u64) -> Budget {
    Budget { tokens: Some(tokens), micro_usd: None, period: Period::Day }
}

async fn limit(owner: &HubClient, session: SessionId, budget: Option<Budget>) {
    owner.done("set_budget", json!({"session_id": session, "budget": budget})).await;
}

async fn refused(client: &HubClient, session: SessionId) -> ErrorData {
    let ask = json!({"session_id": session, "content": "one more"});
    let error = client.ask("claude_message", ask).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::BudgetExceeded);
    error
}

/// Asks, and has it answered for so many tokens.
async fn spend(world: &World, client: &HubClient, session: SessionId, (input, output): (u64, u64)) {
    let asked = prompt(client, session, "a question").await;
    let reply = world.model.next().await;
    // No other reply reads like it.
    let text = format!("to {asked}");
    reply.say(&text);
    reply.usage(input, output);
    reply.end("end_turn");
    let id = ended(client, session, ReplyStatus::Complete, &text).await;
    assert_eq!(final_of(client, id)["usage"]["output_tokens"], output);
}

fn text((input, output): (u64, u64)) -> String {
    format!("for {input} and {output}")
}

fn answer(reply: &ScriptedReply, spent: (u64, u64)) {
    reply.say(&text(spent));
    reply.usage(spent.0, spent.1);
    reply.end("end_turn");
}

async fn spent(world: &World, purse: Purse) -> u64 {
    world.disk.spent(purse, UnixMs(0)).await.unwrap().tokens
}

/// The lines of the ledger by model, as sums.
async fn ledger(world: &World) -> Vec<UsageRow> {
    world.disk.usage(Purse::Server, (UnixMs(0), UnixMs(u64::MAX / 2)), UsageBy::Model, 9).await.unwrap()
}

const MIDNIGHT: u64 = 1_700_006_400_000 - 1_700_000_000_000;

#[test]
fn se8_a_sessions_budget_is_kept_told_and_opens_again_at_midnight() {
    run(settings(), async |world| {
        let (owner, guest) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&guest, Role::Collaborator)]).await;
        limit(&owner, session, Some(tokens(2_000))).await;
        spend(world, &owner, session, (900, 100)).await;
        let asked = world.model.requests()[0].max_tokens;
        assert!((65..2_000).contains(&asked), "the reply may have what the question leaves: {asked}");
        spend(world, &guest, session, (900, 100)).await;
        for client in [&owner, &guest] {
            let error = refused(client, session).await;
            assert!(error.message.starts_with("This session's budget for today"), "{}", error.message);
            assert_eq!((error.details.as_deref(), error.retry_after), (Some("session/day"), Some(MIDNIGHT)));
            assert!(!error.recoverable);
        }
        assert_eq!(world.count(session, "turn_started").await, 2);
        // People among themselves go on; `@claude` is a prompt.
        owner.done("chat_message", json!({"session_id": session, "content": "let's wait"})).await;
        let call = json!({"session_id": session, "content": "@claude please"});
        assert_eq!(owner.refused("chat_message", call).await, ErrorCode::BudgetExceeded);
        let state = world.client(1).question("follow_session", json!({"session_id": session})).await.unwrap();
        assert_eq!((&state["spent"]["tokens"], &state["budget"]["tokens"]), (&json!(2_000), &json!(2_000)));
        world.clock.advance(MIDNIGHT - 1);
        refused(&owner, session).await;
        world.clock.advance(1);
        spend(world, &owner, session, (900, 100)).await;
        limit(&owner, session, None).await;
        spend(world, &owner, session, (90_000, 100)).await;
    });
}

#[test]
fn se8_a_persons_budget_is_theirs_in_all_sessions_and_no_one_elses() {
    run(settings(), async |world| {
        let (owner, guest) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&guest, Role::Collaborator)]).await;
        let own = guest.create().await;
        let budget = Budget { period: Period::Month, ..tokens(1_000) };
        world.hub.set_budget(Purse::User(person(2).user), Some(budget)).await.unwrap();
        spend(world, &guest, session, (900, 100)).await;
        for session in [session, own] {
            let error = refused(&guest, session).await;
            assert!(error.message.starts_with("Your budget for this month"), "{}", error.message);
            assert_eq!(error.details.as_deref(), Some("user/month"));
        }
        spend(world, &owner, session, (900, 100)).await;
        let known = world.hub.budget(Purse::User(person(2).user)).await.unwrap();
        assert_eq!(known, (Some(budget), Spent { tokens: 1_000, micro_usd: 1_000 }));
        world.hub.set_budget(Purse::User(person(2).user), None).await.unwrap();
        spend(world, &guest, own, (900, 100)).await;
        let of_session = world.hub.set_budget(Purse::Session(session), Some(budget)).await;
        assert_eq!(of_session.unwrap_err().code, ErrorCode::InvalidData);
    });
}

#[test]
fn se8_the_servers_budget_in_money_is_everyones_and_known_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let session = serve(dir.path(), settings(), async |world| {
        let budget = Budget { tokens: None, micro_usd: Some(5_000), period: Period::Day };
        world.hub.set_budget(Purse::Server, Some(budget)).await.unwrap();
        let (one, two) = (world.client(1), world.client(2));
        let session = one.create().await;
        spend(world, &one, session, (4_000, 500)).await;
        // A micro-dollar a token: what is left is what the reply may have, less the question.
        let other = two.create().await;
        prompt(&two, other, "a question").await;
        let reply = world.model.next().await;
        assert!(reply.request.max_tokens < 500, "{}", reply.request.max_tokens);
        answer(&reply, (400, 100));
        ended(&two, other, ReplyStatus::Complete, &text((400, 100))).await;
        let error = refused(&one, session).await;
        assert!(error.message.starts_with("This server's budget for today"), "{}", error.message);
        session
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        refused(&client, session).await;
        world.hub.set_budget(Purse::Server, None).await.unwrap();
        spend(world, &client, session, (900, 100)).await;
    });
}

#[test]
fn se8_a_waiting_prompt_that_nobody_can_pay_for_any_more_ends_without_asking() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        limit(&client, session, Some(tokens(3_000))).await;
        prompt(&client, session, "one").await;
        let reply = world.model.next().await;
        // What the first one has set aside does not keep the second from waiting.
        prompt(&client, session, "two").await;
        answer(&reply, (2_900, 100));
        ended(&client, session, ReplyStatus::Complete, &text((2_900, 100))).await;
        let id = ended(&client, session, ReplyStatus::Error, "").await;
        let data = final_of(&client, id);
        assert_eq!(data["error"]["code"], "BUDGET_EXCEEDED");
        assert!(data["error"]["message"].as_str().unwrap().contains("session's budget"));
        assert_eq!((&data["usage"], world.model.requests().len()), (&Value::Null, 1));
        assert_eq!(spent(world, Purse::Server).await, 3_000);
        client.viewer.assert_sound();
    });
}

#[test]
fn se8_replies_that_run_at_once_keep_the_budget_together() {
    run(Settings { reply_tokens_max: 4_000, ..settings() }, async |world| {
        world.hub.set_budget(Purse::Server, Some(tokens(10_000))).await.unwrap();
        let mut running = Vec::new();
        let mut clients = Vec::new();
        for n in 1..4 {
            let client = world.client(n);
            let session = client.create().await;
            prompt(&client, session, "a question").await;
            running.push(world.model.next().await);
            clients.push((client, session));
        }
        let allowed: Vec<_> = running.iter().map(|reply| reply.request.max_tokens).collect();
        assert_eq!(allowed[..2], [4_000, 4_000]);
        assert!(allowed[2] < 2_000, "{allowed:?}");
        let late = world.client(9);
        let session = late.create().await;
        let error = refused(&late, session).await;
        assert!(error.message.contains("set aside"), "{}", error.message);
        assert!(error.retry_after.is_some_and(|ms| ms < 60_000));
        // One is stopped before it was answered, one ends, one goes on: what they did not use is there again.
        let (client, stopped) = &clients[0];
        let known = client.viewer.wait_for("its reply", |mirror| {
            let messages = &mirror.session(*stopped)?.messages;
            messages.iter().find(|(_, text)| text.status.is_some()).map(|(id, _)| *id)
        });
        let id = known.await;
        client.done("cancel", json!({"session_id": stopped, "message_id": id})).await;
        ended(client, *stopped, ReplyStatus::Cancelled, "").await;
        spend(world, &late, session, (900, 100)).await;
    });
}

#[test]
fn se8_every_request_is_a_line_of_the_ledger_and_of_who_asked() {
    run(settings(), async |world| {
        let (owner, guest) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&guest, Role::Collaborator)]).await;
        prompt(&owner, session, "a question").await;
        // The upstream pauses: two requests, one turn.
        let first = world.model.next().await;
        first.say("half ");
        first.usage(100, 10);
        first.end("pause_turn");
        let second = world.model.next().await;
        second.say("and half");
        second.usage(200, 20);
        second.end("end_turn");
        let id = ended(&owner, session, ReplyStatus::Complete, "half and half").await;
        let data = final_of(&owner, id);
        assert_eq!((&data["usage"]["input_tokens"], &data["cost"]["micro_usd"]), (&json!(300), &json!(330)));
        assert_eq!(ledger(world).await[0].requests, 2);
        // The guest presses "again": the guest pays, also when it had to wait.
        guest.done("regenerate", json!({"session_id": session, "message_id": id})).await;
        let again = world.model.next().await;
        guest.done("regenerate", json!({"session_id": session, "message_id": id})).await;
        answer(&again, (1_000, 1));
        answer(&world.model.next().await, (2_000, 2));
        ended(&guest, session, ReplyStatus::Complete, &text((2_000, 2))).await;
        let of = |n| Purse::User(person(n).user);
        assert_eq!((spent(world, of(1)).await, spent(world, of(2)).await), (330, 3_003));
        assert_eq!(spent(world, Purse::Session(session)).await, 3_333);
    });
}

#[test]
fn tu5_what_is_stopped_before_its_first_word_is_counted_by_an_estimate() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        prompt(&client, session, "a question").await;
        let reply = world.model.next().await;
        let id = client.viewer.wait_for("its reply", |mirror| {
            let messages = &mirror.session(session)?.messages;
            messages.iter().find(|(_, text)| text.status.is_some()).map(|(id, _)| *id)
        });
        client.done("cancel", json!({"session_id": session, "message_id": id.await})).await;
        let id = ended(&client, session, ReplyStatus::Cancelled, "").await;
        reply.dropped().await;
        let data = final_of(&client, id);
        assert_eq!((&data["usage"]["estimated"], &data["usage"]["output_tokens"]), (&json!(true), &json!(0)));
        let rows = ledger(world).await;
        assert!(rows[0].input_tokens > 100 && rows[0].requests == 1, "{rows:?}");
        // One that the upstream refused did nothing.
        prompt(&client, session, "another").await;
        world.model.next().await.fail(ErrorCode::ModelRefused, "No.");
        ended(&client, session, ReplyStatus::Error, "").await;
        assert_eq!(ledger(world).await, rows);
    });
}

#[test]
fn rs5_a_kill_leaves_its_line_in_the_ledger_and_in_the_budget() {
    let dir = tempfile::tempdir().unwrap();
    let who = |n| Purse::User(person(n).user);
    let (session, _upstream) = serve(dir.path(), settings(), async |world| {
        let (owner, guest) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&guest, Role::Collaborator)]).await;
        spend(world, &owner, session, (10, 5)).await;
        let prompt =
            owner.viewer.look(|mirror| *mirror.session(session).unwrap().messages.keys().next().unwrap());
        guest.done("regenerate", json!({"session_id": session, "message_id": prompt})).await;
        let reply = world.model.next().await;
        reply.usage(7_000, 1);
        reply.say("forty letters of text, about ten tokens.");
        reads(&owner, session, "forty letters of text, about ten tokens.").await;
        world.journalled("7000").await;
        world.journalled("forty letters").await;
        (session, reply)
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        let cut =
            ended(&client, session, ReplyStatus::Interrupted, "forty letters of text, about ten tokens.")
                .await;
        assert_eq!((spent(world, who(2)).await, spent(world, who(1)).await), (7_010, 15));
        let state = world.client(2).question("follow_session", json!({"session_id": session})).await.unwrap();
        assert_eq!(state["spent"]["tokens"], 7_025);
        let messages = state["messages"].as_array().unwrap();
        let reply = messages.iter().find(|message| message["message_id"] == cut.to_string()).unwrap();
        assert_eq!(
            (&reply["reply"]["usage"]["estimated"], &reply["reply"]["cost"]["micro_usd"]),
            (&json!(true), &json!(7_010))
        );
    });
}

#[test]
fn rs5_who_pressed_again_before_a_kill_pays_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let (session, _upstream) = serve(dir.path(), settings(), async |world| {
        let (owner, guest) = (world.client(1), world.client(2));
        let session = world.shared(&owner, &[(&guest, Role::Collaborator)]).await;
        spend(world, &owner, session, (10, 5)).await;
        let asked =
            owner.viewer.look(|mirror| *mirror.session(session).unwrap().messages.keys().next().unwrap());
        prompt(&owner, session, "one that runs").await;
        let running = world.model.next().await;
        guest.done("regenerate", json!({"session_id": session, "message_id": asked})).await;
        (session, running)
    });
    serve(dir.path(), settings(), async |world| {
        let client = world.client(1);
        client.follow(session).await.unwrap();
        answer(&world.model.next().await, (4_000, 4));
        ended(&client, session, ReplyStatus::Complete, &text((4_000, 4))).await;
        assert_eq!(spent(world, Purse::User(person(2).user)).await, 4_004);
    });
}

#[test]
fn se8_a_budget_written_by_someone_else_is_found_in_seconds() {
    run(settings(), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        spend(world, &client, session, (900, 100)).await;
        let user: UserId = person(1).user;
        let people = vec![madang_store::PersonChange::Budget(Purse::User(user), Some(tokens(10)))];
        world.commit(madang_store::Append { people, ..Default::default() }).await.unwrap();
        world.clock.advance(2_000);
        refused(&client, session).await;
    });
}
