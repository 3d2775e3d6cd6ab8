//! What administrators, and the operator at the machine, do to accounts.

use madang_protocol::{Actor, AuditKind, Budget, ErrorCode, UserId};
use madang_store::{
    AccountPage, AccountRow, AuditRecord, AuditVerdict, PersonChange, Purse, SessionQuery, Subject,
};
use serde_json::json;

use crate::Refusal;
use crate::accounts::{Accounts, By, Step};
use crate::ended::Which;
use crate::password::check_choice;
use crate::people::{NewAccount, account_row};
use crate::secret::generated_password;

/// What an administrator changes about someone; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Whether they administer.
    pub admin: Option<bool>,
    /// Whether they are suspended.
    pub disabled: Option<bool>,
    /// The name shown.
    pub display_name: Option<String>,
}

impl Accounts {
    /// Makes an account for someone. Without a password one is generated and returned, to be shown once.
    ///
    /// # Errors
    /// CONFLICT for a name that is taken, INVALID_DATA for what can't be chosen.
    pub async fn create(
        &self,
        mut new: NewAccount,
        admin: bool,
        by: &By,
    ) -> Result<(AccountRow, Option<String>), Refusal> {
        let generated = new.password.is_empty().then(generated_password);
        if let Some(password) = &generated {
            new.password.clone_from(password);
        }
        let phc = self.checked_hash(&new).await?;
        let _guard = self.lock_admins().await;
        self.still_admin(by).await?;
        let user = UserId::new(self.now(), crate::secret::random());
        let mut row = account_row(user, &new, phc, self.now())?;
        row.admin = admin;
        let step = self.created(&row, by, &json!({ "by": "administrator", "admin": admin }));
        self.carry_out(step).await.map_err(name_taken)?;
        if admin {
            self.close_bootstrap();
        }
        Ok((row, generated))
    }

    /// Changes what an administrator may change about someone.
    ///
    /// # Errors
    /// NOT_FOUND, or CONFLICT for what administrators may not do to themselves.
    pub async fn decide(&self, user: UserId, decision: Decision, by: &By) -> Result<AccountRow, Refusal> {
        let Decision { admin, disabled, display_name } = decision;
        let display_name = display_name.map(|name| crate::names::display_name(&name)).transpose()?;
        let _admins = self.lock_admins().await;
        self.still_admin(by).await?;
        let _guard = self.lock(user).await;
        let mut row = self.find(user).await?;
        let own = by.actor == Actor::User(user);
        if own && (admin == Some(false) || disabled == Some(true)) {
            // So that there is always an administrator left: whoever does this to another stays one.
            let message = "Administrators can't do this to themselves: ask another one.";
            return Err(Refusal::new(ErrorCode::Conflict, message));
        }
        let mut step = Step::default();
        let target = Some(user.to_string());
        if let Some(admin) = admin.filter(|admin| *admin != row.admin) {
            row.admin = admin;
            step.audit.push(self.line(
                by,
                AuditKind::AccountAdmin,
                target.clone(),
                &json!({ "admin": admin }),
            ));
            step.ends.push(Which::Changed(user));
        }
        if let Some(name) = display_name.filter(|name| *name != row.display_name) {
            row.display_name = name;
            step.audit.push(self.line(
                by,
                AuditKind::AccountChanged,
                target.clone(),
                &json!({ "fields": ["display_name"] }),
            ));
            step.ends.push(Which::Changed(user));
        }
        match disabled {
            Some(true) if row.disabled_at.is_none() => {
                row.disabled_at = Some(self.now());
                step.people.extend([PersonChange::EndLogins(user, None), PersonChange::EndTokens(user)]);
                step.audit.push(self.line(by, AuditKind::AccountDisabled, target, &json!(null)));
                step.ends.push(Which::Person(user));
            }
            Some(false) if row.disabled_at.is_some() => {
                row.disabled_at = None;
                step.audit.push(self.line(by, AuditKind::AccountEnabled, target, &json!(null)));
            }
            _ => {}
        }
        if !step.audit.is_empty() {
            step.people.insert(0, PersonChange::Account(row.clone()));
            self.carry_out(step).await?;
        }
        Ok(row)
    }

    /// Gives someone another password, generated unless it is given; everything they have open ends.
    ///
    /// # Errors
    /// NOT_FOUND, INVALID_DATA, or that the store failed.
    pub async fn reset_password(
        &self,
        user: UserId,
        password: Option<String>,
        by: &By,
    ) -> Result<String, Refusal> {
        let password = password.unwrap_or_else(generated_password);
        let name = self.find(user).await?.name;
        check_choice(&password, &name, self.settings().password_chars_min)?;
        let phc = self.inner.passwords.hash(password.clone()).await?;
        let _admins = self.lock_admins().await;
        self.still_admin(by).await?;
        let _guard = self.lock(user).await;
        let mut row = self.find(user).await?;
        row.password = Some(phc);
        let step = self.password_changed(row, None, by);
        self.carry_out(step).await?;
        Ok(password)
    }

    /// Lets someone whom an issuer knows come in as this account.
    ///
    /// # Errors
    /// CONFLICT when another account has that identity.
    pub async fn link(&self, user: UserId, subject: Subject, by: &By) -> Result<(), Refusal> {
        let _guard = self.lock(user).await;
        self.find(user).await?;
        let details = json!({ "issuer": subject.issuer });
        let linked = self.carry_out(Step {
            people: vec![PersonChange::Subject(user, subject)],
            audit: vec![self.line(by, AuditKind::AccountLinked, Some(user.to_string()), &details)],
            ..Step::default()
        });
        let taken = |refusal: Refusal| {
            if refusal.code != ErrorCode::Conflict {
                return refusal;
            }
            Refusal::new(ErrorCode::Conflict, "Another account has that identity.")
        };
        linked.await.map_err(taken)
    }

    /// A page of accounts, by name.
    ///
    /// # Errors
    /// INVALID_DATA for a cursor that was not given out.
    pub async fn page(&self, query: SessionQuery) -> Result<AccountPage, Refusal> {
        Ok(self.inner.store.accounts(query).await?)
    }

    /// Sets a budget of a person or of the server; none takes it away.
    ///
    /// # Errors
    /// NOT_FOUND for a person without an account, or that the store failed.
    pub async fn set_budget(&self, purse: Purse, budget: Option<Budget>, by: &By) -> Result<(), Refusal> {
        let target = match purse {
            Purse::Server => "server".to_owned(),
            Purse::User(user) => {
                if self.inner.store.account(user).await?.is_none()
                    && self.inner.store.user(user).await?.is_none()
                {
                    return Err(Refusal::nothing_here("There is no such person."));
                }
                user.to_string()
            }
            Purse::Session(session) => session.to_string(),
        };
        let details = json!({ "budget": budget });
        self.carry_out(Step {
            people: vec![PersonChange::Budget(purse, budget)],
            audit: vec![self.line(by, AuditKind::BudgetSet, Some(target), &details)],
            ends: Vec::new(),
        })
        .await
    }

    /// The newest lines of the audit log before a position (0: from the end).
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn audit_page(&self, before: u64, limit: u32) -> Result<Vec<AuditRecord>, Refusal> {
        Ok(self.inner.store.audit(before, limit).await?)
    }

    /// Goes through the whole audit log.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, Refusal> {
        Ok(self.inner.store.verify_audit().await?)
    }

    /// Two administrators who suspend each other at once: the second is none any more. The operator always may.
    async fn still_admin(&self, by: &By) -> Result<(), Refusal> {
        let Actor::User(user) = by.actor else { return Ok(()) };
        let row = self.inner.store.account(user).await?;
        let may = row.is_some_and(|row| row.admin && row.disabled_at.is_none());
        may.then_some(()).ok_or_else(|| Refusal::new(ErrorCode::Forbidden, "You may not do this here."))
    }
}

/// A conflict of a new account is about its name.
pub(crate) fn name_taken(refusal: Refusal) -> Refusal {
    if refusal.code != ErrorCode::Conflict {
        return refusal;
    }
    Refusal::new(ErrorCode::Conflict, "That name is taken.")
}
