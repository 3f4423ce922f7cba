//! Reading for the hand-written rows: positioned reads of 1 MiB blocks, whole lines.

use std::fs::File;
use std::os::unix::fs::FileExt;

pub const BLOCK: usize = 1 << 20;

/// Calls `f` with whole lines (each ending in a newline) that start in `start..end`.
pub fn blocks(file: &File, start: u64, end: u64, buffer: &mut Vec<u8>, mut f: impl FnMut(&[u8])) {
    buffer.resize(BLOCK + (64 << 10), 0);
    let mut at = start;
    if start > 0 {
        // The line that began before is another's.
        let mut one = [0; 4096];
        let n = file.read_at(&mut one, start - 1).expect("the file can be read");
        at = start - 1 + memchr::memchr(b'\n', &one[..n]).expect("lines are short") as u64 + 1;
    }
    let mut kept = 0;
    while at - (kept as u64) < end {
        let n = file.read_at(&mut buffer[kept..kept + BLOCK], at).expect("the file can be read");
        let full = kept + n;
        if n == 0 {
            f(&buffer[..full]);
            return;
        }
        // Not beyond the last line that starts before `end`.
        let from = at - kept as u64;
        let last = ((end - 1).saturating_sub(from) as usize).min(full);
        let ending = memchr::memchr(b'\n', &buffer[last..full]).filter(|_| from + (full as u64) > end);
        let stop = match ending {
            Some(newline) => last + newline + 1,
            None => memchr::memrchr(b'\n', &buffer[..full]).expect("lines are short") + 1,
        };
        f(&buffer[..stop]);
        if ending.is_some() {
            return;
        }
        buffer.copy_within(stop..full, 0);
        kept = full - stop;
        at += n as u64;
    }
}
