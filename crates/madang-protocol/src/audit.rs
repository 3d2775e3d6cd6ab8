//! What the audit log tells of: one list for the crates that write it and for whoever reads it to people.

use serde::{Deserialize, Serialize};

/// Makes the enum, its texts and the list of all.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What a line of the audit log tells. A stored line keeps its text, also when a later version has no such kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub enum AuditKind {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl AuditKind {
            /// Every kind.
            pub const ALL: &'static [AuditKind] = &[$(Self::$name),*];

            /// The text in the log.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// Somebody logged in.
    LoginOk = "login.ok";
    /// Somebody tried to, in vain.
    LoginFailed = "login.failed";
    /// A login was ended, or all of a person.
    LoginEnded = "login.ended";
    /// An account was made.
    AccountCreated = "account.created";
    /// A profile was changed.
    AccountChanged = "account.changed";
    /// A password was set.
    AccountPassword = "account.password";
    /// The old password given for a new one was wrong.
    PasswordRefused = "password.refused";
    /// Somebody was made an administrator, or no longer is one.
    AccountAdmin = "account.admin";
    /// An account was suspended.
    AccountDisabled = "account.disabled";
    /// An account was let in again.
    AccountEnabled = "account.enabled";
    /// An identity of an issuer was linked to an account.
    AccountLinked = "account.linked";
    /// An identity of an issuer was taken away from an account.
    AccountUnlinked = "account.unlinked";
    /// A personal token was made.
    TokenCreated = "token.created";
    /// A personal token was ended.
    TokenEnded = "token.ended";
    /// An invite link was made.
    InviteCreated = "invite.created";
    /// An invite link was ended.
    InviteRevoked = "invite.revoked";
    /// Somebody signed up by an invite link.
    InviteUsed = "invite.used";
    /// A person was invited into a session.
    UserInvited = "user.invited";
    /// An invitation was taken back.
    InvitationWithdrawn = "invitation.withdrawn";
    /// Somebody joined a session.
    MemberAdded = "member.added";
    /// Somebody was removed from a session, or left it.
    MemberRemoved = "member.removed";
    /// A role in a session, or the rights on top of it, changed.
    RoleChanged = "role.changed";
    /// A session was deleted.
    SessionDeleted = "session.deleted";
    /// The budget of a session changed.
    BudgetChanged = "budget.changed";
    /// The budget of a person or of the server was set by an administrator.
    BudgetSet = "budget.set";
    /// Somebody asked for what they may not do.
    Refused = "refused";
    /// What ran out was removed.
    Tidied = "tidied";
}
