//! The connection as it is to the real upstream: TLS and HTTP/2.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use madang_model::{AnthropicModel, Model, Settings, SettingsError, StreamItem};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::{MESSAGE_START, events, read, request, settings, start, text, text_delta, text_reply};

/// What the server saw.
#[derive(Debug, Default, Clone)]
struct Seen {
    requests: Vec<(String, Version)>,
    connections: usize,
    bodies_dropped: usize,
}

struct TlsServer {
    settings: Settings,
    seen: watch::Receiver<Seen>,
    /// Holds the certificate.
    _directory: tempfile::TempDir,
}

impl TlsServer {
    /// A server that answers with a whole reply, or with one that stays open after its first delta.
    async fn start(whole: bool) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let ca_path = directory.path().join("ca.pem");
        std::fs::write(&ca_path, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (tell, seen) = watch::channel(Seen::default());
        tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), Arc::new(tell), whole));
        let settings = Settings { ca_path: Some(ca_path), ..settings(&base_url) };
        Self { settings, seen, _directory: directory }
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, tell: Arc<watch::Sender<Seen>>, whole: bool) {
    while let Ok((socket, _)) = listener.accept().await {
        let Ok(stream) = acceptor.accept(socket).await else { continue };
        tell.send_modify(|seen| seen.connections += 1);
        let tell = tell.clone();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let line = format!("{} {}", request.method(), request.uri().path());
            tell.send_modify(|seen| seen.requests.push((line, request.version())));
            let body =
                if request.method() == "GET" { Open::list() } else { Open::reply(whole, tell.clone()) };
            let response =
                Response::builder().header("content-type", body.content_type).body(StreamBody::new(body));
            async move { Ok::<_, Infallible>(response.unwrap()) }
        });
        tokio::spawn(async move {
            // How a connection ends is told by what the client saw.
            drop(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

/// A body that tells when it was dropped before its end.
struct Open {
    content_type: &'static str,
    first: Option<Bytes>,
    stays_open: Option<Arc<watch::Sender<Seen>>>,
}

impl Open {
    fn list() -> Self {
        let list = Bytes::from_static(br#"{"data":[{"id":"claude-x"}]}"#);
        Self { content_type: "application/json", first: Some(list), stays_open: None }
    }

    fn reply(whole: bool, tell: Arc<watch::Sender<Seen>>) -> Self {
        let text = if whole {
            text_reply(&["안녕", " there"])
        } else {
            events(&[MESSAGE_START.to_owned(), start(0, r#"{"type":"text","text":""}"#), text_delta(0, "a")])
        };
        let stays_open = (!whole).then_some(tell);
        Self { content_type: "text/event-stream", first: Some(Bytes::from(text)), stays_open }
    }
}

impl futures_util::Stream for Open {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.stays_open.is_some() => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(tell) = &self.stays_open {
            tell.send_modify(|seen| seen.bodies_dropped += 1);
        }
    }
}

#[tokio::test]
async fn replies_share_one_http2_connection() {
    let server = TlsServer::start(true).await;
    let model = AnthropicModel::new(&server.settings).unwrap();
    model.models().await.unwrap();
    let replies = [(); 20].map(|()| read(model.reply(request("claude-x", "hi"))));
    for (items, error) in futures_util::future::join_all(replies).await {
        assert!(error.is_none(), "{error:?}");
        assert_eq!(text(&items), "안녕 there");
    }
    let seen = server.seen.borrow().clone();
    assert_eq!((seen.connections, seen.requests.len()), (1, 21));
    assert!(seen.requests.iter().all(|(_, version)| *version == Version::HTTP_2), "{:?}", seen.requests);
}

#[tokio::test]
async fn dropping_one_reply_resets_its_stream_alone() {
    let mut server = TlsServer::start(false).await;
    let model = AnthropicModel::new(&server.settings).unwrap();
    let begin = async || {
        let mut reply = model.reply(request("claude-x", "hi"));
        while !matches!(reply.next().await.unwrap().unwrap(), StreamItem::Delta { .. }) {}
        reply
    };
    let (first, second) = (begin().await, begin().await);
    drop(first);
    let dropped = server.seen.wait_for(|seen| seen.bodies_dropped == 1);
    let connections =
        tokio::time::timeout(Duration::from_secs(30), dropped).await.unwrap().unwrap().connections;
    assert_eq!(connections, 1);
    drop(second);
    let dropped = server.seen.wait_for(|seen| seen.bodies_dropped == 2);
    tokio::time::timeout(Duration::from_secs(30), dropped).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = TlsServer::start(true).await;
    let unknown = Settings { ca_path: None, ..server.settings.clone() };
    let (_, error) = read(AnthropicModel::new(&unknown).unwrap().reply(request("claude-x", "hi"))).await;
    let error = error.unwrap();
    assert!(error.detail.contains("certificate"), "{}", error.detail);
    assert!(server.seen.borrow().requests.is_empty());
}

#[test]
fn a_file_of_certificates_must_be_there() {
    let settings = Settings { ca_path: Some("/nowhere/ca.pem".into()), ..Settings::default() };
    let error =
        AnthropicModel::new(&Settings { api_key: Some("k".to_owned().into()), ..settings }).unwrap_err();
    assert!(matches!(error, SettingsError::Certificates(_)), "{error:?}");
}
