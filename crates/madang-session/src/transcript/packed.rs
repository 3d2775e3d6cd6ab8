//! A chunk of the transcript as text, for a snapshot: what is needed to walk through it in front, in lines that are quickly
//! read, and the messages themselves behind, to be decoded when someone wants one.
//!
//! Five lines: the index (of each message its kind, its id, and its parent where that is not the message before it), the turns of
//! its replies, whom its messages concern, its authors, its messages. What the first says is not said again in the last.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use madang_protocol::{
    Author, Message, MessageId, MessageKind, Reaction, Reply, Revision, TurnId, UnixMs, UserId,
};
use serde::{Deserialize, Serialize};

use super::tree::{Mark, Parent, Tree};
use crate::{Outcome, Turn};

/// Why a text is not a chunk of a transcript.
pub(super) const NOT_PACKED: &str = "not a chunk of a transcript";

/// The messages of a chunk, and the texts that they had before.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entries {
    pub(super) messages: Vec<Message>,
    pub(super) revisions: HashMap<MessageId, Vec<Revision>>,
}

/// A message without what the index says.
#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    /// Its parent, where that is not in the transcript.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    parent: Option<MessageId>,
    /// Which of the authors.
    #[serde(rename = "a", default, skip_serializing_if = "is_zero")]
    author: usize,
    /// Its text; none where its parts say it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    content: Option<Cow<'a, str>>,
    #[serde(rename = "t")]
    created_at: UnixMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn_id: Option<TurnId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    continues: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<Cow<'a, Reply>>,
    #[serde(default, skip_serializing_if = "is_none")]
    mentions: Cow<'a, [UserId]>,
    #[serde(default, skip_serializing_if = "is_none")]
    reactions: Cow<'a, [Reaction]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<UnixMs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at: Option<UnixMs>,
    #[serde(default, skip_serializing_if = "is_none")]
    revisions: Cow<'a, [Revision]>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn is_none<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// What a chunk says in front.
pub(super) struct Front<'a> {
    /// The tree that it is a chunk of.
    pub(super) tree: &'a Tree,
    /// Its first place.
    pub(super) first: u32,
    /// The turns of its replies, in order.
    pub(super) turns: &'a [Turn],
    /// Whom its messages concern, by their places.
    pub(super) concerns: &'a [(u32, UserId)],
}

/// A chunk as text.
pub(super) fn pack(front: &Front<'_>, entries: &Entries) -> String {
    let mut text = String::with_capacity(entries.messages.len() * 160);
    for place in (front.first..).take(entries.messages.len()) {
        pack_place(&mut text, front.tree, place);
    }
    text.push('\n');
    front.turns.iter().for_each(|turn| pack_turn(&mut text, front, turn));
    text.push('\n');
    for (place, user) in front.concerns {
        push(&mut text, format_args!("{} {user};", place - front.first));
    }
    text.push('\n');
    let mut authors: Vec<&Author> = Vec::new();
    let packed: Vec<_> = (front.first..)
        .zip(&entries.messages)
        .map(|(place, message)| {
            let author = authors.iter().rposition(|known| **known == message.author).unwrap_or_else(|| {
                authors.push(&message.author);
                authors.len() - 1
            });
            let stray = front.tree.parent(place) == Parent::Unknown;
            let revisions = entries.revisions.get(&message.message_id).map_or(&[][..], Vec::as_slice);
            entry(message, (author, stray), revisions)
        })
        .collect();
    text.push_str(&serde_json::to_string(&authors).expect("authors are plain data"));
    text.push('\n');
    text.push_str(&serde_json::to_string(&packed).expect("a message is plain data"));
    text
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes all");
}

fn pack_place(text: &mut String, tree: &Tree, place: u32) {
    let Mark { kind, deleted } = tree.mark(place);
    text.push(match (kind, deleted) {
        (MessageKind::Prompt, false) => 'p',
        (MessageKind::Prompt, true) => 'P',
        (MessageKind::Chat, false) => 'c',
        (MessageKind::Chat, true) => 'C',
        (MessageKind::Reply, false) => 'r',
        (MessageKind::Reply, true) => 'R',
    });
    push(text, format_args!("{}", tree.id(place)));
    match tree.parent(place) {
        Parent::At(parent) if parent + 1 == place => {}
        Parent::At(parent) => push(text, format_args!("-{}", place - parent)),
        Parent::Root => text.push('^'),
        Parent::Unknown => text.push('?'),
    }
    text.push(' ');
}

/// Its reply and what it was told, as distances from the reply back; those that stand side by side are one entry.
fn pack_turn(text: &mut String, front: &Front<'_>, turn: &Turn) {
    let back = |id: &MessageId| front.tree.place(*id).and_then(|place| turn.place.checked_sub(place));
    push(text, format_args!("{} {} ", turn.place - front.first, turn.turn_id));
    match back(&turn.prompt_id) {
        Some(back) => push(text, format_args!("{back}")),
        None => push(text, format_args!("{}", turn.prompt_id)),
    }
    let mut heard = turn.heard.iter().peekable();
    while let Some(id) = heard.next() {
        let Some(first) = back(id) else {
            push(text, format_args!(" {id}"));
            continue;
        };
        let mut many = 1;
        while let Some(next) = heard.peek()
            && back(next).is_some_and(|next| next + many == first)
        {
            many += 1;
            heard.next();
        }
        match many {
            1 => push(text, format_args!(" {first}")),
            _ => push(text, format_args!(" {first}*{many}")),
        }
    }
    text.push(';');
}

fn entry<'a>(message: &'a Message, (author, stray): (usize, bool), revisions: &'a [Revision]) -> Entry<'a> {
    // Whole, so that a field that is added is not forgotten here.
    let Message {
        message_id: _,
        parent_id,
        kind: _,
        author: _,
        content,
        created_at,
        turn_id,
        reply_to,
        continues,
        reply,
        mentions,
        reactions,
        edited_at,
        deleted_at,
    } = message;
    let said = reply.as_ref().is_some_and(|reply| Outcome::text(&reply.parts) == *content);
    Entry {
        parent: parent_id.filter(|_| stray),
        author,
        content: (!said).then_some(Cow::Borrowed(content)),
        created_at: *created_at,
        turn_id: *turn_id,
        reply_to: *reply_to,
        continues: *continues,
        reply: reply.as_ref().map(Cow::Borrowed),
        mentions: Cow::Borrowed(mentions),
        reactions: Cow::Borrowed(reactions),
        edited_at: *edited_at,
        deleted_at: *deleted_at,
        revisions: Cow::Borrowed(revisions),
    }
}

/// What a chunk said in front, and where its last two lines begin.
pub(super) struct Read {
    pub(super) turns: Vec<Turn>,
    pub(super) concerns: Vec<(u32, UserId)>,
    pub(super) rest: usize,
}

/// Reads what a chunk says in front, and adds its messages to the tree. None for what is no such text.
pub(super) fn read_front(text: &str, tree: &mut Tree) -> Option<Read> {
    let first = tree.next();
    let (index, behind) = text.split_once('\n')?;
    let (turns, behind) = behind.split_once('\n')?;
    let (concerns, rest) = behind.split_once('\n')?;
    for token in index.split_terminator(' ') {
        read_place(token, tree)?;
    }
    let turns =
        turns.split_terminator(';').map(|turn| read_turn(turn, first, tree)).collect::<Option<_>>()?;
    let read = |concern: &str| {
        let (offset, user) = concern.split_once(' ')?;
        Some((offset.parse::<u32>().ok()?.checked_add(first)?, user.parse().ok()?))
    };
    let concerns = concerns.split_terminator(';').map(read).collect::<Option<_>>()?;
    Some(Read { turns, concerns, rest: text.len() - rest.len() })
}

fn read_place(token: &str, tree: &mut Tree) -> Option<()> {
    const ID_CHARS: usize = MessageId::PREFIX.len() + 32;
    let (kind, deleted) = match token.as_bytes().first()? {
        b'p' => (MessageKind::Prompt, false),
        b'P' => (MessageKind::Prompt, true),
        b'c' => (MessageKind::Chat, false),
        b'C' => (MessageKind::Chat, true),
        b'r' => (MessageKind::Reply, false),
        b'R' => (MessageKind::Reply, true),
        _ => return None,
    };
    let (id, parent) = token.get(1..)?.split_at_checked(ID_CHARS)?;
    let place = tree.next();
    let parent = match parent {
        "" => Parent::At(place.checked_sub(1)?),
        "^" => Parent::Root,
        "?" => Parent::Unknown,
        back => Parent::At(before(place, back.strip_prefix('-')?)?),
    };
    tree.add(id.parse().ok()?, Mark { kind, deleted }, parent);
    Some(())
}

/// The place so far before another one.
fn before(place: u32, back: &str) -> Option<u32> {
    let back = back.parse::<u32>().ok().filter(|back| *back > 0)?;
    place.checked_sub(back)
}

fn read_turn(text: &str, first: u32, tree: &Tree) -> Option<Turn> {
    let mut tokens = text.split(' ');
    let place =
        tokens.next()?.parse::<u32>().ok()?.checked_add(first).filter(|place| *place < tree.next())?;
    let turn_id = tokens.next()?.parse().ok()?;
    let one = |token: &str| match token.starts_with(MessageId::PREFIX) {
        true => token.parse().ok(),
        false => Some(tree.id(before(place, token)?)),
    };
    let prompt_id = one(tokens.next()?)?;
    let mut heard = Vec::new();
    for token in tokens {
        match token.split_once('*') {
            None => heard.push(one(token)?),
            Some((back, many)) => {
                let from = before(place, back)?;
                let to = from.checked_add(many.parse().ok()?).filter(|to| *to <= place)?;
                heard.extend((from..to).map(|place| tree.id(place)));
            }
        }
    }
    Some(Turn { turn_id, prompt_id, reply_id: tree.id(place), heard, place })
}

/// Decodes the last two lines.
pub(super) fn unpack(rest: &str, first: u32, tree: &Tree) -> Result<Entries, serde_json::Error> {
    use serde::de::Error as _;
    let damage = || serde_json::Error::custom(NOT_PACKED);
    let (authors, packed) = rest.split_once('\n').ok_or_else(damage)?;
    let authors: Vec<Author> = serde_json::from_str(authors)?;
    let packed: Vec<Entry<'_>> = serde_json::from_str(packed)?;
    let mut entries = Entries { messages: Vec::with_capacity(packed.len()), revisions: HashMap::new() };
    for (place, entry) in (first..).zip(packed) {
        if place >= tree.next() {
            return Err(damage());
        }
        let author = authors.get(entry.author).ok_or_else(damage)?.clone();
        let parent_id = match tree.parent(place) {
            Parent::At(parent) => Some(tree.id(parent)),
            Parent::Root => None,
            Parent::Unknown => entry.parent,
        };
        let reply = entry.reply.map(Cow::into_owned);
        let parts = || reply.as_ref().map(|reply| Outcome::text(&reply.parts));
        let content = entry.content.map(Cow::into_owned).or_else(parts).ok_or_else(damage)?;
        let message_id = tree.id(place);
        if !entry.revisions.is_empty() {
            entries.revisions.insert(message_id, entry.revisions.into_owned());
        }
        entries.messages.push(Message {
            message_id,
            parent_id,
            kind: tree.mark(place).kind,
            author,
            content,
            created_at: entry.created_at,
            turn_id: entry.turn_id,
            reply_to: entry.reply_to,
            continues: entry.continues,
            reply,
            mentions: entry.mentions.into_owned(),
            reactions: entry.reactions.into_owned(),
            edited_at: entry.edited_at,
            deleted_at: entry.deleted_at,
        });
    }
    Ok(entries)
}
