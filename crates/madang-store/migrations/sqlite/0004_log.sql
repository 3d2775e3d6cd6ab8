-- The log as a table with rows in the order of writing, and an index of places. As one tree by place, every commit
-- rewrote a page, and often two more, for each session that wrote: half of all that went to the disk.

ALTER TABLE log RENAME TO log_by_place;

CREATE TABLE log (
    session TEXT NOT NULL REFERENCES sessions (session),
    stream BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    checksum BIGINT NOT NULL
);

INSERT INTO log (session, stream, position, at, actor, kind, data, checksum)
    SELECT session, stream, position, at, actor, kind, data, checksum FROM log_by_place
    ORDER BY session, stream, position;

DROP TABLE log_by_place;

CREATE UNIQUE INDEX log_places ON log (session, stream, position);
