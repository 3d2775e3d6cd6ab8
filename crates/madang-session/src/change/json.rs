//! A change as JSON (DO2): `[5, [2], [0, "line", "line"], 7]`.

use std::fmt;

use madang_protocol::limits::{CHANGE_SECTIONS_MAX, DOCUMENT_BYTES_MAX};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};

use super::{ChangeError, ChangeSet, Section};
use crate::text::{normalise_from, units_of};

/// A change as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The change.
    pub change: ChangeSet,
    /// Whether it had line ends other than LF: then its author's text is not what this change makes.
    pub normalised: bool,
}

impl ChangeSet {
    /// Reads a change that somebody sent.
    ///
    /// # Errors
    /// [`ChangeError::Malformed`], [`ChangeError::Loose`], [`ChangeError::Sections`] or [`ChangeError::TooLarge`].
    pub fn decode(json: &str) -> Result<Decoded, ChangeError> {
        let mut reading = Reading::default();
        let mut from = serde_json::Deserializer::from_str(json);
        let read = List(&mut reading).deserialize(&mut from).and_then(|()| from.end());
        // What serde says may quote the text.
        read.map_err(|_| reading.error.unwrap_or(ChangeError::Malformed))?;
        Ok(Decoded { change: reading.set, normalised: reading.normalised })
    }

    /// Writes it as [`ChangeSet::decode`] reads it.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts are JSON")
    }
}

/// A change while it is read.
#[derive(Default)]
struct Reading {
    set: ChangeSet,
    old_units: u64,
    normalised: bool,
    error: Option<ChangeError>,
}

impl Reading {
    /// Counts a part that is for so many units of the old text.
    fn count(&mut self, units: u64) -> Result<u32, ChangeError> {
        self.old_units = self.old_units.saturating_add(units);
        if self.set.sections.len() == CHANGE_SECTIONS_MAX {
            return Err(ChangeError::Sections);
        }
        // A unit is at least a byte, so that no text has more units than a document has bytes.
        if self.old_units > DOCUMENT_BYTES_MAX as u64 {
            return Err(ChangeError::TooLarge);
        }
        u32::try_from(units).map_err(|_| ChangeError::TooLarge)
    }

    /// Adds a line to what a part inserts. It may be twice too long while its line ends are two bytes.
    fn line(&self, lines: &mut String, first: bool, line: &str) -> Result<(), ChangeError> {
        if self.set.text.len() + lines.len() + line.len() + 1 > 2 * DOCUMENT_BYTES_MAX {
            return Err(ChangeError::TooLarge);
        }
        if !first {
            lines.push('\n');
        }
        lines.push_str(line);
        Ok(())
    }

    fn keep(&mut self, units: u64) -> Result<(), ChangeError> {
        let (kept, before) = (self.count(units)?, self.set.sections.len());
        self.set.keep(kept);
        self.set.check_grown(before)
    }

    fn replace(&mut self, deleted: u32, mut lines: String) -> Result<(), ChangeError> {
        self.normalised |= normalise_from(&mut lines, 0);
        if self.set.text.len() + lines.len() > DOCUMENT_BYTES_MAX {
            return Err(ChangeError::TooLarge);
        }
        let before = self.set.sections.len();
        self.set.put(deleted, units_of(&lines), &lines);
        self.set.check_grown(before)
    }

    /// Keeps why, since serde keeps only words.
    fn fail<E: serde::de::Error>(&mut self, error: ChangeError) -> E {
        self.error = Some(error);
        E::custom(error)
    }
}

/// The whole list.
struct List<'a>(&'a mut Reading);

/// One of its elements: a number, or a list of a number and lines.
struct Part<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers and lists")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Part(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a list of a number and lines")
    }

    fn visit_u64<E: serde::de::Error>(self, units: u64) -> Result<(), E> {
        self.0.keep(units).map_err(|error| self.0.fail(error))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Part(reading) = self;
        let units: u64 = seq.next_element()?.ok_or_else(|| A::Error::custom("an empty list"))?;
        let deleted = reading.count(units).map_err(|error| reading.fail(error))?;
        let (mut lines, mut first) = (String::new(), true);
        while let Some(line) = seq.next_element::<std::borrow::Cow<'de, str>>()? {
            let room = reading.line(&mut lines, first, &line);
            room.map_err(|error| reading.fail(error))?;
            first = false;
        }
        reading.replace(deleted, lines).map_err(|error| reading.fail(error))
    }
}

impl ChangeSet {
    /// Every part that is read is a section of its own.
    fn check_grown(&self, before: usize) -> Result<(), ChangeError> {
        if self.sections.len() > before { Ok(()) } else { Err(ChangeError::Loose) }
    }
}

impl Serialize for ChangeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.sections.len()))?;
        let mut byte = 0;
        for section in &self.sections {
            let start = byte;
            byte += section.bytes();
            match section {
                Section::Keep(units) => list.serialize_element(units)?,
                Section::Replace { deleted, inserted: 0, .. } => list.serialize_element(&[deleted])?,
                Section::Replace { deleted, .. } => {
                    list.serialize_element(&Replaced { deleted: *deleted, text: &self.text[start..byte] })?;
                }
            }
        }
        list.end()
    }
}

/// A section that inserts.
struct Replaced<'a> {
    deleted: u32,
    text: &'a str,
}

impl Serialize for Replaced<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&self.deleted)?;
        for line in self.text.split('\n') {
            list.serialize_element(line)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for ChangeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ChangeSet, D::Error> {
        let mut reading = Reading::default();
        List(&mut reading).deserialize(deserializer)?;
        Ok(reading.set)
    }
}
