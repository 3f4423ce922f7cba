//! Where the bytes of a file are: on this machine, or in an object store.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;

use crate::BoxError;
use crate::store::{self, Place};
use crate::wait::block_on;

/// What the bytes are read from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    File(PathBuf),
    Object(Object),
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    bucket: Arc<Bucket>,
    path: ObjectPath,
}

/// A place in an object store that a source reads from.
pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
    runtime: Handle,
    /// What is below it: a folder, or the object itself.
    root: ObjectPath,
    /// The same as a URL without secrets, and without a `/` at its end: what paths of objects begin with.
    pub shown: String,
}

/// An object that was found: the path it is known by, and its length.
pub(crate) struct Listed {
    pub path: PathBuf,
    pub bytes: u64,
}

/// Whether a pattern is a URL.
pub(crate) fn is_url(pattern: &Path) -> Option<&str> {
    pattern.to_str().filter(|text| text.contains("://"))
}

/// A URL of a file of this machine, as a path.
pub(crate) fn local(url: &str) -> Option<PathBuf> {
    url::Url::parse(url).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.shown)
    }
}

impl Bucket {
    pub fn open(url: &str, runtime: &Handle) -> Result<Bucket, BoxError> {
        let Place::Store(store, root) = store::place(url, "the files")? else {
            return Err(format!("`{}` is no URL of an object store", store::shown(url)).into());
        };
        let shown = store::shown(url).trim_end_matches('/').to_string();
        Ok(Bucket { store, runtime: runtime.clone(), root, shown })
    }

    /// What an object's path is known by.
    fn known_as(&self, path: &ObjectPath) -> Option<String> {
        let rest: Vec<_> = path.prefix_match(&self.root)?.collect();
        let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
        Some(if rest.is_empty() { self.shown.clone() } else { format!("{}/{}", self.shown, rest.join("/")) })
    }

    /// The object that is known by a path, if it is in this bucket.
    pub fn object(self: &Arc<Self>, path: &Path) -> Option<Object> {
        let rest = path.to_str()?.strip_prefix(self.shown.as_str())?;
        // As it was listed: not as a URL has it.
        let path = match rest.strip_prefix('/') {
            Some(below) => ObjectPath::parse(format!("{}/{below}", self.root)).ok()?,
            None if rest.is_empty() => self.root.clone(),
            None => return None,
        };
        Some(Object { bucket: Arc::clone(self), path })
    }

    /// All objects below it; `deep`: also those in folders.
    pub fn list(self: &Arc<Self>, deep: bool) -> Result<Vec<Listed>, BoxError> {
        let this = Arc::clone(self);
        let found = self.wait(async move {
            if deep {
                this.store.list(Some(&this.root)).try_collect().await
            } else {
                this.store.list_with_delimiter(Some(&this.root)).await.map(|found| found.objects)
            }
        });
        let found = found.map_err(|error| format!("`{}` can't be listed: {error}", self.shown))?;
        let listed = found.into_iter().filter_map(|object| {
            let path = self.known_as(&object.location).filter(|path| *path != self.shown)?;
            Some(Listed { path: path.into(), bytes: object.size })
        });
        Ok(listed.collect())
    }

    /// The length of the object that it names itself.
    pub fn head(self: &Arc<Self>) -> Result<Listed, BoxError> {
        let this = Arc::clone(self);
        match self.wait(async move { this.store.head(&this.root).await }) {
            Ok(found) => Ok(Listed { path: self.shown.clone().into(), bytes: found.size }),
            Err(object_store::Error::NotFound { .. }) => Err(format!(
                "there is no object `{0}`: check its name; to read those below it, write `{0}/*`",
                self.shown
            )
            .into()),
            Err(error) => Err(format!("`{}` can't be looked at: {error}", self.shown).into()),
        }
    }

    /// Waits for a store. (In a task: a client may need the runtime around it.)
    fn wait<T: Send + 'static>(
        &self,
        future: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> object_store::Result<T> {
        block_on(self.runtime.spawn(future)).unwrap_or_else(|error| {
            Err(object_store::Error::Generic { store: "the runtime", source: error.into() })
        })
    }
}

impl Object {
    /// Bytes at an offset: all of them, since an object never changes its length.
    pub fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let (bucket, path) = (Arc::clone(&self.bucket), self.path.clone());
        let range = at..at + into.len() as u64;
        let bytes = self.bucket.wait(async move { bucket.store.get_range(&path, range).await });
        let bytes = bytes.map_err(|error| match error {
            object_store::Error::NotFound { .. } => io::Error::new(io::ErrorKind::NotFound, "it is gone"),
            error => io::Error::other(error),
        })?;
        into[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Origin {
    /// The first `bytes` bytes, one after the other.
    pub fn reader(&self, bytes: u64) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Origin::File(path) => Box::new(File::open(path)?.take(bytes)),
            Origin::Object(object) => Box::new(ObjectRead { object: object.clone(), at: 0, end: bytes }),
        })
    }
}

/// An object from its start. Whoever reads it buffers.
struct ObjectRead {
    object: Object,
    at: u64,
    end: u64,
}

impl Read for ObjectRead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = usize::try_from(self.end - self.at).map_or(into.len(), |rest| rest.min(into.len()));
        if n == 0 {
            return Ok(0);
        }
        let n = self.object.read_at(&mut into[..n], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
