//! The files that patterns match, of this machine and of object stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::files::{Bucket, Listed, Origin, is_url, local};
use super::patterns::{FoundFile, find};
use crate::BoxError;
use crate::store::shown;

/// The files that the patterns match, sorted by path, each once. Every pattern must match a file. `pass_markers`: those that a
/// glob matches and that are called `_…`, as `_SUCCESS` is, are passed over.
pub(super) fn find_all(
    patterns: &[PathBuf],
    pass_markers: bool,
    runtime: &Handle,
) -> Result<Vec<FoundFile>, BoxError> {
    let (urls, mut paths): (Vec<_>, Vec<_>) =
        patterns.iter().cloned().partition(|pattern| is_url(pattern).is_some());
    let mut found = Vec::new();
    for url in urls.iter().filter_map(|url| is_url(url)) {
        match local(url) {
            Some(path) => paths.push(path),
            None => objects(url, runtime, &mut found)?,
        }
    }
    if !paths.is_empty() || urls.is_empty() {
        found.extend(find(&paths)?);
    }
    let is_marker =
        |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"));
    found.retain(|file| !pass_markers || !is_marker(&file.path) || patterns.contains(&file.path));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

fn objects(url: &str, runtime: &Handle, into: &mut Vec<FoundFile>) -> Result<(), BoxError> {
    let remote = Remote::open(url, runtime)?;
    let listed = match remote.glob {
        None => vec![remote.bucket.head()?],
        Some(_) => remote.list()?,
    };
    if listed.is_empty() {
        return Err(format!("no object matches `{}`: check the pattern", shown(url)).into());
    }
    into.extend(listed.into_iter().filter_map(|Listed { path, bytes }| {
        let origin = remote.origin(&path)?;
        Some(FoundFile { path, origin, bytes })
    }));
    Ok(())
}

/// A URL, perhaps with a glob in it, and its store.
pub(super) struct Remote {
    bucket: Arc<Bucket>,
    /// Of paths below it.
    glob: Option<glob::Pattern>,
}

impl Remote {
    pub fn open(url: &str, runtime: &Handle) -> Result<Remote, BoxError> {
        // `?` begins a URL's query, so it is no wildcard here.
        let Some(wild) = url.find(['*', '[']) else {
            return Ok(Remote { bucket: Arc::new(Bucket::open(url, runtime)?), glob: None });
        };
        let at = url[..wild].rfind('/').map_or(0, |at| at + 1);
        let (place, pattern) = url.split_at(at);
        let pattern = pattern.trim_end_matches('/');
        let glob =
            glob::Pattern::new(pattern).map_err(|e| format!("`{}` is no glob: {e}", shown(pattern)))?;
        Ok(Remote { bucket: Arc::new(Bucket::open(place, runtime)?), glob: Some(glob) })
    }

    /// The objects in it; with a glob, those that it matches, and those in the folders that it matches.
    pub fn list(&self) -> Result<Vec<Listed>, BoxError> {
        let mut listed = self.bucket.list(self.glob.is_some())?;
        if let Some(glob) = &self.glob {
            let options = glob::MatchOptions {
                require_literal_separator: true,
                require_literal_leading_dot: true,
                ..glob::MatchOptions::new()
            };
            let below =
                |path: &Path| path.to_str().map(|path| path[self.bucket.shown.len() + 1..].to_string());
            listed.retain(|found| {
                below(&found.path).is_some_and(|path| {
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    glob.matches_with(&path, options) || glob.matches_with(folder, options)
                })
            });
        }
        Ok(listed)
    }

    /// Where an object of a path is, if it is one of these.
    pub fn origin(&self, path: &Path) -> Option<Origin> {
        self.bucket.object(path).map(Origin::Object)
    }
}

#[cfg(test)]
mod tests {
    use object_store::path::Path as ObjectPath;

    use crate::checkpoint::testing::{Fault, FaultStore};
    use crate::engine::Engine;
    use crate::prelude::*;
    use crate::store::name_in_memory;
    use crate::wait::block_on;

    #[test]
    fn a_store_that_fails_stops_the_run_and_a_restart_reads_on() {
        let objects = [("a/one", "1\n22\n333\n"), ("a/two", "4\n"), ("b", "5\n")];
        let objects = objects.map(|(path, text)| (ObjectPath::from(path), text.as_bytes().to_vec()));
        let (mut expected, mut failures) = (Vec::new(), 0);
        for n in 0.. {
            let store = block_on(FaultStore::with(objects.clone()));
            let name = format!("faulty{n}");
            name_in_memory(&name, std::sync::Arc::new(store.clone()));
            let out = MemorySink::new();
            let pipeline = || {
                let (url, sink) = (format!("memory://{name}/a/*"), out.clone());
                stream!(move { source(text_files(url).max_bytes_per_tick(4)).sink(sink); })
            };
            // The first run is undisturbed.
            if n > 0 {
                store.fault(n - 1, Fault::ErrorBefore);
            }
            let told = |error: crate::Error| {
                let told = error.to_string();
                assert!(told.contains("a fault of the test") && told.contains("memory://faulty"), "{told}");
            };
            match Engine::test().start(pipeline()) {
                Err(error) => {
                    told(error);
                    Engine::test().run(pipeline()).expect("the store is well again");
                }
                Ok(mut job) => match job.run_to_end() {
                    Ok(()) if n > 0 => break,
                    Ok(()) => expected = out.batches(),
                    Err(error) => {
                        told(error);
                        let mut job =
                            Engine::test().restart(job.crash(), pipeline()).expect("it starts again");
                        job.run_to_end().expect("the store is well again");
                    }
                },
            }
            failures += usize::from(n > 0);
            assert_eq!(out.batches(), expected, "behind operation {n}");
        }
        assert_eq!(expected.concat(), ["1", "22", "333", "4"]);
        assert!(failures > 3, "{failures}");
    }
}
