//! A body as it comes in, with our own time-outs: the HTTP client has none that fits a stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::time::{Instant, Sleep};

/// What came of waiting for more of a body.
#[derive(Debug)]
pub(crate) enum Piece {
    /// More bytes.
    Bytes(Bytes),
    /// The body is complete, as far as HTTP knows.
    End,
    /// The connection broke.
    Broken(reqwest::Error),
    /// Nothing came for the idle time-out.
    Silent(Duration),
    /// The whole took longer than allowed.
    TooSlow(Duration),
}

/// A body that is being read. Dropping it closes the connection, or resets the HTTP/2 stream.
pub(crate) struct BodyStream {
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    idle: Duration,
    whole: Duration,
    began_at: Instant,
    heard_at: Instant,
    /// Wakes us at the earliest moment at which time may be up. Moved on only when it goes off, because that is
    /// cheaper than with every piece.
    timer: Pin<Box<Sleep>>,
}

impl BodyStream {
    /// Reads a body that may be silent for `idle` and last for `whole`.
    pub(crate) fn new(response: reqwest::Response, idle: Duration, whole: Duration) -> Self {
        let now = Instant::now();
        Self {
            body: Box::pin(response.bytes_stream()),
            idle,
            whole,
            began_at: now,
            heard_at: now,
            timer: Box::pin(tokio::time::sleep(idle.min(whole))),
        }
    }

    /// The next piece.
    pub(crate) async fn next(&mut self) -> Piece {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Piece> {
        if let Poll::Ready(piece) = self.body.as_mut().poll_next(context) {
            return Poll::Ready(match piece {
                Some(Ok(bytes)) => {
                    self.heard_at = Instant::now();
                    if self.heard_at - self.began_at >= self.whole {
                        return Poll::Ready(Piece::TooSlow(self.whole));
                    }
                    Piece::Bytes(bytes)
                }
                Some(Err(error)) => Piece::Broken(error),
                None => Piece::End,
            });
        }
        while self.timer.as_mut().poll(context).is_ready() {
            let silence = self.idle.saturating_sub(self.heard_at.elapsed());
            let rest = self.whole.saturating_sub(self.began_at.elapsed());
            if rest.is_zero() {
                return Poll::Ready(Piece::TooSlow(self.whole));
            }
            if silence.is_zero() {
                return Poll::Ready(Piece::Silent(self.idle));
            }
            self.timer.set(tokio::time::sleep(silence.min(rest)));
        }
        Poll::Pending
    }
}
