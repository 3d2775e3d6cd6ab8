//! The contract on SQLite, and what is SQLite's own.

use std::sync::Arc;

use madang_store::{Settings, SqliteStore};
use tempfile::TempDir;

mod contract {
    crate::contract::contract_tests!(super::empty);
}

/// An empty store and its directory.
async fn empty() -> (Arc<SqliteStore>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), Settings::default()).await.unwrap();
    (Arc::new(store), dir)
}
