//! The objects of one pipeline in a store.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, fs, io};

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use super::append::{Append, Appends, Files};
use super::name::{Folder, Name};
use crate::BoxError;

/// How many objects are read, or deleted, at the same time.
pub(super) const AT_ONCE: usize = 8;

/// Where a pipeline's log and checkpoints are.
#[derive(Clone)]
pub(crate) struct Storage {
    store: Arc<dyn ObjectStore>,
    /// Above `log/`, `state/` and `manifest/`.
    root: Path,
    /// The same place, if it is a folder of this machine.
    folder: Option<PathBuf>,
    /// How objects there are appended to, if they can be.
    appends: Option<Arc<dyn Appends>>,
    pipeline: String,
}

/// An object that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing} `{object}` of the checkpoint in {place}: {source}")]
struct Failure {
    doing: &'static str,
    object: String,
    place: String,
    source: Error,
}

/// An object as a listing shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found<N> {
    pub name: N,
    pub bytes: u64,
}

impl Storage {
    /// The objects of `pipeline` in a store that is there already.
    pub fn over(store: Arc<dyn ObjectStore>, pipeline: &str) -> Storage {
        Storage::below(store, Path::default(), pipeline)
    }

    /// As [`Storage::over`], below a path in the store.
    pub(super) fn below(store: Arc<dyn ObjectStore>, path: Path, pipeline: &str) -> Storage {
        Storage { store, root: path.join(pipeline), folder: None, appends: None, pipeline: pipeline.into() }
    }

    /// The objects of `pipeline` in the file system, below a path.
    pub(super) fn in_files(
        store: LocalFileSystem,
        path: Path,
        pipeline: &str,
    ) -> Result<Storage, object_store::Error> {
        let root = path.clone().join(pipeline);
        let folder = Some(store.path_to_filesystem(&root)?);
        let store = Arc::new(store);
        let appends = Some(Arc::new(Files(Arc::clone(&store))) as Arc<dyn Appends>);
        Ok(Storage { folder, appends, ..Storage::below(store, path, pipeline) })
    }

    /// The same objects, if they can be appended to in this way.
    #[cfg(test)]
    pub(super) fn appending(self, appends: Arc<dyn Appends>) -> Storage {
        Storage { appends: Some(appends), ..self }
    }

    /// Whether an object that is there can be appended to.
    pub(super) fn can_append(&self, name: impl Name) -> bool {
        self.appends.as_ref().is_some_and(|appends| appends.can_append(&self.path(name)))
    }

    /// Opens an object that is there, to append to it until it has so many bytes.
    pub(super) async fn open_to_append(
        &self,
        name: impl Name,
        expected: u64,
    ) -> Result<Box<dyn Append>, BoxError> {
        let appends = self.appends.as_ref().ok_or_else(|| format!("nothing can be appended to in {self}"))?;
        let opened = appends.open(&self.path(name), expected).await;
        opened.map_err(|error| self.failure("open", name.to_string(), generic(error)))
    }

    /// Whether there is an object of that name.
    pub(super) async fn has(&self, name: impl Name) -> Result<bool, BoxError> {
        let found = match &self.folder {
            // Asked for every tick: it is not worth another thread.
            Some(folder) => folder.join(name.to_string()).try_exists().map_err(generic),
            None => match self.store.head(&self.path(name)).await {
                Ok(_) => Ok(true),
                Err(Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            },
        };
        found.map_err(|error| self.failure("look for", name.to_string(), error))
    }

    /// Where `log/`, `state/` and `manifest/` are, if that is a folder.
    pub(super) fn folder_of_all(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// The pipelines below a path in a store.
    pub(super) async fn all_below(store: Arc<dyn ObjectStore>, path: Path) -> Result<Vec<Storage>, BoxError> {
        let folders = match store.list_with_delimiter(Some(&path)).await {
            Ok(found) => found.common_prefixes,
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(source) => {
                let place = format!("`/{path}` ({store})");
                return Err(Failure { doing: "list", object: String::new(), place, source }.into());
            }
        };
        let pipelines = folders.into_iter().map(|root| {
            let pipeline = root.filename().unwrap_or_default().to_owned();
            Storage { store: store.clone(), root, folder: None, appends: None, pipeline }
        });
        Ok(pipelines.collect())
    }

    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// The objects of a folder, in order of their names. What has another kind of name is left out: stores keep files
    /// of their own there while they write.
    pub(super) async fn list<N: Name>(&self) -> Result<Vec<Found<N>>, BoxError> {
        let folder = self.folder(N::FOLDER);
        let objects: Vec<_> = self.store.list(Some(&folder)).try_collect().await.map_err(|error| {
            self.failure("list", N::FOLDER.as_str().into(), error) //
        })?;
        let mut found: Vec<Found<N>> = objects
            .iter()
            .filter_map(|object| {
                let part = object.location.prefix_match(&folder)?.next()?;
                let name = N::parse(part.as_ref())?;
                (self.path(name) == object.location).then_some(Found { name, bytes: object.size })
            })
            .collect();
        found.sort_by_key(|found| found.name);
        Ok(found)
    }

    /// A whole object; `None` if there is none of that name.
    pub(super) async fn get(&self, name: impl Name) -> Result<Option<Vec<u8>>, BoxError> {
        let read = async { self.store.get(&self.path(name)).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failure("read", name.to_string(), error)),
        }
    }

    /// Some bytes of an object: fewer, if it is shorter.
    pub(super) async fn get_range(&self, name: impl Name, range: Range<u64>) -> Result<Vec<u8>, BoxError> {
        match self.store.get_range(&self.path(name), range).await {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(self.failure("read", name.to_string(), error)),
        }
    }

    /// Puts an object, whether there is one of that name or not.
    pub(super) async fn put(&self, name: impl Name, object: Vec<u8>) -> Result<(), BoxError> {
        let put = self.store.put(&self.path(name), PutPayload::from(object)).await;
        put.map(drop).map_err(|error| self.failure("write", name.to_string(), error))
    }

    /// Puts an object if there is none of that name. Says whether it is there now because of this call.
    pub(super) async fn create(&self, name: impl Name, object: Vec<u8>) -> Result<bool, BoxError> {
        let path = self.path(name);
        match self.store.put_opts(&path, PutPayload::from(object), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failure("create", name.to_string(), error)),
        }
    }

    /// Deletes objects. Gives what went wrong; an object that is not there is not wrong.
    pub(super) async fn delete(&self, names: Vec<impl Name>) -> Vec<BoxError> {
        if let Some(folder) = &self.folder {
            return self.delete_files(folder, &names);
        }
        let deletions = names.into_iter().map(|name| async move {
            match self.store.delete(&self.path(name)).await {
                Ok(()) | Err(Error::NotFound { .. }) => None,
                Err(error) => Some(self.failure("delete", name.to_string(), error)),
            }
        });
        let failures: Vec<_> = stream::iter(deletions).buffered(AT_ONCE).collect().await;
        failures.into_iter().flatten().collect()
    }

    /// As [`Storage::delete`], on this thread: to hand each to another one takes more time from the ticks than the deletion does.
    fn delete_files<N: Name>(&self, folder: &std::path::Path, names: &[N]) -> Vec<BoxError> {
        let failed = names.iter().filter_map(|name| match fs::remove_file(folder.join(name.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Some(self.failure("delete", name.to_string(), generic(error)))
            }
            _ => None,
        });
        failed.collect()
    }

    fn folder(&self, folder: Folder) -> Path {
        self.root.clone().join(folder.as_str())
    }

    fn path<N: Name>(&self, name: N) -> Path {
        self.folder(N::FOLDER).join(name.file())
    }

    fn failure(&self, doing: &'static str, object: String, source: Error) -> BoxError {
        Failure { doing, object, place: self.to_string(), source }.into()
    }
}

fn generic(error: io::Error) -> Error {
    Error::Generic { store: "LocalFileSystem", source: error.into() }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`/{}` ({})", self.root, self.store)
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({self})")
    }
}
