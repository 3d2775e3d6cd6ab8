//! A small storm: viewers come and go, prompts, cancels and kills; at rest every mirror equals the log.

use std::path::Path;
use std::sync::Arc;

use madang_protocol::{ReplyStatus, SessionId};
use madang_testkit::{HubClient, ScriptedReply, TestViewer, person};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::{World, serve, settings};

struct Storm {
    rng: StdRng,
    session: Option<SessionId>,
    clients: Vec<HubClient>,
    /// What people knew when the server was killed.
    gone: Vec<Arc<TestViewer>>,
    replies: Vec<ScriptedReply>,
}

#[test]
fn dc1_rs1_rs2_rs5_after_a_storm_every_mirror_equals_the_log() {
    for seed in [1, 2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let mut storm = Storm {
            rng: StdRng::seed_from_u64(seed),
            session: None,
            clients: Vec::new(),
            gone: Vec::new(),
            replies: Vec::new(),
        };
        for run in 0..3 {
            storm.run(dir.path(), run == 2);
        }
    }
}

impl Storm {
    fn run(&mut self, dir: &Path, last: bool) {
        serve(dir, settings(), async |world| {
            let session = self.come_back(world).await;
            for _ in 0..60 {
                self.step(world, session).await;
            }
            if last {
                self.rest(world, session).await;
            } else {
                self.gone = self.clients.drain(..).map(|client| client.viewer.clone()).collect();
            }
        });
        // What was asked for in this run is not driven in the next.
        self.replies.clear();
    }

    /// Everyone reconnects with what they know.
    async fn come_back(&mut self, world: &World) -> SessionId {
        let session = match self.session {
            Some(session) => session,
            None => {
                let client = world.client(1);
                let session = client.create().await;
                self.clients.push(client);
                session
            }
        };
        self.session = Some(session);
        for viewer in self.gone.drain(..) {
            self.clients.push(HubClient::come_back(&world.hub, person(1), &viewer));
        }
        while self.clients.len() < 4 {
            self.clients.push(world.client(1));
        }
        for client in &self.clients {
            client.follow(session).await.unwrap();
        }
        session
    }

    async fn step(&mut self, world: &World, session: SessionId) {
        self.replies.extend(world.model.try_next());
        self.replies.retain(|reply| !reply.is_dropped());
        let who = self.rng.random_range(0..self.clients.len());
        let client = &self.clients[who];
        let number: u32 = self.rng.random();
        match self.rng.random_range(0..12) {
            0..=1 => drop(
                client
                    .ask("claude_message", json!({"session_id": session, "content": format!("ask {number}")}))
                    .await,
            ),
            2 => drop(
                client
                    .ask("chat_message", json!({"session_id": session, "content": format!("say {number}")}))
                    .await,
            ),
            3 => {
                let back = client.reconnect(&world.hub);
                back.follow(session).await.unwrap();
                self.clients[who] = back;
            }
            4 => {
                let running = client.viewer.look(|mirror| {
                    let messages = &mirror.session(session).unwrap().messages;
                    let streams = |text: &madang_testkit::Text| text.status == Some(ReplyStatus::Streaming);
                    messages.iter().find(|(_, text)| streams(text)).map(|(id, _)| *id)
                });
                if let Some(id) = running {
                    drop(client.ask("cancel", json!({"session_id": session, "message_id": id})).await);
                }
            }
            5 => drop(self.replies.pop().map(|reply| reply.finish(" end"))),
            _ => {
                for reply in &self.replies {
                    reply.say(&format!("{number} "));
                }
            }
        }
    }

    /// Lets everything end, and compares.
    async fn rest(&mut self, world: &World, session: SessionId) {
        while world.hub.stats().running_turns > 0 {
            self.replies.extend(world.model.try_next());
            for reply in self.replies.drain(..) {
                reply.finish("end");
            }
            tokio::task::yield_now().await;
        }
        let last =
            self.clients[0].done("chat_message", json!({"session_id": session, "content": "over"})).await;
        let log = world.log(session).await;
        assert_eq!(log.len() as u64, last.seq.unwrap());
        for client in &self.clients {
            let known = client.viewer.wait_for("the last word", |mirror| {
                mirror.session(session).filter(|known| Some(known.seq) == last.seq).cloned()
            });
            let known = known.await;
            client.viewer.assert_sound();
            for (seq, kind, data) in &known.log {
                let record = &log[usize::try_from(*seq).unwrap() - 1];
                assert_eq!(kind, &record.kind);
                assert_eq!(data, &serde_json::from_str::<Value>(&record.data).unwrap());
            }
            for record in log.iter().filter(|record| record.kind == "claude_response") {
                let end: Value = serde_json::from_str(&record.data).unwrap();
                let id = end["message_id"].as_str().unwrap().parse().unwrap();
                if let Some(text) = known.messages.get(&id) {
                    assert_eq!(text.text(), end["content"].as_str().unwrap());
                }
            }
        }
    }
}
