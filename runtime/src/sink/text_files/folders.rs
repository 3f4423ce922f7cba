//! The folders of a `text_file_sink`: written aside, made visible whole.
//!
//! Beside the folders `counts-<time>` of the prefix `counts` there may be
//! - `.counts-<time>.writing`: a tick that is being written, or was when its process died: removed at open.
//! - `.counts-<time>.replaced`: a tick's earlier self while the new one takes its place. If a process died just
//!   then, `open` removes it, or puts it back if nothing is in its place.
//! - `.counts.epoch`: the number of the newest start. It counts the starts on one checkpoint, so it tells nothing of starts
//!   on another one, or on none.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use super::super::{begins_anew, refuse_older};
use crate::BoxError;
use crate::sync::Mutex;
use crate::tick::Tick;

const WRITING: &str = ".writing";
const REPLACED: &str = ".replaced";

/// What ticks' folders are called: `stem-<time>suffix`.
#[derive(Clone, Copy)]
pub(in super::super) struct Names<'a> {
    pub stem: &'a str,
    pub separator: char,
    pub suffix: &'a str,
}

pub(in super::super) struct Folders {
    parent: PathBuf,
    /// The last component of the prefix.
    stem: String,
    separator: char,
    suffix: String,
    /// Of the start that this one belongs to.
    epoch: u64,
    /// The folder that the current tick is written into.
    writing: Option<PathBuf>,
    /// The last tick that was committed.
    last: Option<Tick>,
    _claim: Claim,
}

impl Folders {
    pub(in super::super) fn open(
        prefix: &Path,
        names: Names<'_>,
        epoch: u64,
        last_tick: Option<u64>,
    ) -> Result<Self, BoxError> {
        let Names { stem, separator, suffix } = names;
        let shown = prefix.display();
        if stem.is_empty() || ends_with_separator(prefix) {
            return Err(format!("`{shown}` is no prefix for `text_file_sink`: write a folder and the beginning of a name, such as `out/counts`").into());
        }
        let parent = match prefix.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&parent).map_err(|e| problem("make the folder", &parent, &e))?;
        let claim = Claim::on(&parent, names)?;
        let folders = Folders {
            parent,
            stem: stem.to_string(),
            separator,
            suffix: suffix.to_string(),
            epoch,
            writing: None,
            last: None,
            _claim: claim,
        };
        if !begins_anew(epoch, last_tick) {
            folders.check_epoch(epoch)?;
        }
        folders.write_epoch(epoch)?;
        folders.clean()?;
        Ok(folders)
    }

    /// Makes the folder that the tick is written into.
    pub(in super::super) fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        if let Some(last) = self.last.filter(|last| last.time == tick.time && last.number != tick.number) {
            return Err(format!(
                "ticks {} and {} have the same batch time, {}, so the folder of one would replace the other's: make \
                 the batch interval longer",
                last.number, tick.number, tick.time
            )
            .into());
        }
        let path = self.hidden(tick, WRITING);
        remove(&path)?;
        fs::create_dir(&path).map_err(|e| problem("make the folder", &path, &e))?;
        self.writing = Some(path);
        Ok(())
    }

    /// The path of a partition's file.
    pub(super) fn part(&self, partition: usize) -> Result<PathBuf, BoxError> {
        Ok(self.writing()?.join(format!("part-{partition:05}")))
    }

    pub(in super::super) fn writing(&self) -> Result<&Path, BoxError> {
        self.writing
            .as_deref()
            .ok_or_else(|| "a tick of a `text_file_sink` was written before it was begun".into())
    }

    /// Makes the tick visible. Its parts are on disk.
    pub(in super::super) fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.check_epoch(tick.epoch)?;
        let writing = self.writing()?.to_path_buf();
        write_synced(&writing.join("_SUCCESS"), &format!("tick {}, epoch {}\n", tick.number, tick.epoch))?;
        sync_folder(&writing)?;
        let place = self.parent.join(self.name(tick));
        let replaced = self.hidden(tick, REPLACED);
        remove(&replaced)?;
        match fs::rename(&place, &replaced) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            moved => moved.map_err(|e| problem("replace", &place, &e))?,
        }
        fs::rename(&writing, &place).map_err(|e| problem("rename a folder to", &place, &e))?;
        self.writing = None;
        self.last = Some(*tick);
        sync_folder(&self.parent)?;
        remove(&replaced)
    }

    pub(in super::super) fn abort(&mut self, _: &Tick) {
        if let Some(path) = self.writing.take() {
            // If that fails, the next `begin` or `open` tries again, and says why.
            let _ = remove(&path);
        }
    }

    /// Why a tick could not be written: a newer start removes what an older one has begun.
    pub(in super::super) fn cause(&self, error: BoxError) -> BoxError {
        self.check_epoch(self.epoch).err().unwrap_or(error)
    }

    fn hidden(&self, tick: &Tick, role: &str) -> PathBuf {
        self.parent.join(format!(".{}{role}", self.name(tick)))
    }

    fn name(&self, tick: &Tick) -> String {
        format!("{}{}{}{}", self.stem, self.separator, tick.time.millis(), self.suffix)
    }

    /// What a tick is called while it is removed.
    #[cfg(any(feature = "json", feature = "csv", feature = "parquet"))]
    pub(in super::super) fn hidden_removed(&self, tick: &Tick) -> PathBuf {
        self.hidden(tick, WRITING)
    }

    /// Tidies up after a process that died.
    fn clean(&self) -> Result<(), BoxError> {
        let entries = fs::read_dir(&self.parent).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|e| problem("list the folder", &self.parent, &e))? {
            let name = entry.file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix('.')) else { continue };
            if let Some(tick) = name.strip_suffix(WRITING) {
                if self.is_tick(tick) {
                    remove(&entry.path())?;
                }
            } else if let Some(tick) = name.strip_suffix(REPLACED) {
                let place = self.parent.join(tick);
                if self.is_tick(tick) && place.exists() {
                    remove(&entry.path())?;
                } else if self.is_tick(tick) {
                    fs::rename(entry.path(), &place)
                        .map_err(|e| problem("rename a folder to", &place, &e))?;
                }
            }
        }
        sync_folder(&self.parent)
    }

    /// Whether a folder of this name would be one of ours.
    fn is_tick(&self, name: &str) -> bool {
        let time = name
            .strip_prefix(self.stem.as_str())
            .and_then(|rest| rest.strip_prefix(self.separator))
            .and_then(|rest| rest.strip_suffix(self.suffix.as_str()));
        time.is_some_and(|time| time.parse::<i64>().is_ok())
    }

    fn epoch_file(&self) -> PathBuf {
        self.parent.join(format!(".{}{}.epoch", self.stem, self.suffix))
    }

    fn check_epoch(&self, epoch: u64) -> Result<(), BoxError> {
        let path = self.epoch_file();
        let newest = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| {
                format!("`{}` should hold the number of a start, but doesn't: remove it", path.display())
            })?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
            Err(e) => return Err(problem("read", &path, &e)),
        };
        let what = format!("`{}{}…{}`", self.parent.join(&self.stem).display(), self.separator, self.suffix);
        refuse_older(&what, epoch, newest)
    }

    fn write_epoch(&self, epoch: u64) -> Result<(), BoxError> {
        let path = self.epoch_file();
        let beside = path.with_extension("epoch-new");
        write_synced(&beside, &format!("{epoch}\n"))?;
        fs::rename(&beside, &path).map_err(|e| problem("write", &path, &e))
    }
}

/// The sole right in this process to write the folders of a prefix; ends when it is dropped.
///
/// Sinks of other processes are told apart by their epochs.
pub(in super::super) struct Claim(PathBuf);

static CLAIMED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

impl Claim {
    fn on(parent: &Path, Names { stem, separator, suffix }: Names<'_>) -> Result<Claim, BoxError> {
        let folder = parent.canonicalize().map_err(|e| problem("find the folder", parent, &e))?;
        let name = format!("{stem}{separator}TIME{suffix}");
        Claim::of(folder.join(&name), &parent.join(&name).display().to_string())
    }

    /// `shown`: what the place is called.
    pub(in super::super) fn of(place: PathBuf, shown: &str) -> Result<Claim, BoxError> {
        if !Claim::all().insert(place.clone()) {
            return Err(format!(
                "another sink of this process writes to `{shown}`, and each would remove what the other \
                 writes: give each a prefix of its own, bring their streams together with `union`, or wait for the \
                 end of the pipeline that has it"
            )
            .into());
        }
        Ok(Claim(place))
    }

    fn all() -> MutexGuard<'static, BTreeSet<PathBuf>> {
        CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        Claim::all().remove(&self.0);
    }
}

fn ends_with_separator(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.ends_with(std::path::is_separator))
}

fn write_synced(path: &Path, text: &str) -> Result<(), BoxError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| problem("write", path, &e))
}

/// Brings a folder's entries to disk.
pub(in super::super) fn sync_folder(path: &Path) -> Result<(), BoxError> {
    // Elsewhere a folder can't be opened as a file, and its entries are journaled.
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| problem("write the folder", path, &e))?;
    }
    Ok(())
}

/// Removes a folder with all that is in it, if it is there.
fn remove(path: &Path) -> Result<(), BoxError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(problem("remove", path, &e)),
        _ => Ok(()),
    }
}

pub(in super::super) fn problem(verb: &str, path: &Path, error: &io::Error) -> BoxError {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; give this user the right to write there, or choose another prefix"
        }
        io::ErrorKind::StorageFull => "; make room on the disk, and start again",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "; choose another prefix, or move what is there"
        }
        io::ErrorKind::NotFound => "; has someone removed the folder while the pipeline runs?",
        _ => "",
    };
    format!("can't {verb} `{}`: {error}{advice}", path.display()).into()
}
