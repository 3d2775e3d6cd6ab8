//! One request's way through the pool, told to its session while it waits.

use madang_model::ModelError;
use madang_protocol::ErrorCode;
use madang_session::Rejection;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Update;
use super::run::Stopped;
use crate::pool::{Failure, OUTLOOK_EVERY, Outlook, Pass, Standing};

/// A request in the pool.
pub(crate) struct Line {
    pass: Pass,
    /// What was told last, and when.
    told: Option<(Outlook, Instant)>,
    attempts: u32,
    answered: bool,
}

impl Line {
    pub(crate) fn new(pass: Pass) -> Line {
        Line { pass, told: None, attempts: 1, answered: false }
    }

    /// Waits until the request may be made, and tells meanwhile how many are before it: when that changes, and not too
    /// often. The error is why it may not be made at all.
    pub(super) async fn turn(
        &mut self,
        sender: &mpsc::Sender<Update>,
    ) -> Result<Result<(), ModelError>, Stopped> {
        loop {
            let outlook = match self.pass.standing() {
                Standing::Goes => return Ok(Ok(())),
                Standing::Failed(error) => return Ok(Err(error)),
                Standing::Waits(outlook) => outlook,
            };
            let due = outlook.and_then(|outlook| self.due(outlook));
            if let (Some(due), Some(outlook)) = (due, outlook)
                && due <= Instant::now()
            {
                self.tell(sender, outlook).await?;
                continue;
            }
            tokio::select! {
                () = self.pass.moved() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
        }
    }

    /// When an outlook is to be told; none when it says nothing new.
    fn due(&self, outlook: Outlook) -> Option<Instant> {
        let Some((told, at)) = self.told else { return Some(Instant::now()) };
        let same = (told.ahead, told.code, told.attempt) == (outlook.ahead, outlook.code, outlook.attempt);
        (!same).then(|| at + OUTLOOK_EVERY)
    }

    async fn tell(&mut self, sender: &mpsc::Sender<Update>, outlook: Outlook) -> Result<(), Stopped> {
        self.told = Some((outlook, Instant::now()));
        let Outlook { code, ahead, retry_after_ms, attempt } = outlook;
        let update = Update::Waiting { code, ahead: Some(ahead), retry_after_ms, attempt };
        sender.send(update).await.map_err(|_| Stopped)
    }

    /// A try failed and another one may be made: waits for it without a place, like everyone else.
    pub(super) async fn again(
        &mut self,
        sender: &mpsc::Sender<Update>,
        code: ErrorCode,
        retry_after_ms: u64,
        attempt: u32,
    ) -> Result<Result<(), ModelError>, Stopped> {
        self.attempts = attempt;
        self.pass.step_back(code, retry_after_ms, attempt);
        let update = Update::Waiting { code, ahead: None, retry_after_ms, attempt };
        sender.send(update).await.map_err(|_| Stopped)?;
        self.turn(sender).await
    }

    /// The upstream began to answer.
    pub(super) fn answered(&mut self) {
        self.answered = true;
        self.pass.answered();
    }

    /// The request failed for good.
    pub(super) fn failed(&self, error: &ModelError) {
        self.pass.failed(Failure::of_last(error, self.attempts, self.answered));
    }
}

/// A refusal of ours, as the end of a turn.
pub(crate) fn refused(rejection: Rejection) -> ModelError {
    ModelError {
        code: rejection.code,
        message: rejection.message,
        retry_after_ms: rejection.retry_after_ms,
        detail: rejection.details.unwrap_or_default(),
        request_id: None,
    }
}
