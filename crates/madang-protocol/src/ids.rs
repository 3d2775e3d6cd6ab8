//! Typed ids, times and log identities.
//!
//! An id says what it names by its prefix and gives no access to it: rights are checked, never inferred.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "number"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnixMs(pub u64);

impl UnixMs {
    /// Milliseconds from `earlier` to this; zero when the clock went back.
    #[must_use]
    pub fn since(self, earlier: UnixMs) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0} id")]
pub struct IdError(pub &'static str);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Makes a new id (UUIDv7) from the time and ten random bytes.
            #[must_use]
            pub fn new(now: UnixMs, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.0, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0; 32];
                f.write_str($prefix)?;
                f.write_str(self.0.simple().encode_lower(&mut buffer))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let hex = text.strip_prefix($prefix).filter(|hex| hex.len() == 32).ok_or(IdError($what))?;
                // One spelling an id: upper case would be a second name for the same thing.
                if hex.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(IdError($what));
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| IdError($what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        #[cfg(feature = "ts")]
        impl ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn name(_: &ts_rs::Config) -> String { "string".into() }
            fn inline(_: &ts_rs::Config) -> String { "string".into() }
        }
    };
}

id!(/// A session: the shared room.
    SessionId, "ses_", "session");
id!(/// A person, guest or not.
    UserId, "usr_", "user");
id!(/// One socket.
    ConnectionId, "con_", "connection");
id!(/// One prompt and the reply streamed for it.
    TurnId, "trn_", "turn");
id!(/// An entry of the transcript.
    MessageId, "msg_", "message");
id!(/// A file in a session.
    FileId, "fil_", "file");
id!(/// A login: one browser of one person.
    LoginId, "lgn_", "login");
id!(/// A personal API token; the id is no secret.
    TokenId, "tok_", "token");
id!(/// An invite link; the id is no secret, the code is.
    InviteId, "inv_", "invite");

/// Who did something: a person, Claude, or the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// The participant `claude`.
    Claude,
    /// The server (a restart, a limit, a deadline).
    Server,
}

impl Actor {
    /// The person, when it is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Actor::User(user) => Some(user),
            Actor::Claude | Actor::Server => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(user) => user.fmt(f),
            Actor::Claude => f.write_str("claude"),
            Actor::Server => f.write_str("server"),
        }
    }
}

impl FromStr for Actor {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "claude" => Ok(Actor::Claude),
            "server" => Ok(Actor::Server),
            user => user.parse().map(Actor::User),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "ts")]
impl ts_rs::TS for Actor {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "string".into()
    }
    fn inline(_: &ts_rs::Config) -> String {
        "string".into()
    }
}

/// The identity of a session's log: random, changed when a log is restored or lost, never by a restart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Makes an epoch from random bits.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self(random)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Epoch {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(IdError("epoch"));
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| IdError("epoch"))
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "ts")]
impl ts_rs::TS for Epoch {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "string".into()
    }
    fn inline(_: &ts_rs::Config) -> String {
        "string".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_and_has_one_spelling() {
        let id = SessionId::new(UnixMs(1_700_000_000_000), [7; 10]);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert!(text.starts_with("ses_") && text.len() == 36);
        assert_eq!(text.to_uppercase().replace("SES_", "ses_").parse::<SessionId>(), Err(IdError("session")));
        assert_eq!("usr_".parse::<UserId>(), Err(IdError("user")));
        assert_eq!(text.parse::<UserId>(), Err(IdError("user")));
    }

    #[test]
    fn an_epoch_has_one_spelling() {
        assert_eq!("00000000000000ff".parse(), Ok(Epoch::new(255)));
        for bad in ["", "ff", "+0000000000000ff", "00000000000000FF"] {
            assert_eq!(bad.parse::<Epoch>(), Err(IdError("epoch")));
        }
    }
}
