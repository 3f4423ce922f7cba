//! Outputs over a restart.

use super::*;
use crate::engine::FaultPoint;

fn to_files(prefix: std::path::PathBuf) -> Pipeline<'static> {
    stream!(move {
        let numbers = source(queue((0..4u64).map(|n| (n..n + 40).collect::<Vec<u64>>())));
        let counts = numbers.map(|n| (n, ())).running_count();
        counts.map(|(n, count)| format!("{n} {count}")).save_as_text_files(prefix);
    })
    .named("Files")
}

fn parts(folder: &std::path::Path) -> Vec<String> {
    let parts =
        std::fs::read_dir(folder).unwrap().map(|part| part.unwrap().file_name().into_string().unwrap());
    let mut parts: Vec<String> = parts.filter(|name| name.starts_with("part")).collect();
    parts.sort();
    parts
}

#[test]
fn a_tick_that_runs_again_with_fewer_partitions_leaves_no_stale_part() {
    let (store, files) = (memory(), tempfile::tempdir().unwrap());
    let prefix = files.path().join("counts");
    let tick = files.path().join("counts-2000");
    let crashing = engine(&store).partitions(7).fail_at(FaultPoint::AfterCommit, 1);
    crashing.run(to_files(prefix.clone())).unwrap_err();
    assert_eq!(parts(&tick).len(), 7);
    engine(&store).partitions(2).run(to_files(prefix)).unwrap();
    assert_eq!(parts(&tick), ["part-00000", "part-00001"]);
}

#[test]
fn an_older_start_can_write_no_file_once_a_newer_one_has() {
    // Each with a log of its own, so that nothing but the sink knows of the other.
    let files = tempfile::tempdir().unwrap();
    let prefix = files.path().join("counts");
    let (old, new) = (memory(), memory());
    for _ in 0..2 {
        engine(&new).start(to_files(files.path().join("other"))).unwrap().stop().unwrap();
    }
    // Sinks of one process are told apart by their claims: the old one has to be gone before the new one comes.
    let mut job = engine(&old).start(to_files(prefix.clone())).unwrap();
    job.tick().unwrap();
    drop(job);
    let mut job = engine(&new).start(to_files(prefix.clone())).unwrap();
    job.tick().unwrap();
    drop(job);
    let error = engine(&old).start(to_files(prefix)).unwrap_err().to_string();
    assert!(error.contains("a newer start of the pipeline (epoch 3)"), "{error}");
}
