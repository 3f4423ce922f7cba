//! Our sinks, held to the contract; on a folder and in a store, by key and rolled.

use std::path::Path;

use millstream::prelude::*;
use millstream::sink::{ByTime, csv_sink, json_sink, parquet_sink};
use millstream::source::{Source, csv_files, json_files, parquet_files};
use millstream::testing::sink_contract;
use millstream_files_tests::Order;

use crate::places::{files, memory, read, write};

fn text(path: &Path) -> String {
    path.to_str().expect("text").to_string()
}

/// The orders of all files that a reader sees.
fn orders<S>(paths: Vec<String>, source: impl FnOnce(Vec<String>) -> S) -> Vec<Order>
where
    S: Source,
    for<'a> S::Batch: millstream::batch::Batch<Item<'a> = Result<Order, millstream::source::BadRow>>,
{
    if paths.is_empty() {
        return Vec::new();
    }
    let (orders, bad) = read(source(paths));
    assert_eq!(bad, []);
    orders
}

fn in_folder(folder: &Path) -> Vec<String> {
    files(folder).iter().map(|path| text(path)).collect()
}

/// Of a store: those that its manifests name.
fn in_store(url: &str) -> Vec<String> {
    let manifests = format!("{url}/_manifests/*");
    #[derive(Clone, serde::Deserialize)]
    struct Manifest {
        files: Vec<String>,
    }
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream!(move {
        source(json_files::<Manifest>(manifests)).flatten().flat_map(|m| m.files).sink(sink);
    });
    // Before the first tick there is none.
    let _ = Engine::local().trigger(Trigger::AvailableNow).run(pipeline);
    let mut named: Vec<String> =
        out.records().iter().map(|file| format!("{url}/{}", file.replace('%', "%25"))).collect();
    named.sort();
    named
}

#[test]
fn in_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    sink_contract(
        || json_sink(text(&at("json"))),
        || orders(in_folder(&at("json")), json_files::<Order>),
        Order::new,
    );
    sink_contract(
        || csv_sink(text(&at("csv"))).partition_by("country", |order: &Order| order.country.clone()),
        || orders(in_folder(&at("csv")), csv_files::<Order>),
        Order::new,
    );
    sink_contract(
        || parquet_sink(text(&at("parquet"))).partition_by_time(ByTime::Hour).max_file_bytes(1),
        || orders(in_folder(&at("parquet")), parquet_files::<Order>),
        Order::new,
    );
}

#[test]
fn in_an_object_store() {
    let url = memory();
    sink_contract(
        || json_sink(url.clone()).partition_by("country", |order: &Order| order.country.clone()),
        || orders(in_store(&url), json_files::<Order>),
        Order::new,
    );
    let url = memory();
    sink_contract(
        || parquet_sink(url.clone()),
        || orders(in_store(&url), parquet_files::<Order>),
        Order::new,
    );
}

#[test]
fn a_tick_is_one_file_a_key_however_many_partitions_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = text(&folder.path().join("out"));
    let sink = json_sink(out).partition_by("country", |order: &Order| order.country.clone());
    let pipeline = stream!(move { source(queue([Order::all(0..30)]).partitions(7)).sink(sink); });
    Engine::test().batch_interval(secs(1)).run(pipeline).expect("it writes");
    let names: Vec<_> = files(folder.path())
        .iter()
        .map(|path| text(path.strip_prefix(folder.path()).expect("below")))
        .collect();
    assert_eq!(
        names,
        ["AT", "DE", "a%2Fb"].map(|country| format!("out/batch=1000/country={country}/part-00000.jsonl"))
    );
}

#[test]
fn a_full_file_is_followed_by_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    write(vec![(0..10u64).collect()], json_sink::<u64>(text(&out)).max_file_bytes(6));
    let texts: Vec<_> = files(&out).iter().map(|path| std::fs::read_to_string(path).expect("text")).collect();
    assert_eq!(texts, ["0\n1\n2\n", "3\n4\n5\n", "6\n7\n8\n", "9\n"]);
}

/// By file, in order of what they begin with.
fn numbers(paths: Vec<String>) -> Vec<Vec<u64>> {
    let read = |path: String| {
        let text = std::fs::read_to_string(path).expect("text");
        text.lines().map(|line| line.parse().expect("a number")).collect()
    };
    let mut files: Vec<Vec<u64>> = paths.into_iter().map(read).collect();
    files.sort();
    files
}

#[test]
fn ticks_are_gathered_by_size_and_by_age() {
    let folder = tempfile::tempdir().expect("a folder");
    let ticks = || (0..10u64).map(|n| vec![2 * n, 2 * n + 1]).collect::<Vec<_>>();
    // Ticks of a second; the third is 2 s behind the first.
    let by_age = folder.path().join("age");
    write(ticks(), json_sink::<u64>(text(&by_age)).roll(1 << 20, secs(2)));
    let expected: Vec<Vec<u64>> = vec![(0..6).collect(), (6..12).collect(), (12..18).collect(), vec![18, 19]];
    assert_eq!(numbers(in_folder(&by_age)), expected);
    // A tick is kept as four bytes: two writes of a number.
    let by_size = folder.path().join("size");
    write(ticks(), json_sink::<u64>(text(&by_size)).roll(15, hours(1)));
    assert_eq!(numbers(in_folder(&by_size)), [0..8, 8..16, 16..20].map(Vec::from_iter));
}

/// Behind each tick a start of its own; nothing is lost, and nothing is there twice.
#[test]
fn what_is_gathered_outlives_crashes() {
    use millstream::Tick;
    use millstream::clock::Timestamp;
    use millstream::sink::Sink;
    let folder = tempfile::tempdir().expect("a folder");
    for (name, place) in [("folder", text(&folder.path().join("out"))), ("store", memory())] {
        let sink = || json_sink::<u64>(place.clone()).roll(1 << 20, secs(3));
        let visible = || -> Vec<u64> {
            let paths = if name == "folder" { in_folder(Path::new(&place)) } else { in_store(&place) };
            if paths.is_empty() { Vec::new() } else { read(json_files::<u64>(paths)).0 }
        };
        let mut seen = Vec::new();
        for number in 0..12u64 {
            // The tick, a crash that the engine does not know the commit behind, and the tick once more.
            for again in 0..2u64 {
                let epoch = 1 + 2 * number + again;
                let mut sink = sink();
                sink.open(epoch, number.checked_sub(1)).expect("it opens");
                let tick = Tick { number, time: Timestamp::from_millis(1000 * (number as i64 + 1)), epoch };
                sink.begin(&tick).expect("it begins");
                sink.write(again as usize, vec![number]).expect("it writes");
                sink.commit(&tick).expect("it commits");
                let mut now = visible();
                now.sort();
                assert!(now.iter().copied().eq(0..now.len() as u64), "{name}, tick {number}: {now:?}");
                seen.push(now.len());
            }
        }
        assert_eq!(seen.iter().max(), Some(&12), "{name}: {seen:?}");
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{name}: {seen:?}");
    }
}
