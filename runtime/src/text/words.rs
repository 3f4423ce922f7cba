//! Words: from the blanks of 64 bytes at a time to the places where words begin and end.
//!
//! Of each block a mask says which bytes are blanks. Where a bit differs from the one before it, a word begins or ends; so
//! next to each word there is a count of trailing zeros, and no branch for each byte. The idea is that of simdjson's
//! structural indices (Langdale and Lemire, 2019).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use super::masks;

/// What counts as a blank.
pub trait Rule {
    /// Also what is outside ASCII, and the vertical tab.
    const UNICODE: bool;
}

/// As `char::is_whitespace`.
#[derive(Clone, Copy, Debug)]
pub struct Unicode;
impl Rule for Unicode {
    const UNICODE: bool = true;
}

/// As `u8::is_ascii_whitespace`.
#[derive(Clone, Copy, Debug)]
pub struct Ascii;
impl Rule for Ascii {
    const UNICODE: bool = false;
}

/// Records that are text. The words of a `&str` live as long as that text, those of an owned one as long as the record.
#[diagnostic::on_unimplemented(
    message = "words are split out of text, but this stream's records are `{Self}`",
    label = "these records are no text",
    note = "make text of them first: `.map(|x| x.to_string())`, or take a part: `.map(|x| x.field)`"
)]
pub trait Text {
    type Words<'x, R: Rule>
    where
        Self: 'x;

    fn words<R: Rule>(&self) -> Self::Words<'_, R>;
}

impl<'t> Text for &'t str {
    type Words<'x, R: Rule>
        = Words<'t, R>
    where
        Self: 'x;

    #[inline(always)]
    fn words<R: Rule>(&self) -> Words<'t, R> {
        Words::new(self)
    }
}

impl<'t> Text for &'t String {
    type Words<'x, R: Rule>
        = Words<'t, R>
    where
        Self: 'x;

    #[inline(always)]
    fn words<R: Rule>(&self) -> Words<'t, R> {
        Words::new(self)
    }
}

macro_rules! text_inside {
    ($($type:ty),+) => {$(
        impl Text for $type {
            type Words<'x, R: Rule>
                = Words<'x, R>
            where
                Self: 'x;

            #[inline(always)]
            fn words<R: Rule>(&self) -> Words<'_, R> {
                Words::new(self)
            }
        }
    )+};
}

text_inside!(String, Box<str>, Arc<str>, Rc<str>, Cow<'_, str>);

/// The words of a text, in order; none is empty.
#[derive(Clone, Debug)]
pub struct Words<'t, R> {
    text: &'t str,
    /// Where the block at hand begins.
    block: usize,
    /// Where the next one does.
    next: usize,
    /// The beginnings and ends of words in the block that are still to come.
    edges: u64,
    /// Whether the byte before the next block is a blank; before the text there is one.
    after_blank: u64,
    /// Bits of a blank that began in a block before.
    spill: u64,
    rule: PhantomData<R>,
}

impl<'t, R: Rule> Words<'t, R> {
    #[inline(always)]
    fn new(text: &'t str) -> Self {
        Words { text, block: 0, next: 0, edges: 0, after_blank: 1, spill: 0, rule: PhantomData }
    }

    /// Goes on to the next block; `false` at the end of the text.
    #[inline(always)]
    fn advance(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let Some(rest) = bytes.get(self.next..).filter(|rest| !rest.is_empty()) else { return false };
        let mut blanks = match R::UNICODE {
            true => scan(bytes, rest, masks::blanks::<true>),
            false => scan(bytes, rest, masks::blanks::<false>),
        };
        if R::UNICODE {
            let ascii = rest[..rest.len().min(64)].is_ascii();
            blanks |= if ascii { std::mem::take(&mut self.spill) } else { self.wide(bytes, rest) };
        }
        if rest.len() < 64 {
            // What is behind the text ends its last word.
            blanks |= u64::MAX << rest.len();
        }
        self.edges = blanks ^ (blanks << 1 | self.after_blank);
        self.after_blank = blanks >> 63;
        self.block = self.next;
        self.next += 64;
        true
    }

    /// The blanks of a block that are not ASCII, and those that reach into it.
    #[inline(never)]
    fn wide(&mut self, bytes: &[u8], rest: &[u8]) -> u64 {
        let mut found = u128::from(self.spill);
        let mut leads = scan(bytes, rest, masks::leads);
        if rest.len() < 64 {
            leads &= !(u64::MAX << rest.len());
        }
        while leads != 0 {
            let at = leads.trailing_zeros();
            leads &= leads - 1;
            found |= u128::from(blank_of(&rest[at as usize..])) << at;
        }
        self.spill = (found >> 64) as u64;
        found as u64
    }
}

/// As many bits as the blank has bytes that begins here, or none.
fn blank_of(bytes: &[u8]) -> u64 {
    match *bytes {
        // U+0085, U+00A0
        [0xC2, 0x85 | 0xA0, ..] => 0b11,
        // U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000
        [0xE1, 0x9A, 0x80, ..]
        | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
        | [0xE2, 0x81, 0x9F, ..]
        | [0xE3, 0x80, 0x80, ..] => 0b111,
        _ => 0,
    }
}

/// The mask of up to 64 bytes, the beginning of `rest`, which is the end of `bytes`. Bits behind the text are anything.
#[inline(always)]
fn scan(bytes: &[u8], rest: &[u8], mask: impl Fn(&[u8; 16]) -> u64) -> u64 {
    let mut all = 0;
    if let Some(whole) = rest.first_chunk::<64>() {
        let (chunks, _) = whole.as_chunks::<16>();
        for (i, chunk) in chunks.iter().enumerate() {
            all |= mask(chunk) << (16 * i);
        }
        return all;
    }
    let (chunks, odd) = rest.as_chunks::<16>();
    for (i, chunk) in chunks.iter().enumerate() {
        all |= mask(chunk) << (16 * i);
    }
    if !odd.is_empty() {
        let last = match bytes.last_chunk::<16>() {
            // The last 16 bytes of the text: those before the odd ones are shifted out.
            Some(last) => mask(last) >> (16 - odd.len()),
            None => mask(&small(odd)),
        };
        all |= last << (16 * chunks.len());
    }
    all
}

/// Fewer than 16 bytes, filled up. By reads that overlap, not by a copy of variable length.
#[inline(always)]
fn small(bytes: &[u8]) -> [u8; 16] {
    let len = bytes.len();
    let filled = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (len - 8))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (len - 4))
    } else {
        bytes.iter().rev().fold(0, |filled, byte| filled << 8 | u128::from(*byte))
    };
    filled.to_le_bytes()
}

impl<'t, R: Rule> Iterator for Words<'t, R> {
    type Item = &'t str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'t str> {
        while self.edges == 0 {
            if !self.advance() {
                return None;
            }
        }
        let begin = self.block + self.edges.trailing_zeros() as usize;
        self.edges &= self.edges - 1;
        while self.edges == 0 {
            if !self.advance() {
                return Some(&self.text[begin..]);
            }
        }
        let end = self.block + self.edges.trailing_zeros() as usize;
        self.edges &= self.edges - 1;
        Some(&self.text[begin..end])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agree(text: &str) {
        let unicode: Vec<&str> = Words::<Unicode>::new(text).collect();
        assert_eq!(unicode, text.split_whitespace().collect::<Vec<_>>(), "{text:?}");
        let ascii: Vec<&str> = Words::<Ascii>::new(text).collect();
        assert_eq!(ascii, text.split_ascii_whitespace().collect::<Vec<_>>(), "{text:?}");
    }

    /// Every character that is a blank, those that begin like one, and some words.
    fn pieces() -> impl Strategy<Value = String> {
        let blanks: Vec<char> =
            (0..0x3100).filter_map(char::from_u32).filter(|c| c.is_whitespace()).collect();
        assert_eq!(blanks.len(), 25);
        prop_oneof![
            4 => proptest::sample::select(blanks).prop_map(String::from),
            1 => Just(" ".to_string()),
            2 => proptest::sample::select(vec!["¿", "«", "\u{200B}", "\u{2060}", "。", "ー", "\u{180E}", "\x1C", "ñ", "中", "😀"])
                .prop_map(String::from),
            3 => "[a-z]{1,20}",
            1 => any::<char>().prop_map(String::from),
        ]
    }

    proptest! {
        #[test]
        fn words_are_those_of_std(pieces in proptest::collection::vec(pieces(), 0..60), from in 0..3usize) {
            let text = pieces.concat();
            // At every alignment of the blocks.
            let start = text.char_indices().map(|(i, _)| i).nth(from).unwrap_or(0);
            agree(&text[start..]);
        }

        #[test]
        fn any_text_has_the_words_of_std(text: String) {
            agree(&text);
        }
    }

    #[test]
    fn words_of_every_length_end_where_they_should() {
        for before in 0..70 {
            for length in 0..140 {
                for blank in [" ", "\u{A0}", "\u{3000}"] {
                    let word = "w".repeat(length);
                    agree(&format!("{}{word}", blank.repeat(before)));
                    agree(&format!("{}{word}{blank}", "v".repeat(before)));
                    agree(&format!("{}{blank}{word}", "v".repeat(before)));
                }
            }
        }
    }

    #[test]
    fn owned_texts_have_words_too() {
        let text = String::from("a mill");
        assert_eq!(Text::words::<Unicode>(&text).collect::<Vec<_>>(), ["a", "mill"]);
        assert_eq!(Text::words::<Ascii>(&Cow::Borrowed("a mill")).collect::<Vec<_>>(), ["a", "mill"]);
        let borrowed = text.as_str();
        let words = {
            let record = borrowed;
            Text::words::<Unicode>(&record)
        };
        assert_eq!(words.last(), Some("mill"), "it outlives the record that held the reference");
    }
}
