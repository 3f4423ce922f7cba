//! The objects of one pipeline in a store.

use std::fmt;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

/// Where a pipeline's log and checkpoints are.
#[derive(Clone)]
pub(crate) struct Storage {
    store: Arc<dyn ObjectStore>,
    /// Above `log/`, `state/` and `manifest/`.
    root: Path,
    pipeline: String,
}

impl Storage {
    /// The objects of `pipeline` in a store that is there already.
    pub fn over(store: Arc<dyn ObjectStore>, pipeline: &str) -> Storage {
        Storage::below(store, Path::default(), pipeline)
    }

    /// As [`Storage::over`], below a path in the store.
    pub(super) fn below(store: Arc<dyn ObjectStore>, path: Path, pipeline: &str) -> Storage {
        Storage { store, root: path.join(pipeline), pipeline: pipeline.into() }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.root)
    }
}
