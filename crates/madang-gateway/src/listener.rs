//! The accept loop: one HTTP connection a task, with a time for everything (axum's own has none).

mod stream;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::Gateway;
use crate::caps::Permit;
use crate::gateway::Shared;
pub(crate) use stream::Watched;
use stream::{HttpStream, Progress};

/// Bytes of a request's head and of what is read ahead; beyond, 431.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request; beyond, 431.
const HEADERS_MAX: usize = 100;
/// Streams that a peer may reset before they were looked at; beyond, the HTTP/2 connection ends (rapid reset).
const RESETS_MAX: usize = 20;

/// Where a request came in: rides on every request.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) remote: SocketAddr,
    /// Whether the listener can be reached from this machine alone.
    pub(crate) loopback: bool,
    /// Whether it came by TLS.
    pub(crate) secure: bool,
    pub(crate) permit: Arc<Permit>,
}

/// Serves a listener until `shutdown`, then drains (CN8). Several listeners may share a gateway.
///
/// # Errors
/// When the listener's own address can't be read.
pub async fn serve(
    gateway: Gateway,
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let loopback = listener.local_addr()?.ip().to_canonical().is_loopback();
    let front = Front { gateway: gateway.clone(), tls: tls.map(TlsAcceptor::from), loopback };
    {
        let mut gone = pin!(async {
            shutdown.await;
            gateway.drain().await;
        });
        // While draining, sockets are still taken: to be told so (CN8).
        loop {
            tokio::select! {
                () = &mut gone => break,
                accepted = listener.accept() => match accepted {
                    Ok((socket, remote)) => front.admit(socket, remote),
                    Err(error) => front.pause_after(&error).await,
                },
            }
        }
    }
    Ok(())
}

/// One listener.
struct Front {
    gateway: Gateway,
    tls: Option<TlsAcceptor>,
    loopback: bool,
}

impl Front {
    /// Gives a socket a task, if there is a place for it.
    fn admit(&self, socket: TcpStream, remote: SocketAddr) {
        let shared = &self.gateway.shared;
        shared.figures.accepted();
        let Some(permit) = shared.caps.admit(remote.ip()) else {
            // Dropped without a word: there is no room to say one.
            return shared.figures.turned_away();
        };
        if let Err(error) = socket.set_nodelay(true) {
            return tracing::debug!(%error, "a socket was gone before it was served");
        }
        let peer =
            Peer { remote, loopback: self.loopback, secure: self.tls.is_some(), permit: Arc::new(permit) };
        let (gateway, acceptor) = (self.gateway.clone(), self.tls.clone());
        shared.tasks.spawn(async move {
            let stream = match acceptor {
                None => HttpStream::Plain(socket),
                Some(acceptor) => {
                    let time = Duration::from_millis(gateway.shared.settings.tls_ms);
                    match tokio::time::timeout(time, acceptor.accept(socket)).await {
                        Ok(Ok(stream)) => HttpStream::Tls(Box::new(stream)),
                        Ok(Err(_)) | Err(_) => return gateway.shared.figures.failed_tls(),
                    }
                }
            };
            serve_http(gateway, stream, peer).await;
        });
    }

    /// Survives what `accept` can fail of: a socket that is gone already, or no file or memory left for one.
    async fn pause_after(&self, error: &io::Error) {
        let gone =
            [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::Interrupted];
        if gone.contains(&error.kind()) {
            return;
        }
        tracing::error!(%error, "no socket could be accepted");
        let pause = self.gateway.shared.settings.accept_pause_ms;
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

/// Serves one HTTP connection to its end or to its upgrade.
async fn serve_http(gateway: Gateway, stream: HttpStream, peer: Peer) {
    let shared = Arc::clone(&gateway.shared);
    let asked = Arc::new(AtomicBool::new(false));
    let progress = Progress::default();
    let service = {
        let asked = Arc::clone(&asked);
        let router = gateway.router.clone();
        tower::service_fn(move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(peer.clone());
            router.clone().oneshot(request)
        })
    };
    let io = TokioIo::new(stream.watched(progress.clone()));
    let builder = builder(&shared);
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, TowerToHyperService::new(service)));
    let mut watchdog = pin!(watch(&shared, &asked, &progress));
    let mut stopping = pin!(shared.stop.cancelled());
    let mut graceful = false;
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "an HTTP connection ended early");
                }
                return;
            }
            () = &mut watchdog => return shared.figures.timed_out(),
            () = &mut stopping, if !graceful => {
                graceful = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Ends when a connection has asked for nothing in time, or when nothing moves on it.
async fn watch(shared: &Shared, asked: &AtomicBool, progress: &Progress) {
    tokio::time::sleep(Duration::from_millis(shared.settings.header_ms)).await;
    if !asked.load(Ordering::Relaxed) {
        return;
    }
    let mut seen = progress.count();
    loop {
        tokio::time::sleep(Duration::from_millis(shared.settings.idle_ms)).await;
        let now = progress.count();
        if now == seen {
            return;
        }
        seen = now;
    }
}

fn builder(shared: &Shared) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(shared.settings.header_ms))
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(shared.settings.http2_streams_max)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .max_pending_accept_reset_streams(RESETS_MAX);
    builder
}
