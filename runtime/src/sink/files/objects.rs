//! Ticks in an object store: files first, and the manifest that makes them visible last.
//!
//! Below the root there are
//! - `batch=<time>/…`: the files of a tick.
//! - `_manifests/batch=<time>.json`: names them. A tick without one is not there.
//! - `_epoch`: the number of the newest start, as beside a `text_file_sink`'s folders.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::runtime::Runtime;

use super::super::text_files::folders::Claim;
use super::super::{begins_anew, refuse_older};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::tick::Tick;
use crate::wait::block_on;

pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    root: Path,
    /// What it is called, without secrets.
    shown: String,
    epoch: u64,
    anew: bool,
    writing: Option<Writing>,
    last: Option<Tick>,
    /// Clients need one around them. `None` only while it is dropped.
    runtime: Option<Runtime>,
    _claim: Claim,
}

/// The tick that is begun.
struct Writing {
    tick: Tick,
    files: Vec<String>,
}

impl Objects {
    pub fn open(
        store: Arc<dyn ObjectStore>,
        root: Path,
        shown: String,
        epoch: u64,
        last_tick: Option<u64>,
    ) -> Result<Objects, BoxError> {
        let claim = Claim::of(PathBuf::from(format!("{shown} {root}")), &shown)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let objects = Objects {
            store,
            root,
            shown,
            epoch,
            anew: begins_anew(epoch, last_tick),
            writing: None,
            last: None,
            runtime: Some(runtime),
            _claim: claim,
        };
        if !objects.anew {
            objects.check_epoch(epoch)?;
        }
        objects.put_object(objects.root.clone().join("_epoch"), epoch.to_string().into_bytes())?;
        objects.clean()?;
        Ok(objects)
    }

    pub fn begin(&mut self, tick: &Tick) -> Result<bool, BoxError> {
        if let Some(last) = self.last.filter(|last| last.time == tick.time && last.number != tick.number) {
            return Err(format!(
                "ticks {} and {} have the same batch time, {}, so one would replace the other: make the batch interval longer",
                last.number, tick.number, tick.time
            )
            .into());
        }
        if let Some(there) = self.manifest(tick.time)? {
            if there.number == tick.number && !self.anew {
                return Ok(false);
            }
            // Of another run, which had this time too.
            self.delete(vec![self.manifest_path(tick.time)])?;
        }
        self.remove_files(tick.time)?;
        self.writing = Some(Writing { tick: *tick, files: Vec::new() });
        Ok(true)
    }

    pub fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), BoxError> {
        let writing = self.writing.as_mut().ok_or("a tick was written before it was begun")?;
        let file = format!("{}/{name}", folder(writing.tick.time));
        let path = below(&self.root, &file);
        writing.files.push(file);
        self.put_object(path, bytes)
    }

    pub fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.check_epoch(tick.epoch)?;
        let writing = self.writing.take().ok_or("a tick was committed before it was begun")?;
        let files: Vec<String> = writing.files.iter().map(|file| format!("\"{}\"", json(file))).collect();
        let manifest = format!(
            "{{\"tick\":{},\"batch\":{},\"epoch\":{},\"files\":[{}]}}\n",
            tick.number,
            tick.time.millis(),
            tick.epoch,
            files.join(",")
        );
        self.put_object(self.manifest_path(tick.time), manifest.into_bytes())?;
        self.last = Some(*tick);
        Ok(())
    }

    pub fn abort(&mut self, tick: &Tick) {
        if self.writing.take().is_some() {
            // If that fails, the next `begin` or `open` tries again, and says why.
            let _ = self.remove_files(tick.time);
        }
    }

    /// Why a tick could not be written: a newer start removes what an older one has begun.
    pub fn cause(&self, error: BoxError) -> BoxError {
        self.check_epoch(self.epoch).err().unwrap_or(error)
    }

    /// Of the manifests that there are.
    pub fn times(&self) -> Result<Vec<Timestamp>, BoxError> {
        let manifests = self.list(&self.root.clone().join("_manifests"))?;
        let times = manifests
            .iter()
            .filter_map(|path| path.filename()?.strip_prefix("batch=")?.strip_suffix(".json")?.parse().ok());
        Ok(times.map(Timestamp::from_millis).collect())
    }

    pub fn read(&self, tick: &Tick) -> Result<Vec<Vec<u8>>, BoxError> {
        let mut paths = self.list(&below(&self.root, &folder(tick.time)))?;
        paths.sort();
        let read = paths
            .into_iter()
            .map(|path| self.get(&path)?.ok_or_else(|| format!("`{path}` in {} is gone", self.shown).into()));
        read.collect()
    }

    /// The manifest first: without it nothing is there.
    pub fn remove(&self, tick: &Tick) -> Result<(), BoxError> {
        self.delete(vec![self.manifest_path(tick.time)])?;
        self.remove_files(tick.time)
    }

    /// Removes what a dead process had begun.
    fn clean(&self) -> Result<(), BoxError> {
        let (store, root) = (Arc::clone(&self.store), self.root.clone());
        let found = self.wait(async move { store.list_with_delimiter(Some(&root)).await });
        let folders = found.map_err(|error| self.problem("list", &self.root, &error))?.common_prefixes;
        let known: HashSet<Timestamp> = self.times()?.into_iter().collect();
        for path in folders {
            let time = path.filename().and_then(|name| name.strip_prefix("batch=")?.parse().ok());
            if let Some(time) = time.map(Timestamp::from_millis)
                && !known.contains(&time)
            {
                self.remove_files(time)?;
            }
        }
        Ok(())
    }

    fn remove_files(&self, time: Timestamp) -> Result<(), BoxError> {
        self.delete(self.list(&below(&self.root, &folder(time)))?)
    }

    fn manifest_path(&self, time: Timestamp) -> Path {
        self.root.clone().join("_manifests").join(format!("{}.json", folder(time)))
    }

    /// What a manifest says, if it is there, whole.
    pub fn manifest(&self, time: Timestamp) -> Result<Option<Tick>, BoxError> {
        let Some(bytes) = self.get(&self.manifest_path(time))? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let number = |name: &str| -> Option<u64> {
            let (_, rest) = text.split_once(&format!("\"{name}\":"))?;
            rest.split(',').next()?.parse().ok()
        };
        let whole = text.ends_with("]}\n");
        let tick = number("tick").zip(number("epoch")).filter(|_| whole);
        Ok(tick.map(|(number, epoch)| Tick { number, time, epoch }))
    }

    fn check_epoch(&self, epoch: u64) -> Result<(), BoxError> {
        let newest = match self.get(&self.root.clone().join("_epoch"))? {
            None => 0,
            // One that is cut off was never finished.
            Some(bytes) => String::from_utf8_lossy(&bytes).trim().parse().unwrap_or(0),
        };
        refuse_older(&format!("`{}`", self.shown), epoch, newest)
    }

    fn list(&self, below: &Path) -> Result<Vec<Path>, BoxError> {
        let (store, path) = (Arc::clone(&self.store), below.clone());
        let listed = self.wait(async move {
            store.list(Some(&path)).map_ok(|object| object.location).try_collect::<Vec<_>>().await
        });
        listed.map_err(|error| self.problem("list", below, &error))
    }

    fn get(&self, path: &Path) -> Result<Option<Vec<u8>>, BoxError> {
        let (store, of) = (Arc::clone(&self.store), path.clone());
        match self.wait(async move { store.get(&of).await?.bytes().await }) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.problem("read", path, &error)),
        }
    }

    fn put_object(&self, path: Path, bytes: Vec<u8>) -> Result<(), BoxError> {
        let (store, to) = (Arc::clone(&self.store), path.clone());
        let put = self.wait(async move { store.put(&to, PutPayload::from(bytes)).await });
        put.map(drop).map_err(|error| self.problem("write", &path, &error))
    }

    fn delete(&self, paths: Vec<Path>) -> Result<(), BoxError> {
        for path in paths {
            let (store, of) = (Arc::clone(&self.store), path.clone());
            match self.wait(async move { store.delete(&of).await }) {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(self.problem("delete", &path, &error)),
            }
        }
        Ok(())
    }

    fn wait<T: Send + 'static>(
        &self,
        future: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> object_store::Result<T> {
        let runtime = self.runtime.as_ref().expect("it is there until it is dropped");
        block_on(runtime.spawn(future))
            .unwrap_or_else(|error| Err(Error::Generic { store: "the runtime", source: error.into() }))
    }

    fn problem(&self, doing: &str, path: &Path, error: &Error) -> BoxError {
        format!("can't {doing} `{path}` in {}: {error}", self.shown).into()
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped where waiting is not allowed.
            runtime.shutdown_background();
        }
    }
}

fn folder(time: Timestamp) -> String {
    format!("batch={}", time.millis())
}

/// A path whose parts are as they should be already: a `%` in them is none of a URL's.
fn below(root: &Path, path: &str) -> Path {
    Path::parse(format!("{root}/{path}")).expect("keys are escaped")
}

/// As text in JSON. (Names of files hold nothing else that would have to be escaped.)
fn json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests;
