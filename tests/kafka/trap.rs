//! Places at which the program kills itself.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use signal_hook::consts::signal::SIGKILL;
use signal_hook::low_level::raise;

/// The name of a place, and at which passage through it.
static TRAP: OnceLock<(String, u64)> = OnceLock::new();
static PASSAGES: AtomicU64 = AtomicU64::new(0);

/// Sets the trap of this process, before it runs: `before-commit 3`.
pub fn set(trap: &str) -> Option<()> {
    let (place, passage) = trap.split_once(' ')?;
    TRAP.set((place.to_string(), passage.parse().ok()?)).ok()
}

/// The process is here, and perhaps goes no further.
pub fn passes(place: &str) {
    let Some((_, passage)) = TRAP.get().filter(|(at, _)| at == place) else { return };
    if PASSAGES.fetch_add(1, Ordering::Relaxed) + 1 == *passage {
        let _ = raise(SIGKILL);
    }
}
