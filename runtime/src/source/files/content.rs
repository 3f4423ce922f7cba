//! Finding records in a file's content, from any offset on.

use super::DataFile;
use super::index::MARK;
use crate::BoxError;

impl DataFile {
    /// Bytes from `at` on, a block of them. Empty: the content ends there.
    fn block(&self, at: u64, into: &mut Vec<u8>) -> Result<(), BoxError> {
        let end = self.extent(at.saturating_add(MARK))?;
        into.resize(usize::try_from(end.saturating_sub(at)).expect("a block is short"), 0);
        self.read_exact(into, at)
    }

    /// The line that the byte at `offset` is on, from 1 on. For files whose lines are found.
    pub(crate) fn line(&self, offset: u64) -> Result<u64, BoxError> {
        let index = self.index.as_ref().expect("its format looks for lines");
        let (at, mut scan) = index.before(offset, &mut Vec::new(), |at, into| self.block(at, into))?;
        let mut before = vec![0; usize::try_from(offset - at).expect("marks are close")];
        self.read_exact(&mut before, at)?;
        scan.over(&before, at, |_| false);
        Ok(scan.lines + 1)
    }

    /// Calls `begins` with the start of each record from the mark before `from` on, until it has enough. Gives the content's
    /// end, if that comes first. A record of more than `most` bytes is an error.
    #[cfg(feature = "csv")]
    fn records(
        &self,
        from: u64,
        most: u64,
        mut begins: impl FnMut(u64) -> bool,
    ) -> Result<Option<u64>, BoxError> {
        let index = self.index.as_ref().expect("its format looks for records");
        // One for all of them: memory of this size is new, page by page, each time that it is asked for.
        let mut block = Vec::new();
        let (mut at, mut scan) = index.before(from, &mut block, |at, into| self.block(at, into))?;
        loop {
            self.block(at, &mut block)?;
            if block.is_empty() {
                return Ok(Some(at));
            }
            if scan.over(&block, at, &mut begins) {
                return Ok(None);
            }
            at += block.len() as u64;
            if at.saturating_sub(scan.record) > most {
                return Err(format!(
                    "{}: the record at line {} is longer than {most} bytes: is there a quote that is never closed? If not, \
                     raise `.max_record_bytes(n)`",
                    self.name,
                    self.line(scan.record)?
                )
                .into());
            }
        }
    }

    /// Where the first record begins that does so at or behind `from`; the content's end, if none does.
    #[cfg(feature = "csv")]
    pub(crate) fn next_record(&self, from: u64, most: u64) -> Result<u64, BoxError> {
        let mut found = from;
        let end = self.records(from, most, |start| {
            found = start;
            start >= from
        })?;
        Ok(end.unwrap_or(found))
    }

    /// The end of the longest piece of `range` in which at most `records` records begin; takes those that do from `records`.
    #[cfg(feature = "csv")]
    pub(crate) fn cut_records(
        &self,
        range: std::ops::Range<u64>,
        most: u64,
        records: &mut u64,
    ) -> Result<u64, BoxError> {
        let mut end = range.end;
        self.records(range.start, most, |start| {
            if range.contains(&start) && *records == 0 {
                end = start;
                return true;
            }
            if range.contains(&start) {
                *records -= 1;
            }
            start >= range.end
        })?;
        Ok(end)
    }
}
