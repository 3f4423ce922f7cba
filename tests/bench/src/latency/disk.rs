//! What bringing a few bytes to disk takes here.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{histogram, nanos};

/// Two histograms, in nanoseconds: of writing 256 bytes behind a file and bringing them to disk; and of making a file of 256 bytes
/// under another name, bringing it to disk, giving it its name and bringing its folder to disk.
pub fn fsync(folder: &Path, time: Duration) -> std::io::Result<[Histogram<u64>; 2]> {
    let bytes = [7u8; 256];
    let (mut appended, mut made) = (histogram(), histogram());
    let log = folder.join("appended");
    let mut file = File::create(&log)?;
    let entries = folder.join("made");
    fs::create_dir_all(&entries)?;
    let began = Instant::now();
    for number in 0u64.. {
        if began.elapsed() > time {
            break;
        }
        let start = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        appended.saturating_record(nanos(start.elapsed()));
        let start = Instant::now();
        let staged = entries.join("staged");
        let mut entry = File::create(&staged)?;
        entry.write_all(&bytes)?;
        entry.sync_all()?;
        fs::rename(&staged, entries.join(number.to_string()))?;
        File::open(&entries)?.sync_all()?;
        made.saturating_record(nanos(start.elapsed()));
    }
    Ok([appended, made])
}
