//! The audit log, read and checked.

use axum::Json;
use axum::extract::Query;
use madang_protocol::{Actor, SessionId, UnixMs};
use madang_store::{AuditRecord, AuditVerdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Asker;
use crate::error::ApiError;

/// Lines in one page.
const PAGE: u32 = 100;
/// Lines in one page at most.
const PAGE_MAX: u32 = 500;

#[derive(Serialize)]
pub(super) struct Records {
    records: Vec<Record>,
}

#[derive(Serialize)]
struct Record {
    position: u64,
    at: UnixMs,
    actor: Actor,
    kind: String,
    session: Option<SessionId>,
    target: Option<String>,
    details: Value,
    address: Option<String>,
}

impl Record {
    fn of(record: AuditRecord) -> Record {
        let row = record.row;
        Record {
            position: record.position,
            at: row.at,
            actor: row.actor,
            kind: row.kind,
            session: row.session,
            target: row.target,
            details: serde_json::from_str(&row.details).unwrap_or_default(),
            address: row.address,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    before: u64,
    limit: Option<u32>,
}

/// A page of the log, newest first.
pub(super) async fn page(asker: Asker, Query(page): Query<Page>) -> Result<Json<Records>, ApiError> {
    asker.administrator()?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let records = asker.shared.accounts.audit_page(page.before, limit).await?;
    Ok(Json(Records { records: records.into_iter().map(Record::of).collect() }))
}

#[derive(Serialize, Default)]
pub(super) struct Verdict {
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
}

/// Goes through the whole log.
pub(super) async fn verify(asker: Asker) -> Result<Json<Verdict>, ApiError> {
    asker.administrator()?;
    Ok(Json(match asker.shared.accounts.verify_audit().await? {
        AuditVerdict::Whole { lines, head } => {
            let head: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
            Verdict { whole: true, lines: Some(lines), head: Some(head), position: None }
        }
        AuditVerdict::Broken { position } => Verdict { position: Some(position), ..Verdict::default() },
    }))
}
