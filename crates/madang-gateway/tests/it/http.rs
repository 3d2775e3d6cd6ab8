//! A client of REST and SSE that is no browser: bytes on a socket, as `curl` sends them.

use madang_accounts::{By, NewToken};
use madang_protocol::{Scope, UnixMs, UserId};
use madang_store::{AccountRow, Append, PersonChange};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::raw::{Answer, request, soon};
use crate::server::TestServer;

/// A person, by their bearer token.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) token: String,
    pub(crate) user: String,
}

impl Person {
    /// A new guest.
    pub(crate) async fn guest(server: &TestServer) -> Person {
        let answer = send(server, "POST", "/api/v1/guests", &[], "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let (token, user) = (answer.json()["token"].clone(), answer.json()["user_id"].clone());
        Person { token: token.as_str().unwrap().into(), user: user.as_str().unwrap().into() }
    }

    /// A new person with an account and a token that reaches everything.
    pub(crate) async fn account(server: &TestServer, name: &str) -> Person {
        Person::account_of(server, name, false).await
    }

    /// As [`Person::account`], an administrator perhaps.
    pub(crate) async fn account_of(server: &TestServer, name: &str, admin: bool) -> Person {
        let user = UserId::new(UnixMs(1), std::array::from_fn(|at| *name.as_bytes().get(at).unwrap_or(&7)));
        let row = AccountRow {
            user,
            name: name.into(),
            display_name: name.into(),
            color: String::new(),
            language: String::new(),
            password: None,
            admin,
            disabled_at: None,
            created_at: UnixMs(1),
        };
        let append = Append { people: vec![PersonChange::Account(row)], ..Append::default() };
        server.accounts.store().submit(append).await.unwrap().await.unwrap();
        Person { token: String::new(), user: user.to_string() }.token(server, Scope::Full).await
    }

    /// The same person, by another token.
    pub(crate) async fn token(&self, server: &TestServer, scope: Scope) -> Person {
        let user = self.user.parse().unwrap();
        let new = NewToken { name: "test".into(), scope, days: 1 };
        let (_, token) = server.accounts.create_token(user, new, &By::person(user)).await.unwrap();
        Person { token, user: self.user.clone() }
    }

    pub(crate) async fn get(&self, server: &TestServer, path: &str) -> Answer {
        send(server, "GET", path, &[&self.bearer()], "").await
    }

    pub(crate) async fn post(&self, server: &TestServer, path: &str, body: &Value) -> Answer {
        send(server, "POST", path, &[&self.bearer()], &body.to_string()).await
    }

    /// A command that must succeed; its answer's data.
    pub(crate) async fn command(&self, server: &TestServer, kind: &str, data: Value) -> Value {
        let answer = self.post(server, &format!("/api/v1/commands/{kind}"), &data).await;
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        answer.json()["data"].clone()
    }

    /// A new session of theirs.
    pub(crate) async fn session(&self, server: &TestServer) -> String {
        let made = self.command(server, "create_session", json!({"title": "Room"})).await;
        made["session_id"].as_str().unwrap().into()
    }

    pub(crate) fn bearer(&self) -> String {
        format!("Authorization: Bearer {}", self.token)
    }
}

/// Sends one request and reads its whole answer.
pub(crate) async fn send(
    server: &TestServer,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    if !body.is_empty() {
        let typed = headers.iter().any(|header| header.to_ascii_lowercase().starts_with("content-type:"));
        let kind = if typed { "" } else { "Content-Type: application/json\r\n" };
        head.push_str(&format!("{kind}Content-Length: {}\r\n", body.len()));
    }
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    request(server, &format!("{head}\r\n{body}")).await
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SseEvent {
    pub(crate) id: Option<String>,
    pub(crate) kind: String,
    pub(crate) envelope: Value,
}

/// An event stream, read as it comes.
pub(crate) struct Sse {
    reader: BufReader<TcpStream>,
    pub(crate) status: u16,
    pub(crate) head: String,
    /// Comments so far.
    pub(crate) comments: usize,
}

impl Sse {
    /// Opens a stream of a session.
    pub(crate) async fn open(server: &TestServer, person: &Person, session: &str, last: Option<&str>) -> Sse {
        let last = last.map(|id| format!("Last-Event-ID: {id}"));
        let headers: Vec<_> = [Some(person.bearer()), last].into_iter().flatten().collect();
        Sse::open_at(server, &format!("/api/v1/sessions/{session}/events"), &headers).await
    }

    /// HTTP/1.0, so that the body is not in chunks.
    pub(crate) async fn open_at(server: &TestServer, path: &str, headers: &[String]) -> Sse {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let head = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n{headers}\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut reader = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = soon("a head", reader.read_line(&mut head)).await.unwrap();
            assert!(read > 0, "closed after {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Sse { reader, status, head, comments: 0 }
    }

    /// The next event; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<SseEvent> {
        let (mut id, mut kind, mut data) = (None, String::new(), None);
        loop {
            let mut line = String::new();
            if soon("an event", self.reader.read_line(&mut line)).await.unwrap() == 0 {
                return None;
            }
            let line = line.trim_end_matches('\n');
            match line.split_once(": ") {
                Some(("id", text)) => id = Some(text.to_owned()),
                Some(("event", text)) => text.clone_into(&mut kind),
                Some(("data", text)) => data = Some(serde_json::from_str(text).unwrap()),
                _ if line.is_empty() && data.is_some() => {
                    return Some(SseEvent { id, kind, envelope: data.unwrap() });
                }
                _ if line == ":" => self.comments += 1,
                _ => assert!(line.is_empty(), "{line:?}"),
            }
        }
    }

    /// The next event of a kind.
    pub(crate) async fn event(&mut self, kind: &str) -> SseEvent {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}"));
            if event.kind == kind {
                return event;
            }
        }
    }

    /// Waits for a comment.
    pub(crate) async fn comment(&mut self) {
        let before = self.comments;
        while self.comments == before {
            let mut line = String::new();
            assert!(soon("a comment", self.reader.read_line(&mut line)).await.unwrap() > 0);
            self.comments += usize::from(line == ":\n");
        }
    }

    /// Everything up to the end.
    pub(crate) async fn rest(mut self) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// The body of a refusal.
    pub(crate) async fn refusal(mut self) -> Value {
        let mut body = String::new();
        soon("a body", self.reader.read_to_string(&mut body)).await.unwrap();
        serde_json::from_str(&body).unwrap()
    }
}
