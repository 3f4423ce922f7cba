//! Where the records of a file begin, and on which line: for formats whose records can't be found from any byte on.

use memchr::{memchr, memchr_iter};

#[cfg(any(feature = "json", feature = "csv"))]
use crate::BoxError;
use crate::sync::Mutex;

/// There is a mark so often: what is scanned at most to find a place.
pub(super) const MARK: u64 = if cfg!(test) { 7 } else { 256 << 10 };

/// What files of text may begin with.
const MARK_OF_ORDER: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// What is looked for in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Line ends.
    Lines,
    /// Line ends that are not within quotes.
    Quoted { delimiter: u8, quote: u8 },
}

/// What is known of a file, up to where it has been scanned: by whoever came there first, once.
pub(super) struct Index {
    marks: Mutex<Marks>,
}

struct Marks {
    /// At each multiple of [`MARK`]. The last one is where scanning goes on, and may lie behind the last multiple.
    at: Vec<Scan>,
    scan: Scan,
    scanned: u64,
}

/// A scanner between two bytes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Scan {
    find: Find,
    place: Within,
    /// The next byte begins a record.
    begins: bool,
    /// How many lines have ended.
    pub lines: u64,
    /// Where the last record began.
    pub record: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// The next byte begins a field.
    FieldStart,
    Field,
    Quotes,
    /// Behind a quote within quotes: it ends them, or is the first of two.
    QuoteInQuotes,
}

impl Scan {
    pub fn new(find: Find) -> Scan {
        Scan { find, place: Within::FieldStart, begins: true, lines: 0, record: 0 }
    }

    /// Goes on over `bytes`, which begin at the offset `at`. Tells `begins` of each record that begins in them, until it says
    /// that it has enough.
    pub fn over(&mut self, bytes: &[u8], at: u64, mut begins: impl FnMut(u64) -> bool) -> bool {
        let (delimiter, quote) = match self.find {
            Find::Quoted { delimiter, quote } => (delimiter, quote),
            Find::Lines => return self.over_lines(bytes, at, begins),
        };
        let mut n = 0;
        while n < bytes.len() {
            if std::mem::take(&mut self.begins) {
                self.record = at + n as u64;
                if begins(self.record) {
                    return true;
                }
            }
            if self.place == Within::Quotes {
                let till = memchr(quote, &bytes[n..]).map_or(bytes.len(), |found| n + found);
                self.lines += memchr_iter(b'\n', &bytes[n..till]).count() as u64;
                n = till;
                if n < bytes.len() {
                    self.place = Within::QuoteInQuotes;
                    n += 1;
                }
                continue;
            }
            // Up to the next quote each line end ends a record, and of the other bytes only the last one matters.
            let mut till = memchr(quote, &bytes[n..]).map_or(bytes.len(), |found| n + found);
            let mark = MARK_OF_ORDER.get(usize::try_from(at + n as u64).unwrap_or(usize::MAX));
            if mark.is_some() {
                till = till.min(n + 1); // what precedes it matters too
            }
            for newline in memchr_iter(b'\n', &bytes[n..till]) {
                self.lines += 1;
                let next = n + newline + 1;
                if next == bytes.len() {
                    self.begins = true;
                    break;
                }
                self.record = at + next as u64;
                if begins(self.record) {
                    self.place = Within::FieldStart;
                    return true;
                }
            }
            if n < till {
                self.place = match bytes[till - 1] {
                    b'\n' | b'\r' => Within::FieldStart,
                    byte if byte == delimiter => Within::FieldStart,
                    // A byte order mark is no text.
                    byte if mark == Some(&byte) && self.place == Within::FieldStart => Within::FieldStart,
                    _ => Within::Field,
                };
            }
            n = till;
            if bytes.get(n) == Some(&quote) {
                self.place = if self.place == Within::Field { Within::Field } else { Within::Quotes };
                n += 1;
            }
        }
        false
    }

    fn over_lines(&mut self, bytes: &[u8], at: u64, mut begins: impl FnMut(u64) -> bool) -> bool {
        if !bytes.is_empty() && std::mem::take(&mut self.begins) && begins(at) {
            return true;
        }
        for newline in memchr_iter(b'\n', bytes) {
            self.lines += 1;
            self.begins = newline + 1 == bytes.len();
            if !self.begins && begins(at + newline as u64 + 1) {
                return true;
            }
        }
        false
    }
}

impl Index {
    pub fn new(find: Find) -> Index {
        let scan = Scan::new(find);
        Index { marks: Mutex::new(Marks { at: vec![scan], scan, scanned: 0 }) }
    }

    /// Bytes that are known, at the offset `at`: those that follow what has been scanned are.
    pub fn pass(&self, at: u64, bytes: &[u8]) {
        self.marks.lock().expect("nothing panics while this is locked").pass(at, bytes);
    }

    /// The scanner at the last mark at or before `offset`, and where that is. `more` reads bytes from an offset on, into a buffer.
    #[cfg(any(feature = "json", feature = "csv"))]
    pub fn before(
        &self,
        offset: u64,
        bytes: &mut Vec<u8>,
        mut more: impl FnMut(u64, &mut Vec<u8>) -> Result<(), BoxError>,
    ) -> Result<(u64, Scan), BoxError> {
        let mark = offset / MARK;
        loop {
            let scanned = {
                let marks = self.marks.lock().expect("nothing panics while this is locked");
                if let Some(scan) = usize::try_from(mark).ok().and_then(|mark| marks.at.get(mark)) {
                    return Ok((mark * MARK, *scan));
                }
                marks.scanned
            };
            // Whoever else is here reads the same, and what comes second is passed over.
            more(scanned, bytes)?;
            if bytes.is_empty() {
                return Err(format!("byte {offset} was looked for in a file that ends at {scanned}").into());
            }
            self.pass(scanned, bytes);
        }
    }
}

impl Marks {
    fn pass(&mut self, at: u64, bytes: &[u8]) {
        let Some(known) = self.scanned.checked_sub(at) else { return };
        let mut rest = bytes.get(usize::try_from(known).unwrap_or(usize::MAX)..).unwrap_or_default();
        while !rest.is_empty() {
            let till_mark = usize::try_from(MARK - self.scanned % MARK).expect("it is short");
            let (now, later) = rest.split_at(till_mark.min(rest.len()));
            self.scan.over(now, self.scanned, |_| false);
            self.scanned += now.len() as u64;
            rest = later;
            if self.scanned.is_multiple_of(MARK) {
                self.at.push(self.scan);
            }
        }
    }
}
