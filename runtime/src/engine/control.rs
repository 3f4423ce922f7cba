//! What the outside may do to a running pipeline: stop it, watch it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use super::local::bell::Bell;
use super::savepoint::SavepointRequest;
use crate::progress::Progress;
use crate::sync::Mutex;

#[derive(Debug)]
pub(crate) struct Control {
    pub bell: Arc<Bell>,
    stopping: AtomicBool,
    progress: Mutex<Progress>,
    /// `None` once the pipeline has ended.
    savepoints: Mutex<Option<Vec<SavepointRequest>>>,
    /// There is one in `savepoints`.
    asked: AtomicBool,
}

impl Default for Control {
    fn default() -> Self {
        Control {
            bell: Arc::default(),
            stopping: AtomicBool::default(),
            progress: Mutex::default(),
            savepoints: Mutex::new(Some(Vec::new())),
            asked: AtomicBool::default(),
        }
    }
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

    /// Asks for a savepoint. If the pipeline has ended, nobody answers.
    pub fn request(&self, request: SavepointRequest) {
        if let Some(all) = &mut *self.savepoints() {
            all.push(request);
            self.asked.store(true, Ordering::SeqCst);
        }
        self.bell.ring();
    }

    /// The savepoints that are asked for: those of the last tick, or the others.
    pub fn requests(&self, at_end: bool) -> Vec<SavepointRequest> {
        if !self.asked.load(Ordering::SeqCst) {
            return Vec::new();
        }
        let mut savepoints = self.savepoints();
        let Some(all) = &mut *savepoints else { return Vec::new() };
        let (these, others) = std::mem::take(all).into_iter().partition(|one| one.at_end == at_end);
        *all = others;
        self.asked.store(!all.is_empty(), Ordering::SeqCst);
        these
    }

    /// A savepoint is asked for that waits for the ticks in flight.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst) && self.savepoints().iter().flatten().any(|one| !one.at_end)
    }

    /// The pipeline has ended.
    pub fn close(&self) {
        *self.savepoints() = None;
    }

    fn savepoints(&self) -> MutexGuard<'_, Option<Vec<SavepointRequest>>> {
        self.savepoints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn update(&self, f: impl FnOnce(&mut Progress)) {
        f(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
