//! SE4: whoever is removed, or whose credential ends, is out of sockets and streams within a second.

use std::time::{Duration, Instant};

use madang_accounts::By;
use serde_json::json;

use crate::http::{Person, Sse};
use crate::raw::{RawClient, V2};
use crate::server::{TestServer, with_guests};

/// What SE4 allows.
const SECOND: Duration = Duration::from_secs(1);

/// A session of two, in which the second one listens on a socket and on a stream.
async fn scene(server: &TestServer, ann: &Person, ben: &Person) -> (String, RawClient, Sse) {
    let session = ann.session(server).await;
    let asked = json!({"session_id": session, "target_user_id": ben.user, "role": "collaborator"});
    ann.command(server, "invite_user", asked).await;
    ben.command(server, "join_collaboration", json!({"session_id": session})).await;
    let mut socket = RawClient::connect(server, &format!("/ws?token={}", ben.token), &[V2]).await;
    socket.hello().await;
    socket.command("f", "follow_session", json!({"session_id": session})).await;
    assert_eq!(socket.answer_to("f").await["type"], "session_state");
    let mut stream = Sse::open(server, ben, &session, None).await;
    stream.event("session_state").await;
    (session, socket, stream)
}

#[tokio::test]
async fn se4_a_removed_person_is_out_at_once() {
    let server = TestServer::start(with_guests()).await;
    let (ann, ben) = (Person::guest(&server).await, Person::account(&server, "ben").await);
    let (session, mut socket, stream) = scene(&server, &ann, &ben).await;
    let begun = Instant::now();
    ann.command(&server, "remove_user", json!({"session_id": session, "target_user_id": ben.user})).await;
    assert_eq!(socket.event("removed").await["data"]["session_id"], session);
    let rest = stream.rest().await;
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    let last = rest.last().unwrap();
    assert_eq!((last.kind.as_str(), last.envelope["data"]["code"].clone()), ("disconnected", json!(4403)));
    assert!(rest.iter().any(|event| event.kind == "removed"), "{rest:?}");
    // What is said from now on does not reach them; the socket itself goes on.
    ann.command(&server, "chat_message", json!({"session_id": session, "content": "alone at last"})).await;
    socket.command("p", "ping", json!({})).await;
    loop {
        let event = socket.next().await;
        assert_ne!(event["type"], "message_created", "{event}");
        if event["correlation_id"] == "p" {
            break;
        }
    }
    assert_eq!(Sse::open(&server, &ben, &session, None).await.status, 404);
    assert_eq!(ben.get(&server, &format!("/api/v1/sessions/{session}")).await.status, 404);
}

#[tokio::test]
async fn se4_a_credential_that_ends_cuts_what_it_opened() {
    let server = TestServer::start(with_guests()).await;
    let ann = Person::guest(&server).await;
    let ben = Person::account(&server, "ben").await;
    let (session, socket, stream) = scene(&server, &ann, &ben).await;
    let user = ben.user.parse().unwrap();
    let token = server.accounts.tokens(user).await.unwrap()[0].token;
    let begun = Instant::now();
    server.accounts.end_token(user, token, &By::person(user)).await.unwrap();
    socket.must_close(4401).await;
    let rest = stream.rest().await;
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    let last = rest.last().unwrap();
    assert_eq!((last.kind.as_str(), last.envelope["data"]["code"].clone()), ("disconnected", json!(4401)));
    assert_eq!(Sse::open(&server, &ben, &session, None).await.status, 401);
}
