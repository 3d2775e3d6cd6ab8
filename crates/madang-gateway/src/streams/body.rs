//! What hyper pulls a stream's bytes through; whoever drops it detaches the stream from everything.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use madang_hub::Link;
use tokio::time::{Instant, Sleep};

use super::text::COMMENT;
use super::{Seat, Stream};
use crate::revocation::Guard;

/// The body of an event stream's answer.
pub(crate) struct StreamBody {
    stream: Arc<Stream>,
    comment: Pin<Box<Sleep>>,
    silence: Duration,
    /// What ends with the stream: its tie to the hub, its place, its line in the list of what can be cut.
    _held: (Link, Seat, Guard),
}

impl StreamBody {
    pub(crate) fn new(stream: Arc<Stream>, held: (Link, Seat, Guard), comment_ms: u64) -> StreamBody {
        let silence = Duration::from_millis(comment_ms);
        StreamBody { stream, comment: Box::pin(tokio::time::sleep(silence)), silence, _held: held }
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.stream.poll_bytes(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(bytes)) => bytes,
            Poll::Pending if self.comment.as_mut().poll(cx).is_ready() => {
                Bytes::from_static(COMMENT.as_bytes())
            }
            Poll::Pending => return Poll::Pending,
        };
        let next = Instant::now() + self.silence;
        self.comment.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}
