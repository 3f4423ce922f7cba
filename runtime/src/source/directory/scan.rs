//! Which files there are in the folders, and when to look.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::SourceContext;
use super::super::patterns::{FoundFile, fixed_part, is_glob, working_folder};
use crate::BoxError;
use crate::clock::{Clock, Timestamp};
use crate::engine::Trigger;

/// When folders are looked at: whenever a tick is planned; under `Trigger::Eager`, where each look may be for another
/// source's input, once in an interval.
pub(super) struct Watch {
    clock: Arc<dyn Clock>,
    interval: Duration,
    eager: bool,
    last: Option<Timestamp>,
}

impl Watch {
    pub fn new(cx: &SourceContext, interval: Duration) -> Watch {
        let eager = cx.trigger == Trigger::Eager;
        Watch { clock: Arc::clone(&cx.clock), interval, eager, last: None }
    }

    /// Whether it is time to look. Whoever is told so does.
    pub fn is_due(&mut self) -> bool {
        let now = self.clock.now();
        // The system's clock may have been set back.
        let waits = self.eager && self.last.is_some_and(|last| last <= now && now < last.plus(self.interval));
        if !waits {
            self.last = Some(now);
        }
        !waits
    }

    /// When to look again.
    pub fn due(&self) -> Timestamp {
        self.last.map_or_else(|| self.clock.now(), |last| last.plus(self.interval))
    }
}

pub(super) struct Scanner {
    places: Vec<Place>,
}

enum Place {
    Folder(PathBuf),
    Glob(String),
}

impl Scanner {
    /// Checks that the folders are there. `source`: what it is for.
    pub fn new(patterns: &[PathBuf], source: &str) -> Result<Scanner, BoxError> {
        if patterns.is_empty() {
            return Err(
                "the list of folders is empty: name a folder, or a glob of folders such as `logs/*/`".into(),
            );
        }
        let places = patterns.iter().map(|pattern| match is_glob(pattern) {
            Some(glob) => {
                glob::Pattern::new(glob).map_err(|e| format!("`{glob}` is no glob: {e}"))?;
                exists(&fixed_part(glob))?;
                Ok(Place::Glob(glob.to_string()))
            }
            None if pattern.is_file() => Err(format!(
                "`{}` is a file, and `{source}` watches folders: name its folder, or a glob",
                pattern.display()
            )
            .into()),
            None => {
                exists(pattern)?;
                Ok(Place::Folder(pattern.clone()))
            }
        });
        Ok(Scanner { places: places.collect::<Result<_, BoxError>>()? })
    }

    /// Calls `see` with every file that is there, in no order, some perhaps twice. Their names say that they are complete.
    pub fn each(&self, see: &mut dyn FnMut(PathBuf)) -> Result<(), BoxError> {
        let mut keep = |path: PathBuf| {
            if path.file_name().is_some_and(is_complete) {
                see(path);
            }
        };
        for place in &self.places {
            match place {
                Place::Folder(folder) => files_in(folder, &mut keep).map_err(|e| unlistable(folder, &e))?,
                Place::Glob(glob) => {
                    let options =
                        glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
                    let found = glob::glob_with(glob, options).expect("it was a glob when it was opened");
                    for path in found {
                        let path = match path {
                            Ok(path) => path,
                            Err(e) if is_gone(e.error()) => continue,
                            Err(e) => return Err(unlistable(e.path(), e.error())),
                        };
                        match files_in(&path, &mut keep) {
                            Err(e) if e.kind() == io::ErrorKind::NotADirectory => keep(path),
                            // It was there a moment ago.
                            Err(e) if is_gone(&e) => {}
                            listed => listed.map_err(|e| unlistable(&path, &e))?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The file behind a path, with its length now. `None`: it is no file (any more), or it is empty. An empty file is
/// looked at again: somebody may be about to write it.
pub(super) fn file(path: PathBuf) -> Result<Option<FoundFile>, BoxError> {
    match path.metadata() {
        Ok(about) if about.is_file() && about.len() > 0 => Ok(Some(FoundFile { bytes: about.len(), path })),
        Ok(_) => Ok(None),
        Err(e) if is_gone(&e) => Ok(None),
        Err(e) => Err(format!("file `{}` can't be looked at: {e}", path.display()).into()),
    }
}

fn files_in(folder: &Path, see: &mut dyn FnMut(PathBuf)) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            see(entry.path());
        }
    }
    Ok(())
}

/// Names of what is hidden, is being written or is being copied (by Hadoop) are passed over.
fn is_complete(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    !(name.starts_with(b".")
        || name.starts_with(b"_")
        || name.ends_with(b".tmp")
        || name.ends_with(b"._COPYING_"))
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn exists(folder: &Path) -> Result<(), BoxError> {
    match folder.metadata() {
        Ok(about) if about.is_dir() => Ok(()),
        Ok(_) => Err(format!("`{}` is no folder", folder.display()).into()),
        Err(e) => Err(unlistable(folder, &e)),
    }
}

fn unlistable(folder: &Path, error: &io::Error) -> BoxError {
    let shown = folder.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no folder `{shown}`{}: make it first, and leave it there while the pipeline runs",
            working_folder(folder)
        ),
        io::ErrorKind::PermissionDenied => {
            format!("the folder `{shown}` may not be listed by this user: give it the right, or run as a user that has it")
        }
        _ => format!("the folder `{shown}` can't be listed: {error}"),
    }
    .into()
}
