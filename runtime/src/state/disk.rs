//! The database in which pages lie.

use std::fmt::Display;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use fjall::{Config, Keyspace, PartitionCreateOptions, PartitionHandle, Slice, Snapshot};

use crate::BoxError;

/// All lists of one run of a pipeline.
pub(crate) struct Disk {
    pages: PartitionHandle,
    /// For the pages that are in memory, in all.
    memory: usize,
    /// How many lists share it.
    lists: AtomicUsize,
    next: AtomicU64,
    /// Deletes its folder when it is dropped.
    _keyspace: Keyspace,
}

/// A database wants this much at least.
const LEAST: u64 = 4 << 20;

/// Where a page lies: its list, its number.
pub(super) type Place = (u64, u32);

fn key((list, page): Place) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&list.to_be_bytes());
    key[8..].copy_from_slice(&page.to_be_bytes());
    key
}

/// Which database of this process.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Disk {
    /// A quarter of `memory` is for pages, the rest for what the database itself wants: what was written goes to disk in tables of an
    /// eighth, since it waits where there are many small ones.
    pub fn open(folder: &Path, memory: u64) -> Result<Disk, BoxError> {
        let name = format!("states-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let for_pages = memory / 4;
        let memory = memory.max(LEAST);
        std::fs::create_dir_all(folder)?;
        let keyspace = Config::new(folder.join(name))
            .temporary(true)
            .manual_journal_persist(true)
            .cache_size(memory / 8)
            .max_write_buffer_size(memory / 2)
            .max_journaling_size(64 << 20)
            .flush_workers(1)
            .compaction_workers(1)
            .open()?;
        let buffer = u32::try_from(memory / 8).unwrap_or(u32::MAX).min(16 << 20);
        let options = PartitionCreateOptions::default().max_memtable_size(buffer);
        let pages = keyspace.open_partition("pages", options)?;
        Ok(Disk {
            pages,
            memory: usize::try_from(for_pages).unwrap_or(usize::MAX),
            lists: AtomicUsize::new(0),
            next: AtomicU64::new(0),
            _keyspace: keyspace,
        })
    }

    /// The number of a new list.
    pub(super) fn begin(&self) -> u64 {
        self.lists.fetch_add(1, Ordering::Relaxed);
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A list is dropped.
    pub(super) fn end(&self) {
        self.lists.fetch_sub(1, Ordering::Relaxed);
    }

    /// What a list may have in memory, in bytes.
    pub(super) fn share(&self) -> usize {
        self.memory / self.lists.load(Ordering::Relaxed).max(1)
    }

    pub(super) fn put(&self, place: Place, page: &[u8]) {
        works(self.pages.insert(key(place), page), "written");
    }

    pub(super) fn get(&self, place: Place) -> Slice {
        there(works(self.pages.get(key(place)), "read"))
    }

    /// The pages as they are now.
    pub(super) fn now(&self) -> Pages {
        Pages(self.pages.snapshot())
    }
}

/// The pages as they were.
pub(super) struct Pages(Snapshot);

impl Pages {
    pub fn get(&self, place: Place) -> Result<Slice, BoxError> {
        Ok(there(self.0.get(key(place))?))
    }
}

/// Operators have no answer to a disk that fails: the task ends, and the pipeline with it.
fn works<T>(result: Result<T, impl Display>, what: &str) -> T {
    result.unwrap_or_else(|why| panic!("states on disk can't be {what}: {why}"))
}

fn there(page: Option<Slice>) -> Slice {
    page.expect("a page that is not in memory was written")
}
