-- People, what lets them in, what they read, spent and said, and the audit log.
-- Portable column types alone (TEXT, BIGINT, SMALLINT, BLOB), times as Unix milliseconds. Secrets are stored as hashes.

-- `name_folded` is NFKC in lower case, made by the program: names that differ in case or width alone are one name.
CREATE TABLE accounts (
    "user" TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    display_folded TEXT NOT NULL,
    color TEXT NOT NULL,
    language TEXT NOT NULL,
    password TEXT,
    admin SMALLINT NOT NULL,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- What a person's version-1 clients joined last: they don't join again when they reconnect (CN8).
ALTER TABLE users ADD COLUMN joined_session TEXT;

CREATE TABLE subjects (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    "user" TEXT NOT NULL REFERENCES accounts ("user"),
    PRIMARY KEY (subject, issuer)
) WITHOUT ROWID;

-- Guests have logins and no account.
CREATE TABLE logins (
    login TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    "user" TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX logins_of_user ON logins ("user", created_at);

CREATE TABLE tokens (
    token TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    "user" TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
) WITHOUT ROWID;

CREATE INDEX tokens_of_user ON tokens ("user", created_at);

-- `session` is empty for a link that only lets people sign up. It refers to no row, because an invite is written before
-- the other rows of its group.
CREATE TABLE invites (
    invite TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    session TEXT NOT NULL,
    role TEXT NOT NULL,
    sign_up SMALLINT NOT NULL,
    by_user TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    uses_left BIGINT NOT NULL,
    revoked_at BIGINT
) WITHOUT ROWID;

CREATE INDEX invites_of_session ON invites (session, created_at);

-- Who was asked in by name and has not come: what they are told when they connect. The log has the invitation itself.
CREATE TABLE invitations (
    "user" TEXT NOT NULL,
    session TEXT NOT NULL,
    told TEXT NOT NULL,
    PRIMARY KEY ("user", session)
) WITHOUT ROWID;

-- `purse` is a person's id, or `server`.
CREATE TABLE budgets (
    purse TEXT NOT NULL PRIMARY KEY,
    tokens BIGINT,
    micro_usd BIGINT,
    period TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE reads (
    session TEXT NOT NULL REFERENCES sessions (session),
    "user" TEXT NOT NULL,
    message TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (session, "user")
) WITHOUT ROWID;

-- `id` is the time in milliseconds with room behind it for others of that time: newest first is largest first.
CREATE TABLE search (
    id BIGINT NOT NULL PRIMARY KEY,
    message TEXT NOT NULL,
    session TEXT NOT NULL REFERENCES sessions (session),
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (message, session)
) WITHOUT ROWID;

-- Texts whose words are not in the index yet: it takes many at once far better than one by one.
CREATE TABLE search_pending (id BIGINT NOT NULL PRIMARY KEY) WITHOUT ROWID;

-- The words of `search.text` as `search::words` makes them, separated by spaces, and the session's id as one word more. Only
-- the index is kept: who changes how words are made has to fill it anew. (PostgreSQL: two tsvector columns of `search`.)
CREATE VIRTUAL TABLE search_words USING fts5 (
    words, session, tokenize = 'ascii', content = '', columnsize = 0
);
INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1);

-- `hash` is BLAKE3 over the line before and this one's columns: see `chain`.
CREATE TABLE audit (
    position BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    session TEXT,
    target TEXT,
    details TEXT NOT NULL,
    address TEXT,
    hash BLOB NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN NEW.position <= (SELECT COALESCE(MAX(position), 0) FROM audit)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- What was spent is summed up before every request: from these indexes alone.
DROP INDEX ledger_of_user;
DROP INDEX ledger_of_session;
CREATE INDEX ledger_of_user ON ledger ("user", at, input_tokens, output_tokens, cost_micro_usd);
CREATE INDEX ledger_of_session ON ledger (session, at, input_tokens, output_tokens, cost_micro_usd);
CREATE INDEX ledger_of_all ON ledger (at, input_tokens, output_tokens, cost_micro_usd);
