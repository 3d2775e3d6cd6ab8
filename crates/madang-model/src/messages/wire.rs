//! What the Messages API sends, as borrowed structs: nothing is copied that is not kept.
//!
//! Only what must be there is demanded; unknown fields, values and kinds pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Fields an [`Object`] may have: real ones have below 20, and looking them up is linear. More is not taken.
const FIELDS_MAX: usize = 256;

/// One event of the stream; which fields are there depends on `kind`.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(default)]
    pub(crate) index: Option<u64>,
    #[serde(default, borrow)]
    pub(crate) message: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) content_block: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) usage: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) error: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// The message in `message_start`.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct MessageStart<'a> {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) model: Option<String>,
    #[serde(default, borrow)]
    pub(crate) usage: Option<&'a RawValue>,
}

/// The delta of a block. Texts are owned because they leave as they are.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct BlockDelta<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) thinking: Option<String>,
    #[serde(default)]
    pub(crate) partial_json: Option<String>,
    #[serde(default)]
    pub(crate) signature: Option<String>,
    #[serde(default)]
    pub(crate) citation: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) content: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) encrypted_content: Option<Box<RawValue>>,
}

/// Just the kind of something whose other fields could not be read.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct KindOnly<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
}

/// The delta in `message_delta`.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct MessageDelta {
    #[serde(default)]
    pub(crate) stop_reason: Option<String>,
    #[serde(default)]
    pub(crate) stop_details: Option<StopDetails>,
}

/// Why a reply was refused.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct StopDetails {
    #[serde(default)]
    pub(crate) category: Option<String>,
    #[serde(default)]
    pub(crate) explanation: Option<String>,
}

/// The body of an error answer.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    pub(crate) error: Option<ErrorReport>,
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// What the upstream says went wrong, in a body or in an `error` event.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct ErrorReport {
    #[serde(rename = "type", default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) details: Option<ErrorDetails>,
}

/// The part of an error that is meant for programs.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct ErrorDetails {
    #[serde(default)]
    pub(crate) error_code: Option<String>,
}

/// A JSON object in its own order, its values byte for byte.
#[derive(Debug, Default, Clone)]
pub(crate) struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// Reads an object; none when it is something else.
    pub(crate) fn parse(raw: &RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    /// The value of a field, byte for byte.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// The value of a field that is a string.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// The value of a field that is a whole number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// Puts a value in the place of the old one, or at the end.
    pub(crate) fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes over what another object says; its nulls say nothing.
    pub(crate) fn merge(&mut self, other: Object) {
        for (name, value) in other.0 {
            if value.get() != "null" {
                self.set(&name, value);
            }
        }
    }

    /// The object as JSON.
    pub(crate) fn to_raw(&self) -> Box<RawValue> {
        let values: usize = self.0.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum();
        let mut text = String::with_capacity(values + 2);
        text.push('{');
        for (position, (key, value)) in self.0.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            text.push_str(json_string(key).get());
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        RawValue::from_string(text).expect("an object of raw values is JSON")
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object::default();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if object.0.len() == FIELDS_MAX {
                        return Err(serde::de::Error::custom(
                            "more fields than an object of the API can have",
                        ));
                    }
                    object.set(&name, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A text as a JSON string.
pub(crate) fn json_string(text: &str) -> Box<RawValue> {
    serde_json::value::to_raw_value(text).expect("a string is JSON")
}

/// Values as a JSON array.
pub(crate) fn json_array(values: &[Box<RawValue>]) -> Box<RawValue> {
    serde_json::value::to_raw_value(values).expect("an array of raw values is JSON")
}
