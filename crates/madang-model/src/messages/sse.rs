//! Splits a byte stream into server-sent events, wherever the network cut it.
//!
//! Gives only the `data` of each event: the Messages API repeats the event's name inside it. Linear in the bytes
//! read (the usual crate is quadratic in large events), bounded in what it keeps.

/// An event is larger than the decoder may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Bytes of buffer that are kept from one event to the next: more would stay with every reply that once had a large
/// event, less would allocate anew for ordinary ones.
const KEPT_BYTES: usize = 256 * 1024;

/// A decoder of one stream.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Bytes received; those before `start` are done with.
    buffer: Vec<u8>,
    start: usize,
    /// Where the search for a line end goes on; nothing before it ends a line.
    searched: usize,
    /// The `data` lines of the event so far.
    data: Vec<u8>,
    has_data: bool,
    /// `data` was handed out and belongs to the past.
    handed_out: bool,
    /// The last line ended with CR; an LF right after it belongs to it.
    after_cr: bool,
    at_first_line: bool,
    event_bytes_max: usize,
}

impl Decoder {
    /// A decoder that refuses events above `event_bytes_max` bytes.
    pub(crate) fn new(event_bytes_max: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            data: Vec::new(),
            has_data: false,
            handed_out: false,
            after_cr: false,
            at_first_line: true,
            event_bytes_max,
        }
    }

    /// Adds what the network brought. Call [`Decoder::next_event`] until it gives none before adding more.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
            if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BYTES {
                self.buffer = Vec::new();
            }
        }
        self.buffer.extend_from_slice(chunk);
    }

    /// Ends the stream: a last event without its blank line is given too.
    pub(crate) fn finish(&mut self) {
        self.push(b"\n\n");
    }

    /// The data of the next whole event.
    ///
    /// # Errors
    /// [`TooLarge`] when the unfinished event exceeds the limit; the decoder is of no use afterwards.
    pub(crate) fn next_event(&mut self) -> Option<Result<&[u8], TooLarge>> {
        if self.handed_out {
            self.forget_event();
        }
        while let Some(line) = self.next_line() {
            let (from, to) = line;
            if from == to {
                if self.has_data {
                    self.handed_out = true;
                    return Some(self.check().map(|()| self.data.as_slice()));
                }
            } else {
                self.take_line(from, to);
            }
        }
        self.check().err().map(Err)
    }

    fn check(&self) -> Result<(), TooLarge> {
        let kept = self.data.len() + self.buffer.len() - self.start;
        // A chunk may hold many small events, so what is behind a whole event does not count against it.
        let counted = if self.handed_out { self.data.len() } else { kept };
        if counted > self.event_bytes_max { Err(TooLarge) } else { Ok(()) }
    }

    fn forget_event(&mut self) {
        self.handed_out = false;
        self.has_data = false;
        if self.data.capacity() > KEPT_BYTES {
            self.data = Vec::new();
        } else {
            self.data.clear();
        }
    }

    /// The range of the next whole line in the buffer, without its end.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        if self.after_cr {
            let next = *self.buffer.get(self.start)?;
            self.after_cr = false;
            if next == b'\n' {
                self.start += 1;
                self.searched = self.start;
            }
        }
        let rest = &self.buffer[self.searched..];
        let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            self.searched = self.buffer.len();
            return None;
        };
        let (from, to) = (self.start, self.searched + length);
        self.after_cr = self.buffer[to] == b'\r';
        self.start = to + 1;
        self.searched = self.start;
        Some((from, to))
    }

    fn take_line(&mut self, from: usize, to: usize) {
        let mut line = &self.buffer[from..to];
        if std::mem::take(&mut self.at_first_line) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        let Some(value) = line.strip_prefix(b"data") else { return };
        let value = match value {
            [] => value,
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => return,
        };
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(bytes: &[u8], split: usize) -> Vec<String> {
        let mut decoder = Decoder::new(1024);
        let mut events = Vec::new();
        for chunk in bytes.chunks(split.max(1)) {
            decoder.push(chunk);
            while let Some(event) = decoder.next_event() {
                events.push(String::from_utf8_lossy(event.unwrap()).into_owned());
            }
        }
        events
    }

    fn check(input: &str, expected: &[&str]) {
        for split in [1, 2, 3, 7, 64, usize::MAX] {
            assert_eq!(decode(input.as_bytes(), split), expected, "split at {split}");
        }
    }

    #[test]
    fn one_event_per_blank_line() {
        check("event: a\ndata: 1\n\nevent: b\ndata: 2\n\n", &["1", "2"]);
    }

    #[test]
    fn every_kind_of_line_end() {
        check("data: 1\r\n\r\ndata: 2\r\rdata: 3\n\ndata: 4\r\n\n", &["1", "2", "3", "4"]);
    }

    #[test]
    fn data_lines_are_joined_and_one_space_is_dropped() {
        check("data:a\ndata:  b\ndata\n\n", &["a\n b\n"]);
    }

    #[test]
    fn comments_other_fields_and_empty_events_are_nothing() {
        check(": hello\n\nid: 7\nretry: 5\ndatabase: no\n\n\n\ndata: x\n\n", &["x"]);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_once() {
        check("\u{feff}data: 1\n\n\u{feff}data: 2\n\n", &["1"]);
    }

    #[test]
    fn letters_cut_in_the_middle_come_out_whole() {
        check("data: 마당 👩‍💻\u{2028}\n\n", &["마당 👩‍💻\u{2028}"]);
    }

    #[test]
    fn an_unfinished_event_comes_out_at_the_end_only() {
        let mut decoder = Decoder::new(100);
        decoder.push(b"data: 1");
        assert!(decoder.next_event().is_none());
        decoder.finish();
        assert_eq!(decoder.next_event(), Some(Ok(&b"1"[..])));
        assert_eq!(decoder.next_event(), None);
    }

    #[test]
    fn an_event_above_the_limit_is_refused_before_it_is_whole() {
        let mut decoder = Decoder::new(100);
        decoder.push(&[b'x'; 101]);
        assert_eq!(decoder.next_event(), Some(Err(TooLarge)));
        let mut decoder = Decoder::new(100);
        for _ in 0..30 {
            decoder.push(b"data: x\n\n");
        }
        let mut count = 0;
        while let Some(event) = decoder.next_event() {
            assert_eq!(event, Ok(&b"x"[..]), "many small events in one buffer are no large event");
            count += 1;
        }
        assert_eq!(count, 30);
    }

    proptest! {
        #[test]
        fn any_split_of_any_bytes_gives_the_same_events(
            lines in prop::collection::vec("(data: ?|event: |: |)[a-z가-힣\u{1F600} ]{0,12}(\n|\r\n|\r)", 0..40),
            split in 1_usize..40,
        ) {
            let text = lines.concat();
            prop_assert_eq!(decode(text.as_bytes(), split), decode(text.as_bytes(), usize::MAX));
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..900), split in 1_usize..90) {
            prop_assert_eq!(decode(&bytes, split), decode(&bytes, usize::MAX));
        }
    }
}
