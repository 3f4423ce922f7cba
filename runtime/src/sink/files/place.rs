//! Where a sink's ticks are: in a folder of this machine, or in an object store.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::text_files::folders::{Folders, Names, problem, sync_folder};
use super::objects::Objects;
use crate::BoxError;
use crate::clock::Timestamp;
use crate::store;
use crate::tick::Tick;

/// Ticks' folders are called `batch=<time>`.
const BATCH: &str = "batch";
/// Ticks that no reader is to see yet.
const STAGED: &str = ".staged";

/// # Contract
/// - Nothing of a tick is visible before `commit`, all of it after. (In an object store: to who goes by manifests.)
/// - `begin` of a tick that is there says so, or prepares its replacement.
pub(super) enum Place {
    Folder(Folder),
    Store(Objects),
}

pub(super) struct Folder {
    folders: Folders,
    root: PathBuf,
    stem: &'static str,
}

impl Place {
    pub fn open(location: &str, epoch: u64, last_tick: Option<u64>) -> Result<Place, BoxError> {
        Place::of(location, BATCH, epoch, last_tick)
    }

    /// Beside it, for ticks that are gathered.
    pub fn open_staged(location: &str, epoch: u64, last_tick: Option<u64>) -> Result<Place, BoxError> {
        Place::of(location, STAGED, epoch, last_tick)
    }

    fn of(location: &str, stem: &'static str, epoch: u64, last_tick: Option<u64>) -> Result<Place, BoxError> {
        if location.is_empty() {
            return Err("a sink of files needs a folder, or the URL of an object store".into());
        }
        let root = match store::place(location, "the output")? {
            store::Place::Store(store, root) => {
                let below = if stem == STAGED { root.join("_staged") } else { root };
                let shown = store::shown(location);
                return Ok(Place::Store(Objects::open(store, below, shown, epoch, last_tick)?));
            }
            store::Place::Files(files, root) => files.path_to_filesystem(&root)?,
        };
        let names = Names { stem, separator: '=', suffix: "" };
        let folders = Folders::open(&root.join(stem), names, epoch, last_tick)?;
        Ok(Place::Folder(Folder { folders, root, stem }))
    }

    /// Says whether the tick is to be written; else it is there.
    pub fn begin(&mut self, tick: &Tick) -> Result<bool, BoxError> {
        match self {
            Place::Folder(folder) => folder.folders.begin(tick).map(|()| true),
            Place::Store(objects) => objects.begin(tick),
        }
    }

    /// Writes a file of the tick.
    pub fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), BoxError> {
        match self {
            Place::Folder(folder) => folder.put(name, &bytes),
            Place::Store(objects) => objects.put(name, bytes),
        }
    }

    pub fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        match self {
            Place::Folder(folder) => folder.folders.commit(tick),
            Place::Store(objects) => objects.commit(tick),
        }
    }

    pub fn abort(&mut self, tick: &Tick) {
        match self {
            Place::Folder(folder) => folder.folders.abort(tick),
            Place::Store(objects) => objects.abort(tick),
        }
    }

    pub fn cause(&self, error: BoxError) -> BoxError {
        match self {
            Place::Folder(folder) => folder.folders.cause(error),
            Place::Store(objects) => objects.cause(error),
        }
    }

    /// The ticks that are there, in order of their times.
    pub fn ticks(&self) -> Result<Vec<Tick>, BoxError> {
        self.times()?.into_iter().filter_map(|time| self.tick(time).transpose()).collect()
    }

    /// The one with the last time.
    pub fn newest(&self) -> Result<Option<Tick>, BoxError> {
        self.times()?.into_iter().rev().find_map(|time| self.tick(time).transpose()).transpose()
    }

    /// Sorted.
    fn times(&self) -> Result<Vec<Timestamp>, BoxError> {
        let mut times = match self {
            Place::Folder(folder) => folder.times()?,
            Place::Store(objects) => objects.times()?,
        };
        times.sort_unstable();
        Ok(times)
    }

    /// The tick of a time, if it is there, whole.
    fn tick(&self, time: Timestamp) -> Result<Option<Tick>, BoxError> {
        match self {
            Place::Folder(folder) => Ok(folder.tick(time)),
            Place::Store(objects) => objects.manifest(time),
        }
    }

    /// The files of a tick, in order of their names.
    pub fn read(&self, tick: &Tick) -> Result<Vec<Vec<u8>>, BoxError> {
        match self {
            Place::Folder(folder) => folder.read(tick),
            Place::Store(objects) => objects.read(tick),
        }
    }

    /// Removes a tick as a whole.
    pub fn remove(&self, tick: &Tick) -> Result<(), BoxError> {
        match self {
            Place::Folder(folder) => folder.remove(tick),
            Place::Store(objects) => objects.remove(tick),
        }
    }
}

impl Folder {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BoxError> {
        let path = self.folders.writing()?.join(name);
        let parent = path.parent().expect("it is in the tick's folder");
        let made = fs::create_dir_all(parent).and_then(|()| File::create(&path));
        let written = made.and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(|e| problem("write", &path, &e))?;
        sync_folder(parent)
    }

    fn of(&self, time: Timestamp) -> PathBuf {
        self.root.join(format!("{}={}", self.stem, time.millis()))
    }

    fn times(&self) -> Result<Vec<Timestamp>, BoxError> {
        let mut times = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(|e| problem("list the folder", &self.root, &e))? {
            let path = entry.map_err(|e| problem("list the folder", &self.root, &e))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let time = name.strip_prefix(self.stem).and_then(|rest| rest.strip_prefix('='));
            times.extend(time.and_then(|time| time.parse().ok()).map(Timestamp::from_millis));
        }
        Ok(times)
    }

    /// From `tick 3, epoch 7`.
    fn tick(&self, time: Timestamp) -> Option<Tick> {
        let text = fs::read_to_string(self.of(time).join("_SUCCESS")).ok()?;
        let number = |name| -> Option<u64> {
            let (_, rest) = text.split_once(name)?;
            rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        Some(Tick { number: number("tick")?, time, epoch: number("epoch")? })
    }

    fn read(&self, tick: &Tick) -> Result<Vec<Vec<u8>>, BoxError> {
        let folder = self.of(tick.time);
        let paths = fs::read_dir(&folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        });
        let mut paths = paths.map_err(|e| problem("list the folder", &folder, &e))?;
        paths.retain(|path| !path.ends_with("_SUCCESS"));
        paths.sort();
        paths.iter().map(|path| fs::read(path).map_err(|e| problem("read", path, &e))).collect()
    }

    fn remove(&self, tick: &Tick) -> Result<(), BoxError> {
        // Whole, or not at all: as a folder that the next start removes, if this one doesn't.
        let (folder, hidden) = (self.of(tick.time), self.folders.hidden_removed(tick));
        match fs::rename(&folder, &hidden) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            moved => moved.map_err(|e| problem("remove", &folder, &e))?,
        }
        fs::remove_dir_all(&hidden).map_err(|e| problem("remove", Path::new(&hidden), &e))
    }
}
