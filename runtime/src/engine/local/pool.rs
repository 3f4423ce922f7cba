//! The pool: tasks as rayon jobs. One pool in the process for each number of threads; pipelines share it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use super::core::Core;
use super::driver::Executor;
use super::schedule::Task;
use crate::Error;
use crate::sync::Mutex;

/// A fused stage is deep in debug builds, and users' closures may recurse.
pub(crate) const STACK: usize = 8 << 20;

static POOLS: Mutex<BTreeMap<usize, Arc<ThreadPool>>> = Mutex::new(BTreeMap::new());

/// The pool of that many threads. It is made when it is first asked for, and stays.
pub(crate) fn shared(threads: usize) -> Result<Arc<ThreadPool>, Error> {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get(&threads) {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .thread_name(|i| format!("millstream-{i}"))
        .build()
        .map_err(|error| Error::System {
            what: "threads for the pool",
            source: std::io::Error::other(error),
        })?;
    let pool = Arc::new(pool);
    pools.insert(threads, Arc::clone(&pool));
    Ok(pool)
}

/// Runs tasks on the pool; whoever completes one spawns those that it made ready.
pub(crate) struct Pool<'a, 'scope, 'env> {
    pub scope: &'a Scope<'scope>,
    pub core: Arc<Core<'env>>,
}

impl<'env: 'scope, 'scope> Executor for Pool<'_, 'scope, 'env> {
    fn submit(&mut self, tasks: Vec<Task>) {
        for task in tasks {
            spawn(self.scope, Arc::clone(&self.core), task);
        }
    }
}

fn spawn<'env: 'scope, 'scope>(scope: &Scope<'scope>, core: Arc<Core<'env>>, task: Task) {
    scope.spawn(move |scope| {
        let (ready, news) = core.execute(task);
        for task in ready {
            spawn(scope, Arc::clone(&core), task);
        }
        if news {
            core.ring();
        }
    });
}
