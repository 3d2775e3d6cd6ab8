//! The people, and the session that things are done to.

use std::sync::atomic::{AtomicU64, Ordering};

use madang_accounts::{By, Decision};
use madang_gateway::Settings;
use madang_gateway::identity::GuestKey;
use madang_protocol::{Scope, UnixMs, UserId};
use serde_json::{Value, json};

use super::code_of;
use super::data::{Sort, Thing};
use crate::http::{Person, send};
use crate::raw::{RawClient, V2};
use crate::server::{SECRET, TestServer};

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Owner,
    Collaborator,
    Viewer,
    Reader,
    None,
    Admin,
    Guest,
    Removed,
    Suspended,
    Ended,
    Nobody,
}

impl Column {
    pub(super) const ALL: [Column; 11] = [
        Column::Owner,
        Column::Collaborator,
        Column::Viewer,
        Column::Reader,
        Column::None,
        Column::Admin,
        Column::Guest,
        Column::Removed,
        Column::Suspended,
        Column::Ended,
        Column::Nobody,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Column::Owner => "owner",
            Column::Collaborator => "collaborator",
            Column::Viewer => "viewer",
            Column::Reader => "reader",
            Column::None => "none",
            Column::Admin => "admin",
            Column::Guest => "guest",
            Column::Removed => "removed",
            Column::Suspended => "suspended",
            Column::Ended => "ended",
            Column::Nobody => "nobody",
        }
    }

    /// Whether they belong to the session, so that what they do may change it.
    pub(super) fn is_member(self) -> bool {
        matches!(self, Column::Owner | Column::Collaborator | Column::Viewer | Column::Reader)
    }
}

/// A server and its people.
pub(super) struct World {
    pub(super) server: TestServer,
    people: Vec<Option<Person>>,
    /// Whose session nobody else knows of.
    pub(super) stranger: Person,
    /// A session of the stranger's, and a message in it.
    pub(super) elsewhere: (String, String),
    /// Someone with an account who belongs to nothing.
    pub(super) bystander: Person,
    next: AtomicU64,
}

impl World {
    pub(super) async fn new() -> World {
        let rates = 1_000_000;
        let settings = Settings {
            chat_per_second: rates,
            chat_burst: rates,
            control_per_second: rates,
            control_burst: rates,
            connections_per_address_max: 10_000,
            streams_per_person_max: 1000,
            ..Settings::default()
        };
        let hub = madang_hub::Settings {
            rollup_ms: 0,
            running_turns_max: 1000,
            running_turns_per_person_max: 1000,
            ..Default::default()
        };
        let server = TestServer::start_with(settings, hub, None).await;
        let mut people: Vec<Option<Person>> = Vec::new();
        for column in Column::ALL {
            people.push(match column {
                Column::Nobody => None,
                Column::Guest => Some(guest()),
                Column::Reader => {
                    let collaborator: &Person = people[1].as_ref().unwrap();
                    Some(collaborator.token(&server, Scope::Read).await)
                }
                // The owner's own, with another token, which is ended.
                Column::Ended => {
                    let owner: &Person = people[0].as_ref().unwrap();
                    Some(owner.token(&server, Scope::Full).await)
                }
                other => Some(Person::account_of(&server, other.name(), other == Column::Admin).await),
            });
        }
        let (stranger, bystander) =
            (Person::account(&server, "stranger").await, Person::account(&server, "bystander").await);
        let session = stranger.session(&server).await;
        let said = json!({"session_id": session, "content": "secret"});
        let message = stranger.command(&server, "chat_message", said).await["message_id"].clone();
        let suspended = people[8].as_ref().unwrap().user.parse().unwrap();
        let decision = Decision { disabled: Some(true), ..Decision::default() };
        server.accounts.decide(suspended, decision, &By::operator()).await.unwrap();
        let ended: UserId = people[9].as_ref().unwrap().user.parse().unwrap();
        let newest = server.accounts.tokens(ended).await.unwrap()[0].token;
        server.accounts.end_token(ended, newest, &By::operator()).await.unwrap();
        keep_answering(&server);
        let elsewhere = (session, message.as_str().unwrap().to_owned());
        World { server, people, stranger, elsewhere, bystander, next: AtomicU64::new(1) }
    }

    pub(super) fn person(&self, column: Column) -> Option<&Person> {
        self.people[Column::ALL.iter().position(|known| *known == column).unwrap()].as_ref()
    }

    /// Someone who certainly is somebody.
    pub(super) fn known(&self, column: Column) -> &Person {
        self.person(column).unwrap()
    }

    /// An id that no command had before.
    pub(super) fn fresh(&self) -> String {
        format!("gate-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// What a command on the socket is answered with.
    pub(super) async fn on_socket(&self, column: Column, kind: &str, data: &Value) -> String {
        let path = self.person(column).map_or("/ws".to_owned(), |who| format!("/ws?token={}", who.token));
        let mut socket = RawClient::connect(&self.server, &path, &[V2]).await;
        socket.command("hello", "hello", json!({"client": {"name": "gate", "version": "1"}})).await;
        let id = self.fresh();
        // What refuses the credential may come before anything is read.
        socket.command(&id, kind, data.clone()).await;
        loop {
            let event = socket.next().await;
            if event["type"] == "disconnected" {
                assert_eq!(event["data"]["code"], 4401, "{event}");
                return "INVALID_AUTH".into();
            }
            let first_word = kind == "summarize" && event["type"] == "ack";
            if event["correlation_id"] == id && !first_word {
                return event["data"]["code"]
                    .as_str()
                    .filter(|_| event["type"] == "error")
                    .unwrap_or("OK")
                    .into();
            }
        }
    }

    /// What a command over HTTP is answered with.
    pub(super) async fn over_http(&self, column: Column, kind: &str, data: &Value) -> String {
        let key = format!("Idempotency-Key: {}", self.fresh());
        self.ask(column, ("POST", &format!("/api/v1/commands/{kind}")), &[&key], &data.to_string()).await
    }

    /// What a request is answered with.
    pub(super) async fn ask(
        &self,
        column: Column,
        (method, path): (&str, &str),
        headers: &[&str],
        body: &str,
    ) -> String {
        let bearer = self.person(column).map(Person::bearer);
        let headers: Vec<_> = headers.iter().copied().chain(bearer.as_deref()).collect();
        let answer = send(&self.server, method, path, &headers, body).await;
        let code = serde_json::from_str::<Value>(&answer.body).ok().filter(|_| answer.status >= 400);
        code_of(answer.status, code.as_ref().and_then(|problem| problem["code"].as_str()))
    }
}

/// Lets prompts wait, and has summaries written, so that nothing in a row waits for a model.
fn keep_answering(server: &TestServer) {
    let model = server.model.clone();
    tokio::spawn(async move {
        let mut running = Vec::new();
        loop {
            let reply = model.next_ever().await;
            let asked = reply.request.messages.last().map(|message| message.get().to_owned());
            if asked.is_some_and(|asked| asked.contains("gate-prompt")) && reply.request.max_tokens > 2000 {
                running.push(reply);
            } else {
                reply.finish("done");
            }
        }
    });
}

fn guest() -> Person {
    let user = UserId::new(UnixMs(1), [3; 10]);
    let now = UnixMs(u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap());
    Person { token: GuestKey::new(&SECRET, 3_600_000).sign(user, now), user: user.to_string() }
}

/// The ids of people, for commands that are about someone.
#[derive(Clone)]
pub(super) struct Ids {
    of: Vec<Option<String>>,
    bystander: String,
}

impl Ids {
    pub(super) fn of(&self, column: Column) -> Option<String> {
        self.of[Column::ALL.iter().position(|known| *known == column).unwrap()].clone()
    }

    pub(super) fn bystander(&self) -> &str {
        &self.bystander
    }
}

/// A session with people, and things of each of them.
pub(super) struct Scene {
    ids: Ids,
    elsewhere: (String, String),
    pub(super) session: String,
    /// A chat message by owner, collaborator, viewer, removed.
    said: [String; 4],
    /// A prompt by each: the owner's runs, the others wait.
    asked: Option<[String; 4]>,
    /// A prompt and its reply, which was stopped.
    pub(super) answered: Option<(String, String)>,
    /// An invite link and its code.
    pub(super) link: Option<(String, String)>,
}

/// Where a column's things are in a scene.
fn place(column: Column) -> Option<usize> {
    match column {
        Column::Owner | Column::Ended => Some(0),
        Column::Collaborator | Column::Reader => Some(1),
        Column::Viewer => Some(2),
        Column::Removed => Some(3),
        Column::None | Column::Admin | Column::Guest | Column::Suspended | Column::Nobody => None,
    }
}

impl Scene {
    pub(super) async fn new(world: &World, thing: Thing) -> Scene {
        let server = &world.server;
        let owner = world.known(Column::Owner);
        let session = owner.session(server).await;
        let crew = [Column::Owner, Column::Collaborator, Column::Viewer, Column::Removed];
        for column in &crew[1..] {
            let asked = json!({"session_id": session, "target_user_id": world.known(*column).user,
                "role": "collaborator"});
            owner.command(server, "invite_user", asked).await;
            let join = json!({"session_id": session});
            world.known(*column).command(server, "join_collaboration", join).await;
        }
        let mut scene = Scene {
            ids: Ids {
                of: world.people.iter().map(|person| person.as_ref().map(|who| who.user.clone())).collect(),
                bystander: world.bystander.user.clone(),
            },
            elsewhere: world.elsewhere.clone(),
            session,
            said: Default::default(),
            asked: None,
            answered: None,
            link: None,
        };
        for (column, said) in crew.into_iter().zip(0..) {
            scene.said[said] = scene.say(world, column, "chat_message", "hello").await;
        }
        match thing {
            Thing::Own(Sort::Turn) | Thing::Anothers(Sort::Turn) => {
                let mut asked: [String; 4] = Default::default();
                for (column, place) in crew.into_iter().zip(0..) {
                    asked[place] = scene.say(world, column, "claude_message", "gate-prompt").await;
                }
                scene.asked = Some(asked);
            }
            Thing::In(Sort::Reply) => scene.answer(world).await,
            Thing::Link | Thing::In(Sort::Link) => {
                let data = json!({"session_id": scene.session, "role": "viewer", "uses": 20});
                let made = owner.command(server, "create_invite", data).await;
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                scene.link = Some((text(&made["invite"]["invite_id"]), text(&made["code"])));
            }
            _ => {}
        }
        let viewer = json!({"session_id": scene.session, "target_user_id": world.known(Column::Viewer).user,
            "role": "viewer"});
        owner.command(server, "set_role", viewer).await;
        let removed =
            json!({"session_id": scene.session, "target_user_id": world.known(Column::Removed).user});
        owner.command(server, "remove_user", removed).await;
        scene
    }

    async fn say(&self, world: &World, column: Column, kind: &str, content: &str) -> String {
        let data = json!({"session_id": self.session, "content": content});
        let answer = world.known(column).command(&world.server, kind, data).await;
        answer["message_id"].as_str().unwrap().to_owned()
    }

    /// Asks, and waits for the end of the answer.
    async fn answer(&mut self, world: &World) {
        let prompt = self.say(world, Column::Owner, "claude_message", "short").await;
        let owner = world.known(Column::Owner);
        loop {
            let state = owner.get(&world.server, &format!("/api/v1/sessions/{}", self.session)).await.json();
            let last = state["messages"].as_array().unwrap().last().unwrap();
            if state["running"].is_null() && last["kind"] == "reply" {
                self.answered = Some((prompt, last["message_id"].as_str().unwrap().to_owned()));
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Asks someone in by name, unless they belong to the session already.
    pub(super) async fn ask_in(&self, world: &World, column: Column) {
        let Some(person) = world.person(column).filter(|_| !column.is_member()) else { return };
        let data = json!({"session_id": self.session, "target_user_id": person.user, "role": "viewer"});
        let path = "/api/v1/commands/invite_user";
        // Whoever can't be asked in has the outcome that the table shows.
        drop(world.known(Column::Owner).post(&world.server, path, &data).await);
    }

    /// The session goes, and what runs in it.
    pub(super) async fn clean(&self, world: &World) {
        let data = json!({"session_id": self.session});
        drop(world.known(Column::Owner).post(&world.server, "/api/v1/commands/delete_session", &data).await);
        // A session that was given away is the collaborator's or the viewer's to delete.
        for column in [Column::Collaborator, Column::Viewer] {
            drop(world.known(column).post(&world.server, "/api/v1/commands/delete_session", &data).await);
        }
    }

    pub(super) fn people(&self) -> &Ids {
        &self.ids
    }

    /// A session that none of the columns may know of, and a message in it.
    pub(super) fn elsewhere(&self) -> &(String, String) {
        &self.elsewhere
    }

    /// A message of the column's own.
    pub(super) fn own(&self, column: Column) -> Option<String> {
        place(column).map(|place| self.said[place].clone())
    }

    /// One of another person's: the owner's, or for the owner the collaborator's.
    pub(super) fn anothers(&self, column: Column) -> String {
        self.said[usize::from(place(column) == Some(0))].clone()
    }

    pub(super) fn own_prompt(&self, column: Column) -> Option<String> {
        place(column).map(|place| self.asked.as_ref().unwrap()[place].clone())
    }

    pub(super) fn anothers_prompt(&self, column: Column) -> String {
        self.asked.as_ref().unwrap()[usize::from(place(column) == Some(0))].clone()
    }
}
