//! What a scenario decides: how a response opens, and every step of its stream.

use std::time::Duration;

use serde_json::Value;

use super::event::Event;

/// A whole response, before any byte of it is written.
#[derive(Debug)]
pub(crate) enum Plan {
    /// A message: streamed step by step, or accumulated into one JSON body.
    Message(Vec<Step>),
    /// A plain HTTP response.
    Http(HttpReply),
    /// `103 Early Hints` first, then the message.
    Hinted(Vec<Step>),
    /// No response: the connection ends or stays silent.
    Cut(Cut),
}

/// One step of a stream.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Event(Event),
    /// A text delta whose text is the time it was sent, in microseconds since 1970, and a space.
    Stamp {
        index: usize,
    },
    /// An event uploaded by a test: the name on its `event:` line and its data.
    Foreign {
        name: String,
        data: Value,
    },
    /// Bytes written as they are, in place of an event.
    Raw(Vec<u8>),
    /// Silence; pings go out when the knob `ping` asks for them.
    Pause(Duration),
    /// The end of the response, here and now.
    Cut(Cut),
}

impl Step {
    /// Whether this step carries a piece of content; `after=k` and `rate` count these.
    pub(crate) fn is_delta(&self) -> bool {
        match self {
            Self::Event(Event::ContentBlockDelta { .. }) | Self::Stamp { .. } => true,
            Self::Foreign { name, .. } => name == "content_block_delta",
            Self::Event(_) | Self::Raw(_) | Self::Pause(_) | Self::Cut(_) => false,
        }
    }

    /// Whether this step is an event on the wire.
    pub(crate) fn is_event(&self) -> bool {
        matches!(self, Self::Event(_) | Self::Stamp { .. } | Self::Foreign { .. })
    }
}

/// Ways in which a response stops being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// TCP reset; the client may lose bytes it has not read.
    Reset,
    /// The connection closes without the last chunk.
    Truncate,
    /// The body ends properly, with no `message_stop` in it.
    Eof,
    /// Silence until the client leaves.
    Stall,
}

/// A response that is not a message.
#[derive(Debug, Clone)]
pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}
