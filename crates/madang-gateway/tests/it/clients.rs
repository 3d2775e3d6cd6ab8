//! Clients that others wrote, plain and under TLS.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use madang_gateway::Settings;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::raw::soon;
use crate::server::{TestServer, with_guests};

/// A server's TLS and a client that trusts it.
fn tls() -> (Arc<rustls::ServerConfig>, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), TlsConnector::from(Arc::new(client)))
}

async fn tls_server(settings: Settings) -> (TestServer, TlsConnector) {
    let (server, connector) = tls();
    let hub = madang_hub::Settings { rollup_ms: 0, ..Default::default() };
    (TestServer::start_with(settings, hub, Some(server)).await, connector)
}

async fn open<S>(stream: S) -> WebSocketStream<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    open_at(stream, "/ws").await.0
}

/// Opens a socket at a path; with it comes the cookie that a new guest is given.
async fn open_at<S>(stream: S, path: &str) -> (WebSocketStream<S>, Option<String>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut request = format!("ws://localhost{path}").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "madang.v2.json".parse().unwrap());
    let (mut socket, answer) = client_async(request, stream).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "madang.v2.json");
    send(&mut socket, "h", "hello", json!({"client": {"name": "tungstenite", "version": "0.29"}})).await;
    assert_eq!(answer_to(&mut socket, "h").await["type"], "connected");
    let cookie = answer.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
    (socket, cookie)
}

async fn send<S>(socket: &mut WebSocketStream<S>, id: &str, kind: &str, data: Value)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let text = json!({"type": kind, "id": id, "data": data}).to_string();
    socket.send(Message::text(text)).await.unwrap();
}

async fn events<S>(socket: &mut WebSocketStream<S>) -> Vec<Value>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        match soon("a message", socket.next()).await.unwrap().unwrap() {
            Message::Text(text) => {
                return match serde_json::from_str(&text).unwrap() {
                    Value::Array(items) => items,
                    one => vec![one],
                };
            }
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn answer_to<S>(socket: &mut WebSocketStream<S>, id: &str) -> Value
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        let found = events(socket).await.into_iter().find(|event| event["correlation_id"] == id);
        if let Some(event) = found {
            return event;
        }
    }
}

/// A whole conversation, with large messages both ways.
async fn converse<S>(server: &TestServer, mut socket: WebSocketStream<S>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    send(&mut socket, "c", "create_session", json!({})).await;
    let session = answer_to(&mut socket, "c").await["data"]["session_id"].clone();
    let prompt = "안녕하세요 ".repeat(10_000);
    send(
        &mut socket,
        "p",
        "claude_message",
        json!({"session_id": session, "content": prompt, "stream": true}),
    )
    .await;
    let reply = server.model.next().await;
    let piece = "가나다라마바사 ".repeat(3000);
    (0..12).for_each(|_| assert!(reply.say(&piece)));
    reply.finish("끝");
    let mut text = String::new();
    'reading: loop {
        for event in events(&mut socket).await {
            if event["type"] != "claude_response" {
                continue;
            }
            if event["data"]["completed"] == true {
                assert!(event["data"]["content"] == text, "the final is what was streamed");
                break 'reading;
            }
            text.push_str(event["data"]["content"].as_str().unwrap());
        }
    }
    assert_eq!(text.len(), piece.len() * 12 + "끝".len());
    let goodbye = CloseFrame { code: CloseCode::Normal, reason: "bye".into() };
    socket.close(Some(goodbye.clone())).await.unwrap();
    loop {
        match soon("the close", socket.next()).await {
            Some(Ok(Message::Close(answer))) => {
                assert_eq!(answer.map(|frame| frame.code), Some(goodbye.code))
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
    }
}

#[tokio::test]
async fn en5_tungstenite_converses_in_plain_text() {
    let server = TestServer::start(with_guests()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    converse(&server, open(stream).await).await;
}

#[tokio::test]
async fn en5_tungstenite_converses_under_tls() {
    let (server, connector) = tls_server(with_guests()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    converse(&server, open(stream).await).await;
}

#[tokio::test]
async fn dc2_under_tls_a_slow_reader_misses_nothing() {
    let settings = Settings { chat_burst: 200, backlog_bytes: 64 << 20, ..with_guests() };
    let (server, connector) = tls_server(settings).await;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect(name.clone(), stream).await.unwrap();
    let (mut author, cookie) = open_at(stream, "/ws").await;
    let token = cookie.unwrap().split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    send(&mut author, "c", "create_session", json!({})).await;
    let session = answer_to(&mut author, "c").await["data"]["session_id"].clone();
    send(
        &mut author,
        "p",
        "claude_message",
        json!({"session_id": session, "content": "long", "stream": true}),
    )
    .await;
    let reply = server.model.next().await;
    let narrow = TcpSocket::new_v4().unwrap();
    narrow.set_recv_buffer_size(4096).unwrap();
    let stream = connector.connect(name, narrow.connect(server.address).await.unwrap()).await.unwrap();
    let (mut slow, _) = open_at(stream, &format!("/ws?token={token}")).await;
    send(&mut slow, "f", "follow_session", json!({"session_id": session})).await;
    answer_to(&mut slow, "f").await;
    // What people say fills the slow one's socket.
    for n in 0..100 {
        let (id, said) =
            (format!("chat-{n}"), json!({"session_id": session, "content": "x".repeat(150_000)}));
        send(&mut author, &id, "chat_message", said).await;
        answer_to(&mut author, &id).await;
    }
    let piece = "0123456789".repeat(10);
    let mut expected = String::new();
    for n in 0..600 {
        let text = format!("{n}:{piece}");
        reply.say(&text);
        expected.push_str(&text);
    }
    reply.finish("end");
    expected.push_str("end");
    // Read to its end by the session: everything has been handed to the sockets before this one reads again.
    soon("the reply to be read", reply.dropped()).await;
    let (mut heard, mut deltas) = (String::new(), 0);
    'reading: loop {
        for event in events(&mut slow).await {
            if event["type"] == "claude_response" {
                if event["data"]["completed"] == true {
                    break 'reading;
                }
                deltas += 1;
                heard.push_str(event["data"]["content"].as_str().unwrap());
            }
        }
    }
    assert!(deltas < 600, "{deltas} deltas: nothing was merged, so the socket was never full");
    assert!(heard == expected, "{} of {} bytes", heard.len(), expected.len());
}

#[tokio::test]
async fn en5_under_tls_garbage_ends_one_connection_and_no_other() {
    use tokio::io::AsyncWriteExt as _;
    let (server, connector) = tls_server(Settings { tls_ms: 200, ..with_guests() }).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    let mut good = open(stream).await;
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01", b"", &[0xff; 1000]] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut rest = Vec::new();
        soon("the end", tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest)).await.ok();
    }
    send(&mut good, "x", "ping", json!({})).await;
    assert_eq!(answer_to(&mut good, "x").await["type"], "pong");
}

#[tokio::test]
async fn ht3_http_2_is_served_under_tls() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (server, connector) = tls_server(with_guests()).await;
    let mut config = (**connector.config()).clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    // The preface and empty settings; the server answers with its settings (frame type 4).
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut head = [0; 9];
    soon("settings", stream.read_exact(&mut head)).await.unwrap();
    assert_eq!(head[3], 4);
}
