//! Which files there are in the folders, and when to look.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::super::SourceContext;
use super::super::files::{Origin, is_url, local};
use super::super::found::Remote;
use super::super::patterns::{fixed_part, is_glob, working_folder};
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
    Remote(Remote),
}

impl Scanner {
    /// Checks that the folders are there. `source`: what it is for.
    pub fn new(patterns: &[PathBuf], source: &str, runtime: &Handle) -> Result<Scanner, BoxError> {
        if patterns.is_empty() {
            return Err(
                "the list of folders is empty: name a folder, or a glob of folders such as `logs/*/`".into(),
            );
        }
        let place = |pattern: &Path| match is_glob(pattern) {
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
                Ok(Place::Folder(pattern.to_path_buf()))
            }
        };
        let places = patterns.iter().map(|pattern| match is_url(pattern) {
            None => place(pattern),
            Some(url) => match local(url) {
                Some(path) => place(&path),
                None => Ok(Place::Remote(Remote::open(url, runtime)?)),
            },
        });
        Ok(Scanner { places: places.collect::<Result<_, BoxError>>()? })
    }

    /// Where the bytes of a path are.
    pub fn origin(&self, path: &Path) -> Result<Origin, BoxError> {
        if is_url(path).is_none() {
            return Ok(Origin::File(path.to_path_buf()));
        }
        let mut remotes = self.places.iter().filter_map(|place| match place {
            Place::Remote(remote) => remote.origin(path),
            _ => None,
        });
        remotes.next().ok_or_else(|| {
            format!(
                "`{}` was being read before, and is in none of the folders now: name its folder too until it has been read, or                  start without the checkpoint",
                path.display()
            )
            .into()
        })
    }

    /// Calls `see` with every file that is there, in no order, some perhaps twice, and with its length if that is listed. Their
    /// names say that they are complete.
    pub fn each(&self, see: &mut dyn FnMut(PathBuf, Option<u64>)) -> Result<(), BoxError> {
        let mut keep = |path: PathBuf| {
            if path.file_name().is_some_and(is_complete) {
                see(path, None);
            }
        };
        for place in &self.places {
            match place {
                Place::Folder(folder) => files_in(folder, &mut keep).map_err(|e| unlistable(folder, &e))?,
                Place::Remote(_) => {}
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
        for place in &self.places {
            let Place::Remote(remote) = place else { continue };
            for found in remote.list()? {
                if found.path.file_name().is_some_and(is_complete) {
                    see(found.path, Some(found.bytes));
                }
            }
        }
        Ok(())
    }
}

/// How long a file is now. 0 also if it is no file (any more).
pub(super) fn length(path: &Path) -> Result<u64, BoxError> {
    match path.metadata() {
        Ok(about) if about.is_file() => Ok(about.len()),
        Ok(_) => Ok(0),
        Err(e) if is_gone(&e) => Ok(0),
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
