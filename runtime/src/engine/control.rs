//! What the outside may do to a running pipeline: stop it, watch it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use super::local::bell::Bell;
use crate::progress::Progress;
use crate::sync::Mutex;

#[derive(Debug, Default)]
pub(crate) struct Control {
    pub bell: Arc<Bell>,
    stopping: AtomicBool,
    progress: Mutex<Progress>,
}

impl Control {
    /// Asks for a graceful end: the ticks in flight are finished, and no other begins but for what sources have taken
    /// and can't have again.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.bell.ring();
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn update(&self, f: impl FnOnce(&mut Progress)) {
        f(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
