//! A store for checkpoints that a case looks into, and that fails where it says.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What becomes of a put that fails.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It is not done.
    Refused,
    /// It is done, and nobody is told.
    Unanswered,
}

/// Objects in memory. Clones are handles to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Store {
    objects: Arc<InMemory>,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Store {
    /// The next put fails, once.
    pub fn fail_next_put(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// Whether any object has these bytes in it.
    pub fn holds(&self, text: &str) -> bool {
        let all = async {
            let metas: Vec<ObjectMeta> = self.objects.list(None).try_collect().await?;
            let mut all = Vec::new();
            for meta in metas {
                all.push(self.objects.get(&meta.location).await?.bytes().await?);
            }
            Ok::<_, Error>(all)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime of one thread");
        let all = runtime.block_on(all).expect("memory is read");
        all.iter().any(|object| object.windows(text.len()).any(|bytes| bytes == text.as_bytes()))
    }
}

#[async_trait::async_trait]
impl ObjectStore for Store {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        let failed = || Error::Generic { store: "Store", source: "the case lets it fail".into() };
        match fault {
            None => self.objects.put_opts(path, payload, options).await,
            Some(Fault::Refused) => Err(failed()),
            Some(Fault::Unanswered) => {
                self.objects.put_opts(path, payload, options).await?;
                Err(failed())
            }
        }
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        unimplemented!("checkpoints put objects whole")
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.objects.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.objects.get_ranges(path, ranges).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unimplemented!("checkpoints copy nothing")
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}
