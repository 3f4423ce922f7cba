//! Which files were found, in which order they are read, and at which offsets they lie.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::FileFormat;
use super::scan::{self, Scanner, Watch};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::source::files::{DataFile, Reading};

/// What a tick may take.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub bytes: u64,
    pub records: Option<u64>,
    pub files: usize,
}

/// The files, one behind the other, as one run of offsets: a file begins where the one before it ends. So a position
/// is one number, however many files there have been. (Where a compressed file ends is known when it has been
/// decompressed, which is before the next one is begun.)
///
/// # Contract
/// - Files that one scan finds are in the order of their paths; those of a later scan are behind them.
/// - A path is read once, as long as it stays in its folder.
/// - A file is noted in the journal with the offset where it begins, when it is begun.
pub(super) struct Log {
    scanner: Scanner,
    watch: Watch,
    reading: Reading,
    /// All that is known and still there, with the number of the scan that saw it last.
    seen: HashMap<PathBuf, u64>,
    scans: u64,
    /// From the first file that may be read (again).
    files: VecDeque<Entry>,
    /// The file in `files` that is to be read next.
    next: usize,
    offered: u64,
    /// No file before is known any more.
    released: u64,
    new_files_only: bool,
    /// The run is to read what there is now: nothing is looked for any more.
    frozen: bool,
    /// Of a scan that nobody could be told of.
    failed: Option<BoxError>,
    /// What has come since the journal was asked for last. `None`: nobody has asked yet, and perhaps nobody will, so nothing
    /// is gathered; the first to ask is told all.
    news: Option<Vec<Note>>,
    recalled: bool,
}

/// A file, and which of its offsets are meant.
type Part = (Arc<DataFile>, Range<u64>);

struct Entry {
    path: PathBuf,
    bytes: u64,
    file: Arc<DataFile>,
    /// Once it is begun.
    start: Option<u64>,
    /// Once all of it is offered.
    end: Option<u64>,
}

/// What must outlive the process.
#[derive(Serialize, Deserialize)]
enum Note {
    /// Files that are not to be read (any more), and the offset where the others begin.
    Passed { paths: Vec<OsString>, released: u64 },
    /// A file that is read from this offset on, with its length on disk.
    Begun { path: OsString, bytes: u64, start: u64 },
    /// A compressed file that began at `start`, and whose text ends here. (Of a plain one that is known from its length.)
    Ended { path: OsString, start: u64, end: u64 },
}

impl Entry {
    fn begun(&self) -> Option<Note> {
        let path = self.path.clone().into_os_string();
        self.start.map(|start| Note::Begun { path, bytes: self.bytes, start })
    }

    fn ended(&self) -> Option<Note> {
        let (path, start) = (self.path.clone().into_os_string(), self.start?);
        self.end.filter(|_| self.file.is_compressed()).map(|end| Note::Ended { path, start, end })
    }
}

impl Log {
    pub fn open(
        scanner: Scanner,
        watch: Watch,
        reading: Reading,
        new_files_only: bool,
    ) -> Result<Log, BoxError> {
        let mut log = Log {
            scanner,
            watch,
            reading,
            seen: HashMap::new(),
            scans: 0,
            files: VecDeque::new(),
            next: 0,
            offered: 0,
            released: 0,
            new_files_only,
            frozen: false,
            failed: None,
            news: None,
            recalled: false,
        };
        if new_files_only {
            let seen = &mut log.seen;
            log.scanner.each(&mut |path, _| {
                seen.insert(path, 0);
            })?;
        }
        Ok(log)
    }

    /// The offsets of the next tick, and whether more files wait.
    pub fn offer(
        &mut self,
        limits: Limits,
        format: &impl FileFormat,
    ) -> Result<(Range<u64>, bool), BoxError> {
        self.failed.take().map_or(Ok(()), Err)?;
        let from = self.offered;
        let (mut room, mut records) = (limits.bytes, limits.records);
        let (mut files, mut scanned) = (limits.files, self.frozen);
        loop {
            if self.next == self.files.len() {
                if !scanned && self.watch.is_due() {
                    scanned = true;
                    self.scan()?;
                    continue;
                }
                return Ok((from..self.offered, false));
            }
            if files == 0 {
                return Ok((from..self.offered, true));
            }
            files -= 1;
            let entry = &mut self.files[self.next];
            let start = entry.start.unwrap_or(self.offered);
            let own = self.offered - start;
            let wanted = own.saturating_add(room);
            if !entry.file.is_compressed() {
                format.check_length(&entry.file, entry.bytes)?;
            }
            // A byte more: whether there is a rest.
            let extent = format.extent(&entry.file, wanted.saturating_add(1))?;
            entry.file.check_position(own, extent)?;
            let mut end = extent.min(wanted);
            if let Some(records) = records.as_mut().filter(|_| own < end) {
                end = format.cut(&entry.file, own..end, records)?;
            }
            if entry.start.is_none() {
                entry.start = Some(start);
                if let Some(news) = &mut self.news {
                    news.extend(entry.begun());
                }
            }
            room -= end - own;
            self.offered = start + end;
            if end < extent {
                return Ok((from..self.offered, true));
            }
            format.check_length(&entry.file, end)?;
            if entry.end.is_some_and(|known| known != self.offered) {
                return Err(changed(entry));
            }
            if entry.end.is_none() {
                entry.end = Some(self.offered);
                if let Some(news) = &mut self.news {
                    news.extend(entry.ended());
                }
            }
            self.next += 1;
        }
    }

    /// The parts of files that lie in `range`.
    pub fn parts(&self, range: Range<u64>) -> Result<Vec<Part>, BoxError> {
        let mut parts = Vec::new();
        let mut at = range.start;
        for entry in &self.files {
            let (Some(start), end) = (entry.start, entry.end.unwrap_or(u64::MAX)) else { break };
            if start <= at && at < end.min(range.end) {
                let till = end.min(range.end);
                parts.push((Arc::clone(&entry.file), at - start..till - start));
                at = till;
            }
        }
        if at < range.end {
            return Err(unknown(at));
        }
        Ok(parts)
    }

    /// When to look for files again, whether or not anything else happens.
    pub fn due(&self) -> Option<Timestamp> {
        (!self.frozen).then(|| self.watch.due())
    }

    pub fn freeze(&mut self) {
        if self.new_files_only && !self.recalled {
            self.failed = Some(
                "`.new_files_only(true)` passes over what is there when the pipeline starts, and `Trigger::AvailableNow` \
                 reads nothing else: leave one of them out"
                    .into(),
            );
        } else if let Err(error) = self.scan() {
            self.failed = Some(error);
        }
        self.frozen = true;
    }

    /// What is to be stored before a tick of the offers so far runs, and has not been asked for before.
    pub fn journal(&mut self) -> Vec<u8> {
        match &mut self.news {
            Some(news) => encode(&std::mem::take(news)),
            // Where nothing was there and all is to be read, a restart knows as much by itself. One that is to pass over what
            // is there must hear that this is no longer so.
            None if self.seen.is_empty() && self.files.is_empty() && !self.new_files_only => Vec::new(),
            None => {
                self.news = Some(Vec::new());
                self.memory()
            }
        }
    }

    /// All that is to be stored.
    pub fn memory(&self) -> Vec<u8> {
        let mut notes = vec![self.passed()];
        notes.extend(self.files.iter().flat_map(|entry| entry.begun().into_iter().chain(entry.ended())));
        encode(&notes)
    }

    /// Takes up what was stored.
    pub fn recall(&mut self, notes: &[u8]) -> Result<(), BoxError> {
        if !self.recalled {
            // What is there now and was not there then is new.
            self.recalled = true;
            self.seen.clear();
            self.news = Some(Vec::new());
        }
        if notes.is_empty() {
            return Ok(());
        }
        let notes: Vec<Note> = postcard::from_bytes(notes).map_err(|e| {
            format!("what was stored of the files that have been read can't be understood: {e}")
        })?;
        for note in notes {
            match note {
                Note::Passed { paths, released } => {
                    self.released = released;
                    self.seen.extend(paths.into_iter().map(|path| (PathBuf::from(path), self.scans)));
                }
                Note::Begun { path, bytes, start } => self.recall_file(path.into(), bytes, start)?,
                Note::Ended { path, start, end } => {
                    let of =
                        |entry: &&mut Entry| entry.start == Some(start) && entry.path == Path::new(&path);
                    // Else a checkpoint has told that it is done with.
                    if let Some(entry) = self.files.iter_mut().rev().find(of) {
                        entry.end = Some(end);
                    }
                }
            }
        }
        Ok(())
    }

    fn recall_file(&mut self, path: PathBuf, bytes: u64, start: u64) -> Result<(), BoxError> {
        if let Some(last) = self.files.back_mut() {
            let known = last.start.expect("only files that were begun are known before the first offer");
            // A checkpoint may tell of files that a journal behind it tells of again.
            if start < known || (start == known && self.seen.contains_key(&path)) {
                return Ok(());
            }
            last.end = Some(start);
        }
        self.seen.insert(path.clone(), self.scans);
        let mut entry = self.entry(path, bytes)?;
        entry.start = Some(start);
        self.files.push_back(entry);
        Ok(())
    }

    pub fn seek(&mut self, position: u64) -> Result<(), BoxError> {
        let begun = |entry: &Entry| entry.start.is_some_and(|start| start <= position);
        let current = self.files.iter().rposition(begun);
        match current.map(|at| (at, &self.files[at])) {
            None if position != self.released => return Err(unknown(position)),
            None => self.next = 0,
            // It may have been removed since.
            Some((at, entry)) if entry.end == Some(position) => self.next = at + 1,
            Some((at, entry)) => {
                entry.file.seek(position - entry.start.expect("it was begun"));
                self.next = at;
            }
        }
        self.offered = position;
        Ok(())
    }

    pub fn release(&mut self, position: u64) {
        while self.next > 0
            && let Some(end) = self.files[0].end.filter(|end| *end <= position)
        {
            self.released = end;
            self.files.pop_front();
            self.next -= 1;
        }
        if let Some(Entry { file, start: Some(start), .. }) = self.files.front() {
            file.release(position.saturating_sub(*start));
        }
    }

    fn entry(&self, path: PathBuf, bytes: u64) -> Result<Entry, BoxError> {
        let origin = self.scanner.origin(&path)?;
        let file = Arc::new(DataFile::new(path.clone(), origin, bytes, self.reading));
        Ok(Entry { path, bytes, file, start: None, end: None })
    }

    /// Looks for new files.
    fn scan(&mut self) -> Result<(), BoxError> {
        self.scans += 1;
        let (seen, now, mut unknown) = (&mut self.seen, self.scans, Vec::new());
        self.scanner.each(&mut |path, bytes| match seen.get_mut(&path) {
            Some(last) => *last = now,
            None => unknown.push((path, bytes)),
        })?;
        // A path that is gone may come again as another file.
        seen.retain(|_, last| *last == now);
        unknown.sort();
        unknown.dedup();
        for (path, listed) in unknown {
            // An empty one is looked at again: somebody may be about to write it.
            let bytes = listed.map_or_else(|| scan::length(&path), Ok)?;
            if bytes > 0 {
                self.seen.insert(path.clone(), now);
                let entry = self.entry(path, bytes)?;
                self.files.push_back(entry);
            }
        }
        Ok(())
    }

    /// The files that are not to be read any more, sorted.
    fn passed(&self) -> Note {
        let waiting: HashSet<&PathBuf> = self.files.iter().map(|entry| &entry.path).collect();
        let mut paths: Vec<OsString> = self
            .seen
            .keys()
            .filter(|path| !waiting.contains(*path))
            .map(|path| path.clone().into_os_string())
            .collect();
        paths.sort();
        Note::Passed { paths, released: self.released }
    }
}

fn encode(notes: &[Note]) -> Vec<u8> {
    if notes.is_empty() {
        return Vec::new();
    }
    postcard::to_stdvec(notes).expect("paths and numbers can be written")
}

fn changed(entry: &Entry) -> BoxError {
    format!(
        "{} does not end where it did when it was read before: it has been replaced; put it back, or start without the \
         checkpoint",
        entry.file.name
    )
    .into()
}

fn unknown(position: u64) -> BoxError {
    format!(
        "offset {position} lies in no file that is known: what the checkpoint holds of the files that were read is \
         incomplete; start without it"
    )
    .into()
}
