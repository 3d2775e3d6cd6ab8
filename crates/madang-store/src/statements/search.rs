//! The statements of the full-text search; those on `search_words` are FTS5's.

use super::{Bulk, bulk};

bulk! {
    /// What is stored of messages (0), which ids are taken (1), and how many texts wait (2).
    TEXTS_STORED = "WITH wanted (session, message, id) AS (VALUES", 3,
        ") SELECT 0, t.id, t.message, t.session, t.text, (SELECT COUNT(*) FROM search_pending p WHERE p.id = t.id) \
        FROM wanted w JOIN search t ON t.message = w.message AND t.session = w.session \
        UNION ALL SELECT 1, t.id, '', '', '', 0 FROM wanted w JOIN search t ON t.id = w.id \
        UNION ALL SELECT 2, COUNT(*), '', '', '', 0 FROM search_pending";
    /// New and changed texts.
    TEXTS = "INSERT INTO search (id, message, session, author, author_name, at, text) VALUES", 7,
        " ON CONFLICT (id) DO UPDATE SET author = excluded.author, author_name = excluded.author_name, \
        at = excluded.at, text = excluded.text";
    /// Texts that go.
    TEXTS_GONE = "DELETE FROM search WHERE id IN (VALUES", 1, ")";
    /// Texts that wait to be indexed.
    PENDING = "INSERT INTO search_pending (id) VALUES", 1, " ON CONFLICT (id) DO NOTHING";
    /// Texts that don't wait any more.
    PENDING_GONE = "DELETE FROM search_pending WHERE id IN (VALUES", 1, ")";
    /// Words of texts.
    WORDS = "INSERT INTO search_words (rowid, words, session) VALUES", 3, "";
    /// Words of texts as they were; FTS5 takes them out of the index.
    WORDS_GONE = "INSERT INTO search_words (search_words, rowid, words, session) VALUES", 4, "";
}

/// Whether an id is taken.
pub(crate) const TEXT_ID: &str = "SELECT 1 FROM search WHERE id = $1";

/// The sessions in which a person's search looks, so many at most.
pub(crate) const SESSIONS_SEARCHED: &str = "SELECT m.session FROM members m \
    JOIN sessions s ON s.session = m.session WHERE m.\"user\" = $1 AND s.status <> 'deleted' LIMIT $2";

/// All texts that wait to be indexed.
pub(crate) const WAITING: &str =
    "SELECT t.id, t.session, t.text FROM search_pending p CROSS JOIN search t ON t.id = p.id ORDER BY t.id";

/// They have been indexed.
pub(crate) const WAITED: &str = "DELETE FROM search_pending";

/// Texts that wait to be indexed, of a person's sessions or one of them, before an id. The few that wait come first,
/// whatever the database believes.
pub(crate) const FIND_WAITING: &str = "SELECT t.id, t.session, s.title, t.message, t.author, t.author_name, t.at, \
    t.text FROM search_pending p CROSS JOIN search t ON t.id = p.id \
    CROSS JOIN members m ON m.session = t.session AND m.\"user\" = $1 \
    CROSS JOIN sessions s ON s.session = t.session AND s.status <> 'deleted' \
    WHERE t.id < $2 AND $3 IN ('', t.session)";

/// Hits before an id, newest first. The order of the joins is the fast one: the index gives hits as they are shown.
pub(crate) const FIND: &str = "SELECT t.id, t.session, s.title, t.message, t.author, t.author_name, t.at, t.text \
    FROM search_words w CROSS JOIN search t ON t.id = w.rowid \
    CROSS JOIN members m ON m.session = t.session AND m.\"user\" = $2 \
    CROSS JOIN sessions s ON s.session = t.session AND s.status <> 'deleted' \
    WHERE w.search_words MATCH $1 AND w.rowid < $3 ORDER BY w.rowid DESC LIMIT $4";
