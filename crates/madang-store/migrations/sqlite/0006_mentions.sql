-- How many unread messages concern a person: kept beside the marks, as who was never there has no mark. Who has none has
-- no line until they had one.

CREATE TABLE mentions (
    session TEXT NOT NULL REFERENCES sessions (session),
    "user" TEXT NOT NULL,
    unread BIGINT NOT NULL,
    PRIMARY KEY (session, "user")
) WITHOUT ROWID;

-- What people are shown of their own identities.
CREATE INDEX subjects_users ON subjects ("user");
