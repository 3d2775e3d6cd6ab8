//! People whom an issuer vouches for: found by who it says they are, and made at first sight.

use std::sync::Arc;

use madang_protocol::{ErrorCode, Scope, UserId};
use madang_store::{AccountRow, PersonChange, Subject};
use serde_json::json;

use crate::accounts::{Accounts, By};
use crate::ended::Proof;
use crate::jwt::{Bad, Claims, claimed_issuer};
use crate::known::Known;
use crate::{Refusal, names};

/// Names that are tried for a new account before one gets a random end.
const NAMES_TRIED: usize = 4;

/// What is known of someone whom an issuer vouches for and who has no account yet.
pub(crate) struct Newcomer {
    pub(crate) subject: Subject,
    /// From which the login name is made.
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    /// The id that the account takes, when a guest becomes it.
    pub(crate) guest: Option<UserId>,
}

impl Accounts {
    /// Whose an embedding application's token is.
    pub(crate) async fn known_by_embedder(&self, token: &str) -> Result<Known, Refusal> {
        let issuer = claimed_issuer(token).ok_or_else(Refusal::no_credential)?;
        let verifier = self.inner.embedders.iter().find(|one| one.issuer == issuer);
        let verifier = verifier.ok_or_else(Refusal::no_credential)?;
        let claims = verifier.verify(token, self.now()).await.map_err(|bad| refused(bad, &verifier.id))?;
        let subject = Subject { issuer: claims.issuer.clone(), subject: claims.subject.clone() };
        let account = match self.inner.store.account_of_subject(&subject).await? {
            Some(account) => account,
            None => {
                let newcomer = Newcomer {
                    name: format!("{}@{}", names::made_of(&claims.subject), verifier.id),
                    display_name: claims.text(&verifier.name_claim).and_then(names::tidied),
                    subject,
                    guest: None,
                };
                self.welcome(newcomer, &By::operator()).await?
            }
        };
        if account.disabled_at.is_some() {
            return Err(Refusal::no_credential());
        }
        let proof = Proof::Embedder(claims.until);
        // Never more: such a token must not make others that outlive it, nor administer, whatever it claims (AU-06).
        Ok(Known { account: Arc::new(account), scope: Scope::Write, proof })
    }

    /// Makes the account of a newcomer; of two at once one is made.
    pub(crate) async fn welcome(&self, newcomer: Newcomer, by: &By) -> Result<AccountRow, Refusal> {
        let Newcomer { subject, name, display_name, guest } = newcomer;
        // Room for what makes it the only one.
        let name: String = name.chars().take(names::NAME_CHARS_MAX - 9).collect();
        let user = match guest {
            Some(user) if self.inner.store.account(user).await?.is_none() => user,
            _ => UserId::new(self.now(), crate::secret::random()),
        };
        let _guard = self.lock(user).await;
        // The guest may have signed up meanwhile: that account is another way in, and is not overwritten.
        let user = match self.inner.store.account(user).await? {
            Some(_) => UserId::new(self.now(), crate::secret::random()),
            None => user,
        };
        for tried in 0..=NAMES_TRIED {
            let end = match tried {
                0 => String::new(),
                NAMES_TRIED => format!("-{:08x}", u32::from_ne_bytes(crate::secret::random())),
                number => format!("-{}", number + 1),
            };
            let row = AccountRow {
                user,
                name: format!("{name}{end}"),
                display_name: display_name.clone().unwrap_or_else(|| shown(&name)),
                color: String::new(),
                language: String::new(),
                password: None,
                admin: false,
                disabled_at: None,
                created_at: self.now(),
            };
            let by = by.acting_as(user);
            let mut step = self.created(&row, &by, &json!({ "by": "issuer", "issuer": subject.issuer }));
            step.people.push(PersonChange::Subject(user, subject.clone()));
            match self.carry_out(step).await {
                Ok(()) => return Ok(row),
                Err(refusal) if refusal.code == ErrorCode::Conflict => {
                    // Made meanwhile by another request, or only the name is taken.
                    if let Some(row) = self.inner.store.account_of_subject(&subject).await? {
                        return Ok(row);
                    }
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Err(Refusal::new(ErrorCode::ServiceUnavailable, "No name was free for this account. Try again."))
    }
}

/// The part of a made-up name before its issuer.
fn shown(name: &str) -> String {
    let part = name.split('@').next().unwrap_or(name);
    names::tidied(part).unwrap_or_else(|| "Guest".to_owned())
}

fn refused(bad: Bad, embedder: &str) -> Refusal {
    match bad {
        Bad::RanOut => Refusal::ran_out(),
        Bad::Invalid(why) => {
            tracing::debug!(embedder, why, "a token was refused");
            Refusal::no_credential()
        }
        Bad::Keys(error) => {
            tracing::warn!(
                embedder,
                error = &error as &dyn std::error::Error,
                "an embedder's keys can't be had"
            );
            let message = "Who you are can't be checked at the moment. Try again.";
            Refusal::new(ErrorCode::ServiceUnavailable, message).caused_by(error)
        }
    }
}

impl Claims {
    /// Whether the issuer vouches for the address; only `true` is true (AU-06).
    pub(crate) fn email_verified(&self) -> bool {
        self.all.get("email_verified") == Some(&serde_json::Value::Bool(true))
    }
}
