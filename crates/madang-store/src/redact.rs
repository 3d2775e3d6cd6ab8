//! Records whose data a person took back: replaced in place, the rest of the record stays.

use madang_protocol::SessionId;

use crate::bind::{Row, record_checksum};
use crate::connection::Connection;
use crate::{Stream, rows, statements};

/// Which record, and what it says from now on.
pub(crate) type Redaction = (SessionId, Stream, u64, String);

/// Replaces each record's data. One that is not there, or is damaged, is an error of its append.
pub(crate) async fn apply(connection: &mut Connection, redactions: &[&Redaction]) -> Result<(), sqlx::Error> {
    for (session, stream, position, data) in redactions {
        let mut place = Row::default();
        place.id(session);
        place.signed(stream.0);
        place.number(*position);
        let found = connection.fetch_one(statements::RECORD, place.clone()).await?;
        let mut record = rows::record(*session, *stream, &found)?;
        record.data.clone_from(data);
        place.text(data);
        place.signed(record_checksum(*session, &record));
        connection.execute(statements::REDACT, place).await?;
    }
    Ok(())
}
