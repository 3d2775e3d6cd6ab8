-- A snapshot in parts: the head (part 0) and the transcript in pieces (1 and on), of which only those are written anew that
-- changed. What was written as one text goes: the log says the same.

DROP TABLE snapshots;

CREATE TABLE snapshots (
    session TEXT NOT NULL REFERENCES sessions (session),
    stream BIGINT NOT NULL,
    part BIGINT NOT NULL,
    position BIGINT NOT NULL,
    data TEXT NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (session, stream, part)
);
