//! How fast files are read and written: by a loop over the library that the connector uses, and as a stream.
//!
//! `cargo bench -p millstream-files-tests --features formats`. In the environment: ROWS (1 000 000), TICK (250 000 of them in a
//! tick that is written), RUNS (5), THREADS (1), and an argument: a part of a row's name. The
//! loop has one thread, and so has the stream unless THREADS says otherwise. They take turns; ratios are of medians. What is
//! read is summed, and the sums have to be the same; what is written is synced, and read again once.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow_schema::FieldRef;
use millstream::batch::Batch;
use millstream::prelude::*;
use millstream::sink::{Sink, csv_sink, json_sink, parquet_sink};
use millstream::source::{BadRow, Source, csv_files, json_files, parquet_files};
use millstream_files_tests::Order;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde_arrow::schema::{SchemaLike, TracingOptions};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Of one record.
fn weight(order: &Order) -> u64 {
    order.id + order.country.len() as u64 + order.note.as_ref().map_or(0, |note| note.len() as u64)
}

fn engine() -> Engine {
    let threads = setting("THREADS", 1) as usize;
    Engine::local().threads(threads).partitions(threads).trigger(Trigger::AvailableNow)
}

/// Runs both in turns, holds their results to each other, and prints medians and their ratio.
fn compare(what: &str, rows: u64, mut by_hand: impl FnMut() -> u64, mut as_stream: impl FnMut() -> u64) {
    if std::env::args().skip(1).any(|part| !part.starts_with('-') && !what.contains(&part)) {
        return;
    }
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..setting("RUNS", 5) {
        let mut sums = [0; 2];
        for (n, run) in [&mut by_hand as &mut dyn FnMut() -> u64, &mut as_stream].into_iter().enumerate() {
            let start = Instant::now();
            sums[n] = run();
            times[n].push(start.elapsed());
        }
        assert_eq!(sums[0], sums[1], "{what}: they did something else");
    }
    let [hand, stream] = times.map(|mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    println!(
        "{what:<16} by hand {:>6.2} M rows/s, as a stream {:>6.2} M rows/s, ratio {:.2}",
        rows as f64 / hand / 1e6,
        rows as f64 / stream / 1e6,
        hand / stream
    );
}

/// The sum over a source's rows.
fn read<S>(source: S) -> u64
where
    S: Source,
    for<'a> S::Batch: Batch<Item<'a> = Result<Order, BadRow>>,
{
    let total = Arc::new(AtomicU64::new(0));
    let to = Arc::clone(&total);
    let pipeline = stream!(move {
        let weights = source(source).map(|row| weight(&row.expect("it is a good row")));
        weights.reduce(|a: u64, b| a + b).for_each(move |sum| {
            to.fetch_add(sum, Ordering::Relaxed);
        });
    });
    engine().run(pipeline).expect("it reads");
    total.load(Ordering::Relaxed)
}

fn write(rows: u64, sink: impl Sink<Order> + 'static) -> u64 {
    let tick = setting("TICK", 250_000);
    let numbers = from_iter(0..rows).max_records_per_tick(tick).max_bytes_per_tick(1 << 30);
    let pipeline = stream!(move { source(numbers).map(Order::new).sink(sink); });
    engine().run(pipeline).expect("it writes");
    rows
}

fn json_by_hand(path: &Path) -> u64 {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).expect("it is there"));
    let (mut line, mut sum) = (Vec::new(), 0);
    while reader.read_until(b'\n', &mut line).expect("it is read") > 0 {
        sum += weight(&serde_json::from_slice(&line).expect("it is JSON"));
        line.clear();
    }
    sum
}

fn csv_by_hand(path: &Path) -> u64 {
    let file = File::open(path).expect("it is there");
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(file);
    reader.deserialize().map(|order| weight(&order.expect("it is a row"))).sum()
}

fn parquet_by_hand(path: &Path) -> u64 {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("it is there"));
    let reader = reader.and_then(ParquetRecordBatchReaderBuilder::build).expect("it is Parquet");
    let mut sum = 0;
    for batch in reader {
        let orders: Vec<Order> =
            serde_arrow::from_record_batch(&batch.expect("it is read")).expect("they are rows");
        sum += orders.iter().map(weight).sum::<u64>();
    }
    sum
}

fn synced(writer: BufWriter<File>) {
    writer.into_inner().expect("it is written").sync_all().expect("it is synced");
}

fn json_written(path: &Path, rows: u64) -> u64 {
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(path).expect("it can be made"));
    for n in 0..rows {
        serde_json::to_writer(&mut writer, &Order::new(n)).expect("it is written");
        writer.write_all(b"\n").expect("it is written");
    }
    synced(writer);
    rows
}

fn csv_written(path: &Path, rows: u64) -> u64 {
    let file = BufWriter::with_capacity(1 << 20, File::create(path).expect("it can be made"));
    let mut writer = csv::Writer::from_writer(file);
    (0..rows).for_each(|n| writer.serialize(Order::new(n)).expect("it is written"));
    synced(writer.into_inner().expect("it is written"));
    rows
}

fn parquet_written(path: &Path, rows: u64) -> u64 {
    let options = TracingOptions::default().allow_null_fields(true);
    let fields = Vec::<FieldRef>::from_type::<Order>(options).expect("it has columns");
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut builder = serde_arrow::ArrayBuilder::from_arrow(&fields).expect("they are columns");
    let file = BufWriter::with_capacity(1 << 20, File::create(path).expect("it can be made"));
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).expect("it begins");
    for n in 0..rows {
        builder.push(Order::new(n)).expect("it is a row");
        if (n + 1).is_multiple_of(1024) || n + 1 == rows {
            writer.write(&builder.to_record_batch().expect("columns")).expect("it is written");
        }
    }
    synced(writer.into_inner().expect("it is written"));
    rows
}

fn main() {
    let rows = setting("ROWS", 1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (json, csv, parquet) = (at("a.jsonl"), at("a.csv"), at("a.parquet"));
    // Each round into a folder of its own, which is made and removed within it.
    let stream_to = |sink: &dyn Fn(String) -> u64| {
        let out = at("out");
        let written = sink(out.to_str().expect("text").to_string());
        std::fs::remove_dir_all(out).expect("it is there");
        written
    };
    let ways = setting("THREADS", 1);
    println!("{rows} rows; the stream has {ways} thread(s), the loop has one");
    compare(
        "write JSON",
        rows,
        || json_written(&json, rows),
        || stream_to(&|out| write(rows, json_sink::<Order>(out))),
    );
    compare(
        "write CSV",
        rows,
        || csv_written(&csv, rows),
        || stream_to(&|out| write(rows, csv_sink::<Order>(out))),
    );
    compare(
        "write Parquet",
        rows,
        || parquet_written(&parquet, rows),
        || stream_to(&|out| write(rows, parquet_sink::<Order>(out))),
    );
    compare("read JSON", rows, || json_by_hand(&json), || read(json_files::<Order>(&json)));
    compare("read CSV", rows, || csv_by_hand(&csv), || read(csv_files::<Order>(&csv)));
    compare("read Parquet", rows, || parquet_by_hand(&parquet), || read(parquet_files::<Order>(&parquet)));
}
