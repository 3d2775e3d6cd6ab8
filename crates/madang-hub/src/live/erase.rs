//! Deleting means gone (TU5): the text is taken out of the log's records, the snapshot and the search, in the same write
//! as the event that says so. What Claude was told stays told (decision 8).

use madang_protocol::{Message, MessageId};
use madang_session::Session;
use madang_store::{Record, StoreError, Stream};
use serde_json::Value;

use super::Live;
use super::write::Draft;

/// Records read from the store at a time.
const PAGE: u64 = 500;

impl Live {
    /// Adds what takes a deleted message's text out of what is stored. Nothing else is on its way to the disk now.
    pub(super) async fn add_erasure(&mut self, draft: &mut Draft, message: MessageId) {
        match self.erasures(message).await {
            Ok(records) => {
                let id = self.session.id();
                let redactions = records.into_iter().filter_map(|record| {
                    let data = without_text(&record, message)?;
                    Some((id, Stream::SESSION, record.position, data))
                });
                draft.append.redactions.extend(redactions);
            }
            // Half a deletion would be none: nothing of this write is kept.
            Err(error) => draft.lost = Some(error),
        }
        // One that is stored has the text, even if it could not be read: the part with the message is written over.
        self.finish_snapshot().await;
        self.add_snapshot_now(&mut draft.append);
    }

    /// The records that say the text. Read from the end, because what people delete is mostly new, up to the one in
    /// which the message was made.
    async fn erasures(&mut self, message: MessageId) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        let mut end = self.session.seq();
        while end > 0 {
            let after = end.saturating_sub(PAGE);
            let limit = u32::try_from(end - after).unwrap_or(u32::MAX);
            let page = self.hub.inner.store.read(self.session.id(), Stream::SESSION, after, limit).await?;
            let said = page
                .into_iter()
                .filter(|record| Session::says_text_of(&record.kind, &record.data, message))
                .filter(|record| without_text(record, message).is_some());
            found.extend(said);
            let is_made =
                |record: &Record| matches!(record.kind.as_str(), "message_created" | "messages_copied");
            if found.iter().any(is_made) {
                break;
            }
            end = after;
        }
        Ok(found)
    }
}

/// A record's data without the text of a message; none when it does not say it.
fn without_text(record: &Record, message: MessageId) -> Option<String> {
    let mut data: Value = serde_json::from_str(&record.data).ok()?;
    let id = message.to_string();
    match record.kind.as_str() {
        "message_created" => blank_message(data.get_mut("message")?, &id)?,
        "messages_copied" => {
            let messages = data.get_mut("messages")?.as_array_mut()?;
            messages.iter_mut().find_map(|entry| blank_message(entry, &id))?;
        }
        "message_edited" | "prompt_edited" => {
            let said = data.get("message_id")?.as_str() == Some(id.as_str());
            said.then(|| blank(&mut data))?;
        }
        "session_renamed" => {
            let taken = data.get("message_id")?.as_str() == Some(id.as_str());
            let title = data.as_object_mut().filter(|_| taken)?;
            title.insert("title".to_owned(), Value::from(""));
        }
        _ => return None,
    }
    Some(data.to_string())
}

/// Empties an entry of the transcript, if it is this one.
fn blank_message(entry: &mut Value, id: &str) -> Option<()> {
    let message: Message = serde_json::from_value(entry.clone()).ok()?;
    (message.message_id.to_string() == id).then(|| blank(entry))
}

fn blank(said: &mut Value) {
    let Some(said) = said.as_object_mut() else { return };
    said.insert("content".to_owned(), Value::from(""));
    if said.contains_key("mentions") {
        said.insert("mentions".to_owned(), Value::Array(Vec::new()));
    }
}
