-- Up to which position the database has the groups of the redo log, and the key of the log's checksums. One row.

CREATE TABLE redo (key BLOB NOT NULL, position BIGINT NOT NULL);
INSERT INTO redo (key, position) VALUES (randomblob(32), 0);
