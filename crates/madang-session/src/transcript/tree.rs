//! Who follows whom, by places: flat, so that a hundred thousand messages are linked in a few milliseconds and walked through
//! without any of them being decoded.

use std::collections::HashMap;

use madang_protocol::{Message, MessageId, MessageKind};

/// No message.
const NONE: u32 = u32::MAX;

/// What is known of a message without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// What it is.
    pub(crate) kind: MessageKind,
    /// Whether it is a tombstone.
    pub(crate) deleted: bool,
}

impl Mark {
    /// Of a message.
    pub(super) fn of(message: &Message) -> Mark {
        Mark { kind: message.kind, deleted: message.deleted_at.is_some() }
    }
}

/// Where a message hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    /// Nowhere: it begins a branch.
    Root,
    /// On the message at this place, which comes before its own.
    At(u32),
    /// On one that is not here. No session makes such a message; it stands alone.
    Unknown,
}

/// The ids of messages in the order in which they were made, and how they hang together.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    ids: Vec<MessageId>,
    places: HashMap<MessageId, u32>,
    marks: Vec<Mark>,
    parents: Vec<Parent>,
    /// Of each, its newest follower.
    newest: Vec<u32>,
    /// Of each, the follower of its parent before it.
    older: Vec<u32>,
    newest_root: u32,
}

impl Default for Tree {
    fn default() -> Self {
        Tree::with_room(0)
    }
}

impl Tree {
    /// An empty one, with room for so many messages.
    pub(super) fn with_room(messages: usize) -> Tree {
        Tree {
            ids: Vec::with_capacity(messages),
            places: HashMap::with_capacity(messages),
            marks: Vec::with_capacity(messages),
            parents: Vec::with_capacity(messages),
            newest: Vec::with_capacity(messages),
            older: Vec::with_capacity(messages),
            newest_root: NONE,
        }
    }

    /// How many messages there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The next place.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.ids.len()).unwrap_or(NONE)
    }

    /// Adds a message.
    pub(super) fn add(&mut self, id: MessageId, mark: Mark, parent: Parent) {
        let place = self.next();
        let older = match parent {
            Parent::Root => std::mem::replace(&mut self.newest_root, place),
            Parent::At(parent) => std::mem::replace(&mut self.newest[parent as usize], place),
            Parent::Unknown => NONE,
        };
        self.ids.push(id);
        self.places.insert(id, place);
        self.marks.push(mark);
        self.parents.push(parent);
        self.newest.push(NONE);
        self.older.push(older);
    }

    /// Where a message with this parent hangs.
    pub(super) fn parent_of(&self, parent: Option<MessageId>) -> Parent {
        match parent {
            None => Parent::Root,
            Some(id) => self.place(id).map_or(Parent::Unknown, Parent::At),
        }
    }

    /// Where a message stands.
    pub(super) fn place(&self, id: MessageId) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// The message at a place that is there.
    pub(super) fn id(&self, place: u32) -> MessageId {
        self.ids[place as usize]
    }

    /// What is known of it.
    pub(super) fn mark(&self, place: u32) -> Mark {
        self.marks[place as usize]
    }

    /// It is another thing now.
    pub(super) fn set_mark(&mut self, place: u32, mark: Mark) {
        self.marks[place as usize] = mark;
    }

    /// Where it hangs.
    pub(super) fn parent(&self, place: u32) -> Parent {
        self.parents[place as usize]
    }

    /// The places of the branch that ends here, newest first.
    pub(super) fn branch(&self, last: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(last, |place| match self.parent(*place) {
            Parent::At(parent) => Some(parent),
            Parent::Root | Parent::Unknown => None,
        })
    }

    /// Its newest follower.
    pub(super) fn newest(&self, place: u32) -> Option<u32> {
        Some(self.newest[place as usize]).filter(|newest| *newest != NONE)
    }

    /// Those that hang where it does, itself included, oldest first; none where it is the only one.
    pub(super) fn siblings(&self, place: u32) -> Option<Vec<MessageId>> {
        let newest = match self.parent(place) {
            Parent::Root => self.newest_root,
            Parent::At(parent) => self.newest[parent as usize],
            Parent::Unknown => return None,
        };
        if newest == place && self.older[place as usize] == NONE {
            return None;
        }
        let older = |at: &u32| Some(self.older[*at as usize]).filter(|older| *older != NONE);
        let mut all: Vec<_> = std::iter::successors(Some(newest), older).map(|at| self.id(at)).collect();
        all.reverse();
        Some(all)
    }
}
