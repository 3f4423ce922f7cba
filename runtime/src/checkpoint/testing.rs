//! A store for tests, which fails at one of its operations as it is told.

use std::ops::Range;
use std::sync::{Arc, MutexGuard};
use std::{fmt, io};

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::append::{Append, Appends};
use crate::sync::Mutex;

/// What happens at the operation that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not done, and fails.
    ErrorBefore,
    /// It is done, and its answer is lost.
    ErrorAfter,
    /// A prefix of what is put can be seen, and it fails. (What is no put is not done.)
    Torn,
    /// It is not done, and the program is dead: everything else fails as well.
    CrashBefore,
    /// The last thing that is done.
    CrashAfter,
    /// As torn, and then the program is dead.
    TornCrash,
}

impl Fault {
    pub const ALL: [Fault; 6] = [
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::Torn,
        Fault::CrashBefore,
        Fault::CrashAfter,
        Fault::TornCrash,
    ];

    fn crashes(self) -> bool {
        matches!(self, Fault::CrashBefore | Fault::CrashAfter | Fault::TornCrash)
    }
}

/// Objects in memory. A put is there for good once it has returned; a deletion can be undone by a crash, since stores
/// don't sync it.
///
/// Clones are handles to the same store.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultStore {
    objects: Arc<InMemory>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    operations: usize,
    fault: Option<(usize, Fault)>,
    crashed: bool,
    deleted: Vec<(Path, PutPayload)>,
    /// Each operation is a turn of its own: its future is pending once.
    turns: bool,
}

impl FaultStore {
    pub fn new() -> FaultStore {
        FaultStore::default()
    }

    /// At the `n`th operation from now (the first is 0).
    pub fn fault(&self, n: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.operations + n, fault));
    }

    /// How many there have been.
    pub fn operations(&self) -> usize {
        self.state().operations
    }

    /// Each operation waits to be polled once more, so that a test orders those of several tasks.
    pub fn take_turns(&self) {
        self.state().turns = true;
    }

    /// As the next start of the program finds it: with what was not deleted for good, if it crashed.
    pub async fn restart(&self) {
        let deleted = {
            let mut state = self.state();
            state.fault = None;
            let deleted = std::mem::take(&mut state.deleted);
            if std::mem::take(&mut state.crashed) { deleted } else { Vec::new() }
        };
        for (path, object) in deleted {
            self.objects.put(&path, object).await.expect("memory takes it");
        }
    }

    /// All objects, in order of their names.
    pub async fn objects(&self) -> Vec<(Path, Vec<u8>)> {
        let mut paths: Vec<Path> =
            self.objects.list(None).map_ok(|meta| meta.location).try_collect().await.expect("memory lists");
        paths.sort();
        let mut objects = Vec::new();
        for path in paths {
            let object =
                self.objects.get(&path).await.expect("it was listed").bytes().await.expect("it is there");
            objects.push((path, object.into()));
        }
        objects
    }

    /// A store with these objects.
    pub async fn with(objects: impl IntoIterator<Item = (Path, Vec<u8>)>) -> FaultStore {
        let store = FaultStore::new();
        for (path, object) in objects {
            store.objects.put(&path, object.into()).await.expect("memory takes it");
        }
        store
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it is locked")
    }

    /// Counts an operation; gives its fault.
    async fn begin(&self) -> Result<Option<Fault>> {
        if self.state().turns {
            let mut yielded = false;
            std::future::poll_fn(|cx| {
                if std::mem::replace(&mut yielded, true) {
                    return std::task::Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            })
            .await;
        }
        let mut state = self.state();
        let n = state.operations;
        state.operations += 1;
        if state.crashed {
            return Err(failed("the program is dead"));
        }
        let fault = state.fault.filter(|(at, _)| *at == n).map(|(_, fault)| fault);
        state.crashed = fault.is_some_and(Fault::crashes);
        if matches!(fault, Some(Fault::ErrorBefore | Fault::CrashBefore)) {
            return Err(failed("before"));
        }
        Ok(fault)
    }

    /// An operation that changes nothing.
    async fn read(&self) -> Result<()> {
        self.begin().await?.map_or(Ok(()), |_| Err(failed("while it was read")))
    }
}

fn failed(when: &str) -> Error {
    Error::Generic { store: "FaultStore", source: format!("a fault of the test: {when}").into() }
}

/// Its objects grow.
#[async_trait::async_trait]
impl Appends for FaultStore {
    fn can_append(&self, _: &Path) -> bool {
        true
    }

    async fn open(&self, path: &Path, _: u64) -> io::Result<Box<dyn Append>> {
        self.read().await?;
        self.objects.head(path).await?;
        Ok(Box::new(Opened { store: self.clone(), path: path.clone() }))
    }
}

struct Opened {
    store: FaultStore,
    path: Path,
}

#[async_trait::async_trait]
impl Append for Opened {
    async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fault = self.store.begin().await?;
        let torn = matches!(fault, Some(Fault::Torn | Fault::TornCrash));
        let objects = &self.store.objects;
        // (A file that was deleted takes what is appended as well.)
        if let Ok(found) = objects.get(&self.path).await {
            let mut object = found.bytes().await?.to_vec();
            object.extend(&bytes[..if torn { bytes.len() / 2 } else { bytes.len() }]);
            objects.put(&self.path, object.into()).await?;
        }
        if fault.is_some() { Err(failed("after it was appended").into()) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let fault = self.begin().await?;
        if let Some(Fault::Torn | Fault::TornCrash) = fault {
            let mut bytes: Vec<u8> = payload.iter().flat_map(|bytes| bytes.iter().copied()).collect();
            bytes.truncate(bytes.len() / 2);
            self.objects.put_opts(path, bytes.into(), options).await?;
            return Err(failed("while it was written"));
        }
        let put = self.objects.put_opts(path, payload, options).await;
        if fault.is_some() { put.and(Err(failed("after"))) } else { put }
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        unimplemented!("checkpoints put objects whole")
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.read().await?;
        self.objects.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.read().await?;
        self.objects.get_ranges(path, ranges).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let delete = move |path: Result<Path>| {
            let store = store.clone();
            async move {
                let path = path?;
                let fault = store.begin().await?;
                if let Some(Fault::Torn | Fault::TornCrash) = fault {
                    return Err(failed("while it was deleted"));
                }
                let object = store.objects.get(&path).await?.bytes().await?;
                store.objects.delete(&path).await?;
                store.state().deleted.push((path.clone(), object.into()));
                if fault.is_some() { Err(failed("after")) } else { Ok(path) }
            }
        };
        paths.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let list = async move {
            store.read().await?;
            Ok::<_, Error>(store.objects.list(prefix.as_ref()))
        };
        stream::once(list).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.read().await?;
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unimplemented!("checkpoints copy nothing")
    }
}

impl fmt::Display for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultStore")
    }
}
