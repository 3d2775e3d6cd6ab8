-- Portable column types alone (TEXT, BIGINT, SMALLINT, BLOB), times as Unix milliseconds: the PostgreSQL folder has the same columns.
-- A record's checksum covers every other column of it: SQLite itself does not notice a flipped bit in a text.

CREATE TABLE sessions (
    session TEXT NOT NULL PRIMARY KEY,
    epoch TEXT NOT NULL,
    title TEXT NOT NULL,
    title_folded TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_activity BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    participant_count BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    "user" TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    guest SMALLINT NOT NULL,
    created_at BIGINT NOT NULL,
    default_session TEXT
) WITHOUT ROWID;

CREATE TABLE members (
    session TEXT NOT NULL REFERENCES sessions (session),
    "user" TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (session, "user")
) WITHOUT ROWID;

-- With the role in it, a person's list needs no look into the table itself.
CREATE INDEX members_of_user ON members ("user", session, role);

CREATE TABLE log (
    session TEXT NOT NULL REFERENCES sessions (session),
    stream BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (session, stream, position)
) WITHOUT ROWID;

CREATE TABLE snapshots (
    session TEXT NOT NULL REFERENCES sessions (session),
    stream BIGINT NOT NULL,
    position BIGINT NOT NULL,
    data TEXT NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (session, stream)
);

CREATE TABLE commands (
    "user" TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB NOT NULL,
    session TEXT NOT NULL REFERENCES sessions (session),
    position BIGINT,
    answer TEXT NOT NULL,
    PRIMARY KEY ("user", id)
) WITHOUT ROWID;

-- One line at n = -1 says that a reply began, the others hold what came since.
CREATE TABLE journal (
    message TEXT NOT NULL,
    n BIGINT NOT NULL,
    session TEXT NOT NULL REFERENCES sessions (session),
    turn TEXT,
    pieces TEXT NOT NULL,
    PRIMARY KEY (message, n)
) WITHOUT ROWID;

CREATE TABLE ledger (
    at BIGINT NOT NULL,
    session TEXT NOT NULL,
    turn TEXT NOT NULL,
    "user" TEXT NOT NULL,
    model TEXT NOT NULL,
    request_id TEXT,
    upstream_id TEXT,
    usage TEXT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_micro_usd BIGINT,
    price_table TEXT NOT NULL,
    estimated SMALLINT NOT NULL,
    outcome TEXT NOT NULL
);

CREATE INDEX ledger_of_user ON ledger ("user", at);
CREATE INDEX ledger_of_session ON ledger (session, at);

-- Written once after a failed commit, so that its half-written frames can never come back (see `writer`).
CREATE TABLE pulse (n BIGINT NOT NULL);
INSERT INTO pulse (n) VALUES (0);
