//! Operators on text.

use super::{Stream, stream};
use crate::text::Text;

impl<T: Text> Stream<T> {
    /// The words of each text: what stands between blanks, in order, as [`str::split_whitespace`] gives them.
    ///
    /// Records are `&str`, `String`, `Cow<str>`, `Box<str>`, `Arc<str>`. Words of a `&str` borrow from what that borrows from. Blanks are
    /// found in 64 bytes at a time, so this is faster than `.flat_map(|line| line.split_whitespace())`; nothing is copied.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["  the mill", "turns\u{3000}round"]])).words().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["the", "mill", "turns", "round"]]);
    /// ```
    pub fn words<'a>(&self) -> Stream<&'a str> {
        stream()
    }

    /// As [`words`](Stream::words), with the blanks of ASCII alone, as [`str::split_ascii_whitespace`] gives them.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["the mill", "turns\u{3000}round"]])).words_ascii().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["the", "mill", "turns\u{3000}round"]]);
    /// ```
    pub fn words_ascii<'a>(&self) -> Stream<&'a str> {
        stream()
    }
}
