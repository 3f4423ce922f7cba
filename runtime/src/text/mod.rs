//! Text, fast: splitting at blanks.

mod masks;
mod words;

pub use words::{Ascii, Text, Unicode};

/// The words of a text, as `split_whitespace` gives them.
#[inline(always)]
pub fn words<T: Text>(text: &T) -> T::Words<'_, Unicode> {
    text.words()
}

/// The words of a text, as `split_ascii_whitespace` gives them.
#[inline(always)]
pub fn words_ascii<T: Text>(text: &T) -> T::Words<'_, Ascii> {
    text.words()
}
