//! Ticks of so many lines: finds where the first line begins that is too many.

use memchr::memchr_iter;

use crate::BoxError;

/// How much is searched at a time.
const BLOCK: u64 = 1 << 20;

/// Counts the lines that begin in a range.
pub(crate) struct LineCount {
    /// How many more may begin.
    left: u64,
    /// The next byte begins a line.
    begins: bool,
}

impl LineCount {
    /// `begins`: whether the first byte of the range begins a line.
    pub(crate) fn new(lines: u64, begins: bool) -> Self {
        LineCount { left: lines, begins }
    }

    /// Goes over the next bytes of the range. Returns where among them a line begins that is too many.
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.begins && !bytes.is_empty() {
            if self.left == 0 {
                return Some(0);
            }
            (self.left, self.begins) = (self.left - 1, false);
        }
        for at in memchr_iter(b'\n', bytes) {
            if at + 1 == bytes.len() {
                self.begins = true;
            } else if self.left == 0 {
                return Some(at + 1);
            } else {
                self.left -= 1;
            }
        }
        None
    }
}

/// The end of the longest piece of `start..end` in which at most `lines` lines begin; takes those that do from `lines`.
/// `read` fills a buffer from an offset on, and offset 0 begins a line.
pub(crate) fn cut(
    start: u64,
    end: u64,
    lines: &mut u64,
    mut read: impl FnMut(&mut [u8], u64) -> Result<(), BoxError>,
) -> Result<u64, BoxError> {
    // A line begins behind a newline, so the byte before tells whether one begins at the start.
    let from = start.saturating_sub(1);
    let mut block = vec![0; usize::try_from(BLOCK.min(end - from)).unwrap_or(usize::MAX)];
    let mut count = LineCount::new(*lines, start == 0);
    let mut at = from;
    while at < end {
        let n = usize::try_from(end - at).map_or(block.len(), |rest| rest.min(block.len()));
        read(&mut block[..n], at)?;
        if let Some(too_many) = count.pass(&block[..n]) {
            *lines = 0;
            return Ok(at + too_many as u64);
        }
        at += n as u64;
    }
    *lines = count.left;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_is_before_the_first_line_that_is_too_many(
            text in "[a\n]{0,60}",
            (start, end) in (0usize..60, 0usize..60),
            lines in 0u64..8,
            piece in 1usize..9,
        ) {
            let (start, end) = (start.min(text.len()), end.min(text.len()));
            prop_assume!(start < end);
            let begins: Vec<usize> =
                (start..end).filter(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n').collect();
            let expected = begins.get(lines as usize).map_or(end, |&at| at);

            let mut left = lines;
            let read = |into: &mut [u8], at: u64| {
                into.copy_from_slice(&text.as_bytes()[at as usize..at as usize + into.len()]);
                Ok(())
            };
            prop_assert_eq!(cut(start as u64, end as u64, &mut left, read).expect("it can be read"), expected as u64);
            prop_assert_eq!(left, lines.saturating_sub(begins.len() as u64));

            let mut count = LineCount::new(lines, begins.first() == Some(&start));
            let mut at = start;
            let found = text.as_bytes()[start..end].chunks(piece).find_map(|bytes| {
                let found = count.pass(bytes).map(|n| at + n);
                at += bytes.len();
                found
            });
            prop_assert_eq!(found.unwrap_or(end), expected);
        }
    }
}
