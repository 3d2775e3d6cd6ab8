//! UTF-8 checked while it arrives, so that a bad message fails at its first bad byte.

use super::Violation;

/// The beginning of a character that the last piece cut in two.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Utf8 {
    cut: [u8; 4],
    len: u8,
}

impl Utf8 {
    /// Checks the next piece.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<(), Violation> {
        while self.len > 0 {
            let Some((&byte, rest)) = piece.split_first() else { return Ok(()) };
            self.cut[usize::from(self.len)] = byte;
            self.len += 1;
            piece = rest;
            match std::str::from_utf8(&self.cut[..usize::from(self.len)]) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_some() => return Err(Violation::utf8()),
                Err(_) => {}
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_some() => Err(Violation::utf8()),
            Err(error) => {
                let cut = &piece[error.valid_up_to()..];
                self.cut[..cut.len()].copy_from_slice(cut);
                self.len = u8::try_from(cut.len()).expect("an unfinished character has at most three bytes");
                Ok(())
            }
        }
    }

    /// Checks that the text does not end inside a character.
    pub(super) fn finish(self) -> Result<(), Violation> {
        if self.len == 0 { Ok(()) } else { Err(Violation::utf8()) }
    }
}
