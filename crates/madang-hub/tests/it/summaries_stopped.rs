//! Nobody goes on paying for the summary of someone who is gone, and nobody else's is stopped (SE4, SE9).

use std::time::Duration;

use madang_hub::Settings;
use madang_protocol::{ErrorCode, Role, SessionId, UnixMs};
use madang_store::{People as _, Purse};
use madang_testkit::{HubClient, ScriptedReply, person};
use serde_json::{Value, json};

use crate::support::{World, chat, prompt, run, settings};

/// A session with something to tell: its owner, someone whose summary is to be stopped, and someone whose is not.
struct Scene {
    owner: HubClient,
    goes: HubClient,
    stays: HubClient,
    session: SessionId,
}

/// The summaries of both, under way, and a reply in the session.
struct UnderWay {
    stopped: ScriptedReply,
    others: [ScriptedReply; 2],
}

async fn scene(world: &World) -> Scene {
    let (owner, goes, stays) = (world.client(1), world.client(2), world.client(3));
    world.account(2, "mina").await;
    let others = [(&goes, Role::Collaborator), (&stays, Role::Collaborator)];
    let session = world.shared(&owner, &others).await;
    chat(&owner, session, "we ship on Friday").await;
    Scene { owner, goes, stays, session }
}

impl Scene {
    fn named(&self) -> Value {
        json!({"session_id": self.session})
    }

    async fn begin(&self, world: &World) -> UnderWay {
        self.goes.send("sum", "summarize", self.named()).await;
        let stopped = world.model.next().await;
        self.stays.send("sum", "summarize", self.named()).await;
        let others = [world.model.next().await, self.reply(world).await];
        stopped.say("They ship");
        UnderWay { stopped, others }
    }

    async fn reply(&self, world: &World) -> ScriptedReply {
        prompt(&self.owner, self.session, "hello").await;
        world.model.next().await
    }

    /// The one request was dropped; the others are there, and are answered.
    async fn assert_stopped(&self, world: &World, under_way: UnderWay) {
        under_way.stopped.dropped().await;
        assert!(!under_way.others.iter().any(ScriptedReply::is_dropped), "nobody else's is stopped");
        assert!(under_way.others.iter().all(|other| other.finish("- On Friday.")));
        self.stays.answer("sum").await.unwrap();
        let told = |client: &HubClient| client.viewer.look(|mirror| mirror.of_type("summary").count());
        assert_eq!((told(&self.stays), told(&self.goes)), (1, 0));
        paid(world, 2).await;
        self.stays.viewer.assert_sound();
    }
}

/// Waits until what was begun for the n-th person is in the ledger.
async fn paid(world: &World, n: u64) {
    let wait = async {
        loop {
            let spent = world.disk.spent(Purse::User(person(n).user), UnixMs(0)).await.unwrap();
            if spent.tokens > 0 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it is in the ledger");
}

#[test]
fn se4_the_summary_of_someone_who_was_removed_is_stopped_and_nobody_elses() {
    run(settings(), async |world| {
        let scene = scene(world).await;
        let under_way = scene.begin(world).await;
        let who = json!({"session_id": scene.session, "target_user_id": scene.goes.user()});
        scene.owner.done("remove_user", who).await;
        scene.assert_stopped(world, under_way).await;
        assert_eq!(scene.goes.answer("sum").await.unwrap_err().code, ErrorCode::NotFound);
    });
}

#[test]
fn se4_the_summary_of_someone_who_left_is_stopped() {
    run(settings(), async |world| {
        let scene = scene(world).await;
        let under_way = scene.begin(world).await;
        scene.goes.done("leave_session", scene.named()).await;
        scene.assert_stopped(world, under_way).await;
        assert_eq!(scene.goes.answer("sum").await.unwrap_err().code, ErrorCode::NotFound);
    });
}

#[test]
fn se4_the_summary_of_someone_who_was_suspended_is_stopped() {
    run(settings(), async |world| {
        let scene = scene(world).await;
        let under_way = scene.begin(world).await;
        // A word about someone who is not suspended stops nothing.
        world.hub.look_at_account(scene.stays.user());
        world.suspend(2, "mina").await;
        world.hub.look_at_account(scene.goes.user());
        scene.assert_stopped(world, under_way).await;
    });
}

#[test]
fn se9_a_summary_ends_with_the_connection_that_asked_for_it() {
    run(settings(), async |world| {
        let Scene { owner, goes, stays, session } = scene(world).await;
        let second = world.client(2);
        second.follow(session).await.unwrap();
        let scene = Scene { owner, goes: second, stays, session };
        goes.send("sum", "summarize", scene.named()).await;
        let stopped = world.model.next().await;
        scene.stays.send("sum", "summarize", scene.named()).await;
        let others = [world.model.next().await, scene.reply(world).await];
        stopped.say("They ship");
        drop(goes);
        scene.assert_stopped(world, UnderWay { stopped, others }).await;
        // There is room for the next, and a member who is merely elsewhere keeps theirs.
        let asked = async {
            loop {
                match scene.goes.question("summarize", scene.named()).await {
                    Err(error) if error.code == ErrorCode::RateLimited => tokio::task::yield_now().await,
                    answered => return answered.unwrap(),
                }
            }
        };
        let answered = async { world.model.next().await.finish("- On Friday.") };
        let (told, _) = tokio::join!(asked, answered);
        assert_eq!(told["content"], "- On Friday.");
    });
}

#[test]
fn se9_a_connection_that_says_anew_who_it_is_keeps_its_summary_and_others_may_go() {
    run(settings(), async |world| {
        let Scene { goes, stays, session, .. } = scene(world).await;
        goes.send("sum", "summarize", json!({"session_id": session})).await;
        let reply = world.model.next().await;
        let HubClient { link, viewer } = goes;
        let anew = world.hub.attach(person(2), viewer.clone());
        drop((link, world.client(2)));
        // What would have been stopped by that would have been before this.
        stays.send("sum", "summarize", json!({"session_id": session})).await;
        let stopped = world.model.next().await;
        drop(stays);
        stopped.dropped().await;
        assert!(!reply.is_dropped());
        let goes = HubClient { link: anew, viewer };
        assert!(reply.finish("- On Friday."));
        goes.answer("sum").await.unwrap();
        assert_eq!(goes.viewer.look(|mirror| mirror.of_type("summary").count()), 1);
    });
}

#[test]
fn se4_a_summary_that_waits_leaves_the_queue_with_its_person() {
    run(Settings { running_turns_max: 1, ..settings() }, async |world| {
        let scene = scene(world).await;
        let running = scene.reply(world).await;
        scene.goes.send("sum", "summarize", scene.named()).await;
        scene.goes.question("session_status", scene.named()).await.unwrap();
        while world.hub.stats().waiting_turns == 0 {
            tokio::task::yield_now().await;
        }
        scene.goes.done("leave_session", scene.named()).await;
        assert_eq!(scene.goes.answer("sum").await.unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(world.hub.stats().waiting_turns, 0);
        assert!(running.finish("hello"));
        assert_eq!(world.model.requests().len(), 1, "it was never asked");
    });
}

#[test]
fn se4_the_summaries_of_a_session_end_with_it() {
    run(settings(), async |world| {
        let scene = scene(world).await;
        let elsewhere = scene.owner.create().await;
        prompt(&scene.owner, elsewhere, "alone").await;
        let alone = world.model.next().await;
        scene.goes.send("sum", "summarize", scene.named()).await;
        let stopped = world.model.next().await;
        scene.owner.done("delete_session", scene.named()).await;
        stopped.dropped().await;
        assert!(!alone.is_dropped() && alone.finish("yes"));
    });
}
