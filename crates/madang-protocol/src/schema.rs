//! Writes the vocabulary as JSON Schema (2020-12); the edge's description of its paths is made with it, and a test compares.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::{
    Actor, ConnectionId, DocumentId, DocumentRef, Epoch, FileId, InviteId, LoginId, MessageId, SessionId,
    SessionRef, TokenId, TurnId, UserId,
};

macro_rules! texts {
    ($($name:ident $pattern:literal $what:literal;)*) => { $(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $what })
            }
        }
    )* };
}

texts! {
    SessionId "^ses_[0-9a-f]{32}$" "A session.";
    UserId "^usr_[0-9a-f]{32}$" "A person.";
    ConnectionId "^con_[0-9a-f]{32}$" "One socket.";
    TurnId "^trn_[0-9a-f]{32}$" "One prompt and its reply.";
    MessageId "^msg_[0-9a-f]{32}$" "An entry of the transcript.";
    FileId "^fil_[0-9a-f]{32}$" "A file.";
    LoginId "^lgn_[0-9a-f]{32}$" "A login.";
    TokenId "^tok_[0-9a-f]{32}$" "A personal API token.";
    InviteId "^inv_[0-9a-f]{32}$" "An invite link.";
    Actor "^(usr_[0-9a-f]{32}|claude|server)$" "A person, `claude`, or `server`.";
    Epoch "^[0-9a-f]{16}$" "The identity of a session's log.";
}

impl JsonSchema for SessionRef {
    fn schema_name() -> Cow<'static, str> {
        "SessionRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "null"],
            "description": "A session's id; where one enters, an invite code as well."
        })
    }
}

impl JsonSchema for DocumentId {
    fn schema_name() -> Cow<'static, str> {
        "DocumentId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "description": "A document of a session: its number there." })
    }
}

impl JsonSchema for DocumentRef {
    fn schema_name() -> Cow<'static, str> {
        "DocumentRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string", "null"],
            "description": "A document's number or its name; the one that every session has otherwise."
        })
    }
}

/// Commands and events by name, and the definitions that they refer to under `#/components/schemas/`.
#[must_use]
pub fn generate() -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let named = |list: Vec<(&'static str, Schema)>| -> Map<String, Value> {
        list.into_iter().map(|(name, schema)| (name.to_owned(), schema.to_value())).collect()
    };
    let commands = named(crate::command::schemas(&mut generator));
    let events = named(crate::event::schemas(&mut generator));
    let schemas = generator.take_definitions(true);
    let all = json!({ "commands": commands, "events": events, "schemas": schemas });
    serde_json::to_string_pretty(&all).expect("schemas are JSON") + "\n"
}
