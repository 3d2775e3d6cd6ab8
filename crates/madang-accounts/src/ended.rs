//! What of a person ends or changes, said to whoever holds something open for them (SE4).

use madang_protocol::{LoginId, TokenId, UserId};

/// Which credentials hold no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// One login.
    Login(LoginId),
    /// All logins of a person but the one given.
    Logins(UserId, Option<LoginId>),
    /// One personal token.
    Token(TokenId),
    /// All personal tokens of a person.
    Tokens(UserId),
    /// Everything of a person, whatever the credential.
    Person(UserId),
    /// Nothing ends, but what was known of the person (rights, name, colour) is out of date.
    Changed(UserId),
}

/// How a person proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// With a login.
    Login(LoginId),
    /// With a personal token.
    Token(TokenId),
    /// With a token of an embedding application, in force until this moment.
    Embedder(madang_protocol::UnixMs),
}
