//! The statements about people, what they spent and what happened.

/// A new or changed account.
pub(crate) const ACCOUNT_PUT: &str = "INSERT INTO accounts (\"user\", name, name_folded, display_name, \
    display_folded, color, language, password, admin, disabled_at, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (\"user\") DO UPDATE SET \
    name = excluded.name, name_folded = excluded.name_folded, display_name = excluded.display_name, \
    display_folded = excluded.display_folded, color = excluded.color, language = excluded.language, \
    password = excluded.password, admin = excluded.admin, disabled_at = excluded.disabled_at";

/// An outside identity; changes no row when another account has it.
pub(crate) const SUBJECT_PUT: &str = "INSERT INTO subjects (issuer, subject, \"user\") VALUES ($1, $2, $3) \
    ON CONFLICT (subject, issuer) DO UPDATE SET \"user\" = excluded.\"user\" \
    WHERE subjects.\"user\" = excluded.\"user\"";

/// An outside identity goes.
pub(crate) const SUBJECT_END: &str =
    "DELETE FROM subjects WHERE subject = $1 AND issuer = $2 AND \"user\" = $3";

/// A new login.
pub(crate) const LOGIN_NEW: &str = "INSERT INTO logins (login, hash, \"user\", created_at, seen_at, expires_at, \
    agent, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// A login is seen, if it has not ended.
pub(crate) const LOGIN_SEEN: &str = "UPDATE logins SET seen_at = $2, agent = $3, address = $4 \
    WHERE login = $1 AND seen_at <= $2";

/// A login ends.
pub(crate) const LOGIN_END: &str = "DELETE FROM logins WHERE login = $1";

/// All logins of a person end, but one.
pub(crate) const LOGINS_END: &str = "DELETE FROM logins WHERE \"user\" = $1 AND login <> $2";

/// A new token.
pub(crate) const TOKEN_NEW: &str = "INSERT INTO tokens (token, hash, \"user\", name, scope, created_at, expires_at, \
    used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)";

/// A token is used, if it has not ended.
pub(crate) const TOKEN_USED: &str =
    "UPDATE tokens SET used_at = $2 WHERE token = $1 AND (used_at IS NULL OR used_at <= $2)";

/// A token ends.
pub(crate) const TOKEN_END: &str = "DELETE FROM tokens WHERE token = $1";

/// All tokens of a person end.
pub(crate) const TOKENS_END: &str = "DELETE FROM tokens WHERE \"user\" = $1";

/// A new invite link.
pub(crate) const INVITE_NEW: &str = "INSERT INTO invites (invite, hash, session, role, sign_up, by_user, created_at, \
    expires_at, uses_left, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// An invite link is used once; changes no row when it does not hold.
pub(crate) const INVITE_USE: &str = "UPDATE invites SET uses_left = uses_left - 1 \
    WHERE invite = $1 AND uses_left > 0 AND revoked_at IS NULL AND expires_at > $2";

/// An account is made by an invite link; changes no row when it has made its share, or does not hold.
pub(crate) const INVITE_SIGN_UP: &str = "UPDATE invites SET sign_ups_left = COALESCE(sign_ups_left, uses_left) - 1 \
    WHERE invite = $1 AND COALESCE(sign_ups_left, uses_left) > 0 AND uses_left > 0 AND revoked_at IS NULL \
    AND expires_at > $2";

/// An invite link ends.
pub(crate) const INVITE_REVOKE: &str =
    "UPDATE invites SET revoked_at = $2 WHERE invite = $1 AND revoked_at IS NULL";

/// An invite link goes.
pub(crate) const INVITE_GONE: &str = "DELETE FROM invites WHERE invite = $1";

/// Logins that ran out, or were not used for too long.
pub(crate) const LOGINS_STALE: &str =
    "SELECT login FROM logins WHERE expires_at <= $1 OR seen_at <= $2 LIMIT $3";

/// Tokens that ran out some time ago.
pub(crate) const TOKENS_STALE: &str = "SELECT token FROM tokens WHERE expires_at <= $1 LIMIT $2";

/// Links onto the server that let nobody in for some time, and those of deleted sessions.
pub(crate) const INVITES_STALE: &str = "SELECT i.invite FROM invites i WHERE (i.session = '' AND (i.expires_at <= $1 \
    OR i.revoked_at <= $1 OR (i.uses_left = 0 AND i.created_at <= $1))) OR i.session IN \
    (SELECT s.session FROM sessions s WHERE s.status = 'deleted') LIMIT $2";

/// People with a budget after a purse, with their names; ids of people begin alike, and the server's purse does not.
pub(crate) const BUDGETS: &str = "SELECT b.tokens, b.micro_usd, b.period, b.purse, a.name, \
    COALESCE(a.display_name, u.display_name, '') FROM budgets b LEFT JOIN accounts a ON a.\"user\" = b.purse \
    LEFT JOIN users u ON u.\"user\" = b.purse WHERE b.purse > $1 AND b.purse <> 'server' ORDER BY b.purse LIMIT $2";

/// A new or changed budget.
pub(crate) const BUDGET_PUT: &str = "INSERT INTO budgets (purse, tokens, micro_usd, period) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (purse) DO UPDATE SET tokens = excluded.tokens, micro_usd = excluded.micro_usd, \
    period = excluded.period";

/// Someone is asked in, or anew.
pub(crate) const INVITATION_PUT: &str = "INSERT INTO invitations (\"user\", session, told) VALUES ($1, $2, $3) \
    ON CONFLICT (\"user\", session) DO UPDATE SET told = excluded.told";

/// Someone came, or is asked in no longer.
pub(crate) const INVITATION_GONE: &str = "DELETE FROM invitations WHERE \"user\" = $1 AND session = $2";

/// What someone is to be told; ids of sessions grow with time.
pub(crate) const INVITATIONS_OF: &str =
    "SELECT told FROM invitations WHERE \"user\" = $1 ORDER BY session DESC LIMIT 100";

/// A budget goes.
pub(crate) const BUDGET_GONE: &str = "DELETE FROM budgets WHERE purse = $1";

macro_rules! accounts {
    ($($rest:literal)*) => {
        concat!(
            "SELECT a.\"user\", a.name, a.display_name, a.color, a.language, a.password, a.admin, a.disabled_at, \
            a.created_at FROM accounts a ",
            $($rest),*
        )
    };
}

/// An account.
pub(crate) const ACCOUNT: &str = accounts!("WHERE a.\"user\" = $1");

/// The accounts of people, whose ids are a JSON array.
pub(crate) const ACCOUNTS_BY_ID: &str = accounts!("WHERE a.\"user\" IN (SELECT value FROM json_each($1))");

/// The account of a folded name.
pub(crate) const ACCOUNT_NAMED: &str = accounts!("WHERE a.name_folded = $1");

/// The account of an outside identity.
pub(crate) const ACCOUNT_OF_SUBJECT: &str =
    accounts!("JOIN subjects s ON s.\"user\" = a.\"user\" WHERE s.subject = $1 AND s.issuer = $2");

/// The outside identities of an account.
pub(crate) const SUBJECTS_OF: &str =
    "SELECT s.issuer, s.subject FROM subjects s WHERE s.\"user\" = $1 ORDER BY s.issuer, s.subject LIMIT $2";

/// The accounts of a subject, two at most.
pub(crate) const ACCOUNTS_OF_ANY_SUBJECT: &str = accounts!(
    "WHERE a.\"user\" IN (SELECT s.\"user\" FROM subjects s WHERE s.subject = $1) ORDER BY a.\"user\" LIMIT 2"
);

/// A page of accounts after a folded name; `!` escapes.
pub(crate) const ACCOUNTS: &str = accounts!(
    "WHERE a.name_folded > $1 AND (a.name_folded LIKE $2 ESCAPE '!' OR a.display_folded LIKE $2 ESCAPE '!') \
    ORDER BY a.name_folded LIMIT $3"
);

/// One account in force that administers.
pub(crate) const ADMIN: &str = "SELECT 1 FROM accounts WHERE admin <> 0 AND disabled_at IS NULL LIMIT 1";

/// A login by its hash.
pub(crate) const LOGIN: &str = "SELECT login, hash, \"user\", created_at, seen_at, expires_at, agent, address FROM logins WHERE hash = $1";

/// Logins whose ids are a JSON array.
pub(crate) const LOGINS_BY_ID: &str = "SELECT login, hash, \"user\", created_at, seen_at, expires_at, agent, address \
    FROM logins WHERE login IN (SELECT value FROM json_each($1))";

/// A person's logins.
pub(crate) const LOGINS_OF: &str = "SELECT login, hash, \"user\", created_at, seen_at, expires_at, agent, address \
    FROM logins WHERE \"user\" = $1 ORDER BY created_at DESC, login DESC";

/// A token by its hash.
pub(crate) const TOKEN: &str = "SELECT token, hash, \"user\", name, scope, created_at, expires_at, used_at \
    FROM tokens WHERE hash = $1";

/// Tokens whose ids are a JSON array.
pub(crate) const TOKENS_BY_ID: &str = "SELECT token, hash, \"user\", name, scope, created_at, expires_at, used_at \
    FROM tokens WHERE token IN (SELECT value FROM json_each($1))";

/// A person's tokens.
pub(crate) const TOKENS_OF: &str = "SELECT token, hash, \"user\", name, scope, created_at, expires_at, used_at \
    FROM tokens WHERE \"user\" = $1 ORDER BY created_at DESC, token DESC";

/// An invite link by its hash.
pub(crate) const INVITE: &str = "SELECT invite, hash, session, role, sign_up, by_user, created_at, expires_at, \
    uses_left, revoked_at FROM invites WHERE hash = $1";

/// The newest invite links of a session.
pub(crate) const INVITES_OF: &str = "SELECT invite, hash, session, role, sign_up, by_user, created_at, expires_at, \
    uses_left, revoked_at FROM invites WHERE session = $1 ORDER BY created_at DESC, invite DESC LIMIT 200";

/// A budget.
pub(crate) const BUDGET: &str = "SELECT tokens, micro_usd, period FROM budgets WHERE purse = $1";

/// How far people have read in a session.
pub(crate) const READS_OF: &str =
    "SELECT r.\"user\", r.message, r.count FROM reads r WHERE r.session = $1 ORDER BY r.\"user\"";

/// The audit log's last line.
pub(crate) const AUDIT_HEAD: &str = "SELECT position, hash FROM audit ORDER BY position DESC LIMIT 1";

/// Lines of the audit log before a position, newest first.
pub(crate) const AUDIT_BEFORE: &str = "SELECT position, at, actor, kind, session, target, details, address, hash \
    FROM audit WHERE position < $1 ORDER BY position DESC LIMIT $2";

/// Lines of the audit log after a position.
pub(crate) const AUDIT_AFTER: &str = "SELECT position, at, actor, kind, session, target, details, address, hash \
    FROM audit WHERE position > $1 ORDER BY position LIMIT $2";

/// Whom unread messages of a session concern.
pub(crate) const MENTIONS_OF: &str =
    "SELECT n.\"user\", n.unread FROM mentions n WHERE n.session = $1 AND n.unread > 0 ORDER BY n.\"user\"";
