//! Every statement the store runs after start, in words that SQLite and PostgreSQL both know.
//!
//! Placeholders are `$n`, in statements over many rows `?`. Rows are written many at a time: on the way to a database on the
//! network each statement costs a round trip, and to SQLite its own beginning and end.

pub(crate) mod people;
pub(crate) mod search;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Rows in one statement, largest first: few sizes, so that few statements are prepared.
const ROWS: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// A statement for any number of rows.
pub(crate) struct Bulk {
    texts: [(usize, SqlStr); ROWS.len()],
}

impl Bulk {
    fn new(head: &str, columns: usize, tail: &str) -> Self {
        let text = |rows: usize| {
            // Without numbers: SQLite would look each of them up by going through all.
            let row = format!("({})", vec!["?"; columns].join(", "));
            AssertSqlSafe(format!("{head} {}{tail}", vec![row; rows].join(", "))).into_sql_str()
        };
        // A clone makes the text shared, so that later clones are cheap.
        Self { texts: ROWS.map(|rows| (rows, text(rows).clone())) }
    }

    /// The statement that takes the most of `rows` (at least 1), and how many it takes.
    pub(crate) fn taking(&self, rows: usize) -> (usize, SqlStr) {
        let fits = self.texts.iter().find(|(size, _)| *size <= rows);
        let (size, text) = fits.unwrap_or(&self.texts[ROWS.len() - 1]);
        (*size, text.clone())
    }
}

macro_rules! bulk {
    ($($(#[$doc:meta])* $name:ident = $head:literal, $columns:literal, $tail:literal;)*) => {
        $($(#[$doc])* pub(crate) static $name: std::sync::LazyLock<Bulk> =
            std::sync::LazyLock::new(|| Bulk::new($head, $columns, $tail));)*
    };
}
use bulk;

bulk! {
    /// New records.
    LOG = "INSERT INTO log (session, stream, position, at, actor, kind, data, checksum) VALUES", 8, "";
    /// Commands carried out.
    COMMANDS = "INSERT INTO commands (\"user\", id, digest, session, position, answer) VALUES", 6, "";
    /// Lines of the list.
    SESSIONS = "INSERT INTO sessions (session, epoch, title, title_folded, status, created_at, last_activity, \
        message_count, participant_count) VALUES", 9,
        " ON CONFLICT (session) DO UPDATE SET epoch = excluded.epoch, title = excluded.title, \
        title_folded = excluded.title_folded, status = excluded.status, created_at = excluded.created_at, \
        last_activity = excluded.last_activity, message_count = excluded.message_count, \
        participant_count = excluded.participant_count";
    /// Memberships given.
    MEMBERS = "INSERT INTO members (session, \"user\", role) VALUES", 3,
        " ON CONFLICT (session, \"user\") DO UPDATE SET role = excluded.role";
    /// Memberships taken.
    MEMBERS_GONE = "DELETE FROM members WHERE (session, \"user\") IN (VALUES", 2, ")";
    /// People.
    USERS = "INSERT INTO users (\"user\", display_name, guest, created_at, default_session, joined_session) VALUES", 6,
        " ON CONFLICT (\"user\") DO UPDATE SET display_name = excluded.display_name, guest = excluded.guest, \
        created_at = excluded.created_at, default_session = excluded.default_session, \
        joined_session = excluded.joined_session";
    /// Journal lines of running replies.
    JOURNAL = "INSERT INTO journal (message, n, session, turn, pieces) VALUES", 5,
        " ON CONFLICT (message, n) DO UPDATE SET session = excluded.session, turn = excluded.turn, \
        pieces = excluded.pieces";
    /// Replies whose journal goes.
    JOURNAL_GONE = "DELETE FROM journal WHERE message IN (VALUES", 1, ")";
    /// Upstream requests.
    LEDGER = "INSERT INTO ledger (at, session, turn, \"user\", model, request_id, upstream_id, usage, input_tokens, \
        output_tokens, cost_micro_usd, price_table, estimated, outcome) VALUES", 14, "";
    /// Parts of compacted states; an older one never replaces a newer one.
    SNAPSHOTS = "INSERT INTO snapshots (session, stream, part, position, data, checksum) VALUES", 6,
        " ON CONFLICT (session, stream, part) DO UPDATE SET position = excluded.position, data = excluded.data, \
        checksum = excluded.checksum WHERE excluded.position >= snapshots.position";
    /// Read marks.
    READS = "INSERT INTO reads (session, \"user\", message, count) VALUES", 4,
        " ON CONFLICT (session, \"user\") DO UPDATE SET message = excluded.message, count = excluded.count";
    /// What concerns people and is unread.
    MENTIONS = "INSERT INTO mentions (session, \"user\", unread) VALUES", 3,
        " ON CONFLICT (session, \"user\") DO UPDATE SET unread = excluded.unread";
    /// Lines of the audit log.
    AUDIT = "INSERT INTO audit (position, at, actor, kind, session, target, details, address, hash) VALUES", 9, "";
    /// Those of the commands named that were carried out.
    COMMANDS_CARRIED_OUT = "WITH wanted (who, id) AS (VALUES", 2,
        ") SELECT c.\"user\", c.id, c.digest, c.session, c.position, c.answer FROM wanted w \
        CROSS JOIN commands c ON c.\"user\" = w.who AND c.id = w.id";
    /// The last position of each of the streams named.
    HEADS = "WITH wanted (session, stream) AS (VALUES", 2,
        ") SELECT w.session, w.stream, (SELECT MAX(l.position) FROM log l WHERE l.session = w.session \
        AND l.stream = w.stream) FROM wanted w";
}

/// A session's line.
pub(crate) const SESSION: &str = "SELECT s.session, s.epoch, s.title, s.status, s.created_at, s.last_activity, \
    s.message_count, s.participant_count FROM sessions s WHERE s.session = $1";

/// A session's members.
pub(crate) const MEMBERS_OF: &str =
    "SELECT m.\"user\", m.role FROM members m WHERE m.session = $1 ORDER BY m.\"user\"";

/// Keys of commands in their order, after one.
pub(crate) const COMMANDS_AFTER: &str =
    "SELECT \"user\", id FROM commands WHERE (\"user\", id) > ($1, $2) ORDER BY \"user\", id LIMIT $3";

/// One part of a stream's snapshot.
pub(crate) const SNAPSHOT_PART: &str =
    "SELECT part, position, data, checksum FROM snapshots WHERE session = $1 AND stream = $2 AND part = $3";
/// A stream's snapshot, part by part.
pub(crate) const SNAPSHOT: &str =
    "SELECT part, position, data, checksum FROM snapshots WHERE session = $1 AND stream = $2 ORDER BY part";

/// A stretch of a stream.
pub(crate) const READ: &str = "SELECT position, at, actor, kind, data, checksum FROM log \
    WHERE session = $1 AND stream = $2 AND position > $3 ORDER BY position LIMIT $4";

/// What a session's record says beside its data.
pub(crate) const RECORD: &str = "SELECT position, at, actor, kind, data, checksum FROM log \
    WHERE session = $1 AND stream = $2 AND position = $3";

/// A record says something else from now on.
pub(crate) const REDACT: &str =
    "UPDATE log SET data = $4, checksum = $5 WHERE session = $1 AND stream = $2 AND position = $3";

/// A page of a person's sessions, before a point in the list; `!` escapes. Marks are looked up for the page alone.
pub(crate) const SESSIONS_OF: &str = "SELECT p.*, COALESCE(r.count, 0), COALESCE(n.unread, 0) FROM (\
    SELECT s.session, s.epoch, s.title, s.status, s.created_at, s.last_activity, s.message_count, \
    s.participant_count, m.role, m.\"user\" FROM members m JOIN sessions s ON s.session = m.session \
    WHERE m.\"user\" = $1 AND s.status <> 'deleted' AND (s.last_activity, s.session) < ($2, $3) \
    AND s.title_folded LIKE $4 ESCAPE '!' ORDER BY s.last_activity DESC, s.session DESC LIMIT $5) p \
    LEFT JOIN reads r ON r.session = p.session AND r.\"user\" = p.\"user\" \
    LEFT JOIN mentions n ON n.session = p.session AND n.\"user\" = p.\"user\" \
    ORDER BY p.last_activity DESC, p.session DESC";

/// A page of all sessions, as above.
pub(crate) const SESSIONS_OF_ALL: &str = "SELECT s.session, s.epoch, s.title, s.status, s.created_at, \
    s.last_activity, s.message_count, s.participant_count FROM sessions s \
    WHERE s.status <> 'deleted' AND (s.last_activity, s.session) < ($1, $2) \
    AND s.title_folded LIKE $3 ESCAPE '!' ORDER BY s.last_activity DESC, s.session DESC LIMIT $4";

/// A person.
pub(crate) const USER: &str =
    "SELECT display_name, guest, created_at, default_session, joined_session FROM users WHERE \"user\" = $1";

/// All journal lines, reply by reply.
pub(crate) const JOURNALED: &str =
    "SELECT message, n, session, turn, pieces FROM journal ORDER BY message, n";

/// Pieces whose reply ended before they came.
pub(crate) const JOURNAL_ORPHANS: &str =
    "DELETE FROM journal WHERE message NOT IN (SELECT message FROM journal WHERE n = -1)";

/// What the redo log's files are checked with, and up to which group the database has them.
pub(crate) const REDO: &str = "SELECT key, position FROM redo";

/// The database has the groups up to here.
pub(crate) const REDO_POSITION: &str = "UPDATE redo SET position = $1";

/// A write for its own sake.
pub(crate) const PULSE: &str = "UPDATE pulse SET n = n + 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulk_statement_takes_as_many_rows_as_it_can() {
        let (rows, text) = MEMBERS_GONE.taking(3);
        assert_eq!(rows, 2);
        assert_eq!(text.as_str(), "DELETE FROM members WHERE (session, \"user\") IN (VALUES (?, ?), (?, ?))");
        assert_eq!([1, 2, 3, 4, 15, 16, 1000].map(|n| MEMBERS.taking(n).0), [1, 2, 2, 4, 8, 16, 64]);
    }
}
