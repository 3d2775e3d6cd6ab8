//! What a foreign conversation weighs before it is read: an empty object is two bytes on the wire and hundreds in memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::arrange::MESSAGES_MAX;

/// JSON values of one conversation; one with more is left out. The longest that people have come to a tenth of it.
pub(super) const VALUES_MAX: usize = 500_000;
/// Bytes that a value takes at most once it is read, beside its text and its message.
pub(super) const VALUE_BYTES: usize = 80;

/// How many JSON values a text has, near enough: those that something stands before, the first one, and empty lists.
pub(super) fn values(json: &str) -> usize {
    let (mut count, mut quoted, mut escaped) = (1, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b',' | b':' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

/// A list of messages: one with more than a conversation may have is an error at once.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<Vec<T>>, D::Error> {
    from.deserialize_option(Bounded(PhantomData))
}

/// As [`list`], of messages under keys.
pub(super) fn map<'de, D, K, T>(from: D) -> Result<Option<Vec<(K, T)>>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de>,
    T: Deserialize<'de>,
{
    from.deserialize_option(Pairs(PhantomData))
}

struct Bounded<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            if all.len() == MESSAGES_MAX {
                return Err(A::Error::custom("too many messages"));
            }
            all.push(one);
        }
        Ok(Some(all))
    }
}

struct Pairs<K, T>(PhantomData<(K, T)>);

impl<'de, K: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Pairs<K, T> {
    type Value = Option<Vec<(K, T)>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("messages under keys")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            if all.len() == MESSAGES_MAX {
                return Err(A::Error::custom("too many messages"));
            }
            all.push(pair);
        }
        Ok(Some(all))
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn what_stands_in_texts_weighs_nothing() {
        assert_eq!(values(r#"{"a":"x, y: [z] {\",\"}"}"#), 3);
        assert!(values(&format!("[{}{{}}]", "{},".repeat(1000))) > 2000);
    }
}
