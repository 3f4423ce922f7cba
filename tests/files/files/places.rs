//! Folders of this machine and stores in memory, written and looked into.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::{BadRow, Source};

/// A URL of a store of its own.
pub fn memory() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("memory://store{}/a/b", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// All files below a folder that a reader looks into, sorted: none whose name begins with `.` or `_`, also not in such folders.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Runs a sink over the ticks.
pub fn write<T: Clone + Send + Sync + 'static>(ticks: Vec<Vec<T>>, sink: impl Sink<T> + 'static) {
    let pipeline = stream!(move { source(queue(ticks)).sink(sink); });
    Engine::test().run(pipeline).expect("it writes");
}

/// All rows of a source, and the bad ones.
pub fn read<T, S>(source: S) -> (Vec<T>, Vec<BadRow>)
where
    T: Clone + Send + Sync + 'static,
    S: Source,
    for<'a> S::Batch: millstream::batch::Batch<Item<'a> = Result<T, BadRow>>,
{
    let (good, bad) = (MemorySink::new(), MemorySink::new());
    let (good_sink, bad_sink) = (good.clone(), bad.clone());
    let pipeline = stream!(move {
        let rows = source(source);
        let (records, broken) = rows.try_map(|row| row);
        records.sink(good_sink);
        broken.map(|bad| bad.error).sink(bad_sink);
    });
    Engine::local().partitions(3).trigger(Trigger::AvailableNow).run(pipeline).expect("it reads");
    (good.records(), bad.records())
}
