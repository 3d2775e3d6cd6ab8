//! The audit log against somebody who can write to its file.

use std::path::Path;

use madang_store::{Append, AuditVerdict, People as _, Settings, SqliteStore};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, query, raw_sql};

use crate::sqlite::stranger;
use crate::support::commit;
use crate::support::people::audit;

/// Lines in each log.
const LINES: u64 = 9;
/// The line that is tampered with: it has a session and an address, and no target.
const LINE: u64 = 4;

async fn filled(dir: &Path) -> SqliteStore {
    let store = SqliteStore::open(dir, Settings::default()).await.unwrap();
    for n in 1..=LINES {
        commit(&store, Append { audit: vec![audit(n)], ..Append::default() }).await.unwrap();
    }
    store
}

/// Lets someone with the file do as they like, who knows how to take the triggers away.
async fn tampered(how: &str) -> (SqliteStore, AuditVerdict, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let mut stranger = stranger(dir.path()).await;
    free(&mut stranger).await;
    let changed = query(AssertSqlSafe(how.to_owned())).execute(&mut stranger).await.unwrap();
    assert!(changed.rows_affected() > 0, "{how}");
    let verdict = store.verify_audit().await.unwrap();
    (store, verdict, dir)
}

async fn free(stranger: &mut SqliteConnection) {
    let triggers = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; \
        DROP TRIGGER audit_is_not_replaced";
    raw_sql(triggers).execute(stranger).await.unwrap();
}

#[tokio::test]
async fn the_audit_log_refuses_changes_even_from_its_own_program() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let whole = store.verify_audit().await.unwrap();
    let mut stranger = stranger(dir.path()).await;
    for how in [
        "UPDATE audit SET kind = 'login.ok'",
        "UPDATE audit SET hash = hash WHERE position = 9",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE position = 9",
        "REPLACE INTO audit SELECT * FROM audit WHERE position = 4",
        "INSERT OR IGNORE INTO audit SELECT 0, at, actor, kind, session, target, details, address, hash FROM audit",
    ] {
        let answer = query(how).execute(&mut stranger).await;
        let error = answer.expect_err(how).to_string();
        assert!(error.contains("append-only"), "{how}: {error}");
    }
    assert_eq!(store.verify_audit().await.unwrap(), whole);
}

#[tokio::test]
async fn a_change_of_any_column_is_noticed() {
    for change in [
        "at = at + 1",
        "at = 'soon'",
        "actor = 'server'",
        "actor = ''",
        "kind = 'role.changeD'",
        "kind = x'00'",
        "session = NULL",
        "session = ''",
        "target = ''",
        "target = 'usr_0'",
        "details = details || ' '",
        "address = NULL",
        "address = address || char(0)",
        // Moved over the border between two columns.
        "kind = substr(kind, 1, 4), target = substr(kind, 5)",
        "hash = zeroblob(32)",
        "hash = 'none'",
    ] {
        let (_store, verdict, _dir) =
            tampered(&format!("UPDATE audit SET {change} WHERE position = {LINE}")).await;
        assert_eq!(verdict, AuditVerdict::Broken { position: LINE }, "{change}");
    }
}

#[tokio::test]
async fn missing_moved_and_added_lines_are_noticed() {
    for (how, position) in [
        ("DELETE FROM audit WHERE position = 4", 4),
        ("DELETE FROM audit WHERE position = 1", 1),
        ("UPDATE audit SET position = position + 1 WHERE position = 9", 9),
        ("UPDATE audit SET position = -position WHERE position = 1", 1),
        // Two lines change places, with and without their hashes.
        ("UPDATE audit SET position = CASE position WHEN 4 THEN 104 ELSE 4 END WHERE position IN (4, 5)", 4),
        (
            "UPDATE audit SET details = CASE position WHEN 4 THEN '{\"role\":\"viewer\",\"n\":5}' \
            ELSE '{\"role\":\"viewer\",\"n\":4}' END WHERE position IN (4, 5)",
            4,
        ),
        (
            "INSERT INTO audit SELECT 10, at, actor, kind, session, target, details, address, hash FROM audit \
            WHERE position = 9",
            10,
        ),
    ] {
        let (_store, verdict, _dir) = tampered(how).await;
        assert_eq!(verdict, AuditVerdict::Broken { position }, "{how}");
    }
}

#[tokio::test]
async fn lines_cut_off_the_end_are_noticed_by_those_who_kept_the_head() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let kept = store.verify_audit().await.unwrap();
    let mut stranger = stranger(dir.path()).await;
    free(&mut stranger).await;
    query("DELETE FROM audit WHERE position > 6").execute(&mut stranger).await.unwrap();
    let found = store.verify_audit().await.unwrap();
    assert!(matches!(found, AuditVerdict::Whole { lines: 6, .. }), "no chain can tell: {found:?}");
    assert_ne!(found, kept);
}

#[tokio::test]
async fn the_chain_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store.close().await.unwrap();
    let store = filled(dir.path()).await;
    let verdict = store.verify_audit().await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Whole { lines, .. } if lines == 2 * LINES), "{verdict:?}");
}
