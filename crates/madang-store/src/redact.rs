//! Records whose data a person took back: replaced in place, the rest of the record stays.

use madang_protocol::SessionId;
use sqlx::query;
use sqlx::sqlite::SqliteConnection;

use crate::bind::{record_checksum, to_column};
use crate::{Stream, rows, statements};

/// Which record, and what it says from now on.
pub(crate) type Redaction = (SessionId, Stream, u64, String);

/// Replaces each record's data. One that is not there, or is damaged, is an error of its append.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    redactions: &[&Redaction],
) -> Result<(), sqlx::Error> {
    for (session, stream, position, data) in redactions {
        let (id, position) = (session.to_string(), to_column(*position));
        let found = query(statements::RECORD).bind(&id).bind(stream.0).bind(position);
        let mut record = rows::record(*session, *stream, &found.fetch_one(&mut *connection).await?)?;
        record.data.clone_from(data);
        let checksum = record_checksum(*session, &record);
        let change = query(statements::REDACT).bind(&id).bind(stream.0).bind(position);
        change.bind(data).bind(checksum).execute(&mut *connection).await?;
    }
    Ok(())
}
