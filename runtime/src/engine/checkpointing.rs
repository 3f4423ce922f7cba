//! What is said on an engine about checkpoints.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use object_store::ObjectStore;

use super::{Engine, TestEngine};
use crate::checkpoint::Storage;
use crate::store::shown;
use crate::sync::Mutex;
use crate::{BoxError, Error, Result};

/// All choices about checkpoints.
#[derive(Clone, Debug)]
pub(crate) struct Checkpointing {
    /// `None`: there are none.
    pub place: Option<CheckpointPlace>,
    pub interval: Duration,
    pub kept: usize,
    pub allow_dropped: bool,
    /// What to go on from, if not from there.
    pub from: Option<CheckpointPlace>,
}

impl Default for Checkpointing {
    fn default() -> Self {
        Checkpointing {
            place: None,
            interval: Duration::from_secs(10),
            kept: 3,
            allow_dropped: false,
            from: None,
        }
    }
}

/// Where checkpoints are.
#[derive(Clone)]
pub(crate) enum CheckpointPlace {
    Location(String),
    /// A store that is at hand: a test's.
    Store(Arc<dyn ObjectStore>),
}

impl fmt::Debug for CheckpointPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointPlace::Location(location) => f.write_str(&shown(location)),
            CheckpointPlace::Store(store) => write!(f, "{store}"),
        }
    }
}

impl Engine {
    /// Makes what the pipeline keeps outlive the process: in `location`, a folder's path or a URL, below the pipeline's
    /// name. By default nothing is stored, and a program that starts again begins anew.
    ///
    /// With a checkpoint
    ///
    /// - each tick's plan (what it reads of which source) is stored before any output of the tick is visible;
    /// - every [10 seconds](Engine::checkpoint_interval) the operators' states, as far as they changed, and the sources'
    ///   positions are stored, beside the ticks that go on meanwhile;
    /// - the next `run` or `start` with the same location finds the newest checkpoint that is whole, runs the ticks behind it
    ///   again exactly as they were, and goes on. Another number of partitions is fine;
    /// - a pipeline that ends (its sources have, or it was stopped, by a signal too) leaves a checkpoint of its last tick.
    ///
    /// So each record counts once in every state, whatever happens to the process, if its source can be read again;
    /// [`Engine::explain`] says what holds for a pipeline, and what stands in the way.
    ///
    /// The newest start has the checkpoint: an older process that still runs (or wakes up again) ends with an error at its next
    /// tick, and shows nothing of it. Nothing has to be cleared after a crash.
    ///
    /// # Errors
    /// [`Engine::run`] and [`Job::join`](super::Job::join) say what is wrong: the pipeline has no name, or two sources of one
    /// name; another pipeline of
    /// this process has the same checkpoint; the location can't be read or written; what is stored does not fit the
    /// pipeline ([`Engine::allow_dropped_state`], [`Pipeline::checkpoint_rename`](crate::Pipeline::checkpoint_rename)), or
    /// is damaged beyond what an older checkpoint could help.
    ///
    /// # Cost
    /// A small write that is brought to disk for each tick, before the tick's outputs: on a local disk a millisecond or a few.
    pub fn checkpoint(mut self, location: impl Into<String>) -> Engine {
        self.settings.checkpointing.place = Some(CheckpointPlace::Location(location.into()));
        self
    }

    /// How long after a checkpoint the next one is begun, at least; by default 10 s. With zero, every tick is one.
    ///
    /// It bounds what a restart has to do again: the ticks of about an interval. One that is still being written when the
    /// next is due delays that.
    pub fn checkpoint_interval(mut self, interval: Duration) -> Engine {
        self.settings.checkpointing.interval = interval;
        self
    }

    /// How many checkpoints are kept (0 counts as 1); by default 3. The older ones are there in case the newest is damaged.
    pub fn checkpoints_kept(mut self, kept: usize) -> Engine {
        self.settings.checkpointing.kept = kept.max(1);
        self
    }

    /// Whether a checkpoint may hold states and sources that the pipeline no longer has, which are dropped then. By default
    /// that is an error: most often an operator or its stream was renamed.
    pub fn allow_dropped_state(mut self, allow: bool) -> Engine {
        self.settings.checkpointing.allow_dropped = allow;
        self
    }
}

impl TestEngine {
    /// As [`Engine::checkpoint`]. What would be written beside the ticks is a turn of its own in the seeded order of things.
    ///
    /// A job that is started again with the same location goes on where its predecessor was, whether that was
    /// [stopped](super::TestJob::stop), [crashed](super::TestJob::crash) or dropped; its clock shows at least the time of the
    /// newest tick in the log. Of what a crashed job leaves, [`TestEngine::restart`] takes the clock and the fault points only.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let out = MemorySink::new();
    /// let sink = out.clone();
    /// let pipeline = move || stream! { <Words>
    ///     let words = source(queue([vec!["a", "b"], vec!["a"], vec!["a"]]));
    ///     words.map(|word| (word, ())).running_count().sink(sink.clone());
    /// };
    /// let engine = Engine::test().checkpoint(folder.path().display().to_string());
    /// let mut job = engine.start(pipeline())?;
    /// job.tick()?;
    /// job.tick()?;
    /// drop(job); // as if its process had been killed
    /// engine.partitions(5).run(pipeline())?;
    /// out.assert_batches_sorted([vec![("a", 1), ("b", 1)], vec![("a", 2)], vec![("a", 3)]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn checkpoint(mut self, location: impl Into<String>) -> TestEngine {
        self.settings.checkpointing.place = Some(CheckpointPlace::Location(location.into()));
        self
    }

    /// As [`TestEngine::checkpoint`], in a store that is at hand.
    #[doc(hidden)]
    pub fn checkpoint_store(mut self, store: Arc<dyn ObjectStore>) -> TestEngine {
        self.settings.checkpointing.place = Some(CheckpointPlace::Store(store));
        self
    }

    /// As [`Engine::checkpoint_interval`].
    pub fn checkpoint_interval(mut self, interval: Duration) -> TestEngine {
        self.settings.checkpointing.interval = interval;
        self
    }

    /// As [`Engine::checkpoints_kept`].
    pub fn checkpoints_kept(mut self, kept: usize) -> TestEngine {
        self.settings.checkpointing.kept = kept.max(1);
        self
    }

    /// As [`Engine::allow_dropped_state`].
    pub fn allow_dropped_state(mut self, allow: bool) -> TestEngine {
        self.settings.checkpointing.allow_dropped = allow;
        self
    }
}

/// The sole right in this process to a checkpoint; ends when it is dropped. Other processes are told apart by their
/// epochs.
#[derive(Debug)]
pub(crate) struct Claim(String);

static CLAIMED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

impl Claim {
    fn on(location: &str, pipeline: &str) -> Result<Claim> {
        let place = if location.contains("://") {
            location.trim_end_matches('/').to_string()
        } else {
            let path = std::path::Path::new(location);
            // It may not be there yet.
            let absolute = path.canonicalize().or_else(|_| std::path::absolute(path));
            absolute.map_or_else(|_| location.to_string(), |path| path.display().to_string())
        };
        let place = format!("{place}/{pipeline}");
        if !Claim::all().insert(place.clone()) {
            return Err(Error::Config(format!(
                "another pipeline `{pipeline}` of this process has the checkpoint `{}`: wait for its end, or give each a \
                 name or a location of its own",
                shown(location)
            )));
        }
        Ok(Claim(place))
    }

    fn all() -> MutexGuard<'static, BTreeSet<String>> {
        CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        Claim::all().remove(&self.0);
    }
}

impl CheckpointPlace {
    /// To read what is there.
    pub fn look(&self, pipeline: &str) -> Result<Storage, BoxError> {
        match self {
            CheckpointPlace::Location(location) => Storage::open(location, pipeline),
            CheckpointPlace::Store(store) => Ok(Storage::over(Arc::clone(store), pipeline)),
        }
    }

    pub fn open(&self, pipeline: &str) -> Result<(Storage, Option<Claim>)> {
        match self {
            CheckpointPlace::Location(location) => {
                let storage = Storage::open(location, pipeline).map_err(|why| {
                    Error::Config(format!("the checkpoint `{}` can't be opened: {why}", shown(location)))
                })?;
                Ok((storage, Some(Claim::on(location, pipeline)?)))
            }
            CheckpointPlace::Store(store) => Ok((Storage::over(Arc::clone(store), pipeline), None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_location_are_in_no_message() {
        // No such kind of store, so nothing is opened.
        let location = "ftp://key:secret@host/path?sig=secret";
        let place = CheckpointPlace::Location(location.into());
        let refused = place.open("p").expect_err("it can't be").to_string();
        let _claim = Claim::on(location, "p").expect("it is the first");
        let twice = Claim::on(location, "p").expect_err("it is the second").to_string();
        for told in [refused, twice, format!("{place:?}")] {
            assert!(told.contains("ftp://host/path") && !told.contains("secret"), "{told}");
        }
    }
}
