//! The transcript: a tree of messages, of which one branch is shown.
//!
//! Kept in chunks: a snapshot writes those that changed, and one that was read back is decoded when one of its messages is
//! wanted. Who follows whom is known without that ([`tree`]).

mod chunk;
mod packed;
mod tree;

use std::collections::BTreeMap;

use madang_protocol::{Message, MessageId, MessageKind, Revision, UserId};

use self::chunk::{CHUNK_MESSAGES, Chunk};
use self::packed::Front;
use self::tree::{Mark, Tree};
use crate::Turn;

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
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    tree: Tree,
    chunks: Vec<Chunk>,
}

impl PartialEq for Transcript {
    fn eq(&self, other: &Transcript) -> bool {
        self.len() == other.len()
            && (0..self.chunks.len()).all(|number| {
                self.chunks[number].entries(number, &self.tree)
                    == other.chunks[number].entries(number, &other.tree)
            })
    }
}

impl Transcript {
    /// Adds a message after its parent.
    pub fn insert(&mut self, message: Message) {
        let number = self.tree.len() / CHUNK_MESSAGES;
        if number == self.chunks.len() {
            self.chunks.push(Chunk::new());
        }
        // Decoded before the tree says that it has one more.
        let entries = self.chunks[number].change(number, &self.tree);
        self.tree.add(message.message_id, Mark::of(&message), self.tree.parent_of(message.parent_id));
        entries.messages.push(message);
    }

    /// How many messages there are on all branches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.len() == 0
    }

    /// All messages, in the order in which they were made. Decodes what it comes to.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        (0..self.chunks.len()).flat_map(|number| &self.chunks[number].entries(number, &self.tree).messages)
    }

    /// One message.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&Message> {
        self.tree.place(id).map(|place| self.at(place))
    }

    fn at(&self, place: u32) -> &Message {
        let (number, within) = (place as usize / CHUNK_MESSAGES, place as usize % CHUNK_MESSAGES);
        &self.chunks[number].entries(number, &self.tree).messages[within]
    }

    /// Where a message stands in the order in which all were made, from 0.
    #[must_use]
    pub fn place(&self, id: MessageId) -> Option<usize> {
        self.tree.place(id).map(|place| place as usize)
    }

    /// Changes one message, and the texts that it had before.
    pub(crate) fn change<R>(
        &mut self,
        id: MessageId,
        how: impl FnOnce(&mut Message, &mut Vec<Revision>) -> R,
    ) -> Option<R> {
        let place = self.tree.place(id)?;
        let (number, within) = (place as usize / CHUNK_MESSAGES, place as usize % CHUNK_MESSAGES);
        let entries = self.chunks[number].change(number, &self.tree);
        let message = &mut entries.messages[within];
        let mut revisions = entries.revisions.remove(&id).unwrap_or_default();
        let result = how(message, &mut revisions);
        self.tree.set_mark(place, Mark::of(message));
        if !revisions.is_empty() {
            entries.revisions.insert(id, revisions);
        }
        Some(result)
    }

    /// The texts that a message had before, oldest first.
    pub(crate) fn revisions(&self, id: MessageId) -> &[Revision] {
        let Some(place) = self.place(id) else { return &[] };
        let number = place / CHUNK_MESSAGES;
        let entries = self.chunks[number].entries(number, &self.tree);
        entries.revisions.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The branch that ends at `last`, newest first.
    pub fn branch(&self, last: Option<MessageId>) -> impl Iterator<Item = &Message> {
        self.places(last).map(|place| self.at(place))
    }

    /// The places of the branch that ends at `last`, newest first.
    fn places(&self, last: Option<MessageId>) -> impl Iterator<Item = u32> + '_ {
        self.tree.branch(last.and_then(|id| self.tree.place(id)))
    }

    /// Whether `ancestor` is on the branch that ends at `last`.
    #[must_use]
    pub fn leads_to(&self, ancestor: MessageId, last: Option<MessageId>) -> bool {
        let Some(ancestor) = self.tree.place(ancestor) else { return false };
        // What comes before it can't lead to it any more.
        self.places(last).take_while(|place| *place >= ancestor).any(|place| place == ancestor)
    }

    /// The newest reply on the branch that ends at `last`.
    pub(crate) fn last_reply(&self, last: Option<MessageId>) -> Option<MessageId> {
        let reply = self.places(last).find(|place| self.tree.mark(*place).kind == MessageKind::Reply);
        reply.map(|place| self.tree.id(place))
    }

    /// What people said on the branch before a reply, since the reply before it, oldest first.
    pub(crate) fn said_before(&self, reply: MessageId) -> Vec<MessageId> {
        // The turn of the reply before was told everything before it: the walk ends there, however long the branch.
        let since = self.places(Some(reply)).skip(1).map(|place| (place, self.tree.mark(place)));
        let mut said: Vec<_> = since
            .take_while(|(_, mark)| mark.kind != MessageKind::Reply)
            .filter(|(_, mark)| mark.kind == MessageKind::Chat && !mark.deleted)
            .map(|(place, _)| self.tree.id(place))
            .collect();
        said.reverse();
        said
    }

    /// The prompts that were not deleted, oldest first.
    pub(crate) fn prompts(&self) -> impl Iterator<Item = &Message> {
        let prompt = Mark { kind: MessageKind::Prompt, deleted: false };
        (0..self.tree.next())
            .filter(move |place| self.tree.mark(*place) == prompt)
            .map(|place| self.at(place))
    }

    /// Those of the turns, which are in the order of their replies, whose replies are on the branch before one, in order.
    pub(crate) fn turns_before<'a>(&self, reply: MessageId, turns: &'a [Turn]) -> Vec<&'a Turn> {
        let mut left = turns.iter().rev().peekable();
        let mut found = Vec::new();
        for place in self.places(Some(reply)).skip(1) {
            while left.next_if(|turn| turn.place > place).is_some() {}
            while let Some(turn) = left.next_if(|turn| turn.place == place) {
                found.push(turn);
            }
        }
        found.reverse();
        found
    }

    /// Where one ends up by always taking the newest follower.
    #[must_use]
    pub fn newest_leaf(&self, from: MessageId) -> MessageId {
        let leaf = std::iter::successors(self.tree.place(from), |place| self.tree.newest(*place)).last();
        leaf.map_or(from, |place| self.tree.id(place))
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
        let end = self.tree.next().min(u32::try_from(before).unwrap_or(u32::MAX));
        page((0..end).rev().map(|place| self.at(place)), limit)
    }

    /// Per message that has siblings: all of them, itself included, oldest first.
    #[must_use]
    pub fn siblings<'a>(&self, of: impl Iterator<Item = &'a Message>) -> BTreeMap<MessageId, Vec<MessageId>> {
        of.filter_map(|message| {
            Some((message.message_id, self.tree.siblings(self.tree.place(message.message_id)?)?))
        })
        .collect()
    }

    /// How many chunks there are.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Whom the messages of a chunk concern, by their places, where that was read back and is still so.
    pub(crate) fn known_concerns(&self, number: usize) -> Option<&[(u32, UserId)]> {
        self.chunks[number].concerns()
    }

    /// The numbers of the chunks that have to be written.
    pub(crate) fn changed(&self) -> Vec<usize> {
        let changed = |number: &usize| self.chunks[*number].written().is_none();
        (0..self.chunks.len()).filter(changed).collect()
    }

    /// The messages of a chunk, and the first one's place.
    pub(crate) fn chunk(&self, number: usize) -> (u32, &[Message]) {
        let first = u32::try_from(number * CHUNK_MESSAGES).unwrap_or(u32::MAX);
        (first, &self.chunks[number].entries(number, &self.tree).messages)
    }

    /// A chunk as text. `turns` are all, in the order of their replies; `concerns` are this chunk's.
    pub(crate) fn pack(&self, number: usize, turns: &[Turn], concerns: &[(u32, UserId)]) -> String {
        let (first, messages) = self.chunk(number);
        let end = first as usize + messages.len();
        let from = turns.partition_point(|turn| turn.place < first);
        let to = turns.partition_point(|turn| (turn.place as usize) < end);
        let front = Front { tree: &self.tree, first, turns: &turns[from..to], concerns };
        packed::pack(&front, self.chunks[number].entries(number, &self.tree))
    }

    /// A chunk is written with a snapshot at this position; none: it was not, after all.
    pub(crate) fn set_written(&mut self, number: usize, at: Option<u64>) {
        if let Some(chunk) = self.chunks.get_mut(number) {
            chunk.set_written(at);
        }
    }

    /// Where each chunk was written; 0 for one that has to be.
    pub(crate) fn written(&self) -> Vec<u64> {
        self.chunks.iter().map(|chunk| chunk.written().unwrap_or_default()).collect()
    }

    /// An empty one, with room for so many messages.
    pub(crate) fn with_room(messages: usize) -> Transcript {
        Transcript {
            tree: Tree::with_room(messages),
            chunks: Vec::with_capacity(messages / CHUNK_MESSAGES + 1),
        }
    }

    /// Decodes the newest chunk, which is wanted first; whether that could be done.
    pub(crate) fn decode_newest(&self) -> bool {
        let Some(newest) = self.chunks.len().checked_sub(1) else { return true };
        self.chunks[newest].decode(newest, &self.tree)
    }

    /// Adds the next chunk as it was written at a position, and its turns. None for what is none.
    pub(crate) fn add_packed(&mut self, text: String, at: u64, turns: &mut Vec<Turn>) -> Option<()> {
        if self.tree.len() != self.chunks.len() * CHUNK_MESSAGES {
            // Only the last one may be short.
            return None;
        }
        let read = packed::read_front(&text, &mut self.tree)?;
        turns.extend(read.turns);
        self.chunks.push(Chunk::read(text, read.rest, read.concerns, at));
        let before = (self.chunks.len() - 1) * CHUNK_MESSAGES;
        (1..=CHUNK_MESSAGES).contains(&(self.tree.len() - before)).then_some(())
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
