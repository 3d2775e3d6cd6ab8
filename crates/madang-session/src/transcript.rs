//! The transcript: a tree of messages, of which one branch is shown.

use std::collections::{BTreeMap, HashMap};

use madang_protocol::{Message, MessageId};
use serde::{Deserialize, Serialize};

/// Bytes of text in one page: a connection that reads slowly must have room for it beside what is streamed.
const PAGE_BYTES_MAX: usize = 384 * 1024;

/// Roughly what a message takes on the wire.
pub(crate) fn size(message: &Message) -> usize {
    // Ids, times and names, of the message and of each part.
    const FRAME_BYTES: usize = 384;
    const PART_BYTES: usize = 128;
    let parts = message.reply.iter().flat_map(|reply| &reply.parts);
    message.content.len() + FRAME_BYTES + parts.map(|part| part.content.len() + PART_BYTES).sum::<usize>()
}

/// Messages in the order in which they were made, and who follows whom.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Message>", into = "Vec<Message>")]
pub struct Transcript {
    list: Vec<Message>,
    places: HashMap<MessageId, usize>,
    children: HashMap<Option<MessageId>, Vec<MessageId>>,
}

impl From<Vec<Message>> for Transcript {
    fn from(list: Vec<Message>) -> Self {
        let mut transcript = Transcript::default();
        list.into_iter().for_each(|message| transcript.insert(message));
        transcript
    }
}

impl From<Transcript> for Vec<Message> {
    fn from(transcript: Transcript) -> Self {
        transcript.list
    }
}

impl Transcript {
    /// Adds a message after its parent.
    pub fn insert(&mut self, message: Message) {
        self.places.insert(message.message_id, self.list.len());
        self.children.entry(message.parent_id).or_default().push(message.message_id);
        self.list.push(message);
    }

    /// How many messages there are on all branches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All messages, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.list.iter()
    }

    /// One message.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&Message> {
        self.places.get(&id).map(|place| &self.list[*place])
    }

    /// Where a message stands in the order in which all were made, from 0.
    #[must_use]
    pub fn place(&self, id: MessageId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// One message, to be changed.
    pub(crate) fn get_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.places.get(&id).map(|place| &mut self.list[*place])
    }

    /// The branch that ends at `last`, newest first.
    pub fn branch(&self, last: Option<MessageId>) -> impl Iterator<Item = &Message> {
        std::iter::successors(last.and_then(|id| self.get(id)), |message| {
            message.parent_id.and_then(|parent| self.get(parent))
        })
    }

    /// Whether `ancestor` is on the branch that ends at `last`.
    #[must_use]
    pub fn leads_to(&self, ancestor: MessageId, last: Option<MessageId>) -> bool {
        self.branch(last).any(|message| message.message_id == ancestor)
    }

    /// Where one ends up by always taking the newest follower.
    #[must_use]
    pub fn newest_leaf(&self, mut from: MessageId) -> MessageId {
        while let Some(next) = self.children.get(&Some(from)).and_then(|children| children.last()) {
            from = *next;
        }
        from
    }

    /// A page of the branch that ends at `last`, oldest first, and whether there is more before it.
    ///
    /// A page of large messages is shorter than `limit`, but never empty while there is one.
    #[must_use]
    pub fn page(&self, last: Option<MessageId>, limit: usize) -> (Vec<Message>, bool) {
        page(self.branch(last), limit)
    }

    /// A page of all branches that ends before a place, as [`Transcript::page`].
    #[must_use]
    pub fn page_of_all(&self, before: usize, limit: usize) -> (Vec<Message>, bool) {
        page(self.list[..before.min(self.list.len())].iter().rev(), limit)
    }

    /// Per message that has siblings: all of them, itself included, oldest first.
    #[must_use]
    pub fn siblings<'a>(&self, of: impl Iterator<Item = &'a Message>) -> BTreeMap<MessageId, Vec<MessageId>> {
        of.filter_map(|message| {
            let all = self.children.get(&message.parent_id)?;
            (all.len() > 1).then(|| (message.message_id, all.clone()))
        })
        .collect()
    }
}

/// What fits into one page of messages that come newest first, and whether there is more.
fn page<'a>(newest_first: impl Iterator<Item = &'a Message>, limit: usize) -> (Vec<Message>, bool) {
    let mut page: Vec<Message> = Vec::new();
    let mut bytes = 0;
    for message in newest_first {
        bytes += size(message);
        if page.len() == limit || (bytes > PAGE_BYTES_MAX && !page.is_empty()) {
            page.reverse();
            return (page, true);
        }
        page.push(message.clone());
    }
    page.reverse();
    (page, false)
}
