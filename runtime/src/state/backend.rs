//! Where states lie.

use std::fmt;
#[cfg(feature = "fjall")]
use std::path::PathBuf;
#[cfg(feature = "fjall")]
use std::sync::Arc;

#[cfg(feature = "fjall")]
use super::disk::Disk;
use crate::Result;

/// Where the states of keys lie while a pipeline runs: in memory, unless told otherwise.
///
/// Checkpoints, results and their order are the same with either.
#[derive(Clone, Default)]
pub struct StateBackend {
    #[cfg(feature = "fjall")]
    disk: Option<(PathBuf, u64)>,
    /// What the environment says of tests, whose engines come by the hundred: what they share, or what is wrong.
    of_tests: Option<std::result::Result<Backend, String>>,
}

/// Where tests keep states.
const OF_TESTS: &str = "MILLSTREAM_TEST_STATE";

impl StateBackend {
    /// In memory: about 25 to 45 bytes a key beyond key and state.
    pub fn memory() -> StateBackend {
        StateBackend::default()
    }

    /// On disk, in a [fjall](https://docs.rs/fjall) database below `folder`, for more states than fit into memory; those that are
    /// used lie in up to `memory` bytes. Needs the feature `fjall`.
    ///
    /// In memory stay about 20 bytes a key, beyond `memory`. A key that does not lie there costs a read of a page of 8 keys. The
    /// database is scratch: each start makes a new one, fills it from the checkpoint, and deletes it at the end. A folder that a
    /// killed process left behind may be deleted.
    #[cfg(feature = "fjall")]
    pub fn fjall(folder: impl Into<PathBuf>, memory: u64) -> StateBackend {
        StateBackend { disk: Some((folder.into(), memory)), of_tests: None }
    }

    /// In memory, or where the environment says: so the same tests run against both.
    pub(crate) fn of_tests() -> StateBackend {
        let of_tests = match std::env::var(OF_TESTS).as_deref() {
            Err(_) | Ok("" | "memory") => return StateBackend::memory(),
            #[cfg(feature = "fjall")]
            Ok("fjall") => of_this_thread(),
            Ok(other) => Err(format!(
                "{OF_TESTS} is `{other}`: it can be `memory`, or `fjall` where millstream has that feature"
            )),
        };
        StateBackend {
            #[cfg(feature = "fjall")]
            disk: None,
            of_tests: Some(of_tests),
        }
    }

    pub(crate) fn open(&self) -> Result<Backend> {
        if let Some(of_tests) = &self.of_tests {
            return of_tests.clone().map_err(crate::Error::Config);
        }
        #[cfg(feature = "fjall")]
        if let Some((folder, memory)) = &self.disk {
            let disk = Disk::open(folder, *memory).map_err(|why| {
                crate::Error::Config(format!(
                    "no database for states can be made in {}: {why}",
                    folder.display()
                ))
            })?;
            return Ok(Backend::Disk(Arc::new(disk)));
        }
        Ok(Backend::Memory)
    }
}

/// A database for all engines of a test, with no more in memory than has to be: what they keep goes to disk and back all the time.
#[cfg(feature = "fjall")]
fn of_this_thread() -> std::result::Result<Backend, String> {
    thread_local! {
        static DISK: std::cell::OnceCell<std::result::Result<Arc<Disk>, String>> = const { std::cell::OnceCell::new() };
    }
    let open = || {
        let folder = std::env::temp_dir().join("millstream-test-states");
        Disk::open(&folder, 0)
            .map(Arc::new)
            .map_err(|why| format!("no database for the states of tests: {why}"))
    };
    DISK.with(|disk| disk.get_or_init(open).clone()).map(Backend::Disk)
}

impl fmt::Debug for StateBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "fjall")]
        if let Some((folder, memory)) = &self.disk {
            return f.debug_struct("fjall").field("folder", folder).field("memory", memory).finish();
        }
        f.write_str("memory")
    }
}

/// As [`StateBackend`], opened.
#[derive(Clone, Default)]
pub(crate) enum Backend {
    #[default]
    Memory,
    #[cfg(feature = "fjall")]
    Disk(Arc<Disk>),
}

impl Backend {
    pub fn is_memory(&self) -> bool {
        matches!(self, Backend::Memory)
    }
}
