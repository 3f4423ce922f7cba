//! Crashes, and what goes on behind them: with what the process still holds, and with nothing but a checkpoint's folder.

use millstream::Pipeline;
use millstream::clock::secs;
use millstream::engine::{FaultPoint, TestEngine};

/// Where a restart finds what was.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// In the process.
    Memory,
    /// In a folder, as bytes: nothing else is left.
    Folder,
}

/// Runs a pipeline that crashes behind each of its ticks in turn, and goes on with another number of partitions. What has
/// come out must hold each time.
///
/// `engine` has `n` partitions; `new` makes the sinks of a run, and `build` a pipeline into them.
pub fn behind_each_tick<O>(
    engine: &TestEngine,
    n: usize,
    ticks: usize,
    new: impl Fn() -> O,
    build: impl Fn(&O) -> Pipeline<'static>,
    holds: impl Fn(&O) -> Result<(), String>,
) -> Result<(), String> {
    let in_memory_behind = (0..ticks).map(|tick| (tick, Kept::Memory));
    // Each write to a folder is brought to disk: so only behind a few, and once for a case.
    let some = if n == 2 { 0..ticks } else { 0..0 };
    let in_a_folder_behind = some.step_by(1 + ticks / 3).map(|tick| (tick, Kept::Folder));
    for (crash, kept) in in_memory_behind.chain(in_a_folder_behind) {
        let crash = crash as u64;
        let outs = new();
        let again = match kept {
            Kept::Memory => in_memory(engine, n, crash, &|| build(&outs)),
            Kept::Folder => in_a_folder(engine, n, crash, &|| build(&outs)),
        };
        let behind = || format!("restarted behind tick {crash} ({kept:?})");
        again.map_err(|why| format!("{why}\n  {}", behind()))?;
        holds(&outs).map_err(|why| format!("{why}\n  {}", behind()))?;
    }
    Ok(())
}

fn in_memory(
    engine: &TestEngine,
    n: usize,
    crash: u64,
    build: &dyn Fn() -> Pipeline<'static>,
) -> Result<(), String> {
    let engine = engine.clone().fail_at(FaultPoint::AfterCommit, crash);
    let mut job = engine.start(build()).map_err(|e| e.to_string())?;
    if job.run_to_end().is_ok() {
        return Err(format!("it was to crash in tick {crash}"));
    }
    let again = engine.partitions(8 - n).restart(job.crash(), build());
    again.and_then(|mut job| job.run_to_end()).map_err(|e| e.to_string())
}

fn in_a_folder(
    engine: &TestEngine,
    n: usize,
    crash: u64,
    build: &dyn Fn() -> Pipeline<'static>,
) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    // Of some ticks there is a checkpoint, and others are in the log only.
    let engine = engine.clone().checkpoint(folder.path().display().to_string()).checkpoint_interval(secs(2));
    let start = |engine: &TestEngine| {
        let mut job = engine.start(build().named("Case"))?;
        job.run_to_end()
    };
    if start(&engine.clone().fail_at(FaultPoint::AfterCommit, crash)).is_ok() {
        return Err(format!("it was to crash in tick {crash}"));
    }
    start(&engine.partitions(8 - n)).map_err(|e| e.to_string())
}
