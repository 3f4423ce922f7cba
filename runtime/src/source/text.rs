//! Text: blocks of whole lines as batches. [`Lines`] gives `&str`, [`ByteLines`] gives `&[u8]`.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use crate::BoxError;
use crate::batch::Batch;

/// What is done with text that is no UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvalidUtf8 {
    /// The pipeline stops with an error that names the source and the byte.
    #[default]
    Error,
    /// Each invalid sequence becomes U+FFFD (`\u{FFFD}`), as in [`String::from_utf8_lossy`].
    Replace,
}

/// The batches that text sources can give: [`Lines`] or [`ByteLines`].
pub trait TextBatch: Batch + sealed::OfBlock {}
impl TextBatch for Lines {}
impl TextBatch for ByteLines {}

pub(crate) mod sealed {
    use super::{Block, InvalidUtf8};

    /// How a reader makes a batch and takes its buffer back.
    pub trait OfBlock {
        fn of_block(block: Block, invalid_utf8: InvalidUtf8) -> Self;
        fn take_block(&mut self) -> Block;
    }
}

/// A buffer, and the part of it that holds lines.
#[derive(Default)]
pub struct Block {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: Range<usize>,
    /// Where the bytes come from, for errors.
    pub(crate) name: Option<Arc<str>>,
    /// The offset of the first line's first byte in there.
    pub(crate) offset: u64,
}

impl Block {
    fn new(bytes: Vec<u8>) -> Self {
        Block { lines: 0..bytes.len(), bytes, name: None, offset: 0 }
    }

    fn lines(&self) -> &[u8] {
        &self.bytes[self.lines.clone()]
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of text from byte {}", self.lines.len(), self.offset)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " of {name}"))
    }
}

/// Lines of text, as `&str` borrowed from the block that was read.
///
/// A line ends at `\n`; a `\r` before that is no part of it. A last line may lack its `\n`. Empty lines are
/// lines. So the items are those of [`str::lines`].
///
/// Cost: the block is checked once to be UTF-8, then each line costs one search for its
/// end; nothing is copied.
///
/// ```
/// use millstream::batch::Batch;
/// use millstream::source::Lines;
///
/// let mut lines = Lines::new(b"to be\r\n\nor not".to_vec());
/// assert_eq!(lines.items().collect::<Vec<_>>(), ["to be", "", "or not"]);
/// ```
#[derive(Debug)]
pub struct Lines {
    block: Block,
    invalid_utf8: InvalidUtf8,
    /// The block with U+FFFD in place of what is no UTF-8.
    replaced: String,
    error: Option<BoxError>,
}

impl Lines {
    /// A batch of the lines in `bytes`, which must not begin or end within a line.
    pub fn new(bytes: Vec<u8>) -> Self {
        Lines {
            block: Block::new(bytes),
            invalid_utf8: InvalidUtf8::Error,
            replaced: String::new(),
            error: None,
        }
    }

    /// What happens to bytes that are no UTF-8. Default: [`InvalidUtf8::Error`].
    #[must_use]
    pub fn invalid_utf8(mut self, policy: InvalidUtf8) -> Self {
        self.invalid_utf8 = policy;
        self
    }

    /// For errors: where the bytes come from, and the offset of the first one there.
    #[must_use]
    pub fn located(mut self, name: impl Into<Arc<str>>, offset: u64) -> Self {
        self.block.name = Some(name.into());
        self.block.offset = offset;
        self
    }
}

impl Batch for Lines {
    type Item<'a> = &'a str;
    type Iter<'a> = LineIter<'a>;

    fn items(&mut self) -> LineIter<'_> {
        let Lines { block, invalid_utf8, replaced, error } = self;
        let bytes = block.lines();
        let rest = match (simdutf8::basic::from_utf8(bytes), invalid_utf8) {
            (Ok(text), _) => text,
            (Err(_), InvalidUtf8::Replace) => {
                *replaced = String::from_utf8_lossy(bytes).into_owned();
                replaced
            }
            (Err(_), InvalidUtf8::Error) => {
                *error = Some(invalid(block));
                ""
            }
        };
        LineIter { rest }
    }

    fn take_error(&mut self) -> Option<BoxError> {
        self.error.take()
    }
}

#[cold]
fn invalid(block: &Block) -> BoxError {
    let before = std::str::from_utf8(block.lines()).err().map_or(0, |e| e.valid_up_to());
    let name = block.name.as_deref().unwrap_or("the text");
    let at = block.offset + before as u64;
    format!(
        "{name} is not UTF-8: the byte at offset {at} is 0x{:02x}; to go on with U+FFFD in its place, add \
         `.invalid_utf8(InvalidUtf8::Replace)` to the source; to sort out such lines yourself, add `.bytes()` to it \
         and `.try_map(std::str::from_utf8)` behind it",
        block.lines()[before],
    )
    .into()
}

impl sealed::OfBlock for Lines {
    fn of_block(block: Block, invalid_utf8: InvalidUtf8) -> Self {
        Lines { block, invalid_utf8, replaced: String::new(), error: None }
    }

    fn take_block(&mut self) -> Block {
        std::mem::take(&mut self.block)
    }
}

/// The items of [`Lines`].
#[derive(Clone, Debug)]
pub struct LineIter<'a> {
    rest: &'a str,
}

impl<'a> Iterator for LineIter<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest;
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        match memchr(b'\n', bytes) {
            Some(at) => {
                self.rest = &rest[at + 1..];
                Some(&rest[..without_cr(bytes, at)])
            }
            None => {
                self.rest = "";
                Some(rest)
            }
        }
    }
}

impl FusedIterator for LineIter<'_> {}

/// Where the line that ends at the newline `at` ends without a `\r`.
#[inline]
fn without_cr(bytes: &[u8], at: usize) -> usize {
    at - usize::from(at > 0 && bytes[at - 1] == b'\r')
}

/// Lines of text as `&[u8]`, not checked to be UTF-8: what a text source gives after `.bytes()`.
///
/// Lines end as those of [`Lines`] do. `.try_map(std::str::from_utf8)` sorts valid lines from others, line by line.
///
/// ```
/// use millstream::batch::Batch;
/// use millstream::source::ByteLines;
///
/// let mut lines = ByteLines::new(b"caf\xe9\nbar\n".to_vec());
/// assert_eq!(lines.items().collect::<Vec<_>>(), [b"caf\xe9".as_slice(), b"bar"]);
/// ```
#[derive(Debug)]
pub struct ByteLines {
    block: Block,
}

impl ByteLines {
    /// A batch of the lines in `bytes`, which must not begin or end within a line.
    pub fn new(bytes: Vec<u8>) -> Self {
        ByteLines { block: Block::new(bytes) }
    }
}

#[cfg(feature = "json")]
impl ByteLines {
    /// The lines with their ends, and the offset of the first.
    pub(super) fn bytes(&self) -> (&[u8], u64) {
        (self.block.lines(), self.block.offset)
    }
}

impl Batch for ByteLines {
    type Item<'a> = &'a [u8];
    type Iter<'a> = ByteLineIter<'a>;

    fn items(&mut self) -> ByteLineIter<'_> {
        ByteLineIter { rest: self.block.lines() }
    }
}

impl sealed::OfBlock for ByteLines {
    fn of_block(block: Block, _: InvalidUtf8) -> Self {
        ByteLines { block }
    }

    fn take_block(&mut self) -> Block {
        std::mem::take(&mut self.block)
    }
}

/// The items of [`ByteLines`].
#[derive(Clone, Debug)]
pub struct ByteLineIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for ByteLineIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest;
        if rest.is_empty() {
            return None;
        }
        match memchr(b'\n', rest) {
            Some(at) => {
                self.rest = &rest[at + 1..];
                Some(&rest[..without_cr(rest, at)])
            }
            None => {
                self.rest = &[];
                Some(rest)
            }
        }
    }
}

impl FusedIterator for ByteLineIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &[u8]) -> Vec<String> {
        Lines::new(text.to_vec()).items().map(str::to_string).collect()
    }

    #[test]
    fn empty_lines_and_a_last_line_without_newline_are_lines() {
        assert_eq!(lines("\nzwölf\n\n☃".as_bytes()), ["", "zwölf", "", "☃"]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn one_carriage_return_goes_with_the_newline() {
        assert_eq!(lines(b"a\r\n\r\nb\r\r\nc\r"), ["a", "", "b\r", "c\r"]);
    }

    #[test]
    fn invalid_text_yields_no_items_but_an_error_that_says_where_and_what_to_do() {
        let mut batch = Lines::new(b"good\nb\xffd\n".to_vec()).located("file `a.txt`", 100);
        assert_eq!(batch.items().count(), 0);
        let error = batch.take_error().expect("it is invalid").to_string();
        assert!(error.starts_with("file `a.txt` is not UTF-8: the byte at offset 106 is 0xff"), "{error}");
        assert!(error.contains(".invalid_utf8(InvalidUtf8::Replace)"), "{error}");
        assert!(batch.take_error().is_none());
    }

    #[test]
    fn a_character_cut_off_at_the_end_is_invalid_too() {
        let mut batch = Lines::new(b"a\n\xe2\x98".to_vec());
        assert_eq!(batch.items().count(), 0);
        assert!(batch.take_error().expect("it is invalid").to_string().contains("offset 2 is 0xe2"));
    }

    #[test]
    fn replace_puts_u_fffd_and_no_error() {
        let mut batch = Lines::new(b"good\nb\xffd\n".to_vec()).invalid_utf8(InvalidUtf8::Replace);
        assert_eq!(batch.items().collect::<Vec<_>>(), ["good", "b\u{FFFD}d"]);
        assert!(batch.take_error().is_none());
    }

    #[test]
    fn byte_lines_are_not_checked() {
        let mut batch = ByteLines::new(b"b\xffd\r\n\nx".to_vec());
        assert_eq!(batch.items().collect::<Vec<_>>(), [b"b\xffd".as_slice(), b"", b"x"]);
    }

    proptest! {
        #[test]
        fn items_are_those_of_str_lines(text in "[aß\r\n]{0,40}") {
            let expected: Vec<&str> = text.lines().collect();
            prop_assert_eq!(lines(text.as_bytes()), expected);
        }
    }
}
