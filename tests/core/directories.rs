//! Files that appear in folders, through an engine.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use millstream::prelude::*;

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(folder.join(".beside"), bytes).expect("it can be written");
    fs::rename(folder.join(".beside"), folder.join(name)).expect("it can be moved");
}

#[test]
fn each_tick_reads_the_files_that_came_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "0", "0\n");
    for partitions in [1, 2, 7] {
        let (out, path) = (MemorySink::new(), folder.path().to_path_buf());
        let sink = out.clone();
        let pipeline = stream!(move { source(text_directory(path)).sink(sink); });
        let mut job = Engine::test().partitions(partitions).start(pipeline).expect("it starts");
        let names = ["1 ß☃", "2", "3"].map(|name| format!("{name} {partitions}"));
        for name in &names {
            job.tick().expect("it runs");
            put(folder.path(), name, format!("{name}\n"));
        }
        job.tick().expect("it runs");
        job.tick().expect("it runs");
        job.stop().expect("it ends");
        let expected = [&["0".to_string()][..], &names[..1], &names[1..2], &names[2..], &[]];
        assert_eq!(out.batches(), expected);
        names.iter().for_each(|name| fs::remove_file(folder.path().join(name)).expect("it is there"));
    }
}

#[test]
fn a_run_of_what_is_available_ends_and_one_of_new_files_only_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "a", "1\n2\n");
    put(folder.path(), "b", "3\n");
    let engine = || Engine::local().partitions(2).trigger(Trigger::AvailableNow);
    let out = MemorySink::new();
    let pipeline = stream! { source(text_directory(folder.path()).max_files_per_tick(1)).sink(out.clone()); };
    engine().run(pipeline).expect("it ends");
    out.assert_batches([vec!["1", "2"], vec!["3"]]);

    let pipeline = stream! { source(text_directory(folder.path()).new_files_only(true)).print(); };
    let error = engine().run(pipeline).expect_err("there is nothing to read").to_string();
    assert!(error.contains("leave one of them out"), "{error}");
}

#[test]
fn an_eager_pipeline_finds_files_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_path_buf();
    let (send, received) = mpsc::channel();
    let pipeline = stream!(move {
        source(text_directory(path).poll_interval(millis(1))).for_each(|line| send.send(line));
    });
    let job = Engine::local().trigger(Trigger::Eager).start(pipeline).expect("it starts");
    for name in ["a", "b"] {
        put(folder.path(), name, name);
        assert_eq!(received.recv().expect("it is found"), name);
    }
    job.stop();
}

#[test]
fn binary_records_of_each_tick_s_files() {
    let folder = tempfile::tempdir().expect("a folder");
    for partitions in [1, 2, 7] {
        let (out, path) = (MemorySink::new(), folder.path().to_path_buf());
        let sink = out.clone();
        let pipeline = stream!(move { source(binary_records(path, 1)).map(|r| r[0]).sink(sink); });
        let mut job = Engine::test().partitions(partitions).start(pipeline).expect("it starts");
        let ticks: [Vec<u8>; 3] = [0, 1, 2].map(|i| (1..=5).map(|byte| byte + i).collect());
        for (i, bytes) in ticks.iter().enumerate() {
            put(folder.path(), &format!("{i}"), bytes);
            job.tick().expect("it runs");
        }
        job.stop().expect("it ends");
        assert_eq!(out.batches(), ticks);
        (0..3).for_each(|i| fs::remove_file(folder.path().join(format!("{i}"))).expect("it is there"));
    }
}

#[test]
fn an_error_of_a_file_names_the_stream_and_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "odd", [1, 2, 3]);
    let pipeline = stream! { <Odd>
        let records = source(binary_records(folder.path(), 2));
        records.count().print();
    };
    let engine = Engine::local().trigger(Trigger::AvailableNow);
    let error = engine.run(pipeline).expect_err("3 is no multiple of 2").to_string();
    assert!(error.contains("stream `records`") && error.contains("/odd` has 3 bytes"), "{error}");
}

#[test]
fn compressed_text_is_read_in_pieces_by_the_tasks_of_a_tick() {
    use std::io::Write;
    let folder = tempfile::tempdir().expect("a folder");
    let text: String = (0..200_000).map(|n| format!("line {n} ☃\n")).collect();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).expect("it is in memory");
    put(folder.path(), "a.gz", gz.finish().expect("it is in memory"));
    put(folder.path(), "b.txt", &text);
    let count = |name: &str| {
        let out = MemorySink::new();
        let pipeline = stream! {
            let lines = source(text_files(folder.path().join(name)).max_bytes_per_tick(1 << 19));
            lines.map(|l| l.len() as u64).sink(out.clone());
        };
        Engine::local().partitions(3).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
        out.batches()
    };
    let plain = count("b.txt");
    assert!(plain.len() > 3, "there are several ticks");
    assert_eq!(count("a.gz"), plain);
}
