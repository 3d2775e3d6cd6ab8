//! A change in as few bytes as will do: for the many that a document remembers.

use super::{ChangeSet, Extent, Section};

impl ChangeSet {
    /// Adds it to bytes. What is packed is unpacked by the same program: this is no form for a disk.
    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        number(out, self.sections.len());
        for section in &self.sections {
            match section {
                Section::Keep(units) => number(out, (*units as usize) << 1),
                Section::Replace { deleted, inserted, bytes } => {
                    number(out, (*deleted as usize) << 1 | 1);
                    number(out, *inserted as usize);
                    number(out, *bytes as usize);
                }
            }
        }
        out.extend_from_slice(self.text.as_bytes());
    }

    /// How many sections a packed change has.
    pub(crate) fn packed_sections(bytes: &[u8]) -> usize {
        PackedSections::new(bytes).map_or(0, |packed| packed.left)
    }

    /// What was packed; none for other bytes.
    pub(crate) fn unpack(bytes: &[u8]) -> Option<ChangeSet> {
        let mut packed = PackedSections::new(bytes)?;
        let mut sections = Vec::with_capacity(packed.left);
        sections.extend(&mut packed);
        Some(ChangeSet { sections, text: std::str::from_utf8(packed.rest).ok()?.to_owned() })
    }
}

impl Extent {
    /// Of a packed change.
    pub(crate) fn of_packed(bytes: &[u8]) -> Option<Extent> {
        Extent::of(PackedSections::new(bytes)?)
    }
}

/// The sections of a packed change, one after the other; after them, its text is the rest.
struct PackedSections<'a> {
    left: usize,
    rest: &'a [u8],
}

impl PackedSections<'_> {
    fn new(mut bytes: &[u8]) -> Option<PackedSections<'_>> {
        let left = take(&mut bytes)?;
        Some(PackedSections { left, rest: bytes })
    }

    fn number(&mut self) -> Option<u32> {
        u32::try_from(take(&mut self.rest)?).ok()
    }
}

impl Iterator for PackedSections<'_> {
    type Item = Section;

    fn next(&mut self) -> Option<Section> {
        self.left = self.left.checked_sub(1)?;
        let head = self.number()?;
        let units = head >> 1;
        if head & 1 == 0 {
            return Some(Section::Keep(units));
        }
        Some(Section::Replace { deleted: units, inserted: self.number()?, bytes: self.number()? })
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0_usize, 0_u32);
    loop {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= usize::from(byte & 0x7F).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
}
