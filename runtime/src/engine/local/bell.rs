//! What the driver sleeps on: rung by sources, by finished tasks, by `stop` and by clocks that are set by hand.

use std::sync::Condvar;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::sync::Mutex;

/// A flag that can be waited for.
///
/// # Contract
/// - What was written before [`Bell::ring`] is seen after the [`Bell::wait`] that it ends.
/// - A ring is never lost: if nobody waits, the next `wait` returns at once. Several rings may end one wait.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: AtomicBool,
    lock: Mutex<()>,
    condvar: Condvar,
}

impl Bell {
    /// Cheap while it is already ringing, so a source may call it for every record.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            // Whoever found the flag unset under the lock is asleep once the lock is free.
            drop(self.lock.lock().expect("no code panics while it holds the bell"));
            self.condvar.notify_all();
        }
    }

    /// Waits for a ring, at most as long as given. Says whether it rang.
    pub fn wait(&self, at_most: Option<Duration>) -> bool {
        // A time too far away to be told is no deadline.
        let deadline = at_most.and_then(|d| Instant::now().checked_add(d));
        let mut guard = self.lock.lock().expect("no code panics while it holds the bell");
        while !self.rung.swap(false, Ordering::SeqCst) {
            guard = match deadline {
                None => self.condvar.wait(guard).expect("no code panics while it holds the bell"),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.condvar.wait_timeout(guard, left).expect("no code panics while it holds the bell").0
                }
            };
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_ring_before_the_wait_is_not_lost() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        assert!(bell.wait(None));
        assert!(!bell.wait(Some(Duration::ZERO)));
    }

    #[test]
    fn a_ring_from_another_thread_ends_the_wait() {
        let bell = Arc::new(Bell::default());
        let other = Arc::clone(&bell);
        let thread = std::thread::spawn(move || other.ring());
        assert!(bell.wait(None));
        thread.join().unwrap();
    }
}
