//! The pool: waiting for a place, being told, giving up, trying again, and fairness under a load.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::future::join_all;
use madang_hub::{ModelCondition, Settings};
use madang_model::{ModelError, StreamItem};
use madang_protocol::{ErrorCode, ReplyStatus, SessionId};
use madang_testkit::{HubClient, ScriptedReply, person};
use serde_json::{Value, json};

use crate::support::{World, ended, final_of, prompt, reads, run, settings};

fn places(running: usize) -> Settings {
    Settings { running_turns_max: running, running_turns_per_person_max: running, ..settings() }
}

/// Waits until something holds that no event tells of.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .unwrap_or_else(|_| panic!("waited until {what}"));
}

/// The newest `turn_waiting` that fits.
async fn waits(client: &HubClient, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let found = client.viewer.wait_for(what, |mirror| {
        mirror
            .of_type("turn_waiting")
            .map(|envelope| &envelope["data"])
            .filter(|data| fits(data))
            .last()
            .cloned()
    });
    found.await
}

/// A client with a session of its own in which it asked.
async fn asks(world: &World, n: u64) -> (HubClient, SessionId) {
    let client = world.client(n);
    let session = client.create().await;
    prompt(&client, session, &format!("of {n}")).await;
    (client, session)
}

#[test]
fn tu8_who_waits_for_a_place_is_told_how_many_are_before() {
    run(places(1), async |world| {
        let (_first, _) = asks(world, 1).await;
        let running = world.model.next().await;
        let (second, _) = asks(world, 2).await;
        let (third, session) = asks(world, 3).await;
        let data = waits(&second, "a place", |_| true).await;
        assert_eq!((&data["code"], &data["ahead"]), (&json!("MODEL_OVERLOADED"), &json!(0)));
        assert_eq!((&data["retry_after"], &data["attempt"]), (&json!(0), &json!(1)));
        waits(&third, "one before it", |data| data["ahead"] == 1).await;
        assert_eq!(world.hub.stats().waiting_turns, 2);
        let state = world.hub.pool_state();
        assert_eq!((state.places, state.running, state.waiting, state.people_waiting), (1, 1, 2, 2));
        assert_eq!((state.models[0].condition, state.models[0].waiting), (ModelCondition::Ok, 2));
        running.finish("1");
        let running = world.model.next().await;
        waits(&third, "nobody before it", |data| data["ahead"] == 0).await;
        running.finish("2");
        world.model.next().await.finish("3");
        ended(&third, session, ReplyStatus::Complete, "3").await;
        until("all places are free", || world.hub.pool_state().running == 0).await;
        third.viewer.assert_sound();
        assert_eq!(world.count(session, "turn_waiting").await, 0, "it is not in the log");
    });
}

#[test]
fn tu5_a_turn_that_is_stopped_while_it_waits_asks_nobody_and_costs_nothing() {
    run(places(1), async |world| {
        let (_first, _) = asks(world, 1).await;
        let running = world.model.next().await;
        let (second, session) = asks(world, 2).await;
        let data = waits(&second, "a place", |_| true).await;
        second.done("cancel", json!({"session_id": session, "message_id": data["message_id"]})).await;
        let reply = ended(&second, session, ReplyStatus::Cancelled, "").await;
        until("its place in the queue is free", || world.hub.stats().waiting_turns == 0).await;
        assert_eq!(final_of(&second, reply)["usage"], Value::Null);
        running.finish("1");
        until("its place is free", || world.hub.pool_state().running == 0).await;
        assert_eq!(world.model.requests().len(), 1);
    });
}

#[test]
fn a_prompt_that_finds_the_queue_full_is_refused_and_not_in_the_log() {
    run(Settings { waiting_turns_max: 1, ..places(1) }, async |world| {
        let (_first, _) = asks(world, 1).await;
        let running = world.model.next().await;
        let (_second, _) = asks(world, 2).await;
        until("the second waits", || world.hub.stats().waiting_turns == 1).await;
        let third = world.client(3);
        let session = third.create().await;
        let error =
            third.ask("claude_message", json!({"session_id": session, "content": "me"})).await.unwrap_err();
        assert_eq!((error.code, error.recoverable), (ErrorCode::ModelOverloaded, true));
        assert!(error.retry_after.is_some());
        assert_eq!(world.count(session, "message_created").await, 0);
        running.finish("1");
        world.model.next().await;
        prompt(&third, session, "now").await;
    });
}

fn waiting(code: ErrorCode, retry_after_ms: u64) -> Result<StreamItem, ModelError> {
    Ok(StreamItem::Waiting { code, retry_after_ms, attempt: 2 })
}

#[test]
fn tu8_a_further_try_waits_without_a_place() {
    run(places(1), async |world| {
        let (first, session) = asks(world, 1).await;
        let tried = world.model.next().await;
        let (second, other) = asks(world, 2).await;
        waits(&second, "a place", |_| true).await;
        tried.item(waiting(ErrorCode::ModelOverloaded, 300));
        let data = waits(&first, "its next try", |_| true).await;
        assert_eq!((&data["code"], &data["attempt"]), (&json!("MODEL_OVERLOADED"), &json!(2)));
        world.model.next().await.finish("2");
        ended(&second, other, ReplyStatus::Complete, "2").await;
        tried.finish("1");
        ended(&first, session, ReplyStatus::Complete, "1").await;
        assert_eq!(world.model.requests().len(), 2, "the reply itself tries again");
        first.viewer.assert_sound();
    });
}

#[test]
fn a_429_holds_all_requests_of_its_model() {
    run(places(9), async |world| {
        let (first, _) = asks(world, 1).await;
        let limited = world.model.next().await;
        limited.item(waiting(ErrorCode::ModelRateLimited, 30_000));
        waits(&first, "the end of the pause", |_| true).await;
        let state = &world.hub.pool_state().models[0];
        assert_eq!(state.condition, ModelCondition::Limited);
        assert!(state.retry_after_ms.is_some_and(|ms| ms <= 30_000));
        let (second, _) = asks(world, 2).await;
        let data = waits(&second, "the end of the pause", |_| true).await;
        assert_eq!(data["code"], "MODEL_RATE_LIMITED");
        assert!(data["retry_after"].as_u64().unwrap() <= 30_000);
        let state = world.hub.pool_state();
        assert_eq!((state.running, state.waiting, world.model.requests().len()), (0, 2, 1));
    });
}

#[test]
fn after_a_429_one_tries_first() {
    run(places(9), async |world| {
        let (first, _) = asks(world, 1).await;
        let limited = world.model.next().await;
        limited.item(waiting(ErrorCode::ModelRateLimited, 100));
        waits(&first, "the end of the pause", |_| true).await;
        asks(world, 2).await;
        until("one tries, and the other waits for what it finds", || {
            let state = world.hub.pool_state();
            (state.running, state.waiting) == (1, 1)
        })
        .await;
        // Whichever it is, both get their answer.
        limited.finish("1");
        world.model.next().await.finish("2");
        until("both are answered", || world.hub.pool_state().running == 0).await;
        assert_eq!(world.hub.pool_state().models[0].condition, ModelCondition::Ok);
    });
}

#[test]
fn an_upstream_that_fails_again_and_again_is_left_alone_and_those_who_wait_are_told() {
    run(Settings { upstream_wait_ms: 1, ..places(9) }, async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for round in 0..5 {
            prompt(&client, session, &format!("try {round}")).await;
            world.model.next().await.fail(ErrorCode::ModelOverloaded, "Claude is busy.");
            until("it failed", || world.hub.stats().running_turns == 0).await;
        }
        let state = world.hub.pool_state().models[0].clone();
        assert_eq!(state.condition, ModelCondition::Broken);
        assert!(state.retry_after_ms.is_some_and(|ms| (1..=5_000).contains(&ms)));
        prompt(&client, session, "once more").await;
        let sixth = client.viewer.wait_for("the end of the sixth", |mirror| {
            let mut ends =
                mirror.of_type("claude_response").filter(|envelope| envelope["data"]["completed"] == true);
            ends.nth(5).cloned()
        });
        assert_eq!(sixth.await["data"]["error"]["code"], "MODEL_OVERLOADED");
        assert_eq!(world.model.requests().len(), 5, "the sixth was not made");
    });
}

#[test]
fn a_key_that_is_not_accepted_opens_no_breaker() {
    run(places(9), async |world| {
        let client = world.client(1);
        let session = client.create().await;
        for round in 0..7 {
            prompt(&client, session, &format!("try {round}")).await;
            world
                .model
                .next()
                .await
                .fail(ErrorCode::ModelUnavailable, "Claude does not accept this server's key.");
            until("it failed", || world.hub.stats().running_turns == 0).await;
        }
        assert_eq!(world.hub.pool_state().models[0].condition, ModelCondition::Ok);
    });
}

/// Who asked, of 50 people.
struct Load<'a> {
    world: &'a World,
    others: BTreeMap<String, (HubClient, SessionId)>,
    /// When each of the others who waits asked, in replies that had ended by then.
    asked: BTreeMap<String, usize>,
    running: VecDeque<(String, ScriptedReply)>,
    waits: Vec<usize>,
    sent: usize,
    ended: usize,
}

/// Replies that end between a person's reply and their next prompt.
const PAUSE: usize = 10;

impl Load<'_> {
    /// Takes note of every request that was made, once all that was asked has reached the pool.
    async fn settle(&mut self) {
        let hub = &self.world.hub;
        let under_way = self.sent - self.ended;
        until("all that was asked has lined up", || {
            let state = hub.pool_state();
            state.running + state.waiting == under_way
        })
        .await;
        while self.running.len() < hub.pool_state().running {
            let reply = self.world.model.next().await;
            let user = reply.request.user_hash.clone().unwrap();
            if let Some(asked) = self.asked.remove(&user) {
                self.waits.push(self.ended - asked);
            }
            self.running.push_back((user, reply));
        }
    }

    async fn ask(&mut self, user: &str) {
        let (client, session) = &self.others[user];
        self.asked.insert(user.to_owned(), self.ended);
        self.sent += 1;
        prompt(client, *session, "a question").await;
    }
}

/// The median wait of 49 people who ask again and again on 10 places, in replies that ended meanwhile.
fn median_wait(hog: bool) -> usize {
    run(places(10), async |world| {
        let others = join_all((2..51).map(async |n| {
            let client = world.client(n);
            let session = client.create().await;
            (person(n).user.to_string(), (client, session))
        }));
        let others: BTreeMap<_, _> = others.await.into_iter().collect();
        let people: Vec<String> = others.keys().cloned().collect();
        let mut load = Load {
            world,
            others,
            asked: BTreeMap::new(),
            running: VecDeque::new(),
            waits: Vec::new(),
            sent: 0,
            ended: 0,
        };
        let hogging = world.client(1);
        if hog {
            let sessions: Vec<_> = (0..200).map(|_| HubClient::connect(&world.hub, person(1))).collect();
            let asking = sessions.iter().map(async |client| {
                let session = client.create().await;
                prompt(client, session, "a question").await;
            });
            join_all(asking).await;
            load.sent = 200;
        }
        load.settle().await;
        let mut coming: VecDeque<(usize, String)> = people.into_iter().map(|user| (0, user)).collect();
        while load.ended < 250 {
            while coming.front().is_some_and(|(at, _)| *at <= load.ended)
                && let Some((_, user)) = coming.pop_front()
            {
                load.ask(&user).await;
                load.settle().await;
            }
            let Some((user, reply)) = load.running.pop_front() else { panic!("nobody asks any more") };
            reply.finish("an answer");
            load.ended += 1;
            load.settle().await;
            if load.others.contains_key(&user) {
                let (client, session) = &load.others[&user];
                let idle = client.viewer.wait_for("the end of the reply", |mirror| {
                    let messages = &mirror.session(*session)?.messages;
                    messages.values().all(|text| text.status != Some(ReplyStatus::Streaming)).then_some(())
                });
                idle.await;
                coming.push_back((load.ended + PAUSE, user));
            }
        }
        drop(hogging);
        load.waits.sort_unstable();
        load.waits[load.waits.len() / 2]
    })
}

#[test]
fn fifty_people_and_one_who_asks_200_times_at_once() {
    let (alone, beside) = (median_wait(false), median_wait(true));
    println!("median wait in ended replies: {alone} without the hog, {beside} beside it");
    assert!(alone > 0, "there must be something to wait for");
    assert!(beside * 2 <= alone * 3, "{beside} instead of {alone}");
}

#[test]
fn one_person_does_not_take_every_place() {
    run(Settings { running_turns_max: 4, running_turns_per_person_max: 3, ..settings() }, async |world| {
        let client = world.client(1);
        for _ in 0..6 {
            let session = client.create().await;
            prompt(&client, session, "mine").await;
        }
        until("three run", || world.hub.pool_state().running == 3 && world.hub.stats().waiting_turns == 3)
            .await;
        let (other, session) = asks(world, 2).await;
        let mine = person(2).user.to_string();
        let reply = loop {
            let reply = world.model.next().await;
            if reply.request.user_hash.as_ref() == Some(&mine) {
                break reply;
            }
            // Kept running.
            std::mem::forget(reply);
        };
        reply.say("at once");
        reads(&other, session, "at once").await;
    });
}
