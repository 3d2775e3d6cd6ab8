//! Accounts: how they begin and what their people change about themselves.

use madang_protocol::{AuditKind, ErrorCode, PALETTE, UnixMs, UserId, color_of};
use madang_store::{AccountRow, InviteRow, PersonChange};
use serde_json::{Value, json};

use crate::accounts::{Accounts, By, Step};
use crate::ended::Which;
use crate::login::LoggedIn;
use crate::password::{Check, check_choice};
use crate::settings::SignUp;
use crate::{Refusal, names};

/// What a new account needs.
#[derive(Clone, Default)]
pub struct NewAccount {
    /// The login name.
    pub name: String,
    /// The name shown; the login name when it is empty.
    pub display_name: String,
    /// The password.
    pub password: String,
    /// `en`, `ko`, or empty.
    pub language: String,
}

/// What someone changes about themselves; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// The name shown.
    pub display_name: Option<String>,
    /// `1` to `8`, or empty for the colour that follows from the id.
    pub color: Option<String>,
    /// `en`, `ko`, or empty.
    pub language: Option<String>,
}

/// The colour of an account, as CSS.
#[must_use]
pub fn css_color(account: &AccountRow) -> &'static str {
    let chosen = account.color.parse::<usize>().ok().and_then(|number| PALETTE.get(number.wrapping_sub(1)));
    chosen.copied().unwrap_or_else(|| color_of(account.user))
}

/// That someone may sign up: from [`Accounts::admit`] alone, and good for one account.
#[derive(Debug)]
pub struct Admission {
    link: Option<InviteRow>,
}

impl Admission {
    /// The link by which they do.
    #[must_use]
    pub fn link(&self) -> Option<&InviteRow> {
        self.link.as_ref()
    }

    /// What a link that lets nobody in says, whether it never was, ended, or is its maker's no longer.
    #[must_use]
    pub fn refused() -> Refusal {
        Refusal::nothing_here("This link lets nobody in.")
    }
}

impl Accounts {
    /// Whether someone may sign up, and by which link: a try is counted. Whoever made a session's link may be kept from
    /// letting people in by the session, which these accounts do not know: ask it about [`Admission::link`].
    ///
    /// # Errors
    /// FORBIDDEN where nobody may, NOT_FOUND for a code that lets nobody in, RATE_LIMITED.
    pub async fn admit(&self, code: Option<&str>, by: &By) -> Result<Admission, Refusal> {
        self.inner.attempts.knock(by.address, self.now().0)?;
        Ok(Admission { link: self.admission(code).await? })
    }

    /// Makes an account as its person asks for it, and logs them in. A guest keeps their id.
    ///
    /// # Errors
    /// NOT_FOUND for a link that lets nobody in any more, CONFLICT for a name that is taken.
    pub async fn sign_up(
        &self,
        new: NewAccount,
        admission: Admission,
        guest: Option<UserId>,
        by: &By,
    ) -> Result<LoggedIn, Refusal> {
        let invite = admission.link;
        let phc = self.checked_hash(&new).await?;
        let user = match guest {
            Some(user) if self.inner.store.account(user).await?.is_none() => user,
            _ => UserId::new(self.now(), crate::secret::random()),
        };
        let row = account_row(user, &new, phc, self.now())?;
        let _guard = self.lock(user).await;
        if self.inner.store.account(user).await?.is_some() {
            // The same guest in two tabs: the second must not overwrite what the first has made.
            return Err(Refusal::new(ErrorCode::Conflict, "You have signed up already: sign in."));
        }
        let by = by.acting_as(user);
        let details = json!({ "by": "sign-up", "invite": invite.as_ref().map(|row| row.invite.to_string()) });
        let mut step = self.created(&row, &by, &details);
        if let Some(invite) = &invite {
            self.use_invite(&mut step, invite, &by);
        }
        let name = row.name.clone();
        let refusal = match self.begin_login(row, &by, None, step).await {
            Ok(logged_in) => return Ok(logged_in),
            Err(refusal) => refusal,
        };
        if refusal.code == ErrorCode::Conflict && self.inner.store.account_named(&name).await?.is_none() {
            // Not the name, so the link: somebody else was quicker.
            return Err(Admission::refused());
        }
        Err(crate::admin::name_taken(refusal))
    }

    /// Whether someone may sign up, and by which link.
    async fn admission(&self, code: Option<&str>) -> Result<Option<InviteRow>, Refusal> {
        let code = code.filter(|code| !code.is_empty());
        match (self.settings().sign_up, code) {
            (SignUp::Closed, _) => {
                Err(Refusal::new(ErrorCode::Forbidden, "Accounts are made by this server's administrators."))
            }
            (SignUp::Invite, None) => {
                Err(Refusal::new(ErrorCode::Forbidden, "An account needs an invite link here."))
            }
            (SignUp::Open, None) => Ok(None),
            (SignUp::Invite | SignUp::Open, Some(code)) => {
                let found = self.find_invite(code).await?;
                let fits = found.filter(|row| row.holds(self.now()) && row.sign_up);
                let invite = fits.ok_or_else(Admission::refused)?;
                if !self.stands_for(&invite).await? {
                    return Err(Admission::refused());
                }
                Ok(Some(invite))
            }
        }
    }

    /// Whether the maker of a link may still let people sign up: whoever was suspended must not come back by their own,
    /// and the server's links are its administrators'.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn stands_for(&self, invite: &InviteRow) -> Result<bool, Refusal> {
        let maker = self.inner.store.account(invite.by).await?;
        Ok(maker
            .is_some_and(|maker| maker.disabled_at.is_none() && (invite.session.is_some() || maker.admin)))
    }

    /// The checked password's PHC string.
    pub(crate) async fn checked_hash(&self, new: &NewAccount) -> Result<String, Refusal> {
        let name = names::login_name(&new.name)?;
        self.check_name(&name).await?;
        check_choice(&new.password, &name, self.settings().password_chars_min)?;
        self.inner.passwords.hash(new.password.clone()).await
    }

    /// Refuses a login name that belongs to people whom an embedding application vouches for: one of the form in which
    /// theirs are made, or what it calls one of them. They would be taken for each other (SE1).
    async fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let ending = name.rsplit_once('@').map(|(_, ending)| ending.to_lowercase());
        let theirs = |id: &str| ending.as_ref().is_some_and(|ending| *ending == id.to_lowercase());
        let made_up = self.settings().embedders.iter().any(|embedder| theirs(&embedder.id));
        if made_up || !self.inner.store.accounts_of_any_subject(name).await?.is_empty() {
            return Err(Refusal::new(ErrorCode::Conflict, "That name is taken."));
        }
        Ok(())
    }

    /// What making an account changes.
    pub(crate) fn created(&self, row: &AccountRow, by: &By, details: &Value) -> Step {
        Step {
            people: vec![PersonChange::Account(row.clone())],
            audit: vec![self.line(by, AuditKind::AccountCreated, Some(row.user.to_string()), details)],
            // What a guest of that id has open is to come back with the account's credential: the guest's is void.
            ends: vec![Which::Changed(row.user)],
        }
    }

    /// Changes what a person may change about themselves.
    ///
    /// # Errors
    /// INVALID_DATA, or that the store failed.
    pub async fn set_profile(&self, user: UserId, profile: Profile, by: &By) -> Result<AccountRow, Refusal> {
        let Profile { display_name, color, language } = profile;
        let display_name = display_name.map(|name| names::display_name(&name)).transpose()?;
        if color.as_deref().is_some_and(|color| !color.is_empty() && !is_color(color)) {
            return Err(Refusal::invalid("color", "must be \"1\" to \"8\", or empty"));
        }
        if let Some(language) = &language {
            check_language(language)?;
        }
        let _guard = self.lock(user).await;
        let mut row = self.find(user).await?;
        let before = row.clone();
        row.display_name = display_name.unwrap_or(row.display_name);
        row.color = color.unwrap_or(row.color);
        row.language = language.unwrap_or(row.language);
        if row == before {
            return Ok(row);
        }
        let fields = [
            ("display_name", row.display_name != before.display_name),
            ("color", row.color != before.color),
            ("language", row.language != before.language),
        ];
        let changed: Vec<&str> =
            fields.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect();
        self.carry_out(Step {
            people: vec![PersonChange::Account(row.clone())],
            audit: vec![self.line(
                by,
                AuditKind::AccountChanged,
                Some(user.to_string()),
                &json!({ "fields": changed }),
            )],
            ends: vec![Which::Changed(user)],
        })
        .await?;
        Ok(row)
    }

    /// Sets another password; every other login and every token of the person ends (AU-11).
    ///
    /// # Errors
    /// INVALID_AUTH when `old` is not the password they have, INVALID_DATA for one that can't be chosen.
    pub async fn set_password(
        &self,
        user: UserId,
        (old, new): (Option<String>, String),
        keep: Option<madang_protocol::LoginId>,
        by: &By,
    ) -> Result<(), Refusal> {
        let account = self.find(user).await?;
        if let Some(phc) = &account.password {
            let turn = self.inner.passwords.turn()?;
            let attempt = self.inner.attempts.begin(&format!("\0{user}"), by.address, self.now().0)?;
            let check = self.inner.passwords.check(turn, old.unwrap_or_default(), Some(phc.clone())).await?;
            if check == Check::Wrong {
                let line = self.line(by, AuditKind::PasswordRefused, Some(user.to_string()), &json!(null));
                self.carry_out(Step { audit: vec![line], ..Step::default() }).await?;
                return Err(Refusal::new(ErrorCode::Forbidden, "The old password is not right."));
            }
            self.inner.attempts.succeeded(&attempt);
        }
        check_choice(&new, &account.name, self.settings().password_chars_min)?;
        let phc = self.inner.passwords.hash(new).await?;
        let _guard = self.lock(user).await;
        let mut row = self.find(user).await?;
        if row.password != account.password || row.disabled_at.is_some() {
            return Err(Refusal::new(ErrorCode::Conflict, "The account was changed meanwhile. Try again."));
        }
        row.password = Some(phc);
        let step = self.password_changed(row, keep, by);
        self.carry_out(step).await
    }

    /// What another password changes.
    pub(crate) fn password_changed(
        &self,
        row: AccountRow,
        keep: Option<madang_protocol::LoginId>,
        by: &By,
    ) -> Step {
        let user = row.user;
        let ended = match keep {
            Some(keep) => vec![Which::Logins(user, Some(keep)), Which::Tokens(user)],
            None => vec![Which::Person(user)],
        };
        Step {
            people: vec![
                PersonChange::Account(row),
                PersonChange::EndLogins(user, keep),
                PersonChange::EndTokens(user),
            ],
            audit: vec![self.line(by, AuditKind::AccountPassword, Some(user.to_string()), &json!(null))],
            ends: ended,
        }
    }
}

/// A new account's row.
pub(crate) fn account_row(
    user: UserId,
    new: &NewAccount,
    phc: String,
    now: UnixMs,
) -> Result<AccountRow, Refusal> {
    let name = names::login_name(&new.name)?;
    let shown = if new.display_name.trim().is_empty() { &name } else { &new.display_name };
    check_language(&new.language)?;
    Ok(AccountRow {
        user,
        display_name: names::display_name(shown)?,
        name,
        color: String::new(),
        language: new.language.clone(),
        password: Some(phc),
        admin: false,
        disabled_at: None,
        created_at: now,
    })
}

fn check_language(language: &str) -> Result<(), Refusal> {
    match language {
        "" | "en" | "ko" => Ok(()),
        _ => Err(Refusal::invalid("language", "must be \"en\", \"ko\" or empty")),
    }
}

fn is_color(color: &str) -> bool {
    matches!(color.as_bytes(), [b'1'..=b'8'])
}
