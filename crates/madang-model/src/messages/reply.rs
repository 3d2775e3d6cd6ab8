//! One reply from request to end: waiting, trying, reading, in the task of whoever polls it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::Instant;

use super::assemble::{Assembler, Fault};
use super::body;
use super::body_stream::{BodyStream, Piece};
use super::failure::{self, Failure};
use super::headers;
use super::http::Method;
use super::sse::Decoder;
use super::upstream::Upstream;
use crate::{ModelError, Reply, Request, StreamItem};

/// A reply that is being had.
struct Running {
    upstream: Arc<Upstream>,
    model: String,
    /// Written once, and let go when there will be no further try.
    body: Bytes,
    began_at: Instant,
    tries: u32,
    phase: Phase,
    out: VecDeque<StreamItem>,
}

/// What is to be done next.
enum Phase {
    Prepare(Request),
    /// Until this moment, and longer if whoever polls takes its time: both waits are one.
    Wait(Instant),
    Try,
    Read(Box<Reading>),
    Failed(ModelError),
    Over,
}

/// An answer that is being read.
struct Reading {
    body: BodyStream,
    decoder: Decoder,
    assembler: Assembler,
    request_id: Option<String>,
    bytes: usize,
}

/// Starts a reply.
pub(crate) fn reply(upstream: Arc<Upstream>, request: Request) -> Reply {
    let running = Box::new(Running {
        upstream,
        model: request.model.clone(),
        body: Bytes::new(),
        began_at: Instant::now(),
        tries: 0,
        phase: Phase::Prepare(request),
        out: VecDeque::new(),
    });
    futures_util::stream::unfold(running, |mut running| async {
        let item = running.next().await?;
        Some((item, running))
    })
    .boxed()
}

impl Running {
    async fn next(&mut self) -> Option<Result<StreamItem, ModelError>> {
        loop {
            if self.may_show()
                && let Some(item) = self.out.pop_front()
            {
                return Some(Ok(item));
            }
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Prepare(request) => self.prepare(request).await,
                Phase::Wait(until) => {
                    tokio::time::sleep_until(until).await;
                    self.phase = Phase::Try;
                }
                Phase::Try => match self.send().await {
                    Ok(reading) => self.phase = Phase::Read(reading),
                    Err(failed) => self.fail(failed),
                },
                Phase::Read(reading) => self.read(reading).await,
                Phase::Failed(error) => return Some(Err(error)),
                Phase::Over => return None,
            }
        }
    }

    /// What came before the first content is held back: as long as none was shown, another try goes unnoticed.
    fn may_show(&self) -> bool {
        match &self.phase {
            Phase::Read(reading) => reading.assembler.has_shown(),
            Phase::Prepare(_) | Phase::Wait(_) | Phase::Try | Phase::Failed(_) | Phase::Over => true,
        }
    }

    async fn prepare(&mut self, request: Request) {
        let upstream = &self.upstream;
        let known = upstream.catalog.known(&upstream.http, &self.model).await;
        self.body = body::write(&request, known.as_ref(), upstream.settings.prompt_cache);
        self.began_at = Instant::now();
        self.phase = if self.body.len() > upstream.settings.request_bytes_max {
            Phase::Failed(failure::of_large_request(self.body.len()).error)
        } else {
            Phase::Try
        };
    }

    async fn send(&mut self) -> Result<Box<Reading>, Failure> {
        self.tries += 1;
        let upstream = &self.upstream;
        let response = upstream.http.send(Method::Post(self.body.clone()), "/v1/messages").await?;
        upstream.note_limits(&self.model, response.headers());
        if response.status() != reqwest::StatusCode::OK || !is_stream(&response) {
            return Err(upstream.http.read_failure(response).await);
        }
        let request_id = headers::request_id(response.headers());
        let settings = &upstream.settings;
        let (idle, whole) = (settings.idle_timeout_ms, settings.reply_timeout_ms);
        Ok(Box::new(Reading {
            body: BodyStream::new(response, Duration::from_millis(idle), Duration::from_millis(whole)),
            decoder: Decoder::new(settings.event_bytes_max),
            assembler: Assembler::new(request_id.clone()),
            request_id,
            bytes: 0,
        }))
    }

    /// Reads until something can be shown, or until the end.
    async fn read(&mut self, mut reading: Box<Reading>) {
        let bytes_max = self.upstream.settings.reply_bytes_max;
        let result = reading.step(bytes_max, &mut self.out).await;
        let (shown, ended) = (reading.assembler.has_shown(), reading.assembler.has_ended());
        if shown {
            self.body = Bytes::new();
        }
        match result {
            // What follows message_stop is nothing; dropping the body now lets the connection be used again.
            Ok(()) if ended => self.phase = Phase::Over,
            Ok(()) => self.phase = Phase::Read(reading),
            Err(failed) if shown => self.phase = Phase::Failed(failed.error),
            Err(failed) => self.fail(failed),
        }
    }

    /// Another try, which starts over, or the end.
    fn fail(&mut self, failed: Failure) {
        let policy = &self.upstream.retry;
        let wait = policy.wait(&failed, self.tries, self.began_at.elapsed(), chance());
        let Failure { error, .. } = failed;
        self.phase = match wait {
            Some(wait) => {
                tracing::info!(attempt = self.tries, detail = %error.detail, "the model is tried again");
                self.out.clear();
                self.out.push_back(StreamItem::Waiting {
                    code: error.code,
                    retry_after_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                    attempt: self.tries + 1,
                });
                Phase::Wait(Instant::now() + wait)
            }
            None => Phase::Failed(error),
        };
    }
}

impl Reading {
    /// Waits for one piece of the body and takes all events in it.
    async fn step(&mut self, bytes_max: usize, out: &mut VecDeque<StreamItem>) -> Result<(), Failure> {
        let id = || self.request_id.clone();
        let at_end = match self.body.next().await {
            Piece::Bytes(bytes) => {
                self.bytes += bytes.len();
                if self.bytes > bytes_max {
                    return Err(failure::of_size("the reply", id()));
                }
                self.decoder.push(&bytes);
                false
            }
            Piece::End => {
                self.decoder.finish();
                true
            }
            Piece::Broken(error) => return Err(failure::of_body(error, id())),
            Piece::Silent(after) => return Err(failure::of_silence(after, id())),
            Piece::TooSlow(after) => return Err(failure::of_slowness(after, id())),
        };
        while let Some(event) = self.decoder.next_event() {
            let data = event.map_err(|_| failure::of_size("an event", id()))?;
            match self.assembler.take(data, out) {
                Ok(()) if self.assembler.has_ended() => return Ok(()),
                Ok(()) => {}
                // An event that was cut off is no garbage.
                Err(Fault::Garbage(_)) if at_end => break,
                Err(fault) => return Err(failure::of_fault(fault, id())),
            }
        }
        if at_end { Err(failure::of_early_end(id())) } else { Ok(()) }
    }
}

/// Whether an answer says to be a stream of events, or does not say what it is.
fn is_stream(response: &reqwest::Response) -> bool {
    headers::text(response.headers(), "content-type").is_none_or(|kind| kind.starts_with("text/event-stream"))
}

/// A number from 0 to 1. Without the system's randomness the middle: then replies merely don't spread out.
fn chance() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
