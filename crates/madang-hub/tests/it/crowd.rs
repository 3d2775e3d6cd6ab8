//! Many people doing everything at once, seeded: whoever belongs at the end sees the same, and nobody was told what they
//! may not see (SE3, SE4, RS4, DC1).

use std::time::Duration;

use madang_protocol::{Command, MessageId, SessionId};
use madang_testkit::{HubClient, Shared, person};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::{World, invite_code, run, settings};

/// People besides the owner.
const PEOPLE: usize = 6;
/// Things that are done.
const STEPS: usize = 400;

struct Crowd<'a> {
    world: &'a World,
    rng: StdRng,
    session: SessionId,
    code: String,
    owner: HubClient,
    people: Vec<HubClient>,
    sent: usize,
}

impl Crowd<'_> {
    async fn send(&mut self, who: Option<usize>, kind: &str, mut data: Value) {
        self.sent += 1;
        data["session_id"] = json!(self.session);
        // Most senders don't wait for the answer: commands cross each other.
        let client = who.map_or(&self.owner, |n| &self.people[n]);
        let id = format!("c{}", self.sent);
        assert!(Command::TYPES.contains(&kind));
        client.send(&id, kind, data).await;
        if self.rng.random_bool(0.2) {
            drop(client.answer(&id).await);
        }
    }

    /// A message that the person was shown.
    fn message(&mut self, n: usize) -> Option<MessageId> {
        let pick: usize = self.rng.random_range(0..5);
        let session = self.session;
        self.people[n].viewer.look(|m| m.session(session)?.messages.keys().rev().nth(pick).copied())
    }

    async fn come_back(&mut self, n: usize) {
        let caller = person(2 + n as u64);
        let next = HubClient::come_back(&self.world.hub, caller, &self.people[n].viewer);
        if self.rng.random_bool(0.5) {
            drop(next.follow(self.session).await);
            self.people[n] = next;
        } else {
            self.people[n] = next;
            drop(self.people[n].follow(self.session).await);
        }
    }

    async fn step(&mut self) {
        let n = self.rng.random_range(0..PEOPLE);
        let target = json!(person(2 + n as u64).user);
        match self.rng.random_range(0..12) {
            0 | 1 => {
                drop(self.people[n].question("join_collaboration", json!({"session_id": self.code})).await)
            }
            2..=4 => self.send(Some(n), "chat_message", json!({"content": format!("{n} says")})).await,
            5 => {
                let (role, rights) = [("viewer", vec!["chat"]), ("viewer", vec![]), ("collaborator", vec![])]
                    [self.rng.random_range(0..3)]
                .clone();
                let data = json!({"target_user_id": target, "role": role, "rights": rights});
                self.send(None, "set_role", data).await;
            }
            6 => self.send(None, "remove_user", json!({"target_user_id": target})).await,
            7 => self.send(Some(n), "leave_session", json!({})).await,
            8 => self.come_back(n).await,
            9 => self.send(Some(n), "set_typing", json!({"typing": self.sent.is_multiple_of(2)})).await,
            what => {
                let Some(message) = self.message(n) else { return };
                let on = json!({"message_id": message, "emoji": "👍", "on": true, "content": "edited"});
                let kind = match (what, self.sent % 4) {
                    (10, _) => "mark_read",
                    (_, 0) => "delete_message",
                    (_, 1) => "edit_message",
                    _ => "react",
                };
                self.send(Some(n), kind, on).await;
            }
        }
    }

    /// Whoever belongs follows, and all of them see the same.
    async fn settle(&mut self) {
        let mut members = Vec::new();
        for client in &self.people {
            let belongs =
                client.question("session_status", json!({"session_id": self.session})).await.is_ok();
            if belongs {
                client.follow(self.session).await.unwrap();
                members.push(client);
            }
            client.viewer.assert_sound();
        }
        members.push(&self.owner);
        let see = |client: &&HubClient| -> Shared {
            client.viewer.look(|mirror| mirror.session(self.session).unwrap().shared())
        };
        let alike = async {
            loop {
                let mut views: Vec<_> = members.iter().map(see).collect();
                keep_common(&mut views);
                if views.iter().all(|view| *view == views[0]) && views[0].presence.len() == members.len() {
                    return views.len();
                }
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), alike).await.is_err() {
            panic!("they don't agree: {:#?}", members.iter().map(see).collect::<Vec<_>>());
        }
        members.iter().for_each(|client| client.viewer.assert_sound());
    }
}

/// Leaves the messages that all were shown: who came late was shown a page.
fn keep_common(views: &mut [Shared]) {
    let all: Vec<_> = views.iter().map(|view| view.messages.keys().copied().collect::<Vec<_>>()).collect();
    for view in views {
        view.messages.retain(|id, _| all.iter().all(|ids| ids.contains(id)));
    }
}

fn storm(seed: u64) {
    run(settings(), async |world| {
        let owner = world.client(1);
        let session = owner.create().await;
        let code = invite_code(&owner, session, json!({"role": "collaborator", "uses": 1000})).await;
        let people = (0..PEOPLE).map(|n| world.client(2 + n as u64)).collect();
        let rng = StdRng::seed_from_u64(seed);
        let mut crowd = Crowd { world, rng, session, code, owner, people, sent: 0 };
        for step in 1..=STEPS {
            crowd.step().await;
            if step % 100 == 0 {
                crowd.settle().await;
            }
        }
        let log = world.log(session).await;
        assert!((1..).zip(&log).all(|(position, record)| record.position == position));
        let added = log.iter().filter(|record| record.kind == "member_added").count();
        assert!(added > 3, "the seed does too little: {added}");
    });
}

#[test]
fn se4_whatever_a_crowd_does_its_members_agree_and_strangers_hear_nothing() {
    for seed in 1..=4 {
        storm(seed);
    }
}
