//! The test's end of one scripted reply.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::stream::{StreamExt, unfold};
use madang_model::{ModelError, Reply, Request, StreamItem};
use madang_protocol::{ErrorCode, PartKind, Usage};
use parking_lot::Mutex;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::{Notify, mpsc};

/// Items that a reply holds before its reader takes them: more than any test writes in one go.
const ITEMS: usize = 65_536;

type Item = Result<StreamItem, ModelError>;

/// Whether the reader is still there.
#[derive(Debug, Default)]
struct Gone {
    gone: AtomicBool,
    notify: Notify,
}

/// Says on drop that the reader went away.
struct Reader(mpsc::Receiver<Item>, Arc<Gone>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.1.gone.store(true, Ordering::SeqCst);
        self.1.notify.notify_waiters();
    }
}

/// A part that is being written.
#[derive(Debug)]
struct Open {
    kind: PartKind,
    name: Option<String>,
    tool_use_id: Option<String>,
    content: String,
}

/// One reply of a [`ScriptedModel`](crate::ScriptedModel): everything said here is read by whoever asked.
///
/// Dropping it ends the stream without an end, as a broken upstream would.
#[derive(Debug)]
pub struct ScriptedReply {
    /// What was asked.
    pub request: Request,
    items: mpsc::Sender<Item>,
    gone: Arc<Gone>,
    open: Mutex<Option<Open>>,
    parts: AtomicU32,
    started: AtomicBool,
}

pub(crate) fn pair(request: Request) -> (ScriptedReply, Reply) {
    let (items, receiver) = mpsc::channel(ITEMS);
    let gone = Arc::new(Gone::default());
    let reader = Reader(receiver, gone.clone());
    let reply = unfold(reader, |mut reader| async move { Some((reader.0.recv().await?, reader)) });
    let handle = ScriptedReply {
        request,
        items,
        gone,
        open: Mutex::default(),
        parts: AtomicU32::new(0),
        started: AtomicBool::new(false),
    };
    (handle, reply.boxed())
}

impl ScriptedReply {
    /// Sends an item as it is; false when nobody reads any more.
    ///
    /// # Panics
    /// When the reader is 65,536 items behind.
    pub fn item(&self, item: Item) -> bool {
        match self.items.try_send(item) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => panic!("nobody reads this reply"),
        }
    }

    fn send(&self, item: StreamItem) -> bool {
        self.item(Ok(item))
    }

    fn start(&self) {
        if !self.started.swap(true, Ordering::SeqCst) {
            self.send(StreamItem::Started {
                upstream_id: Some("msg_upstream".into()),
                request_id: Some("req_1".into()),
                model: self.request.model.clone(),
            });
        }
    }

    /// Begins a part, ending the one before.
    pub fn part(&self, kind: PartKind, name: Option<&str>, tool_use_id: Option<&str>) {
        self.start();
        self.end_part();
        let index = self.parts.fetch_add(1, Ordering::SeqCst);
        let (name, tool_use_id) = (name.map(str::to_owned), tool_use_id.map(str::to_owned));
        let open =
            Open { kind, name: name.clone(), tool_use_id: tool_use_id.clone(), content: String::new() };
        *self.open.lock() = Some(open);
        self.send(StreamItem::PartStarted { index, kind, name, tool_use_id });
    }

    /// Adds to the open part; begins a text part when none is open.
    pub fn say(&self, text: &str) -> bool {
        if self.open.lock().is_none() {
            self.part(PartKind::Text, None, None);
        }
        if let Some(open) = self.open.lock().as_mut() {
            open.content.push_str(text);
        }
        let index = self.parts.load(Ordering::SeqCst) - 1;
        self.send(StreamItem::Delta { index, content: text.to_owned() })
    }

    /// Ends the open part with the block that an upstream would have sent.
    pub fn end_part(&self) {
        let Some(open) = self.open.lock().take() else { return };
        let input: serde_json::Value = serde_json::from_str(&open.content).unwrap_or_default();
        let block = match open.kind {
            PartKind::Text => json!({"type": "text", "text": open.content}),
            PartKind::Thinking => {
                json!({"type": "thinking", "thinking": open.content, "signature": "c2ln"})
            }
            PartKind::ToolUse => {
                json!({"type": "tool_use", "id": open.tool_use_id, "name": open.name, "input": input})
            }
            PartKind::ToolResult | PartKind::Other => json!({"type": open.name, "content": input}),
        };
        let raw = RawValue::from_string(block.to_string()).expect("built from JSON");
        let index = self.parts.load(Ordering::SeqCst) - 1;
        self.send(StreamItem::PartEnded { index, raw });
    }

    /// Tells what was used so far.
    pub fn usage(&self, input_tokens: u64, output_tokens: u64) {
        self.start();
        let usage = Usage { input_tokens, output_tokens, ..Usage::default() };
        let raw = serde_json::value::to_raw_value(&usage).expect("plain data");
        self.send(StreamItem::Usage { usage, raw });
    }

    /// Ends it with the upstream's word for why.
    pub fn end(&self, stop_reason: &str) -> bool {
        self.start();
        self.end_part();
        self.send(StreamItem::Ended { stop_reason: stop_reason.to_owned(), explanation: None })
    }

    /// Says one text, tells the usage (10 in, 5 out), and ends in peace.
    pub fn finish(&self, text: &str) -> bool {
        self.say(text);
        self.usage(10, 5);
        self.end("end_turn")
    }

    /// Fails.
    pub fn fail(&self, code: ErrorCode, message: &str) -> bool {
        self.item(Err(ModelError {
            code,
            message: message.to_owned(),
            retry_after_ms: None,
            detail: "scripted".into(),
            request_id: None,
        }))
    }

    /// Whether whoever asked has gone away: the upstream was stopped, or the reply was read to its end.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.gone.gone.load(Ordering::SeqCst)
    }

    /// Waits until whoever asked has gone away.
    pub async fn dropped(&self) {
        loop {
            let gone = self.gone.notify.notified();
            if self.is_dropped() {
                return;
            }
            gone.await;
        }
    }
}
