//! What one person knows of the session after what they were sent; every broken promise is noted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What is said when all is over.
pub(crate) const LAST_WORD: &str = "the last word";

/// A reply as it is streamed.
#[derive(Debug, Default, Clone)]
struct Reply {
    /// The number of the last delta.
    n: u64,
    /// Text by part, version 2; the whole of it, version 1.
    parts: BTreeMap<u64, String>,
    /// Whether all of it came on the connection that is open now, or in a snapshot of it.
    whole: bool,
}

/// A person's view of the session.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    version_2: bool,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    /// Events by position, as they came.
    pub(crate) log: BTreeMap<u64, (String, Value)>,
    /// Every durable event received: how often this person had asked to come in by then, and its position.
    pub(crate) received: Vec<(u32, u64)>,
    running: BTreeMap<String, Reply>,
    ended: BTreeMap<String, String>,
    /// How often this person has asked to come in by the link.
    pub(crate) visits: u32,
    pub(crate) faults: Vec<String>,
    /// What was replayed on the newest exact resume.
    replayed_to: u64,
    /// Whether the last word of the storm has come.
    pub(crate) last_word: bool,
    /// Exact resumes, and whole states.
    pub(crate) resumed: u32,
    pub(crate) states: u32,
}

impl Mirror {
    pub(crate) fn new(version_2: bool) -> Mirror {
        Mirror { version_2, ..Mirror::default() }
    }

    /// Where this person stands, for `resume`.
    pub(crate) fn point(&self) -> Option<Value> {
        let streams: BTreeMap<_, _> = self.running.iter().map(|(id, reply)| (id, reply.n)).collect();
        (self.seq > 0).then(|| json!({"epoch": self.epoch, "seq": self.seq, "streams": streams}))
    }

    /// A reply that is being written, as far as this person knows.
    pub(crate) fn running(&self) -> Option<&str> {
        self.running.keys().next().map(String::as_str)
    }

    /// The connection is another one: deltas of the old one may be missing.
    pub(crate) fn reconnected(&mut self) {
        self.running.values_mut().for_each(|reply| reply.whole = false);
    }

    /// Takes one envelope of this session.
    pub(crate) fn take(&mut self, event: &Value) {
        if let Err(fault) = self.apply(event) {
            self.faults.push(format!("{fault}, at {}", brief(event)));
        }
    }

    fn apply(&mut self, event: &Value) -> Result<(), String> {
        let (kind, data) = (event["type"].as_str().unwrap_or_default(), &event["data"]);
        match kind {
            "session_state" => return self.state(data),
            "resumed" => {
                self.resumed += 1;
                self.replayed_to = data["to"].as_u64().ok_or("resumed to nowhere")?;
                return must(data["from"] == self.seq, || "resumed from another place".into());
            }
            _ => {}
        }
        match event["seq"].as_u64() {
            Some(seq) => self.durable(seq, kind, event),
            None if kind == "claude_response" => self.piece(data),
            None => Ok(()),
        }
    }

    fn state(&mut self, data: &Value) -> Result<(), String> {
        self.states += 1;
        if !self.version_2 {
            // Version 1 knows no positions: what it is shown is a list of messages.
            let shown = data["messages"].as_array().ok_or("a state without messages")?;
            self.last_word |= shown.iter().any(|message| message["content"] == LAST_WORD);
            self.running.clear();
            return Ok(());
        }
        let seq = data["seq"].as_u64().ok_or("a state without its position")?;
        must(seq >= self.seq, || format!("a state of {seq} after {}", self.seq))?;
        self.seq = seq;
        self.epoch = data["epoch"].as_str().unwrap_or_default().to_owned();
        self.running.clear();
        if let Some(running) = data.get("running").filter(|running| !running.is_null()) {
            let id = running["message_id"].as_str().unwrap_or_default().to_owned();
            self.running.insert(id, snapshot(running));
        }
        Ok(())
    }

    fn durable(&mut self, seq: u64, kind: &str, event: &Value) -> Result<(), String> {
        self.received.push((self.visits, seq));
        // A version-1 author is not told again what their own command made.
        let before = self.seq;
        let next = if self.version_2 { seq == before + 1 } else { seq > before };
        self.seq = before.max(seq);
        must(next, || format!("{seq} after {before}"))?;
        let data = &event["data"];
        let twice = self.log.insert(seq, (kind.to_owned(), data.clone())).is_some();
        must(!twice, || format!("{seq} came twice"))?;
        let id = data["message_id"].as_str().unwrap_or_default();
        match kind {
            "message_created" => {
                self.last_word |= data["message"]["content"] == LAST_WORD;
                Ok(())
            }
            "turn_started" => {
                let id = data["message"]["message_id"].as_str().unwrap_or_default().to_owned();
                // What began before this connection is shown by a snapshot, or has ended meanwhile.
                self.running.insert(id, Reply { whole: seq > self.replayed_to, ..Reply::default() });
                Ok(())
            }
            "claude_response" => self.finish(id, data),
            _ => Ok(()),
        }
    }

    fn piece(&mut self, data: &Value) -> Result<(), String> {
        let id = data["message_id"].as_str().unwrap_or_default();
        must(!self.ended.contains_key(id), || "a delta after the end".into())?;
        if data.get("parts").is_some_and(|parts| !parts.is_null()) {
            self.running.insert(id.to_owned(), snapshot(data));
            return Ok(());
        }
        let text = data["content"].as_str().unwrap_or_default();
        if !self.version_2 {
            // Version 1 begins each re-attachment with an empty piece that is no stream (RS2).
            let reply = self.running.entry(id.to_owned()).or_default();
            if data["stream"] == false {
                *reply = Reply { whole: true, ..Reply::default() };
            }
            reply.parts.entry(0).or_default().push_str(text);
            return Ok(());
        }
        let n = data["n"].as_u64().ok_or("a delta without a number")?;
        let reply = self.running.get_mut(id).ok_or("a delta before its start")?;
        must(n > reply.n, || format!("delta {n} after {}", reply.n))?;
        reply.n = n;
        reply.parts.entry(data["part"].as_u64().unwrap_or(0)).or_default().push_str(text);
        Ok(())
    }

    fn finish(&mut self, id: &str, data: &Value) -> Result<(), String> {
        let status = data["status"].as_str().unwrap_or_default().to_owned();
        let before = self.ended.insert(id.to_owned(), status.clone());
        must(before.is_none(), || format!("ended as {before:?} and as {status}"))?;
        let Some(reply) = self.running.remove(id) else { return Ok(()) };
        let streamed: String = reply.parts.values().map(String::as_str).collect();
        let stored = data["content"].as_str().unwrap_or_default();
        // After a kill the stored text may be shorter than what was seen (RS5); a version-1 reply that breaks off says so.
        let comparable = reply.whole && self.version_2 && status != "interrupted" && status != "error";
        must(!comparable || streamed == stored, || format!("streamed {streamed:?}, stored {stored:?}"))
    }
}

/// A reply as a snapshot shows it.
fn snapshot(data: &Value) -> Reply {
    let parts = data["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    // Only what is read is compared with the stored text.
    let text = parts.iter().filter(|part| part["kind"] == "text");
    let text = text.map(|part| {
        (part["index"].as_u64().unwrap_or(0), part["content"].as_str().unwrap_or_default().to_owned())
    });
    Reply { n: data["n"].as_u64().unwrap_or(0), parts: text.collect(), whole: true }
}

fn must(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}

/// An envelope, shortened.
fn brief(event: &Value) -> String {
    event.to_string().chars().take(300).collect()
}
