//! CN: connecting, who one is, heartbeats, going away.

use madang_gateway::Settings;
use madang_gateway::identity::display_name;
use serde_json::json;

use crate::http::Person;
use crate::raw::{Frame, RawClient, V2, ask, request, soon, upgrade_head, user};
use crate::server::{TestServer, with_guests};

#[tokio::test]
async fn cn1_a_stranger_is_a_guest_with_a_name_and_a_cookie() {
    let server = TestServer::start(with_guests()).await;
    for path in ["/ws", "/v1/ws", "/api/v1/ws"] {
        let mut client = RawClient::connect(&server, path, &["Origin: http://localhost"]).await;
        let connected = client.event("connected").await;
        assert_eq!(connected["data"]["display_name"], display_name(user(&connected)));
        assert_eq!(connected["data"]["guest"], true);
        let cookie = client.answer.header("set-cookie").unwrap();
        for attribute in ["__Host-madang=mdg1.", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }
}

#[tokio::test]
async fn cn1_the_same_credential_is_the_same_person_on_every_way_in() {
    let server = TestServer::start(with_guests()).await;
    let mut first = RawClient::v1(&server).await;
    let id = user(&first.event("connected").await);
    let token = first.token();
    let cookie = format!("Cookie: a=b; __Host-madang={token}");
    let bearer = format!("Authorization: Bearer {token}");
    let ticket =
        ask(&server, "POST /api/v1/tickets", &[&bearer]).await.json()["ticket"].as_str().unwrap().to_owned();
    let ways: [(String, Vec<&str>); 4] = [
        (format!("/ws?ticket={ticket}"), vec![]),
        ("/ws".into(), vec![&bearer]),
        (format!("/ws?token={token}"), vec![]),
        ("/ws".into(), vec![&cookie, "Origin: http://localhost"]),
    ];
    for (path, headers) in ways {
        let mut client = RawClient::connect(&server, &path, &headers).await;
        assert_eq!(user(&client.event("connected").await), id, "{path} {headers:?}");
        assert_eq!(client.answer.header("set-cookie"), None, "no new guest was made");
    }
}

#[tokio::test]
async fn cn1_the_explicit_credential_comes_before_the_ambient_one() {
    let server = TestServer::start(with_guests()).await;
    let (mut one, mut two) = (RawClient::v1(&server).await, RawClient::v1(&server).await);
    let ids = (user(&one.event("connected").await), user(&two.event("connected").await));
    let (cookie, bearer) =
        (format!("Cookie: __Host-madang={}", one.token()), format!("Authorization: Bearer {}", two.token()));
    let origin = "Origin: http://localhost";
    let mut both = RawClient::connect(&server, "/ws", &[&cookie, &bearer, origin]).await;
    assert_eq!(user(&both.event("connected").await), ids.1);
    let path = format!("/ws?token={}", one.token());
    let mut both = RawClient::connect(&server, &path, &[&bearer]).await;
    assert_eq!(user(&both.event("connected").await), ids.1, "a header comes before the query");
    let mut empty =
        RawClient::connect(&server, "/ws?token=&ticket=", &["Authorization: Bearer ", &cookie, origin]).await;
    assert_eq!(user(&empty.event("connected").await), ids.0, "an empty one counts as absent");
    let wrong = RawClient::try_connect(&server, "/ws?token=wrong", &[&cookie, origin]).await;
    assert_eq!(wrong.answer.status, 401, "a wrong explicit one is not passed over");
}

#[tokio::test]
async fn cn1_a_ticket_opens_one_socket() {
    let server = TestServer::start(with_guests()).await;
    let first = RawClient::v1(&server).await;
    let bearer = format!("Authorization: Bearer {}", first.token());
    let answer = ask(&server, "POST /api/v1/tickets", &[&bearer]).await;
    assert_eq!((answer.status, answer.header("cache-control").as_deref()), (200, Some("no-store")));
    let path = format!("/ws?ticket={}", answer.json()["ticket"].as_str().unwrap());
    let (one, two) = tokio::join!(
        RawClient::try_connect(&server, &path, &[]),
        RawClient::try_connect(&server, &path, &[])
    );
    let mut statuses = [one.answer.status, two.answer.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [101, 401]);
    assert_eq!(ask(&server, "POST /api/v1/tickets", &[]).await.status, 401);
    assert_eq!(ask(&server, &format!("POST /api/v1/tickets?token={}", first.token()), &[]).await.status, 401);
}

#[tokio::test]
async fn cn1_a_ticket_runs_out() {
    let server = TestServer::start(Settings { ticket_ms: 1, ..with_guests() }).await;
    let bearer = format!("Authorization: Bearer {}", RawClient::v1(&server).await.token());
    let answer = ask(&server, "POST /api/v1/tickets", &[&bearer]).await;
    let path = format!("/ws?ticket={}", answer.json()["ticket"].as_str().unwrap());
    // Each try uses the ticket up, so time must pass before the first: one whole exchange takes more than a millisecond
    // or is repeated until one does.
    let late = std::time::Instant::now();
    while late.elapsed().as_millis() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(RawClient::try_connect(&server, &path, &[]).await.answer.status, 401);
}

#[tokio::test]
async fn cn1_node_clients_get_a_guest_over_http() {
    let server = TestServer::start(with_guests()).await;
    let guest = ask(&server, "POST /api/v1/guests", &[]).await.json();
    let path = format!("/ws?token={}", guest["token"].as_str().unwrap());
    let mut client = RawClient::connect(&server, &path, &[]).await;
    let connected = client.event("connected").await;
    assert_eq!(connected["data"]["user_id"], guest["user_id"]);
    assert_eq!(connected["data"]["display_name"], guest["display_name"]);
    let closed = TestServer::start(Settings::default()).await;
    let refused = ask(&closed, "POST /api/v1/guests", &[]).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("FORBIDDEN")));
}

#[tokio::test]
async fn cn1_guests_over_http_are_rate_limited() {
    let server = TestServer::start(Settings { guests_per_minute: 2, ..with_guests() }).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let forged = format!("X-Forwarded-For: 10.0.0.{}", statuses.len());
        statuses.push(ask(&server, "POST /api/v1/guests", &[&forged]).await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
    let refused = ask(&server, "POST /api/v1/guests", &[]).await;
    assert!(refused.header("retry-after").is_some() && refused.json()["retry_after"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn cn1_without_guests_auth_must_come_and_connected_waits_for_it() {
    let guests = TestServer::start(with_guests()).await;
    let token = RawClient::v1(&guests).await.token();
    let server = TestServer::start(Settings::default()).await;
    for headers in [&[][..], &[V2]] {
        let mut client = RawClient::connect(&server, "/ws", headers).await;
        assert_eq!(client.answer.header("set-cookie"), None);
        if headers.is_empty() {
            client.command("1", "list_sessions", json!({})).await;
        } else {
            client.command("0", "hello", json!({"client": {"name": "x", "version": "1"}})).await;
            client.command("1", "list_sessions", json!({})).await;
        }
        let refused = client.next().await;
        assert_eq!(
            (refused["type"].as_str(), refused["data"]["code"].as_str()),
            (Some("error"), Some("INVALID_AUTH"))
        );
        client.command("2", "auth", json!({"token": token, "token_type": "bearer"})).await;
        let connected = client.next().await;
        assert_eq!(
            (connected["type"].as_str(), connected["correlation_id"].as_str()),
            (Some("connected"), Some("2"))
        );
        client.command("3", "list_sessions", json!({})).await;
        assert_eq!(client.answer_to("3").await["type"], "sessions");
    }
}

#[tokio::test]
async fn cn1_auth_rebinds_a_connection() {
    let server = TestServer::start(with_guests()).await;
    let mut other = RawClient::v1(&server).await;
    let id = user(&other.event("connected").await);
    let mut client = RawClient::v2(&server).await;
    client.command("a", "auth", json!({"token": other.token()})).await;
    let connected = client.answer_to("a").await;
    assert_eq!((connected["type"].as_str(), user(&connected)), (Some("connected"), id));
    client.command("b", "auth", json!({"token": other.token(), "token_type": "saml"})).await;
    assert_eq!(client.answer_to("b").await["data"]["code"], "INVALID_DATA");
    client.must_live().await;
}

#[tokio::test]
async fn cn1_a_wrong_auth_ends_the_connection_before_what_follows_it() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v2(&server).await;
    let both =
        ["auth", "create_session"].map(|kind| json!({"type": kind, "id": kind, "data": {"token": "wrong"}}));
    let bytes: Vec<u8> = both.iter().flat_map(|command| crate::frames::text(&command.to_string())).collect();
    client.bytes(&bytes).await;
    assert_eq!(client.answer_to("auth").await["data"]["code"], "INVALID_AUTH");
    client.must_close(4401).await;
    assert_eq!(server.hub.stats().live_sessions, 0, "what came behind a refused credential was carried out");
}

#[tokio::test]
async fn cn2_a_refused_credential_is_told_each_version_in_its_way() {
    let server = TestServer::start(with_guests()).await;
    let v1 = RawClient::try_connect(&server, "/ws?token=wrong", &[]).await;
    assert_eq!((v1.answer.status, v1.answer.json()["code"].as_str()), (401, Some("INVALID_AUTH")));
    RawClient::connect(&server, "/ws?token=wrong", &[V2]).await.must_close(4401).await;
    let short = TestServer::start(Settings { guest_ms: 1, ..with_guests() }).await;
    let token = RawClient::v1(&short).await.token();
    let late = std::time::Instant::now();
    while late.elapsed().as_millis() < 3 {
        tokio::task::yield_now().await;
    }
    let path = format!("/ws?token={token}");
    assert_eq!(RawClient::try_connect(&short, &path, &[]).await.answer.json()["code"], "TOKEN_EXPIRED");
    RawClient::connect(&short, &path, &[V2]).await.must_close(4201).await;
}

#[tokio::test]
async fn cn2_foreign_origins_and_hosts_are_refused() {
    let server =
        TestServer::start(Settings { allowed_origins: vec!["app://madang".into()], ..with_guests() }).await;
    let status = async |headers: &[&str]| RawClient::try_connect(&server, "/ws", headers).await.answer.status;
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.com",
        "http://localhost@evil.com",
        "localhost",
        "",
        "http://127.0.0.1.evil",
    ] {
        assert_eq!(status(&[&format!("Origin: {origin}")]).await, 403, "{origin}");
    }
    assert_eq!(status(&["Origin: http://localhost", "Origin: http://localhost"]).await, 403);
    assert_eq!(status(&["Host: localhost"]).await, 403, "two hosts");
    for origin in
        ["http://localhost", "http://localhost:5173", "http://127.0.0.1:1", "http://[::1]:2", "app://madang"]
    {
        assert_eq!(status(&[&format!("Origin: {origin}")]).await, 101, "{origin}");
    }
    for host in ["evil.example", "localhost.evil", "", "127.0.0.2", "localhost:x"] {
        let head = upgrade_head("/ws", &[&format!("Origin: http://{host}")])
            .replace("Host: localhost", &format!("Host: {host}"));
        assert_eq!(request(&server, &head).await.status, 403, "{host}");
    }
    for host in ["localhost:8080", "127.0.0.1:99", "[::1]"] {
        let head = upgrade_head("/ws", &[]).replace("Host: localhost", &format!("Host: {host}"));
        assert_eq!(request(&server, &head).await.status, 101, "{host}");
    }
}

#[tokio::test]
async fn cn2_loopback_origins_are_foreign_where_there_are_no_guests() {
    let server = TestServer::start(Settings {
        public_url: Some("https://madang.example".into()),
        ..Settings::default()
    })
    .await;
    let status = async |headers: &[&str]| RawClient::try_connect(&server, "/ws", headers).await.answer.status;
    assert_eq!(status(&["Origin: http://localhost:5173"]).await, 403);
    assert_eq!(status(&["Origin: http://localhost"]).await, 101);
    assert_eq!(status(&["Origin: https://madang.example"]).await, 101);
    assert_eq!(status(&["Origin: http://madang.example"]).await, 403, "another scheme is another origin");
}

#[tokio::test]
async fn cn2_a_cookie_counts_only_with_an_origin() {
    let server = TestServer::start(with_guests()).await;
    let token = RawClient::v1(&server).await.token();
    let cookie = format!("Cookie: __Host-madang={token}");
    assert_eq!(RawClient::try_connect(&server, "/ws", &[&cookie]).await.answer.status, 403);
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(RawClient::try_connect(&server, "/ws", &[&bearer]).await.answer.status, 101);
}

#[tokio::test]
async fn cn2_a_full_server_says_so_to_each_version_in_its_way() {
    let server = TestServer::start(Settings { connections_max: 1, ..with_guests() }).await;
    let mut first = RawClient::v2(&server).await;
    let v1 = RawClient::try_connect(&server, "/ws", &[]).await.answer;
    assert_eq!((v1.status, v1.header("retry-after").is_some()), (503, true));
    RawClient::connect(&server, "/ws", &[V2]).await.must_close(4100).await;
    first.must_live().await;
}

#[tokio::test]
async fn cn3_connected_says_who_and_what() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::connect(&server, "/ws", &[V2]).await;
    assert_eq!(client.answer.header("sec-websocket-protocol").as_deref(), Some("madang.v2.json"));
    let connected = client.hello().await;
    assert_eq!(connected["correlation_id"], "hello-1");
    let data = &connected["data"];
    assert!(data["connection_id"].as_str().unwrap().starts_with("con_"));
    assert_eq!(data["protocol"], "madang.v2.json");
    assert_eq!(data["heartbeat_ms"], 25_000);
    assert_eq!(data["limits"]["message_bytes"], 256 * 1024);
    assert_eq!(data["simulated"], true);
    assert!(data["capabilities"].as_array().unwrap().contains(&json!("resume")));
}

#[tokio::test]
async fn en4_the_limits_are_announced_to_both_versions() {
    let server = TestServer::start(with_guests()).await;
    let limits = serde_json::to_value(madang_protocol::limits::Limits::CURRENT).unwrap();
    let v1 = RawClient::v1(&server).await.event("connected").await;
    let v2 = RawClient::connect(&server, "/ws", &[V2]).await.hello().await;
    assert_eq!((&v1["data"]["limits"], &v2["data"]["limits"]), (&limits, &limits));
}

#[tokio::test]
async fn cn4_hello_comes_first_once_and_in_time() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::connect(&server, "/ws", &[V2]).await;
    client.command("1", "list_sessions", json!({})).await;
    assert_eq!(client.answer_to("1").await["data"]["code"], "INVALID_DATA");
    client.hello().await;
    client.command("2", "hello", json!({"client": {"name": "x", "version": "1"}})).await;
    assert_eq!(client.answer_to("2").await["data"]["code"], "CONFLICT");
    let hasty = TestServer::start(Settings { hello_ms: 500, ..with_guests() }).await;
    let mut said = RawClient::v2(&hasty).await;
    RawClient::connect(&hasty, "/ws", &[V2]).await.must_close(4104).await;
    said.must_live().await;
}

#[tokio::test]
async fn cn1_a_hello_without_a_credential_ends_in_4401_not_in_coming_back() {
    let server = TestServer::start(Settings { hello_ms: 500, ..Settings::default() }).await;
    let mut client = RawClient::connect(&server, "/ws", &[V2]).await;
    client.command("1", "hello", json!({"client": {"name": "x", "version": "1"}})).await;
    client.must_close(4401).await;
}

#[tokio::test]
async fn cn4_unauthenticated_sockets_are_gone_in_time_whatever_they_send() {
    let server =
        TestServer::start(Settings { hello_ms: 200, pings_burst: 100_000, ..Settings::default() }).await;
    for headers in [&[][..], &[V2]] {
        let mut client = RawClient::connect(&server, "/ws", headers).await;
        client.command("1", "ping", json!({})).await;
        client.must_close(4104).await;
    }
}

#[tokio::test]
async fn cn5_pings_after_silence_and_closes_without_a_pong() {
    let server = TestServer::start(Settings { heartbeat_ms: 60, pong_ms: 300, ..with_guests() }).await;
    let mut silent = RawClient::v2(&server).await;
    silent.polite = false;
    silent.until(&Frame::Ping(vec![])).await;
    silent.must_close(4103).await;
}

#[tokio::test]
async fn cn5_a_pong_keeps_the_connection() {
    let server = TestServer::start(Settings { heartbeat_ms: 40, pong_ms: 400, ..with_guests() }).await;
    let mut client = RawClient::v2(&server).await;
    client.polite = false;
    // For longer than one without a pong would live.
    for _ in 0..12 {
        client.until(&Frame::Ping(vec![])).await;
        client.bytes(&crate::frames::frame(0x8a, b"")).await;
    }
    client.polite = true;
    client.must_live().await;
}

#[tokio::test]
async fn cn5_answers_pings_of_both_kinds() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v2(&server).await;
    client.bytes(&crate::frames::frame(0x89, b"payload")).await;
    assert_eq!(client.frame().await, Frame::Pong(b"payload".to_vec()));
    client.must_live().await;
    let two = [crate::frames::frame(0x89, b"old"), crate::frames::frame(0x89, b"new")].concat();
    client.bytes(&two).await;
    client.until(&Frame::Pong(b"new".to_vec())).await;
}

#[tokio::test]
async fn cn6_the_peers_close_is_answered_with_its_code() {
    let server = TestServer::start(with_guests()).await;
    for (bytes, code) in [
        (crate::frames::close(1000, b"bye"), Some(1000)),
        (crate::frames::close(4000, b""), Some(4000)),
        (crate::frames::frame(0x88, b""), None),
    ] {
        let mut client = RawClient::v2(&server).await;
        client.bytes(&bytes).await;
        assert_eq!(client.closed().await, (code, None));
        assert_eq!(client.frame().await, Frame::End);
    }
}

#[tokio::test]
async fn cn8_a_drain_tells_version_2_first_and_version_1_after_running_turns() {
    let settings = Settings { drain_window_ms: 50, drain_ms: 10_000, ..with_guests() };
    let mut server = TestServer::start(settings).await;
    let mut v1 = RawClient::v1(&server).await;
    v1.event("connected").await;
    let v2 = RawClient::v2(&server).await;
    v1.command("1", "claude_message", json!({"content": "hi", "stream": true})).await;
    let reply = server.model.next().await;
    reply.say("half of ");
    v1.event("claude_response").await;
    server.stop();
    v2.must_close(4200).await;
    let ready = ask(&server, "GET /readyz", &[]).await;
    assert_eq!(ready.status, 503);
    let refused = RawClient::try_connect(&server, "/ws", &[]).await.answer;
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (503, true));
    RawClient::connect(&server, "/ws", &[V2]).await.must_close(4200).await;
    reply.finish("it");
    loop {
        let response = v1.event("claude_response").await;
        if response["data"]["completed"] == true {
            assert_eq!(response["data"]["content"], "half of it");
            break;
        }
    }
    v1.must_close(4200).await;
    server.stopped().await;
    assert_eq!(server.gateway.connections(), 0);
}

#[tokio::test]
async fn cn8_one_who_does_not_answer_the_goodbye_keeps_nobody_waiting() {
    let settings = Settings { drain_window_ms: 50, close_ms: 600_000, ..with_guests() };
    let mut server = TestServer::start(settings).await;
    // It reads nothing from now on, and answers nothing.
    let _silent = RawClient::v2(&server).await;
    soon("the end of the drain", server.stopped()).await;
    assert_eq!(server.gateway.connections(), 0);
}

#[tokio::test]
async fn cn8_a_version_1_connection_that_comes_back_is_in_its_session_again() {
    let server = TestServer::start(with_guests()).await;
    let mut client = RawClient::v1(&server).await;
    let connected = client.event("connected").await;
    assert_eq!(connected["data"].get("session_id"), None);
    client
        .command("1", "claude_message", json!({"content": "remember", "stream": true, "session_id": null}))
        .await;
    let session = client.event("session_created").await["data"]["session_id"].clone();
    server.model.next().await.finish("kept");
    while client.event("claude_response").await["data"]["completed"] != true {}
    let path = format!("/ws?token={}", client.token());
    drop(client);
    let mut again = RawClient::connect(&server, &path, &[]).await;
    let connected = again.next().await;
    assert_eq!((connected["type"].as_str(), &connected["data"]["session_id"]), (Some("connected"), &session));
    let state = again.event("session_state").await;
    assert_eq!(state["data"]["current_code"], "");
    assert_eq!(state["data"]["cursor_positions"], json!({}));
    assert_eq!(state["data"]["files"], json!([]));
    let messages = state["data"]["messages"].as_array().unwrap();
    let told: Vec<_> = messages
        .iter()
        .map(|message| (message["type"].as_str().unwrap(), message["content"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("user", "remember"), ("assistant", "kept")]);
    assert_eq!(messages[1]["user_id"], "claude");
    assert!(messages[0]["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn cn2_one_person_has_so_many_sockets_and_the_next_is_told() {
    const MAX: usize = 3;
    let server = TestServer::start(Settings { connections_per_person_max: MAX, ..with_guests() }).await;
    let (person, guest) = (Person::account(&server, "mina").await, Person::guest(&server).await);
    for one in [&person, &guest] {
        let bearer = one.bearer();
        let mut open = Vec::new();
        for _ in 0..MAX {
            let mut socket = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
            socket.hello().await;
            open.push(socket);
        }
        let mut next = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
        next.command("h", "hello", json!({"client": {"name": "t", "version": "1"}})).await;
        let (code, told) = next.closed().await;
        assert_eq!(code, Some(4100));
        let told = told.unwrap();
        assert_eq!(told["code"], 4100);
        assert!(told["reason"].as_str().unwrap().contains("as one person may"), "{told}");
        // Version 1 is told before it is let in.
        assert_eq!(RawClient::try_connect(&server, "/ws", &[&bearer]).await.answer.status, 503);
        // Who closes one can open another.
        open.pop();
        soon("a place", async {
            loop {
                let mut again = RawClient::connect(&server, "/ws", &[V2, &bearer]).await;
                again.command("h", "hello", json!({"client": {"name": "t", "version": "1"}})).await;
                if again.next().await["type"] == "connected" {
                    break;
                }
            }
        })
        .await;
        for socket in &mut open {
            socket.must_live().await;
        }
    }
}
