//! Files in S3: written by one pipeline, read by another one.

use std::net::SocketAddr;

use millstream::prelude::*;
use millstream::sink::{json_sink, parquet_sink};
use millstream::source::{json_directory, json_files, parquet_files, text_files};
use serde::{Deserialize, Serialize};

use super::engine;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Order {
    id: u64,
    country: String,
}

fn order(id: u64) -> Order {
    // Letters that have to be written otherwise in a URL, and one that has to in a path.
    Order { id, country: ["AT", "a b", "d/e", "50%"][id as usize % 4].into() }
}

const TICKS: u64 = 6;

fn archive(out: &str) -> Pipeline<'static> {
    let orders = queue((0..TICKS).map(|tick| (tick * 10..tick * 10 + 10).map(order).collect::<Vec<_>>()));
    let parquet = parquet_sink::<Order>(format!("{out}/parquet"))
        .partition_by("country", |order: &Order| order.country.clone());
    let json = json_sink::<Order>(format!("{out}/json"));
    stream!(move {
        let orders = source(orders);
        orders.sink(parquet).id("parquet");
        orders.sink(json).id("json");
    })
    .named("Archive")
}

/// The files that manifests name.
fn named(out: &str) -> Vec<String> {
    #[derive(Clone, Deserialize)]
    struct Manifest {
        files: Vec<String>,
    }
    let files = MemorySink::new();
    let pipeline = stream! {
        let manifests = source(json_files::<Manifest>(format!("{out}/_manifests/*")));
        manifests.flatten().flat_map(|manifest| manifest.files).sink(files.clone());
    };
    Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect("there are manifests");
    // In a URL, `%` begins a code.
    files.records().iter().map(|file: &String| format!("{out}/{}", file.replace('%', "%25"))).collect()
}

pub fn crashes(_: &SocketAddr) {
    let expected: Vec<Order> = (0..TICKS * 10).map(order).collect();
    for ticks in 0..=TICKS {
        let (out, checkpoint) =
            (format!("s3://bucket/files/{ticks}"), format!("s3://bucket/files-checkpoint/{ticks}"));
        let mut job = engine(&checkpoint).seed(ticks).start(archive(&out)).expect("it starts");
        (0..ticks).for_each(|_| job.tick().expect("it runs"));
        drop(job);
        let partitions = 1 + ticks as usize % 5;
        engine(&checkpoint).seed(ticks).partitions(partitions).run(archive(&out)).expect("it runs");

        let (from_parquet, from_json) = (MemorySink::new(), MemorySink::new());
        let parquet = parquet_files::<Order>(named(&format!("{out}/parquet")));
        let json = json_files::<Order>(named(&format!("{out}/json")));
        let pipeline = stream! {
            source(parquet).flatten().sink(from_parquet.clone());
            source(json).flatten().sink(from_json.clone());
        };
        Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect("it reads");
        for (read, of) in [(from_parquet, "Parquet"), (from_json, "JSON")] {
            let mut read: Vec<Order> = read.records();
            read.sort();
            assert_eq!(read, expected, "{of}, after {ticks}");
        }
    }
}

/// A folder that grows between starts; each file is read once.
pub fn appear(_: &SocketAddr) {
    let (folder, checkpoint) = ("s3://bucket/appear/json", "s3://bucket/appear-checkpoint");
    let put = |ids: std::ops::Range<u64>, n: u64| {
        let sink = json_sink::<Order>(format!("{folder}/{n}"));
        let orders = queue([ids.map(order).collect::<Vec<_>>()]);
        Engine::test().run(stream! { source(orders).sink(sink); }).expect("it writes");
        named(&format!("{folder}/{n}"))
    };
    let read = |n: u64| {
        let (out, folder) = (MemorySink::new(), format!("{folder}/{n}/batch=*"));
        let sink = out.clone();
        let pipeline =
            stream!(move { source(json_directory::<Order>(folder)).flatten().map(|o| o.id).sink(sink); });
        let engine = Engine::local().trigger(Trigger::AvailableNow).checkpoint(format!("{checkpoint}/{n}"));
        engine.run(pipeline.named("Appear")).expect("it reads");
        let mut ids: Vec<u64> = out.records();
        ids.sort();
        ids
    };
    let files = put(0..7, 0);
    assert_eq!(read(0), (0..7).collect::<Vec<_>>());
    assert_eq!(read(0), [0u64; 0], "it has been read");

    // As lines of text, without a feature.
    let lines = MemorySink::new();
    let pipeline = stream! { source(text_files(files)).map(|line| line.len()).sink(lines.clone()); };
    Engine::local().trigger(Trigger::AvailableNow).run(pipeline).expect("it reads");
    assert_eq!(lines.records().len(), 7);
}
