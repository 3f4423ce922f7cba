//! Places in a run at which the process kills or stops itself.

use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use signal_hook::consts::signal;
use signal_hook::low_level::raise;

/// What a process is doing when it dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// A task reads a range of the source.
    Read,
    /// A record is in the fused loops of a stage.
    Stage,
    /// A task in front of an exchange is done, or one behind it begins.
    Exchange,
    /// The sink takes a tick's records.
    SinkWrite,
    /// The sink has committed, and nothing else knows of it.
    SinkCommitted,
    /// State is being written.
    Checkpoint,
    /// A start finds its state, its source and its sink again.
    Recovery,
}

impl Phase {
    pub const ALL: [Phase; 7] = [
        Phase::Read,
        Phase::Stage,
        Phase::Exchange,
        Phase::SinkWrite,
        Phase::SinkCommitted,
        Phase::Checkpoint,
        Phase::Recovery,
    ];

    /// Up to which of its passages a kill is drawn from: so that a life gets through a few ticks.
    pub fn often(self) -> u64 {
        match self {
            Phase::Read | Phase::SinkWrite | Phase::SinkCommitted => 12,
            Phase::Stage => 600,
            Phase::Exchange => 60,
            Phase::Checkpoint => 150,
            Phase::Recovery => 40,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Read => "read",
            Phase::Stage => "stage",
            Phase::Exchange => "exchange",
            Phase::SinkWrite => "sink write",
            Phase::SinkCommitted => "between sink commit and manifest",
            Phase::Checkpoint => "checkpoint",
            Phase::Recovery => "recovery",
        })
    }
}

/// At which passage through which phase, and whether the process dies there or only stands still.
#[derive(Clone, Copy, Debug)]
pub struct Trap {
    pub phase: Phase,
    pub passage: u64,
    pub stop: bool,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.phase as usize, self.passage, self.stop)
    }
}

impl FromStr for Trap {
    type Err = String;

    fn from_str(text: &str) -> Result<Trap, String> {
        let parts: Vec<&str> = text.split(' ').collect();
        let trap = || {
            let phase = *Phase::ALL.get(parts.first()?.parse::<usize>().ok()?)?;
            Some(Trap { phase, passage: parts.get(1)?.parse().ok()?, stop: parts.get(2)?.parse().ok()? })
        };
        trap().ok_or_else(|| format!("`{text}` is no trap"))
    }
}

static TRAP: OnceLock<Trap> = OnceLock::new();
static PASSAGES: AtomicU64 = AtomicU64::new(0);

/// Sets the trap of this process, before it runs.
pub fn set(trap: Trap) {
    let _ = TRAP.set(trap);
}

/// What a process prints before it stops itself.
pub const STOPPED: &str = "stopped";

/// The process is at this phase, and perhaps goes no further.
pub fn passes(phase: Phase) {
    let Some(trap) = TRAP.get().filter(|trap| trap.phase == phase) else { return };
    if PASSAGES.fetch_add(1, Ordering::Relaxed) + 1 != trap.passage {
        return;
    }
    if trap.stop {
        // To be read by whoever waits for it; if nobody does, it stops all the same.
        let _ = writeln!(std::io::stdout(), "{STOPPED}").and_then(|()| std::io::stdout().flush());
        let _ = raise(signal::SIGSTOP);
    } else {
        let _ = raise(signal::SIGKILL);
    }
}
