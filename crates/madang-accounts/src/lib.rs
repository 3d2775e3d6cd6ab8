//! Accounts: who people are, how they prove it, and what ends that. Passwords, logins, tokens, outside issuers.
//!
//! It must never know a socket or a route, keep a secret as it is, or change an account without a line in the audit log.
//! Start at [`Accounts`]; every change goes through its `carry_out`.

mod accounts;
mod admin;
mod attempts;
mod bootstrap;
mod common;
mod embedded;
mod ended;
mod fetch;
mod identities;
mod invites;
mod issuers;
mod jwt;
mod keys;
mod known;
mod login;
mod names;
mod oidc;
mod operation;
mod password;
mod people;
mod refusal;
mod secret;
mod settings;
mod tidy;
mod tokens;

pub use accounts::{Accounts, By, Clock, Listener};
pub use admin::Decision;
pub use bootstrap::BootstrapError;
pub use ended::{Proof, Which};
pub use identities::{IssuerKind, LinkedIdentities, LinkedIdentity};
pub use issuers::{Algorithm, Embedder, Provider};
pub use known::{Known, Standing};
pub use login::{LoggedIn, NameAndPassword};
pub use names::NAME_CHARS_MAX;
pub use oidc::{Begin, Begun, Finished, Returned};
pub use operation::{AccountLine, Operation, Outcome, TokenLine, Typed};
pub use password::PASSWORD_CHARS_MAX;
pub use people::{Admission, NewAccount, Profile, css_color};
pub use refusal::Refusal;
pub use secret::{
    BOOTSTRAP_PREFIX, INVITE_PREFIX, LOGIN_PREFIX, OPAQUE_BYTES_MAX, Secret, TOKEN_PREFIX, fresh,
    generated_password, hash_of,
};
pub use settings::{Settings, SettingsError, SignUp};
pub use tokens::{NewToken, TOKEN_DAYS_MAX};
