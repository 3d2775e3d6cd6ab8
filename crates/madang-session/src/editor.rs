//! Changes as version-1 clients say them: ranges of lines and columns, as Monaco and the language server protocol have them
//! (DO4).

use madang_protocol::{EditorChange, EditorPosition, EditorRange};

use crate::text::{measure, units_of};
use crate::{ChangeError, ChangeSet, LineColumn, Text, normalise};

impl ChangeSet {
    /// The change that one event of an editor makes: all its ranges refer to the text before it, in whatever order they come.
    ///
    /// Of two insertions at one place, the later in the list comes first in the text, as when the editor applies one after
    /// the other. A replacement of the whole text is diffed.
    ///
    /// # Errors
    /// [`ChangeError`] when it is no change of this text; then the sender has another one.
    pub fn from_editor(before: &Text, changes: &[EditorChange]) -> Result<ChangeSet, ChangeError> {
        let mut splices = Vec::with_capacity(changes.len());
        for change in changes.iter().rev() {
            let (from, to) = positions(&change.range, before)?;
            check_length(before, (from, to), change.range_length)?;
            splices.push((from, to, normalise(&change.text)));
        }
        splices.sort_by_key(|(from, to, _)| (*from, *to));
        let spliced = splices.iter().map(|(from, to, text)| (*from, *to, text.as_ref()));
        let set = ChangeSet::of(before.units(), spliced)?;
        if before.units() == 0 || set.kept_units() > 0 || set.inserted_bytes() == 0 {
            return Ok(set);
        }
        let whole: String = splices.iter().map(|(_, _, text)| text.as_ref()).collect();
        ChangeSet::diff(before, &whole)
    }

    /// The same for version-1 clients: one after the other, last position first, so that each fits the text before all of
    /// them as well as the text after the ones sent before it.
    ///
    /// # Errors
    /// [`ChangeError`] when this is no change of that text.
    pub fn to_editor(&self, before: &Text) -> Result<Vec<EditorChange>, ChangeError> {
        self.check_length(before.units())?;
        let mut changes = Vec::new();
        for splice in self.splices() {
            let (start, end) = (before.place_of(splice.from)?, before.place_of(splice.to)?);
            changes.push(EditorChange {
                range: EditorRange::Monaco {
                    start_line_number: start.line + 1,
                    start_column: start.column + 1,
                    end_line_number: end.line + 1,
                    end_column: end.column + 1,
                },
                text: splice.text.to_owned(),
                range_length: Some(splice.to - splice.from),
                position: Some(after(start, splice.text)),
            });
        }
        changes.reverse();
        Ok(changes)
    }
}

/// From where to where a range goes in a text, in units.
fn positions(range: &EditorRange, text: &Text) -> Result<(u32, u32), ChangeError> {
    let (start, end) = match *range {
        EditorRange::Monaco { start_line_number, start_column, end_line_number, end_column } => {
            (from_one(start_line_number, start_column)?, from_one(end_line_number, end_column)?)
        }
        EditorRange::Lines { start, end } => (
            LineColumn { line: start.line, column: start.character },
            LineColumn { line: end.line, column: end.character },
        ),
    };
    Ok((text.position_of(start)?, text.position_of(end)?))
}

fn from_one(line: u32, column: u32) -> Result<LineColumn, ChangeError> {
    let place =
        line.checked_sub(1).zip(column.checked_sub(1)).map(|(line, column)| LineColumn { line, column });
    place.ok_or(ChangeError::Place { line, column })
}

/// A range is as long as its sender says, with or without a second unit for each line end: on Windows, Monaco counts two.
fn check_length(text: &Text, (from, to): (u32, u32), said: Option<u32>) -> Result<(), ChangeError> {
    let (Some(said), Some(units)) = (said, to.checked_sub(from)) else { return Ok(()) };
    if said == units {
        return Ok(());
    }
    let breaks = text.place_of(to)?.line - text.place_of(from)?.line;
    if said == units + breaks { Ok(()) } else { Err(ChangeError::RangeLength { said, units }) }
}

/// Where a text ends that begins at a place.
fn after(start: LineColumn, text: &str) -> EditorPosition {
    let breaks = measure(text.bytes().filter(|byte| *byte == b'\n').count());
    let last = units_of(text.rsplit('\n').next().unwrap_or_default());
    let column = if breaks == 0 { start.column + last } else { last };
    EditorPosition { line: start.line + breaks + 1, column: column + 1 }
}
