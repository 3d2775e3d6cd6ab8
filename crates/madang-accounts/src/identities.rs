//! The outside identities that come in as an account: which there are, and taking one away.

use madang_protocol::{AuditKind, ErrorCode, UserId};
use madang_store::{AccountRow, PersonChange, Subject};
use serde_json::json;

use crate::Refusal;
use crate::accounts::{Accounts, By, Step};
use crate::ended::Which;
use crate::operation::hex;

/// Bytes of an identity's id: enough that no two of one account's are the same, also if someone chooses them.
const ID_BYTES: usize = 16;

/// Who vouches for an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerKind {
    /// An identity provider (OpenID Connect).
    Provider,
    /// An application that embeds this server.
    Embedder,
    /// An issuer that is not configured any more: nobody comes in by it.
    Gone,
}

impl IssuerKind {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Embedder => "embedder",
            Self::Gone => "gone",
        }
    }
}

/// An outside identity of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// What it is called in paths; follows from issuer and subject, and is no secret.
    pub id: String,
    /// The issuer, and its name for the person.
    pub subject: Subject,
    /// What the issuer is.
    pub kind: IssuerKind,
    /// Our short name of the issuer; none for one that is gone.
    pub issuer_id: Option<String>,
    /// The issuer's name as people know it.
    pub issuer_name: String,
    /// Whether it can be taken away: the last way in can't.
    pub removable: bool,
}

/// The identities of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedIdentities {
    /// By issuer and subject.
    pub identities: Vec<LinkedIdentity>,
    /// Whether there is a password as well.
    pub password: bool,
}

impl Accounts {
    /// The outside identities that come in as this account.
    ///
    /// # Errors
    /// NOT_FOUND without an account, or that the store can't be read.
    pub async fn identities(&self, user: UserId) -> Result<LinkedIdentities, Refusal> {
        let account = self.find(user).await?;
        let subjects = self.inner.store.subjects_of(user).await?;
        Ok(self.described(&account, subjects))
    }

    /// Takes an identity away from an account. What was begun with it stays, as far as logins go; who came with a token of
    /// an embedding application is not this person any more.
    ///
    /// # Errors
    /// NOT_FOUND when it is none of theirs, CONFLICT when it is their last way in.
    pub async fn unlink(&self, user: UserId, id: &str, by: &By) -> Result<(), Refusal> {
        let _guard = self.lock(user).await;
        let found = self.identities(user).await?.identities.into_iter().find(|one| one.id == id);
        let found = found.ok_or_else(|| Refusal::nothing_here("There is no such identity."))?;
        if !found.removable {
            return Err(Refusal::new(
                ErrorCode::Conflict,
                "This is the only way into your account: set a password or link another identity first.",
            ));
        }
        let details = json!({ "issuer": found.subject.issuer });
        let ends = match found.kind {
            IssuerKind::Embedder => vec![Which::Changed(user)],
            IssuerKind::Provider | IssuerKind::Gone => Vec::new(),
        };
        self.carry_out(Step {
            people: vec![PersonChange::EndSubject(user, found.subject)],
            audit: vec![self.line(by, AuditKind::AccountUnlinked, Some(user.to_string()), &details)],
            ends,
        })
        .await
    }

    fn described(&self, account: &AccountRow, subjects: Vec<Subject>) -> LinkedIdentities {
        let password = account.password.is_some();
        let mut identities: Vec<_> = subjects.into_iter().map(|subject| self.one_of(subject)).collect();
        let ways = identities.iter().filter(|one| one.kind != IssuerKind::Gone).count();
        for one in &mut identities {
            // What lets nobody in is no way in, and can go whenever something else is left.
            let left = if one.kind == IssuerKind::Gone { ways } else { ways - 1 };
            one.removable = password || left > 0;
        }
        LinkedIdentities { identities, password }
    }

    fn one_of(&self, subject: Subject) -> LinkedIdentity {
        let settings = self.settings();
        let provider = settings.oidc.iter().find(|one| one.issuer == subject.issuer);
        let embedder = settings.embedders.iter().find(|one| one.issuer == subject.issuer);
        let (kind, issuer_id, issuer_name) = match (provider, embedder) {
            (Some(one), _) => (IssuerKind::Provider, Some(one.id.clone()), one.name.clone()),
            (None, Some(one)) => (IssuerKind::Embedder, Some(one.id.clone()), one.id.clone()),
            (None, None) => (IssuerKind::Gone, None, subject.issuer.clone()),
        };
        LinkedIdentity { id: id_of(&subject), subject, kind, issuer_id, issuer_name, removable: false }
    }
}

fn id_of(subject: &Subject) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [&subject.issuer, &subject.subject] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize().as_bytes()[..ID_BYTES])
}
