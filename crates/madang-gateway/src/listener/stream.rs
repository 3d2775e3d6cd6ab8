//! A socket under HTTP, plain or TLS, that counts what moves; after an upgrade it is taken apart again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::connection::Tls;

/// Counts reads and writes that moved something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, moved: bool) {
        if moved {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A socket, before it is watched.
pub(crate) enum HttpStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl HttpStream {
    /// Counts what moves from now on.
    pub(crate) fn watched(self, progress: Progress) -> Watched {
        Watched { stream: self, progress }
    }
}

/// A socket that counts what moves.
pub(crate) struct Watched {
    stream: HttpStream,
    progress: Progress,
}

impl Watched {
    /// The raw socket and, under TLS, its state.
    pub(crate) fn into_raw(self) -> (TcpStream, Tls) {
        match self.stream {
            HttpStream::Plain(socket) => (socket, None),
            HttpStream::Tls(stream) => {
                let (socket, mut tls) = stream.into_inner();
                // Bounded by what is written at a time; the backlog has the bound that counts (DC2).
                tls.set_buffer_limit(None);
                (socket, Some(Box::new(tls)))
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = match &mut self.stream {
            HttpStream::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            HttpStream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        };
        self.progress.note(buffer.filled().len() > before);
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = match &mut self.stream {
            HttpStream::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            HttpStream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        };
        self.progress.note(matches!(polled, Poll::Ready(Ok(1..))));
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.stream {
            HttpStream::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            HttpStream::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, slices),
        };
        self.progress.note(matches!(polled, Poll::Ready(Ok(1..))));
        polled
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            HttpStream::Plain(socket) => socket.is_write_vectored(),
            HttpStream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            HttpStream::Plain(socket) => Pin::new(socket).poll_flush(cx),
            HttpStream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            HttpStream::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            HttpStream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
